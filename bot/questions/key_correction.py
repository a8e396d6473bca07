"""Key correction: checks the keys of a question against LaunchDarkly's lists, and suggests known ones.

The case of a key is corrected silently if only one key matches. Lists are fetched only when an answer makes a key
suspect, so a question that works costs no extra requests."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from bot.errors import TRANSIENT_FAILURES, Failure, NotAllowed, NotFound, Rejected, UnknownKey
from bot.lines.spec import Params
from bot.messages import humanize
from bot.questions.catalog import MAX_ITEMS, Catalog, CatalogItem

SuspectKeys = Mapping[str, Sequence[str]]  # params field ─► its keys that may be unknown
LineWriter = Callable[[Any], str]  # params ─► the line that asks for them

# The fields that hold keys. The project is last: looking up the others also shows whether it exists.
KEY_FIELDS = ("flag", "env", "app", "project")
FLAG_KEY = "featureFlagKey"  # a `flag` field with another API name holds only part of a key
MAX_LISTED_KEYS = 8
MAX_OFFERED_KEYS = 3
MAX_WORD_CHARS = 60
SIMILARITY_CUTOFF = 0.6
MIN_PART_CHARS = 3  # two letters occur in too many keys


@dataclass(frozen=True)
class KeyProblem:
    """A sentence about a key that LaunchDarkly doesn't know.

    With it, the params with the nearest known key, and the known keys to offer, each with its params.
    """

    field: str
    text: str
    corrected: Params | None = None
    choices: tuple[tuple[str, Params], ...] = ()

    def unknown_key(self, write_line: LineWriter) -> UnknownKey:
        """Return the failure to raise, with lines in place of params."""
        choices = tuple((key, line) for key, params in self.choices if (line := write_line(params)))
        return UnknownKey(self.text, corrected=write_line(self.corrected) if self.corrected else "", choices=choices)


@dataclass(frozen=True)
class KeyCheck:
    """The params with the case of keys corrected, the unknown key, and notes on lists that the token can't read."""

    params: Params
    problem: KeyProblem | None = None
    unlistable: tuple[str, ...] = ()


def suspect_keys(params: Params, failure: Failure) -> SuspectKeys:
    """Return the keys that a failure may be about: those that it names, else the flag and environments."""
    keys = _keys(params)
    if failure.param_names:
        named = {f.field_name for f in params.fields() if f.api_name in failure.param_names}
        return {name: values for name, values in keys.items() if name in named}
    project_keys = {name: values for name, values in keys.items() if name in ("flag", "env") and "project" in keys}
    return project_keys or {name: values for name, values in keys.items() if name == "project"}


def keys_in_project(params: Params) -> SuspectKeys:
    """Return all keys but the project's, which the lists of its environments and flags check as well."""
    return {name: keys for name, keys in _keys(params).items() if name != "project"}


def _keys(params: Params) -> SuspectKeys:
    fields = {f.field_name: f for f in params.fields()}
    key_fields = [
        name for name in KEY_FIELDS if name in fields and (name != "flag" or fields[name].api_name == FLAG_KEY)
    ]
    values = {name: getattr(params, name) for name in key_fields}
    return {name: value if isinstance(value, tuple) else (value,) for name, value in values.items() if value}


async def check_keys(params: Params, suspects: SuspectKeys, catalog: Catalog) -> KeyCheck:
    """Look up suspect keys, up to the first unknown one. Transient failures propagate."""
    checker = _KeyChecker(params, catalog)
    for name, keys in suspects.items():
        if keys and (problem := await checker.look_up(name, keys)):
            return KeyCheck(checker.params, problem, tuple(checker.unlistable))
    return KeyCheck(checker.params, None, tuple(checker.unlistable))


@dataclass
class _KeyChecker:
    """The state of one check: the params corrected so far, and the lists that couldn't be read."""

    params: Params
    catalog: Catalog
    unlistable: list[str] = field(default_factory=list)

    @property
    def _project(self) -> str:
        return str(dict(self.params)["project"])

    async def look_up(self, name: str, keys: Sequence[str]) -> KeyProblem | None:
        """Return the first unknown key, and correct the case of those before it."""
        try:
            items, capped = await self._list(name)
        except (NotAllowed, NotFound, Rejected) as failure:
            if isinstance(failure, NotFound) and name in ("flag", "env"):  # then the project is unknown
                return await self._check_project_first(name, keys)
            self._add_unlistable(name, isinstance(failure, NotAllowed))
            return None
        if not items and name in ("project", "env"):  # there always is one, so the token isn't allowed to see any
            self._add_unlistable(name, True)
            return None
        for word in keys:
            if not await self._is_known(name, word, items) and not (capped and name != "flag"):
                return self._problem(name, word, items, capped=capped)
        return None

    async def _check_project_first(self, name: str, keys: Sequence[str]) -> KeyProblem | None:
        """Report the unknown project. If only its case was wrong, look up the keys once more."""
        previous = self._project
        problem = await self.look_up("project", (previous,))
        return problem or (await self.look_up(name, keys) if self._project != previous else None)

    async def _list(self, name: str) -> tuple[Sequence[CatalogItem], bool]:
        if name == "flag":
            flags = await self.catalog.flags(self._project)
            return flags.items, flags.capped
        if name == "env":
            listing = await self.catalog.environments(self._project)
        else:
            listing = await (self.catalog.projects() if name == "project" else self.catalog.applications())
        return listing.items, listing.capped

    async def _is_known(self, name: str, word: str, items: Sequence[CatalogItem]) -> bool:
        if any(item.key == word for item in items) or (name == "app" and await self.catalog.knows_application(word)):
            return True
        if key := match_ignoring_case(word, items):
            self.params = _replace_key(self.params, name, word, key)
        return bool(key)

    def _add_unlistable(self, name: str, by_token: bool) -> None:
        project_lists = {"flag": f"{self._project}'s flags", "env": f"{self._project}'s environments"}
        listed = project_lists.get(name, "applications" if name == "app" else "projects")
        text = f"I can't list {listed} with this token." if by_token else f"LaunchDarkly won't list {listed}."
        if text not in self.unlistable:
            self.unlistable.append(text)

    def _problem(self, name: str, word: str, items: Sequence[CatalogItem], *, capped: bool) -> KeyProblem:
        suggestions = nearest_keys(word, items)
        quoted_word = f"“{humanize.truncate_text(word, MAX_WORD_CHARS)}”"
        summary = {
            "flag": f"There's no flag {quoted_word} in {self._project}.",
            "env": f"{self._project} has no environment {quoted_word}.",
        }.get(name, f"There's no {'application' if name == 'app' else 'project'} {quoted_word}.")
        sentences = [summary, _hint(name, suggestions, items)]
        if capped:
            sentences.append(f"I only looked through the newest {MAX_ITEMS:,} of its flags.")
        choices = tuple(
            (key, _replace_key(self.params, name, word, key)) for key in suggestions or _few_keys(name, items)
        )
        return KeyProblem(name, " ".join(filter(None, sentences)), choices[0][1] if suggestions else None, choices)


def _few_keys(name: str, items: Sequence[CatalogItem]) -> list[str]:
    """Return all keys, if the hint lists them and each can have a button."""
    return [item.key for item in items] if name != "flag" and len(items) <= MAX_OFFERED_KEYS else []


def _hint(name: str, suggestions: Sequence[str], items: Sequence[CatalogItem]) -> str:
    """Suggest the nearest keys; without any, or for a short list of environments, list what exists."""
    keys = [*suggestions, *(item.key for item in items if item.key not in suggestions)]
    if suggestions and (name != "env" or len(keys) > MAX_LISTED_KEYS):
        return f"Did you mean {humanize.join_with_and(suggestions).replace(' and ', ' or ')}?"
    if not keys or name == "flag":
        return ""
    more = [f"{len(keys) - MAX_LISTED_KEYS} more"] if len(keys) > MAX_LISTED_KEYS else []
    listed = humanize.join_with_and([*keys[:MAX_LISTED_KEYS], *more])
    return f"{'It has' if name == 'env' else 'There is' if len(keys) == 1 else 'There are'} {listed}."


def _replace_key(params: Params, name: str, word: str, key: str) -> Params:
    """Return the params with one key replaced."""
    value = dict(params)[name]
    replaced = (
        tuple(dict.fromkeys(key if current == word else current for current in value))
        if isinstance(value, tuple)
        else key
    )
    return params.model_copy(update={name: replaced})


async def correct_or_raise(params: Params, failure: Failure, catalog: Catalog, write_line: LineWriter) -> Params:
    """Return the params to ask for instead, if only the case of keys was wrong.

    Otherwise raises UnknownKey if LaunchDarkly doesn't know a key, else the failure."""
    try:
        checked = await _check_or_raise(params, suspect_keys(params, failure), catalog, write_line)
    except TRANSIENT_FAILURES:
        raise failure from None
    if checked.params != params:
        return checked.params
    todo = " ".join([failure.todo, *checked.unlistable])
    raise type(failure)(failure.summary, todo, server_message=failure.server_message, param_names=failure.param_names)


async def confirm_keys(
    params: Params, suspects: SuspectKeys, catalog: Catalog, write_line: LineWriter
) -> tuple[Params, str]:
    """Return the params with the case of keys corrected, and a note to add to the empty answer.

    Raises UnknownKey if LaunchDarkly doesn't know one of the suspects."""
    try:
        checked = await _check_or_raise(params, suspects, catalog, write_line)
    except TRANSIENT_FAILURES:
        return params, ""
    if checked.unlistable:
        return checked.params, " ".join(checked.unlistable)
    return checked.params, _existence_note(suspects.get("app") or ())


def _existence_note(apps: Sequence[str]) -> str:
    """Say that the applications exist, so that one without data isn't mistaken for an unknown one."""
    if len(apps) == 1:
        return f"The application {apps[0]} exists, but has no data here."
    return f"The applications {humanize.join_with_and(apps)} exist, but have no data here." if apps else ""


async def _check_or_raise(params: Params, suspects: SuspectKeys, catalog: Catalog, write_line: LineWriter) -> KeyCheck:
    checked = await check_keys(params, suspects, catalog)
    if problem := checked.problem:
        raise problem.unknown_key(write_line)
    return checked


def nearest_keys(word: str, items: Sequence[CatalogItem], limit: int = MAX_OFFERED_KEYS) -> list[str]:
    """Return the keys one typo away.

    If there are none: keys with a common prefix or similar spelling, or that the word abbreviates or is a part of, by
    key or name."""
    typos = [item.key for item in items if _is_typo(word.lower(), item.key.lower())]
    return (typos or list(dict.fromkeys(_candidates(word.lower(), items))))[:limit]


def match_ignoring_case(word: str, items: Sequence[CatalogItem]) -> str | None:
    """Return the only key that equals this word case-insensitively, if there is exactly one."""
    matches = [item.key for item in items if item.key.lower() == word.lower()]
    return matches[0] if len(matches) == 1 else None


def _candidates(word: str, items: Sequence[CatalogItem]) -> Iterator[str]:
    keys = {item.key.lower(): item.key for item in items}
    yield from (key for lower, key in sorted(keys.items(), key=_key_length) if _shares_prefix(word, lower))
    yield from (keys[lower] for lower in get_close_matches(word, keys, n=3, cutoff=SIMILARITY_CUTOFF))
    if len(word) >= MIN_PART_CHARS:
        yield from (key for lower, key in keys.items() if _abbreviates(word, lower))
        yield from (item.key for item in items if word in item.key.lower() or word in (item.name or "").lower())


def _key_length(pair: tuple[str, str]) -> int:
    return len(pair[0])


def _shares_prefix(word: str, key: str) -> bool:
    return (len(word) > 1 and key.startswith(word)) or (len(key) >= MIN_PART_CHARS and word.startswith(key))


def _abbreviates(word: str, key: str) -> bool:
    """Return whether the key starts with the word's first letter and has the others in order: `prd`, `stg`."""
    letters = iter(key)
    return word[0] == key[0] and all(letter in letters for letter in word)


def _is_typo(word: str, key: str) -> bool:
    """Return whether one letter is missing, added or different, or two neighbors are swapped."""
    if word == key or abs(len(word) - len(key)) > 1:
        return word == key
    shorter, longer = sorted((word, key), key=len)
    if len(shorter) < len(longer):
        return any(longer[:n] + longer[n + 1 :] == shorter for n in range(len(longer)))
    differences = [n for n, (mine, theirs) in enumerate(zip(word, key, strict=True)) if mine != theirs]
    swapped = (
        len(differences) == 2
        and word[differences[0]] + word[differences[1]] == key[differences[1]] + key[differences[0]]
    )
    return len(differences) == 1 or (swapped and differences[1] - differences[0] == 1)
