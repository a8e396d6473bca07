"""What an environment serves, in words: off, or prerequisites, targets, rules and the rollout, in evaluation order."""

from bot.messages import humanize
from bot.messages.mrkdwn import Timestamp
from bot.questions.base import QuestionContext, View
from bot.questions.catalog import Variation
from bot.questions.flag.history import OffView
from bot.questions.flag.reply import Clause, Environment, FlagReply, Prerequisite, Rule, Served, Target

MAX_STEPS = 8
WEIGHT_TOTAL = 100_000  # weights are thousandths of a percent


class EnvironmentView(View):
    name: str
    on: bool
    off: OffView | None
    steps: tuple[str, ...]
    more_steps: int
    changed: Timestamp
    ago: str
    contexts: str
    checks: str


def environment_view(
    key: str, config: Environment, flag: FlagReply, off: OffView | None, ctx: QuestionContext
) -> EnvironmentView:
    """Build the view of one environment."""
    steps = _steps_when_on(config, flag) if config.on else [f"everyone → {_off_value(config, flag)}"]
    name = humanize.truncate_text(config.name or key, 60)
    return EnvironmentView(
        name=name if name.lower() == key else f"{name} ({key})",
        on=bool(config.on),
        off=off,
        steps=tuple(steps[:MAX_STEPS]),
        more_steps=len(steps[MAX_STEPS:]),
        changed=humanize.timestamp(config.modified, ctx.zone),
        ago=humanize.time_ago(config.modified, ctx.now),
        contexts=_contexts(config),
        checks=_consistency_checks(config),
    )


def _steps_when_on(config: Environment, flag: FlagReply) -> list[str]:
    """Return the steps of an evaluation; the first match decides."""
    return [
        *(_prerequisite(prerequisite, config, flag) for prerequisite in config.prerequisites or ()),
        *_targets([*(config.targets or ()), *(config.context_targets or ())], flag),
        *(_rule(rule, flag) for rule in config.rules or ()),
        (
            f"{'everyone else' if _has_targeting(config) else 'everyone'}"
            f" → {_describe_served(config.rest or Served(), flag)}"
        ),
    ]


def _has_targeting(config: Environment) -> bool:
    return bool(config.rules or config.targets or config.context_targets)


def _off_value(config: Environment, flag: FlagReply) -> str:
    """Describe what is served when off. Without an off variation, the SDK uses the code's default value."""
    return "the code's default value" if config.off is None else _variation_name(config.off, flag)


def _prerequisite(prerequisite: Prerequisite, config: Environment, flag: FlagReply) -> str:
    variation = "any variation" if prerequisite.variation is None else f"variation {prerequisite.variation + 1}"
    return f"unless {humanize.truncate_text(prerequisite.key, 60)} serves {variation} → {_off_value(config, flag)}"


def _targets(targets: list[Target], flag: FlagReply) -> list[str]:
    """Describe how many individual targets get each variation, never which."""
    counts: dict[int | None, int] = {}
    for target in targets:
        counts[target.variation] = counts.get(target.variation, 0) + len(target.values or ())
    return [
        f"{humanize.count(n, 'target')} → {_variation_name(variation, flag)}" for variation, n in counts.items() if n
    ]


def _rule(rule: Rule, flag: FlagReply) -> str:
    clauses = " and ".join(_clause(clause) for clause in rule.clauses or ())
    named = (
        f"{humanize.truncate_text(rule.description, 60)} ({clauses})"
        if rule.description
        else f"if {clauses or 'anything'}"
    )
    prefix = "(rule is off) " if rule.disabled else ""
    return f"{prefix}{humanize.truncate_text(named, 160)} → {_describe_served(rule, flag)}"


def _clause(clause: Clause) -> str:
    """Describe a clause, with the number of its values only: the values may identify people."""
    subject = humanize.truncate_text(clause.attribute or "context", 40)
    verb = humanize.sentence_case(clause.op or "matches").lower()
    return f"{subject} {'not ' if clause.negate else ''}{verb} {humanize.count(len(clause.values or ()), 'value')}"


def _describe_served(served: Served, flag: FlagReply) -> str:
    """Describe one variation, or each with its share."""
    if served.rollout is None:
        return "nothing" if served.variation is None else _variation_name(served.variation, flag)
    shares = [w for w in served.rollout.variations or () if w.weight > 0]
    descriptions = [f"{humanize.percent(w.weight / WEIGHT_TOTAL)} {_variation_name(w.variation, flag)}" for w in shares]
    by = served.rollout.by
    return (humanize.join_truncated(descriptions, 6) or "an empty rollout") + (
        f", by {humanize.truncate_text(by, 40)}" if by else ""
    )


def _variation_name(variation: int | None, flag: FlagReply) -> str:
    """Return a variation's name, else its value."""
    variations: list[Variation] = flag.variations or []
    if variation is None or not 0 <= variation < len(variations):
        return f"variation {variation + 1}" if variation is not None else "unknown variation"
    return humanize.truncate_text(variations[variation].name or "", 40) or humanize.format_value(
        variations[variation].value, 40
    )


def _contexts(config: Environment) -> str:
    if config.evaluation is None:
        return ""
    kinds = humanize.join_truncated([humanize.truncate_text(kind, 40) for kind in config.evaluation.contexts or ()], 6)
    return f"evaluated for {kinds} in the last 30 days" if kinds else "not evaluated in the last 30 days"


def _consistency_checks(config: Environment) -> str:
    ratio = config.migration.ratio if config.migration else None
    return f"1 in {ratio:,} reads is checked for consistency" if ratio else ""
