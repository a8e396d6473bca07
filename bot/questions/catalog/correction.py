"""The keys of a question against LaunchDarkly's lists: which one is unknown, and what to ask instead.

A key in other capitals is put right without a word, where only one key fits. A list is read only where an answer gives
reason to doubt one of its keys, so a question that works costs nothing more."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.errors import Failure, NotAllowed, NotFound, Refused
from bot.lines.params import Query
from bot.messages import humanize
from bot.questions.catalog import Catalog, Named
from bot.questions.catalog.nearest import nearest, same
from bot.questions.catalog.pages import MAX_ITEMS

Doubts = Mapping[str, Sequence[str]]  # the fields of a query that hold keys ─► those keys that may be unknown

FIELDS = ("flag", "env", "app", "project")  # the fields that hold keys; the project is told by the lists of the others
FLAG_KEY = "featureFlagKey"  # elsewhere a flag is only a part of a key to look for
MAX_LISTED = 8
LONGEST_WORD = 60


@dataclass(frozen=True)
class Unknown:
    """A key that LaunchDarkly doesn't know, in a sentence, and the query with the nearest key that it does know."""

    field: str
    says: str
    instead: Query | None = None


@dataclass(frozen=True)
class Checked:
    """A query whose keys have the right capitals, what is unknown of it, and which lists the token can't read."""

    query: Query
    unknown: Unknown | None = None
    unlisted: tuple[str, ...] = ()


def doubts(query: Query, failure: Failure) -> Doubts:
    """The keys that a failure may be about: those that it names, or else those that the project has to know."""
    keys = _keys(query)
    if failure.about:
        named = {f.field for f in query.fields() if f.name in failure.about}
        return {name: words for name, words in keys.items() if name in named}
    within = {name: words for name, words in keys.items() if name in ("flag", "env") and "project" in keys}
    return within or {name: words for name, words in keys.items() if name == "project"}


def keys_within(query: Query) -> Doubts:
    """All keys but the project's, which the lists of its environments and flags tell as well."""
    return {name: words for name, words in _keys(query).items() if name != "project"}


def _keys(query: Query) -> Doubts:
    fields = {f.field: f for f in query.fields()}
    holding = [name for name in FIELDS if name in fields and (name != "flag" or fields[name].name == FLAG_KEY)]
    values = {name: getattr(query, name) for name in holding}
    return {name: value if isinstance(value, tuple) else (value,) for name, value in values.items() if value}


async def check(query: Query, doubted: Doubts, catalog: Catalog) -> Checked:
    """Look up the keys in doubt, up to the first that is unknown. Raises what may be better a little later."""
    checking = _Checking(query, catalog)
    for name, words in doubted.items():
        if words and (unknown := await checking.look_up(name, words)):
            return Checked(checking.query, unknown, tuple(checking.unlisted))
    return Checked(checking.query, None, tuple(checking.unlisted))


@dataclass
class _Checking:
    """A query while its keys are looked up."""

    query: Query
    catalog: Catalog
    unlisted: list[str] = field(default_factory=list)

    @property
    def _project(self) -> str:
        return str(dict(self.query)["project"])

    async def look_up(self, name: str, words: Sequence[str]) -> Unknown | None:
        """The first of these words that is no key of its kind; those before it have their capitals then."""
        try:
            items, capped = await self._list(name)
        except (NotAllowed, NotFound, Refused) as failure:
            if isinstance(failure, NotFound) and name in ("flag", "env"):  # then it is the project that is unknown
                return await self._beyond_project(name, words)
            self._unlisted(name, isinstance(failure, NotAllowed))
            return None
        if not items and name in ("project", "env"):  # there always is one, so this token is shown none
            self._unlisted(name, True)
            return None
        for word in words:
            if not await self._is_known(name, word, items) and not (capped and name != "flag"):
                return self._unknown(name, word, items, capped=capped)
        return None

    async def _beyond_project(self, name: str, words: Sequence[str]) -> Unknown | None:
        """The project is unknown, unless it has other capitals: then it is looked into once more."""
        before = self._project
        unknown = await self.look_up("project", (before,))
        return unknown or (await self.look_up(name, words) if self._project != before else None)

    async def _list(self, name: str) -> tuple[Sequence[Named], bool]:
        if name == "flag":
            flags = await self.catalog.flags(self._project)
            return flags.items, flags.capped
        if name == "env":
            found = await self.catalog.environments(self._project)
        else:
            found = await (self.catalog.projects() if name == "project" else self.catalog.applications())
        return found.items, found.capped

    async def _is_known(self, name: str, word: str, items: Sequence[Named]) -> bool:
        if any(item.key == word for item in items) or (name == "app" and await self.catalog.knows_application(word)):
            return True
        if key := same(word, items):
            self.query = _with(self.query, name, word, key)
        return bool(key)

    def _unlisted(self, name: str, by_token: bool) -> None:
        within = {"flag": f"{self._project}'s flags", "env": f"{self._project}'s environments"}
        listed = within.get(name, "applications" if name == "app" else "projects")
        says = f"I can't list {listed} with this token." if by_token else f"LaunchDarkly won't list {listed}."
        self.unlisted.append(says)

    def _unknown(self, name: str, word: str, items: Sequence[Named], *, capped: bool) -> Unknown:
        near = nearest(word, items)
        said = f"“{humanize.short(word, LONGEST_WORD)}”"
        what = {
            "flag": f"There's no flag {said} in {self._project}.",
            "env": f"{self._project} has no environment {said}.",
        }.get(name, f"There's no {'application' if name == 'app' else 'project'} {said}.")
        says = [what, _hint(name, near, items)]
        if capped:
            says.append(f"I only looked through the newest {MAX_ITEMS:,} of its flags.")
        instead = _with(self.query, name, word, near[0]) if near else None
        return Unknown(name, " ".join(filter(None, says)), instead)


def _hint(name: str, near: Sequence[str], items: Sequence[Named]) -> str:
    """What there is instead: all of it where that is short and near where it isn't."""
    keys = [*near, *(item.key for item in items if item.key not in near)]
    if near and (name != "env" or len(keys) > MAX_LISTED):
        return f"Did you mean {humanize.joined(near).replace(' and ', ' or ')}?"
    if not keys or name == "flag":
        return ""
    more = [f"{len(keys) - MAX_LISTED} more"] if len(keys) > MAX_LISTED else []
    listed = humanize.joined([*keys[:MAX_LISTED], *more])
    return f"{'It has' if name == 'env' else 'There is' if len(keys) == 1 else 'There are'} {listed}."


def _with(query: Query, name: str, word: str, key: str) -> Query:
    """The query with one key in the place of another."""
    value = dict(query)[name]
    instead = tuple(dict.fromkeys(key if one == word else one for one in value)) if isinstance(value, tuple) else key
    return query.model_copy(update={name: instead})
