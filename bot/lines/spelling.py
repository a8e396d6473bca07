"""Words of a sentence that are one letter off: `scroes`, `relaeses`, `incidnets`.

Two such words become the same when each loses a letter. So one lookup for each letter finds what a word may stand for,
however many words are known.
"""

from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache

from bot.lines.param_types import is_one_edit_apart

MIN_LETTERS = 5  # of both words: short ones are one letter off too many others
MIN_LETTERS_REPLACED = 8  # of words with another letter in place of one, which most short neighbors are

# Ordinary words that are one letter off another one that asks for a question.
_ORDINARY = """
    beings boeing brake brakes braking brooke catchy chanting charging county depleted doping dying evening garde grande
    heath inventor inventors loner misuse outrage outraged overalls owing ranting resorted resorting revere revered
    rises rising shoulda sores speedy stable staple states statue statues statutes stitched stitches stitching tended
    tends throughout tides tuned worthy
"""
ORDINARY_WORDS = frozenset(_ORDINARY.split())


@lru_cache
def build_speller(phrases: tuple[str, ...]) -> "Speller":
    """Build the speller for these lists of phrases, once."""
    return Speller(phrases)


class Speller:
    """Knows the words of phrases that are separated by commas; `deploy*` stands for `deployed`, too."""

    def __init__(self, phrases: tuple[str, ...]) -> None:
        words = set(" ".join(phrases).replace(",", " ").split())
        self._stems = tuple(word[:-1] for word in words if word.endswith("*"))
        self._words = words | {stem + ending for stem in self._stems for ending in _endings(stem)}
        self._by_rest = defaultdict[str, list[str]](list)
        for word in sorted(word for word in self._words if len(word) >= MIN_LETTERS and word.isalpha()):
            for rest in _rests(word):
                self._by_rest[rest].append(word)

    def correct(self, word: str) -> str:
        """Return the known word that is probably meant, else the word itself."""
        is_right = word in self._words or word in ORDINARY_WORDS or word.startswith(self._stems)
        if is_right or len(word) < MIN_LETTERS or not word.isalpha():
            return word
        candidates = (known for rest in _rests(word) for known in self._by_rest.get(rest, ()))
        return next((known for known in candidates if _is_typo(word, known)), word)


def _endings(stem: str) -> tuple[str, ...]:
    return ("", "s", "d") if stem.endswith("e") else ("", "s", "e", "y", "ed", "es", "ing")


def _rests(word: str) -> Iterator[str]:
    """Yield the word, and what remains of it without each of its letters."""
    yield word
    yield from (word[:n] + word[n + 1 :] for n in range(len(word)))


def _is_typo(typed: str, known: str) -> bool:
    """Return whether a letter other than the first was left out, added or swapped, or in a long word replaced."""
    is_replaced = len(typed) == len(known) and sorted(typed) != sorted(known)
    is_likely = typed[0] == known[0] and (not is_replaced or len(typed) >= MIN_LETTERS_REPLACED)
    return is_likely and is_one_edit_apart(typed, known)
