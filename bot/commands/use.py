"""`use`: what a channel's questions may leave out."""

from collections.abc import Iterator
from typing import Annotated, cast

from bot.commands.base import Circumstances, Order
from bot.errors import PASSING, UnknownKey
from bot.lines.param_types import Key, Keys, Mistake
from bot.lines.params import Parameter, Query, own
from bot.questions.base import View
from bot.questions.catalog import Catalog
from bot.questions.catalog.correction import Unknown, check, keys_within


class _Nothing:
    """The one bare word that this order knows."""

    allowed = "nothing"

    def read(self, word: str) -> str:
        if word.lower() != self.allowed:
            raise Mistake(f"“{word[:60]}” is neither project/env nor nothing")
        return self.allowed

    def write(self, value: str) -> str:
        return value


class UseQuery(Query):
    words = ("nothing",)

    nothing: Annotated[str | None, _Nothing(), own("forgets what was chosen")] = None
    project: Annotated[Key | None, Parameter("projectKey", "the project of questions that name none")] = None
    env: Annotated[Key | None, Parameter("environmentKey", "the environment of questions that name none")] = None
    app: Annotated[Keys | None, Parameter("applicationKey", "the applications of questions that name none")] = None

    def check(self) -> Iterator[str]:
        chosen = self.project or self.env or self.app
        if self.nothing and chosen:
            yield "Either something is used or nothing, not both."
        elif chosen and not (self.project and self.env):
            yield "A project and an environment belong together: use project/env."


class UseView(View):
    place: str
    apps: str
    changed: bool
    unchecked: str


async def obey(query: UseQuery, given: Circumstances) -> UseView:
    """Chooses what LaunchDarkly knows, forgets, or only tells."""
    where, by = (given.place.team, given.place.channel), given.place.user
    query, unchecked = await _known(query, given.catalog)
    chosen = {f.short: f.kind.write(value) for f in query.fields()[1:] if (value := getattr(query, f.field))}
    if query.nothing:
        await given.store.defaults.forget(*where, by=by, at=given.now)
    elif chosen:
        await given.store.defaults.put(*where, chosen, by=by, at=given.now)
    kept = await given.store.defaults.get(*where)
    place = f"{kept['project']}/{kept['env']}" if kept else ""
    return UseView(
        place=place,
        apps=kept.get("app", "").replace(",", ", "),
        changed=bool(query.nothing or chosen),
        unchecked=unchecked,
    )


async def _known(query: UseQuery, catalog: Catalog) -> tuple[UseQuery, str]:
    """The choice in LaunchDarkly's own capitals, and why it could not be checked. An unknown key raises UnknownKey."""
    try:
        checked = await check(query, keys_within(query), catalog)
        unknown = checked.unknown
        if unknown and unknown.field == "project" and unknown.instead:  # whose environments may be other ones
            unknown = _both(unknown, (await check(unknown.instead, keys_within(unknown.instead), catalog)).unknown)
    except PASSING as failure:
        return query, failure.what
    if unknown:
        raise UnknownKey(unknown.says, corrected=ORDER.line(dict(unknown.instead)) if unknown.instead else "")
    return cast(UseQuery, checked.query), " ".join(checked.unlisted)


def _both(first: Unknown, second: Unknown | None) -> Unknown:
    """Two keys that are unknown, in one sentence after the other."""
    if second is None:
        return first
    return Unknown(first.field, f"{first.says} {second.says}", second.instead or first.instead)


ORDER = Order[UseQuery, UseView](
    name="use",
    summary="What the questions of this channel may leave out",
    examples=("use web/production", "use web/production app=storefront", "use", "use nothing"),
    query=UseQuery,
    view=UseView,
    obey=obey,
)
