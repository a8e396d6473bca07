"""Read YAML that somebody wrote, in bounded time: text, lists and mappings, and nothing that stands for something else.

Aliases and merge keys let a short file grow without end, and some of YAML's numbers take minutes to work out. Here a
scalar is text, an alias is a mistake, and a file has a size and a number of parts.
"""

from pathlib import Path
from typing import Any

import yaml
from yaml.composer import ComposerError

from bot.errors import Misconfigured

MAX_BYTES = 500_000
MAX_NODES = 50_000  # some seconds on a slow machine; a schedule has fifteen
SHAPE = "`insights-bot schedules --export` shows what it is to look like."


class _Plain(yaml.BaseLoader):
    """PyYAML's loader without types, which counts what it reads."""

    nodes = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        self.nodes += 1
        mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
        if self.check_event(yaml.AliasEvent):
            raise ComposerError(None, None, "aliases (*name) are not read, so write each schedule in full", mark)
        if self.nodes > MAX_NODES:
            raise ComposerError(None, None, f"only {MAX_NODES:,} parts are read, so make it several files", mark)
        return super().compose_node(parent, index)


def read(file: str) -> str:
    """The text of a file, which is read once."""
    try:
        with Path(file).open("rb") as opened:
            found = opened.read(MAX_BYTES + 1)
        if len(found) > MAX_BYTES:
            raise Misconfigured(f"The file {file} is too large.", f"It may have {MAX_BYTES:,} bytes.")
        return found.decode()
    except OSError as wrong:
        raise Misconfigured(f"The file {file} cannot be read ({wrong.strerror}).", SHAPE) from None
    except UnicodeDecodeError:
        raise Misconfigured(f"The file {file} is not UTF-8 text.", SHAPE) from None


def parse(text: str) -> Any:
    """What a text holds: str, list and dict."""
    try:
        return yaml.load(text, _Plain)  # noqa: S506  # it makes nothing but these
    except yaml.YAMLError as wrong:
        raise Misconfigured(f"The file is no YAML: {' '.join(str(wrong).split())}.", SHAPE) from None
    except (ValueError, RecursionError, TypeError):  # brackets without end; a mapping as a key
        raise Misconfigured("The file holds what cannot be read.", SHAPE) from None
