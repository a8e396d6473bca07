"""The known keys that a person may have meant, the most likely first."""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches

from bot.questions.catalog.reply import Named

LIKENESS = 0.6
SHORTEST_PART = 3  # letters; two are part of too many keys


def nearest(word: str, known: Sequence[Named], most: int = 3) -> list[str]:
    """Keys one slip away; else those that the word begins, looks like, abbreviates, or is a part of, by key or name."""
    slips = [one.key for one in known if _slip(word.lower(), one.key.lower())]
    return (slips or list(dict.fromkeys(_likely(word.lower(), known))))[:most]


def same(word: str, known: Sequence[Named]) -> str | None:
    """The key that is this word in other capitals, if there is just one."""
    found = [one.key for one in known if one.key.lower() == word.lower()]
    return found[0] if len(found) == 1 else None


def _likely(word: str, known: Sequence[Named]) -> Iterator[str]:
    keys = {one.key.lower(): one.key for one in known}
    yield from (key for lower, key in sorted(keys.items(), key=_length) if _begins(word, lower))
    yield from (keys[lower] for lower in get_close_matches(word, keys, n=3, cutoff=LIKENESS))
    if len(word) >= SHORTEST_PART:
        yield from (key for lower, key in keys.items() if _abbreviates(word, lower))
        yield from (one.key for one in known if word in one.key.lower() or word in (one.name or "").lower())


def _length(pair: tuple[str, str]) -> int:
    return len(pair[0])


def _begins(word: str, key: str) -> bool:
    return (len(word) > 1 and key.startswith(word)) or (len(key) >= SHORTEST_PART and word.startswith(key))


def _abbreviates(word: str, key: str) -> bool:
    """Whether the letters of the word stand in the key in this order, beginning with the first: `prd`, `stg`."""
    letters = iter(key)
    return word[0] == key[0] and all(letter in letters for letter in word)


def _slip(word: str, key: str) -> bool:
    """Whether one letter is missing, too many or another, or two neighbors have changed places."""
    if word == key or abs(len(word) - len(key)) > 1:
        return word == key
    shorter, longer = sorted((word, key), key=len)
    if len(shorter) < len(longer):
        return any(longer[:n] + longer[n + 1 :] == shorter for n in range(len(longer)))
    differ = [n for n, (mine, theirs) in enumerate(zip(word, key, strict=True)) if mine != theirs]
    swapped = len(differ) == 2 and word[differ[0]] + word[differ[1]] == key[differ[1]] + key[differ[0]]
    return len(differ) == 1 or (swapped and differ[1] - differ[0] == 1)
