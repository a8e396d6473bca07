"""The known keys that a person may have meant, the most likely first."""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches

from bot.questions.catalog.reply import CatalogItem

SIMILARITY_CUTOFF = 0.6
MIN_PART_CHARS = 3  # letters; two are part of too many keys


def nearest_keys(word: str, items: Sequence[CatalogItem], limit: int = 3) -> list[str]:
    """Keys one slip away; else those that the word begins, looks like, abbreviates, or is a part of, by key or name."""
    typos = [item.key for item in items if _is_typo(word.lower(), item.key.lower())]
    return (typos or list(dict.fromkeys(_candidates(word.lower(), items))))[:limit]


def match_ignoring_case(word: str, items: Sequence[CatalogItem]) -> str | None:
    """The key that is this word in other capitals, if there is just one."""
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
    """Whether the letters of the word stand in the key in this order, beginning with the first: `prd`, `stg`."""
    letters = iter(key)
    return word[0] == key[0] and all(letter in letters for letter in word)


def _is_typo(word: str, key: str) -> bool:
    """Whether one letter is missing, too many or another, or two neighbors have changed places."""
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
