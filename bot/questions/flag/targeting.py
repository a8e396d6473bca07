"""What an environment serves, in words: off, or prerequisites, targets, rules and the rollout, as they count."""

from bot.messages import humanize
from bot.messages.mrkdwn import Stamp
from bot.questions.base import Ask, View
from bot.questions.flag.reply import Clause, Environment, FlagReply, Prerequisite, Rule, Served, Target, Variation

MOST_STEPS = 8
WHOLE = 100_000  # weights are thousandths of a per cent


class EnvironmentView(View):
    name: str
    on: bool
    steps: tuple[str, ...]
    more_steps: int
    changed: Stamp
    ago: str
    contexts: str
    checks: str


def environment(key: str, config: Environment, flag: FlagReply, ask: Ask) -> EnvironmentView:
    """One environment as a person reads it."""
    steps = _on(config, flag) if config.on else [f"everybody → {_off(config, flag)}"]
    name = humanize.short(config.name or key, 60)
    return EnvironmentView(
        name=name if name == key else f"{name} ({key})",
        on=bool(config.on),
        steps=tuple(steps[:MOST_STEPS]),
        more_steps=len(steps[MOST_STEPS:]),
        changed=humanize.stamp(config.modified, ask.zone),
        ago=humanize.ago(config.modified, ask.now),
        contexts=_contexts(config),
        checks=_checks(config),
    )


def _on(config: Environment, flag: FlagReply) -> list[str]:
    """The steps through which an evaluation goes, the first that fits decides."""
    return [
        *(_prerequisite(needed, config, flag) for needed in config.prerequisites or ()),
        *_targets([*(config.targets or ()), *(config.context_targets or ())], flag),
        *(_rule(rule, flag) for rule in config.rules or ()),
        f"{'everybody else' if _picky(config) else 'everybody'} → {_served(config.rest or Served(), flag)}",
    ]


def _picky(config: Environment) -> bool:
    return bool(config.rules or config.targets or config.context_targets)


def _off(config: Environment, flag: FlagReply) -> str:
    """Without an off variation the SDK falls back to what the code says."""
    return "the default in the code" if config.off is None else _name(config.off, flag)


def _prerequisite(needed: Prerequisite, config: Environment, flag: FlagReply) -> str:
    which = "" if needed.variation is None else f" variation {needed.variation + 1} of"
    return f"unless{which} {humanize.short(needed.key, 60)} is served → {_off(config, flag)}"


def _targets(targets: list[Target], flag: FlagReply) -> list[str]:
    """How many are targeted one by one, and never who."""
    counts: dict[int | None, int] = {}
    for target in targets:
        counts[target.variation] = counts.get(target.variation, 0) + len(target.values or ())
    return [f"{humanize.count(n, 'target')} → {_name(variation, flag)}" for variation, n in counts.items() if n]


def _rule(rule: Rule, flag: FlagReply) -> str:
    clauses = " and ".join(_clause(clause) for clause in rule.clauses or ())
    named = f"{humanize.short(rule.description, 60)} ({clauses})" if rule.description else f"if {clauses or 'anything'}"
    return f"{'(rule is switched off) ' if rule.disabled else ''}{humanize.short(named, 160)} → {_served(rule, flag)}"


def _clause(clause: Clause) -> str:
    """What is compared, and with how many values: the values may be people."""
    subject = humanize.short(clause.attribute or "context", 40)
    verb = humanize.phrase(clause.op or "matches").lower()
    return f"{subject} {'not ' if clause.negate else ''}{verb} {humanize.count(len(clause.values or ()), 'value')}"


def _served(served: Served, flag: FlagReply) -> str:
    """One variation, or each with its share."""
    if served.rollout is None:
        return "nothing that is said" if served.variation is None else _name(served.variation, flag)
    shares = [w for w in served.rollout.variations or () if w.weight > 0]
    said = [f"{humanize.percent(w.weight / WHOLE)} {_name(w.variation, flag)}" for w in shares]
    by = served.rollout.by
    return (humanize.listed(said, 6) or "a rollout of nothing") + (f", by {humanize.short(by, 40)}" if by else "")


def _name(variation: int | None, flag: FlagReply) -> str:
    """A variation by its name, else by its value."""
    known: list[Variation] = flag.variations or []
    if variation is None or not 0 <= variation < len(known):
        return f"variation {variation + 1}" if variation is not None else "an unknown variation"
    return humanize.short(known[variation].name or "", 40) or humanize.value(known[variation].value, 40)


def _contexts(config: Environment) -> str:
    if config.evaluation is None:
        return ""
    kinds = humanize.listed([humanize.short(kind, 40) for kind in config.evaluation.contexts or ()], 6)
    return f"evaluated for {kinds} in the last 30 days" if kinds else "not evaluated in the last 30 days"


def _checks(config: Environment) -> str:
    ratio = config.migration.ratio if config.migration else None
    return f"1 in {ratio:,} reads is checked for consistency" if ratio else ""
