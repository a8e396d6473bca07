"""The words of a sentence that asks what changed."""

from bot.lines.plain_words import Words

# They ask what was done to a flag that the sentence names, not how it is now.
_PAST_PHRASES = (
    *("who turned", "who switched", "who toggled", "who flipped", "who rolled", "who changed", "who touched"),
    *("when was", "when did", "why was", "why did", "history", "timeline", "what happened", "rolled back", "reverted"),
)

WORDS = Words(
    strong="risky, riskiest, incident*, outage*, rollback*, roll back, rolled back, revert*, kill switch*, "
    "turned off, turned on, switched off, switched on, toggled, flipped, what changed, what happened, who changed, "
    "flag change*, events, what has changed, what was changed, changelog, audit log, large change*, big change*, "
    "biggest change*",
    weak="change*, changing, happen*, event*, broke*, break*, wrong, touch*, modif*, edit*, alter*, activity, flag*, "
    "toggle*, switch*, impact*, recent*, latest, new, large, big, dangerous, rolled out, rollout*, experiment*, "
    "went down, problem*, issue*, trouble, emergenc*",
    max_days=366,
    flag_options=dict.fromkeys(_PAST_PHRASES, "impact=any"),
    options={
        "risk*": "impact=large",
        "large*": "impact=large",
        "big*": "impact=large",
        "dangerous": "impact=large",
        "incident*": "impact=large",
        "chang*": "impact=any",
        "happen*": "impact=any",
        "turned o*": "impact=any",
        "switched o*": "impact=any",
        "toggled": "impact=any",
        "flipped": "impact=any",
        "edited": "impact=any",
        "touched": "impact=any",
        "without an experiment": "experiments=no",
        "without experiment*": "experiments=no",
    },
)
