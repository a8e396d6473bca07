"""One flag: its latest change, who maintains it, and what it serves in each requested environment.

reply.py      the decoded fields of a flag
history.py    the changes of the last weeks: since when the flag is off, who turned it off and why
targeting.py  what an environment serves, in words: off, or targets, rules and the rollout
"""

from asyncio import gather
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal
from urllib.parse import quote

from bot.errors import Failure, NotFound, Rejected
from bot.launchdarkly import Version, replace
from bot.lines.param_types import Key, Keys, is_key
from bot.lines.plain_words import Words
from bot.lines.spec import Parameter, Params
from bot.messages import humanize
from bot.messages.mrkdwn import Timestamp
from bot.questions.base import (
    INSIGHTS,
    AnswerView,
    Observation,
    Question,
    QuestionContext,
    View,
    failure_text,
    no_access_text,
    result_or_failure,
)
from bot.questions.catalog import CatalogItem, Variation
from bot.questions.events import QUESTION as EVENTS
from bot.questions.events.event import (
    ROLLOUT_DESCRIPTION,
    AuditEntry,
    Event,
    Impact,
    comment_on,
    describe_impact,
    fetch_entries,
    who_made,
)
from bot.questions.flag.history import FlagHistory, fetch_history, history_params, off_view
from bot.questions.flag.reply import Environment, FlagReply
from bot.questions.flag.targeting import EnvironmentView, environment_view

MAX_VARIATIONS = 10
MAX_ENVIRONMENTS = 10
MAX_VALUE_CHARS = 80
MAX_CHOICES, MAX_CHOICE_LINE_CHARS = 100, 150  # Slack's limits for the options of a menu and for an option's value


class FlagParams(Params):
    positional = ("flag",)

    flag: Annotated[Key, Parameter("featureFlagKey", "flag key")]
    project: Annotated[Key, Parameter("projectKey", "project key")]
    env: Annotated[Keys, Parameter("env", "environment keys")]
    expand: Annotated[
        tuple[Literal["evaluation", "migrationSettings"], ...] | None,
        Parameter("expand", "also show evaluated context kinds and migration settings"),
    ] = None


class VariationView(View):
    name: str
    value: str
    shortened: bool
    description: str


class EnvironmentChoice(View):
    """An environment to choose from the menu."""

    label: str
    line: str


class LatestChangeView(View):
    """The latest change of the flag, in the first requested environment."""

    environment: str
    what: str
    comment: str
    who: str
    when: Timestamp
    ago: str
    impact: str


class FlagView(AnswerView):
    name: str
    key: str
    latest: LatestChangeView | None
    latest_missing: str
    changes: str
    description: str
    kind: str
    lifetime: str
    created: Timestamp
    age: str
    tags: str
    maintainer: str
    warnings: tuple[str, ...]
    variations: tuple[VariationView, ...]
    more_variations: int
    experiments: str
    migration: str
    environments: tuple[EnvironmentView, ...]
    more_environments: int
    missing: str
    choices: tuple[EnvironmentChoice, ...]
    chosen: EnvironmentChoice | None


@dataclass(frozen=True)
class FlagAndHistory:
    """A flag, and its events in the first requested environment or why they couldn't be fetched."""

    flag: FlagReply
    history: FlagHistory | Failure
    entries: Sequence[AuditEntry] = ()  # of the audit log, about those events

    @property
    def known_history(self) -> FlagHistory:
        return FlagHistory() if isinstance(self.history, Failure) else self.history

    @property
    def latest(self) -> Event | None:
        """The latest change."""
        return next(iter(self.known_history.events), None)


async def fetch(params: FlagParams, ctx: QuestionContext) -> FlagAndHistory:
    reply, siblings, history = await gather(
        _fetch_flag(params, ctx),
        _fetch_siblings(params, ctx),
        result_or_failure(fetch_history(params.flag, params.project, params.env[0], ctx)),
    )
    if not any(env in (reply.environments or {}) for env in params.env):
        environments = " or ".join(params.env)
        summary = f"The flag {params.flag} exists, but I can't see its environment {environments} in {params.project}."
        todo = "Check the environment's key (not its name) and the role of the bot's token."
        raise NotFound(summary, todo, param_names=("env",))
    entries = await _fetch_entries(params, history, ctx)
    return FlagAndHistory(replace(reply, siblings=siblings), history, entries)


async def _fetch_entries(
    params: FlagParams, history: FlagHistory | Failure, ctx: QuestionContext
) -> Sequence[AuditEntry]:
    """Fetch the comment on the latest change, unless its description already says why."""
    if isinstance(history, Failure) or not history.events:
        return ()
    latest = history.events[0]
    if latest.description and not ROLLOUT_DESCRIPTION.search(latest.description):
        return ()
    return await fetch_entries([latest], params.project, params.env[0], ctx)


async def _fetch_flag(params: FlagParams, ctx: QuestionContext) -> FlagReply:
    """Fetch the flag. Always send `env`: a flag with all its environments can be megabytes."""
    path = f"/api/v2/flags/{quote(params.project, safe='')}/{quote(params.flag, safe='')}"
    parameters = (*(("env", env) for env in params.env), *params.api_params("flag", "project", "env"))
    try:
        return await ctx.launchdarkly.get(FlagReply, path, parameters, version=Version.CURRENT)
    except (NotFound, Rejected) as failure:  # an unknown environment may be answered either way
        scope = f"in the project {params.project} with the environment {params.env[0]}"
        summary = f"There's no flag “{params.flag}” {scope}."
        raise NotFound(
            summary,
            "Check the keys, not the names.",
            server_message=failure.server_message,
            param_names=failure.param_names,
        ) from None


async def _fetch_siblings(params: FlagParams, ctx: QuestionContext) -> tuple[CatalogItem, ...]:
    """Fetch the project's environments for the menu. If that fails, the answer has no menu."""
    if not ctx.supports_menus:
        return ()
    try:
        return (await ctx.catalog.environments(params.project)).items
    except Failure:
        return ()


def build_view(params: FlagParams, answer: FlagAndHistory, ctx: QuestionContext) -> FlagView:
    reply = answer.flag
    configs = [(key, config) for key in params.env if (config := (reply.environments or {}).get(key))]
    choices = _choices(params, reply)
    variations = [_variation_view(n, variation) for n, variation in enumerate(reply.variations or [])]
    return FlagView(
        name=humanize.truncate_text(reply.name, 100) or params.flag,
        key=params.flag,
        latest=_latest_view(params, answer, ctx),
        latest_missing=no_access_text(answer.history, INSIGHTS) or failure_text(answer.history),
        changes=EVENTS.button_line(dict(history_params(params.flag, params.project, params.env[0]))),
        description=humanize.truncate_text(reply.description or "", 300),
        kind=humanize.truncate_text(reply.kind or "unknown kind", 30),
        lifetime="temporary" if reply.temporary else "permanent",
        created=humanize.timestamp(reply.created, ctx.zone),
        age=humanize.time_ago(reply.created, ctx.now),
        tags=", ".join(humanize.truncate_list([humanize.truncate_text(tag, 40) for tag in reply.tags or ()], 8)),
        maintainer=_maintainer(reply),
        warnings=_warnings(reply, ctx),
        variations=tuple(variations[:MAX_VARIATIONS]),
        more_variations=len(variations[MAX_VARIATIONS:]),
        experiments=_experiment_metrics(reply),
        migration=_migration(reply),
        environments=tuple(
            _environment_view(params, answer, key, config, ctx) for key, config in configs[:MAX_ENVIRONMENTS]
        ),
        more_environments=len(configs[MAX_ENVIRONMENTS:]),
        choices=choices,
        chosen=next((choice for choice in choices if choice.line == _flag_line(params, params.env[0])), None),
        missing=", ".join(_missing_environments(params, reply)),
        url=ctx.urls.flag(params.project, params.flag, params.env),
    )


def _latest_view(params: FlagParams, answer: FlagAndHistory, ctx: QuestionContext) -> LatestChangeView | None:
    event = answer.latest
    if event is None:
        return None
    config = (answer.flag.environments or {}).get(params.env[0])
    _, impact = describe_impact(event.impact or Impact())
    return LatestChangeView(
        environment=humanize.truncate_text((config and config.name) or params.env[0], 60),
        what=humanize.truncate_text(event.description or humanize.sentence_case(event.kind or "changed"), 200),
        comment=humanize.truncate_text(comment_on(event, answer.entries) or "", 200),
        who=who_made(event),
        when=humanize.timestamp(event.time, ctx.zone),
        ago=humanize.time_ago(event.time, ctx.now),
        impact=impact,
    )


def _environment_view(
    params: FlagParams, answer: FlagAndHistory, key: str, config: Environment, ctx: QuestionContext
) -> EnvironmentView:
    """Build the view of an environment. Only the events of the first are known."""
    history = answer.known_history if key == params.env[0] else FlagHistory()
    off = off_view(config, answer.flag, history, answer.entries, ctx)
    return environment_view(key, config, answer.flag, off, ctx)


def _missing_environments(params: FlagParams, reply: FlagReply) -> tuple[str, ...]:
    """Return the requested environments that the reply lacks."""
    return tuple(key for key in params.env if not (reply.environments or {}).get(key))


def _variation_view(n: int, variation: Variation) -> VariationView:
    value = humanize.format_value(variation.value, MAX_VALUE_CHARS)
    return VariationView(
        name=humanize.truncate_text(variation.name or f"Variation {n + 1}", 60),
        value=value,
        shortened=value != humanize.format_value(variation.value, MAX_VALUE_CHARS + 1),
        description=humanize.truncate_text(variation.description or "", 100),
    )


def _choices(params: FlagParams, reply: FlagReply) -> tuple[EnvironmentChoice, ...]:
    """Build the menu of environments; empty if fewer than two fit."""
    lines = [(sibling, _flag_line(params, sibling.key)) for sibling in reply.siblings if is_key(sibling.key)]
    fitting = [(sibling, line) for sibling, line in lines if len(line) <= MAX_CHOICE_LINE_CHARS][:MAX_CHOICES]
    choices = tuple(
        EnvironmentChoice(label=humanize.truncate_text(sibling.name or sibling.key, 75) or "–", line=line)
        for sibling, line in fitting
    )
    return choices if len(choices) > 1 else ()


def _flag_line(params: FlagParams, env: str) -> str:
    return QUESTION.line({**dict(params), "env": (env,)})


def _maintainer(reply: FlagReply) -> str:
    """Name the person or team that maintains the flag."""
    if reply.team and (reply.team.name or reply.team.key):
        return humanize.truncate_text(reply.team.name or reply.team.key, 60)
    if reply.maintainer:
        return humanize.person_name(reply.maintainer.first, reply.maintainer.last)
    return humanize.truncate_text(reply.team_key, 60) if reply.team_key else ""


def _warnings(reply: FlagReply, ctx: QuestionContext) -> tuple[str, ...]:
    """List what to know before relying on this flag."""
    stale = reply.stale
    checks = (
        (reply.archived, f"Archived {humanize.time_ago(reply.archived_at, ctx.now)}: serves nobody"),
        (reply.deprecated, f"Deprecated {humanize.time_ago(reply.deprecated_at, ctx.now)}: don't use it in new code"),
        (stale and stale.code, "Stale: ready to remove from the code"),
        (stale and stale.archive, "Stale: ready to archive"),
    )
    return tuple(text for applies, text in checks if applies)


def _experiment_metrics(reply: FlagReply) -> str:
    metrics = [
        humanize.truncate_text(e.metric or "a metric", 60)
        for e in (reply.experiments and reply.experiments.items) or ()
    ]
    return humanize.join_truncated(metrics, 5)


def _migration(reply: FlagReply) -> str:
    """Describe a migration flag, with its stages if they were requested."""
    if reply.migration is None:
        return "a migration flag" if reply.purpose == "migration" else ""
    stages = f"a migration in {reply.migration.stages} stages" if reply.migration.stages else "a migration"
    return stages + (f", by {humanize.truncate_text(reply.migration.context, 40)}" if reply.migration.context else "")


async def fetch_since(params: FlagParams, ctx: QuestionContext, _: datetime) -> FlagAndHistory:
    """Fetch the flag as it is now: its state needs no events."""
    return FlagAndHistory(await _fetch_flag(params, ctx), FlagHistory())


def observe(params: FlagParams, answer: FlagAndHistory, ctx: QuestionContext) -> dict[str, Observation]:
    """Return whether the flag is on, per environment."""
    view, line = build_view(params, answer, ctx), QUESTION.line(dict(params))
    return {
        environment.name: Observation(
            what=f"{view.name} in {environment.name}",
            state="on" if environment.on else "off",
            says="on" if environment.on else "off",
            url=view.url,
            line=line,
        )
        for environment in view.environments
    }


QUESTION = Question[FlagParams, FlagAndHistory, FlagView](
    name="flag",
    summary="One flag: its latest change, owner and targeting per environment",
    examples=(
        "flag new-checkout web/production",
        "flag new-checkout web/production,staging",
        "flag orders-db-migration platform/production expand=evaluation,migrationSettings",
    ),
    label="One flag",
    flag_label="How {} is set up now",
    words=Words(
        strong="who sees, turned on, turned off, switched on, switched off",
        weak="on, off, enabled, disabled, live, active, available, visible, state, status, rollout, rolled out, "
        "released, targeting, serv*, owner, own*, percent*, everyone, users, customers, who",
    ),
    params=FlagParams,
    reply=FlagAndHistory,
    view=FlagView,
    fetch=fetch,
    build_view=build_view,
    suspect_keys=lambda params, reply: {"env": _missing_environments(params, reply.flag)},
    observe=observe,
    fetch_since=fetch_since,
)
