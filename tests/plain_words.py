"""Sentences in plain words, and what they should offer: a table per file."""

from dataclasses import dataclass
from pathlib import Path

DATA = Path(__file__).parent / "data"


@dataclass(frozen=True)
class Example:
    """A sentence, with what should be among the offered lines; nothing for one that is off topic."""

    sentence: str
    expected: str

    @property
    def is_off_topic(self) -> bool:
        return self.expected == "-"


def read_examples(name: str) -> list[Example]:
    lines = [line for line in (DATA / name).read_text().splitlines() if line and not line.startswith("#")]
    return [Example(*line.split(" | ")) for line in lines]
