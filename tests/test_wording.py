"""Phrases that nobody would use stay out of everything that people read."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
READ_BY_PEOPLE = (
    "README.md",
    "manifest.yml",
    ".env.example",
    "Procfile",
    ".github/**/*.md",
    "templates/**/*.j2",
    "bot/**/*.py",
    "bot/**/*.toml",
    "bot/sandbox/web/**/*.html",
    "bot/sandbox/web/**/*.js",
)

RETIRED_PHRASES = (
    # calques
    r"by the clock",
    r"bec[ao]me of",
    r"can ?not be had",
    r"whoever",
    r"those whom",
    r", by whom",
    r"goes? on by itself",
    r"as it is said",
    r"not said",
    r"is said (how|on|when|where|which)",
    r"let a schedule rest",
    r"that rests?",
    r"leaves? out \S+ next",
    r"asked (for )?at once",
    r"wants? it\b",
    r"wanted (it )?at once",
    r"asked of me",
    r"looks? whether",
    r"be told (here|when)",
    r"has trouble of its own",
    # what the bot used to say of itself
    r"I am (not|just|back|in|only)",
    r"I may (not|tell)",
    r"I was only just",
    r"the bot's own memory",
    r"embedded LaunchDarkly",
    r"invented numbers",
    r"made believe",
    # mistakes in a line
    r"I cannot read that line",
    r"is (no|neither a) (time|zone|number|key|day|cadence|length|cursor|choice)\b",
    r"one I know",
    r"is not (one of|within) ",
    r"is an order for",
    r"would not take that",
    r"knows no (flag|project|environment)",
    r"is missing: the",
    r"do not know what .{0,20} is for",
    # answers
    r"worth a look",
    r"not calculated",
    r"as many as last",
    r"what moved most",
    r"on the period before",
    r"turned out so",
    r"known only by now",
    r"nothing of the kind",
    r"no more of it",
    r"like for like",
    r"not counted as none",
    r"in part\)",
    r"maintained by",
    r"how often was",
    r"what (you can ask|it understands|is asked|questions)\b",
    r"unless (said|told) otherwise",
    r"may leave out",
    r"is (no more|no longer) (asked|comes)",
    r"comes? here every",
    r"go(es)? by in the meantime",
    r"there is something new",
    r"that (is|was) asked here already",
)
RETIRED = re.compile("|".join(rf"(?:\b(?:{phrase}))" for phrase in RETIRED_PHRASES), re.IGNORECASE)


def _files() -> Iterator[Path]:
    for pattern in READ_BY_PEOPLE:
        yield from (path for path in ROOT.glob(pattern) if "migrations" not in path.parts)


def _retired_phrases(text: str) -> list[str]:
    return [" ".join(found[0].split()) for found in RETIRED.finditer(re.sub(r"\s+", " ", text))]


@pytest.mark.parametrize("path", list(_files()), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_retired_phrase_is_used(path: Path) -> None:
    assert _retired_phrases(path.read_text()) == []


@pytest.mark.parametrize("sentence", ["Ask a question by\nthe clock", "“x” is no zone I know", "Whoever installs it"])
def test_retired_phrases_are_found_across_lines_and_in_any_case(sentence: str) -> None:
    assert len(_retired_phrases(sentence)) == 1
