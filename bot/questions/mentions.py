"""Mentions: the keys that a sentence names, by key or by name. A flag that isn't listed is known by its looks."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import partial
from itertools import islice, pairwise

from bot.lines.param_types import is_key, is_one_edit_apart
from bot.lines.plain_words import COMMON_WORDS, join_words, spans, split_words
from bot.questions.catalog import MAIN_ENVIRONMENT, MAX_ITEMS, CatalogItem

MAX_GUESSES = 3  # words that are compared with every flag's key
MIN_PART_CHARS = 3  # of a word that stands for a longer key: `prod`, `ios`
SEPARATORS = ("-", " ", "_", ".", "")
_KEY_SHAPED = re.compile(
    r"(?<![\w/.-])(?:[A-Za-z][A-Za-z0-9]*(?:[-_][A-Za-z0-9]+)+|[a-z]{2,}[A-Z][A-Za-z0-9]+)(?![\w/-])"
)
_FLAG_NOUNS = ("flag", "toggle")


class Kind(Enum):
    """The kinds of keys. Of two that a sentence names with the same words, the first counts."""

    ENVIRONMENT = 1
    APPLICATION = 2
    PROJECT = 3
    FLAG = 4
    OWNER = 5  # a person who maintains flags, by name


KnownKeys = Mapping[Kind, Sequence[CatalogItem]]  # those that are known in time; environments and flags of one project


@dataclass(frozen=True)
class Mentions:
    """What a sentence names, and the text of its other words."""

    text: str
    projects: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()
    applications: tuple[str, ...] = ()
    flag: str = ""  # a flag's key, as far as it is known
    flag_part: str = ""  # the part of it that the sentence has
    is_flag_certain: bool = False  # whether the flag exists, and its key is no ordinary word
    owner: str = ""

    @property
    def names_any_key(self) -> bool:
        return bool(self.projects or self.environments or self.applications or self.flag)


@dataclass(frozen=True)
class _Match:
    start: int
    end: int
    kind: Kind
    key: str

    @property
    def words(self) -> range:
        return range(self.start, self.end)


def find_mentions(line: str, known: KnownKeys) -> Mentions:
    """Find the known keys in a sentence."""
    words = split_words(line)
    matches = _longest(_exact_matches(words, known))
    matches += _part_matches(words, matches, known)
    matches.sort(key=lambda match: match.start)
    keys = {kind: tuple(dict.fromkeys(match.key for match in matches if match.kind is kind)) for kind in Kind}
    text = join_words(_unused(words, matches).values())
    flags = [match for match in matches if match.kind is Kind.FLAG]
    flag, part = (flags[0].key, flags[0].key) if flags else _guess_flag(line, text, known.get(Kind.FLAG, ()))
    return Mentions(
        text.replace(join_words(split_words(part)), " "),
        keys[Kind.PROJECT],
        keys[Kind.ENVIRONMENT],
        keys[Kind.APPLICATION],
        flag,
        part,
        any(len(match.words) > 1 for match in flags),
        next(iter(keys[Kind.OWNER]), ""),
    )


def _exact_matches(words: list[str], known: KnownKeys) -> Iterator[_Match]:
    """Yield the keys whose spelling or name is in the sentence. Only a lookup for each key: there may be thousands."""
    spellings = {
        separator.join(words[start:end]): (start, end)
        for start, end in spans(words)
        for separator in SEPARATORS
        if end - start > 1 or words[start] not in COMMON_WORDS
    }
    for kind, items in known.items():
        for item in items:
            span = spellings.get(item.key.lower()) or (spellings.get(item.name.lower()) if item.name else None)
            if span:
                yield _Match(*span, kind, item.key)


def _longest(matches: Iterable[_Match]) -> list[_Match]:
    """Choose the longest of those that overlap."""
    chosen: list[_Match] = []
    used: set[int] = set()
    for match in sorted(matches, key=lambda match: (-len(match.words), match.kind.value, match.start)):
        if used.isdisjoint(match.words):
            used.update(match.words)
            chosen.append(match)
    return chosen


def _part_matches(words: list[str], matches: list[_Match], known: KnownKeys) -> list[_Match]:
    """Match each further word with the only environment, application or person that it stands for."""
    flag_words = set(_words_beside_flag(words))
    further = {
        word: n
        for n, word in _unused(words, matches).items()
        if len(word) >= MIN_PART_CHARS and word not in COMMON_WORDS and word not in flag_words
    }
    keys = defaultdict[tuple[str, Kind], list[str]](list)
    for environment in known.get(Kind.ENVIRONMENT, ()):
        for word in filter(environment.key.lower().startswith, further):
            keys[word, Kind.ENVIRONMENT].append(environment.key)
    for application in known.get(Kind.APPLICATION, ()):
        if (word := application.key.lower().partition("-")[0]) in further:
            keys[word, Kind.APPLICATION].append(application.key)
    for owner in known.get(Kind.OWNER, ()):
        if (word := (owner.name or owner.key).lower().partition(" ")[0]) in further:
            keys[word, Kind.OWNER].append(owner.key)
    only = [(word, kind, key) for (word, kind), named in keys.items() if (key := _only(named))]
    return _longest(_Match(further[word], further[word] + 1, kind, key) for word, kind, key in only)


def _only(keys: Sequence[str]) -> str:
    """Return the only key; `prod` always means production."""
    return MAIN_ENVIRONMENT if MAIN_ENVIRONMENT in keys else keys[0] if len(keys) == 1 else ""


def _unused(words: list[str], matches: list[_Match]) -> dict[int, str]:
    """Return the words that no key uses, by their number."""
    used = {n for match in matches for n in match.words}
    return {n: word for n, word in enumerate(words) if n not in used}


def _guess_flag(line: str, text: str, flags: Sequence[CatalogItem]) -> tuple[str, str]:
    """Return the key of a flag that is misspelled, isn't listed, or is known by one word, and what the line has."""
    is_complete = 0 < len(flags) < MAX_ITEMS
    for shaped in _KEY_SHAPED.findall(line)[:MAX_GUESSES]:
        near = next(filter(partial(_is_typo, shaped), _similar_keys(shaped, flags)), "")
        if (near or not is_complete) and is_key(shaped) and join_words(split_words(shaped)) in text:
            return (near or shaped,) * 2
    for word in islice(_words_beside_flag(text.split()), MAX_GUESSES):
        keys = [flag.key for flag in flags if word in flag.key.lower()]
        if keys or not is_complete:
            return min(keys, key=len, default=word), word
    return "", ""


def _words_beside_flag(words: list[str]) -> Iterator[str]:
    """Yield the words before or after `flag` that may be a part of its key."""
    for word, following in pairwise(words):
        neighbor = word if following in _FLAG_NOUNS else following if word in _FLAG_NOUNS else ""
        if neighbor and neighbor not in COMMON_WORDS:
            yield neighbor


def _similar_keys(word: str, flags: Sequence[CatalogItem]) -> Iterator[str]:
    """Yield the keys as long as a word, give or take a letter, that begin or end like it. There may be thousands."""
    lengths, start, end = range(len(word) - 1, len(word) + 2), word[:2], word[-2:]
    keys = (flag.key for flag in flags)
    return (key for key in keys if len(key) in lengths and (key.startswith(start) or key.endswith(end)))


def _is_typo(word: str, key: str) -> bool:
    return is_one_edit_apart(word.lower(), key.lower())
