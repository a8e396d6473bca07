"""One flag: what it is, whose it is, and what it serves in each environment that was asked for.

reply.py     what LaunchDarkly sends of a flag, as far as it is shown
targeting.py what an environment serves: off, or targets, rules and the rollout, in words
"""

import asyncio
from typing import Annotated, Literal
from urllib.parse import quote

from bot.errors import Failure, NotFound, Refused
from bot.launchdarkly import Version, replace
from bot.lines.param_types import Key, Keys, is_key
from bot.lines.params import Parameter, Query
from bot.messages import humanize
from bot.messages.mrkdwn import Stamp
from bot.questions.base import Ask, Endpoint, View
from bot.questions.catalog import Named
from bot.questions.flag.reply import FlagReply, Variation
from bot.questions.flag.targeting import EnvironmentView, environment

MOST_VARIATIONS = 10
MOST_ENVIRONMENTS = 10
LONGEST_VALUE = 80
MOST_CHOICES, LONGEST_LINE = 100, 150  # of a menu of Slack's, and of the value of a choice


class FlagQuery(Query):
    words = ("flag",)

    flag: Annotated[Key, Parameter("featureFlagKey", "the key of the flag")]
    project: Annotated[Key, Parameter("projectKey", "the key of the project")]
    env: Annotated[Keys, Parameter("env", "the environments to look at")]
    expand: Annotated[
        tuple[Literal["evaluation", "migrationSettings"], ...] | None,
        Parameter("expand", "which kinds of context were evaluated, and the settings of a migration"),
    ] = None


class VariationView(View):
    name: str
    value: str
    shortened: bool
    description: str


class Choice(View):
    """Another environment to look at."""

    label: str
    line: str


class FlagView(View):
    name: str
    key: str
    description: str
    kind: str
    lifetime: str
    created: Stamp
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
    choices: tuple[Choice, ...]
    chosen: Choice | None
    url: str


async def fetch(query: FlagQuery, ask: Ask) -> FlagReply:
    reply, siblings = await asyncio.gather(_flag(query, ask), _siblings(query, ask))
    if not any(env in (reply.environments or {}) for env in query.env):
        where = " or ".join(query.env)
        what = f"The flag {query.flag} exists, but the project {query.project} shows the bot no environment {where}."
        todo = "Check the key of the environment (not its name), or the role of the bot's token."
        raise NotFound(what, todo, about=("env",))
    return replace(reply, siblings=siblings)


async def _flag(query: FlagQuery, ask: Ask) -> FlagReply:
    """`env` is always sent: a flag with all its environments can be megabytes."""
    path = f"/api/v2/flags/{quote(query.project, safe='')}/{quote(query.flag, safe='')}"
    sent = (*(("env", env) for env in query.env), *query.parameters("flag", "project", "env"))
    try:
        return await ask.launchdarkly.get(FlagReply, path, sent, version=Version.CURRENT)
    except (NotFound, Refused) as failure:  # an unknown environment may be answered either way
        where = f"in the project {query.project} with the environment {query.env[0]}"
        what = f"LaunchDarkly knows no flag {query.flag} {where}."
        raise NotFound(
            what, "Check the keys (not the names) of all three.", said=failure.said, about=failure.about
        ) from None


async def _siblings(query: FlagQuery, ask: Ask) -> tuple[Named, ...]:
    """The project's other environments, for a menu. An answer without one is still an answer."""
    if not ask.menus:
        return ()
    try:
        return (await ask.catalog.environments(query.project)).items
    except Failure:
        return ()


def show(query: FlagQuery, reply: FlagReply, ask: Ask) -> FlagView:
    found = [(key, config) for key in query.env if (config := (reply.environments or {}).get(key))]
    choices = _choices(query, reply)
    values = [_variation(n, variation) for n, variation in enumerate(reply.variations or [])]
    return FlagView(
        name=humanize.short(reply.name, 100) or query.flag,
        key=query.flag,
        description=humanize.short(reply.description or "", 300),
        kind=humanize.short(reply.kind or "unknown kind", 30),
        lifetime="temporary" if reply.temporary else "permanent",
        created=humanize.stamp(reply.created, ask.zone),
        age=humanize.ago(reply.created, ask.now),
        tags=humanize.listed([humanize.short(tag, 40) for tag in reply.tags or ()], 8),
        maintainer=_maintainer(reply),
        warnings=_warnings(reply, ask),
        variations=tuple(values[:MOST_VARIATIONS]),
        more_variations=len(values[MOST_VARIATIONS:]),
        experiments=_experiments(reply),
        migration=_migration(reply),
        environments=tuple(environment(key, config, reply, ask) for key, config in found[:MOST_ENVIRONMENTS]),
        more_environments=len(found[MOST_ENVIRONMENTS:]),
        choices=choices,
        chosen=next((choice for choice in choices if choice.line == _line(query, query.env[0])), None),
        missing=", ".join(_missing(query, reply)),
        url=ask.pages.flag(query.project, query.flag, query.env),
    )


def _missing(query: FlagQuery, reply: FlagReply) -> tuple[str, ...]:
    """The environments of which LaunchDarkly sent nothing."""
    return tuple(key for key in query.env if not (reply.environments or {}).get(key))


def _variation(n: int, variation: Variation) -> VariationView:
    value = humanize.value(variation.value, LONGEST_VALUE)
    return VariationView(
        name=humanize.short(variation.name or f"Variation {n + 1}", 60),
        value=value,
        shortened=value != humanize.value(variation.value, LONGEST_VALUE + 1),
        description=humanize.short(variation.description or "", 100),
    )


def _choices(query: FlagQuery, reply: FlagReply) -> tuple[Choice, ...]:
    """The environments that fit into a menu, where there is more than one to choose from."""
    lines = [(found, _line(query, found.key)) for found in reply.siblings if is_key(found.key)]
    fitting = [(found, line) for found, line in lines if len(line) <= LONGEST_LINE][:MOST_CHOICES]
    choices = tuple(
        Choice(label=humanize.short(found.name or found.key, 75) or "–", line=line) for found, line in fitting
    )
    return choices if len(choices) > 1 else ()


def _line(query: FlagQuery, env: str) -> str:
    return ENDPOINT.line({**dict(query), "env": (env,)})


def _maintainer(reply: FlagReply) -> str:
    """A person or a team, by name."""
    if reply.team and (reply.team.name or reply.team.key):
        return f"the team {humanize.short(reply.team.name or reply.team.key, 60)}"
    if reply.maintainer:
        return humanize.person(reply.maintainer.first, reply.maintainer.last)
    return f"the team {humanize.short(reply.team_key, 60)}" if reply.team_key else "nobody"


def _warnings(reply: FlagReply, ask: Ask) -> tuple[str, ...]:
    """What one should know before relying on this flag."""
    stale = reply.stale
    said = (
        (reply.archived, f"archived {humanize.ago(reply.archived_at, ask.now)}: it serves nobody"),
        (reply.deprecated, f"deprecated {humanize.ago(reply.deprecated_at, ask.now)}: use no more of it"),
        (stale and stale.code, "stale: ready to be removed from the code"),
        (stale and stale.archive, "stale: ready to be archived"),
    )
    return tuple(words for true, words in said if true)


def _experiments(reply: FlagReply) -> str:
    metrics = [
        humanize.short(e.metric or "a metric", 60) for e in (reply.experiments and reply.experiments.items) or ()
    ]
    return humanize.listed(metrics, 5)


def _migration(reply: FlagReply) -> str:
    """The stages of a migration flag, where they were asked for."""
    if reply.migration is None:
        return "a migration flag" if reply.purpose == "migration" else ""
    stages = f"a migration in {reply.migration.stages} stages" if reply.migration.stages else "a migration"
    return stages + (f", by {humanize.short(reply.migration.context, 40)}" if reply.migration.context else "")


ENDPOINT = Endpoint[FlagQuery, FlagReply, FlagView](
    name="flag",
    summary="One flag: what is served where, whose it is, and what has changed",
    examples=(
        "flag new-checkout web/production",
        "flag new-checkout web/production,staging",
        "flag orders-db-migration platform/production expand=evaluation,migrationSettings",
    ),
    query=FlagQuery,
    reply=FlagReply,
    view=FlagView,
    fetch=fetch,
    show=show,
    doubted=lambda query, reply: {"env": _missing(query, reply)},
)
