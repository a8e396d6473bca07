"""Plain words: what a sentence says, and how well it fits the words of each question."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

MAX_WORDS = 40  # of a sentence that are read
MAX_DAYS = 91  # that a question covers, unless its table says otherwise
STRONG, WEAK = 2, 1
MIN_SCORE = 2  # one strong phrase, or two weak ones
_WORD = re.compile(r"[a-z0-9]+")
_APOSTROPHE = re.compile(r"(?<=\w)['’](?=\w)")
_POSSESSIVE = re.compile(r"(?<!what)(?<!who)(?<!how)(?<!that)(?<!it)(?<!here)(?<!let)['’]s\b")
_GREETING = (
    r"(?:hi|hey|hello|hiya|good (?:morning|afternoon|evening|day)|thanks|thank you|thx|cheers|who are you"
    r"|what can (?:you do|i ask|i ask you)|what do you do|how do you work|how does this work)"
    r"(?: (?:there|all|everyone|everybody|team|bot|again|so much|very much|a lot|for me))*"
)
_GREETINGS = re.compile(f"{_GREETING}(?: {_GREETING})*")

# Words too common to be a key.
_COMMON = """
    a about after all am an and any anyone anything are as at be been by can could did do does doing each every
    everything feature flag flags for from get give had has have how i if in into is it its just last latest list live
    me my new no not now of off old on one or our out over past per please show since so some tell than that the their
    them there these they this those to today toggle up us was we were what whats when where which who whose why will
    with would yesterday you your
"""
COMMON_WORDS = frozenset(_COMMON.split())

# Words that a line with a mistake hardly has.
_SENTENCE = """
    a an and are did do does for from has have how in is it last my of on our since than that the their this to was we
    were what when where which who with yesterday
"""
_SENTENCE_WORDS = frozenset(_SENTENCE.split())


@dataclass(frozen=True)
class Words:
    """The words and phrases that ask for a question, separated by commas. `deploy*` also stands for `deployments`.

    A strong phrase is enough on its own; a weak one takes another word, or something that the sentence names.
    The phrases of `flag_options` count beside a flag.
    """

    strong: str = ""
    weak: str = ""
    options: Mapping[str, str] = field(default_factory=dict)  # phrase ─► the option it means; the first of a name wins
    flag_options: Mapping[str, str] = field(default_factory=dict)  # a phrase puts this question first
    covers_today: bool = True
    whole_days: bool = False  # whether a range ends with a whole day: yesterday's last one is yesterday
    max_days: int = MAX_DAYS
    compares: bool = False  # whether it is about two environments or applications

    def score(self, text: str) -> int:
        """Return how well a text fits."""
        return STRONG * _count(self._strong_phrases, text) + WEAK * _count(self._weak_phrases, text)

    def options_in(self, text: str) -> dict[str, str]:
        """Return the options that a text means, by name."""
        return _meant(self.options, text)

    def flag_options_in(self, text: str) -> dict[str, str]:
        """Return the options that a text means beside a flag, by name."""
        return _meant(self.flag_options, text)

    @cached_property
    def phrases(self) -> str:
        """All of them."""
        return ",".join((self.strong, self.weak, *self.options, *self.flag_options))

    @cached_property
    def _strong_phrases(self) -> tuple[str, ...]:
        return tuple(map(_needle, self.strong.split(",")))

    @cached_property
    def _weak_phrases(self) -> tuple[str, ...]:
        return tuple(map(_needle, self.weak.split(",")))


def _needle(phrase: str) -> str:
    """Return what to look for in a text: the whole words, or the beginning of the last one."""
    words = " ".join(phrase.split())
    return f" {words[:-1]}" if words.endswith("*") else f" {words} "


def _meant(options: Mapping[str, str], text: str) -> dict[str, str]:
    meant = [option.partition("=") for phrase, option in options.items() if _needle(phrase) in text]
    return {name: value for name, _, value in reversed(meant)}


def _count(needles: Iterable[str], text: str) -> int:
    return sum(1 for needle in needles if needle.strip() and needle in text)


def split_words(line: str) -> list[str]:
    """Return the words of a sentence in lower case, without accents: `new-checkout` is two, `what's` is one."""
    return _WORD.findall(without_accents(_APOSTROPHE.sub("", _POSSESSIVE.sub("", line.lower()))))[:MAX_WORDS]


def without_accents(text: str) -> str:
    return text if text.isascii() else unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()


def is_greeting(line: str) -> bool:
    """Return whether a line does no more than greet, thank, or ask what the bot is for."""
    return bool(_GREETINGS.fullmatch(" ".join(split_words(line))))


def join_words(words: Iterable[str]) -> str:
    """Return the text in which phrases are looked for: each word between two spaces."""
    return f" {' '.join(words)} "


def reads_as_sentence(line: str) -> bool:
    """Return whether a line that begins like a question goes on like a sentence."""
    return not {"=", "/"} & set(line) and not _SENTENCE_WORDS.isdisjoint(line.lower().split()[1:])


def spans(words: list[str], max_words: int = 5) -> Iterator[tuple[int, int]]:
    """Yield the beginning and end of each group of neighboring words."""
    for start in range(len(words)):
        for end in range(start + 1, min(start + max_words, len(words)) + 1):
            yield start, end
