"""Finds the known keys that a person may have meant, the most likely first."""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches

from bot.questions.catalog.reply import CatalogItem

SIMILARITY_CUTOFF = 0.6
MIN_PART_CHARS = 3  # two letters occur in too many keys


def nearest_keys(word: str, items: Sequence[CatalogItem], limit: int = 3) -> list[str]:
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
