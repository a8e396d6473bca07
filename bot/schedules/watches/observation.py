"""Something that a watch sees: it has an identity, and is in a state. Only these are compared, never what is said."""

from bot.questions.base import View


class Observation(View):
    """What lasts has a state that changes; what happens has a time, and is new once."""

    what: str
    state: str
    says: str  # the state, as people read it
    url: str = ""
    line: str = ""  # the question that tells more
    at: float | None = None  # when it happened, in LaunchDarkly's milliseconds
    tells: bool = True  # whether it is what is watched for, in this state


PENDING = "waiting"  # the state of what may yet turn out to be that
