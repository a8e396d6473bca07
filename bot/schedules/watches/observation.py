"""What a watch observes. Only identities and states are compared, never rendered text."""

from bot.questions.base import View


class Observation(View):
    """An observed thing, whose state may change, or an event, which has a time and is new once."""

    what: str
    state: str
    says: str  # the state, as people read it
    url: str = ""
    line: str = ""  # the question that shows details
    at: float | None = None  # when an event happened, in LaunchDarkly's milliseconds
    tells: bool = True  # whether an alert is due in this state


PENDING = "waiting"  # the state of an event whose impact isn't known yet
