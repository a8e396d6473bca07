"""Read untrusted YAML in bounded time, as plain text, lists and mappings.

Aliases and merge keys can expand a short file exponentially, and some YAML numbers take minutes to parse. So a scalar
is always text, an alias is an error, and the file's size and number of nodes are limited.
"""

from pathlib import Path
from typing import Any

import yaml
from yaml.composer import ComposerError

from bot.errors import Misconfigured

MAX_BYTES = 500_000
MAX_NODES = 50_000  # takes a few seconds on a slow machine; a schedule has fifteen
FORMAT_HINT = "`insights-bot schedules --export` shows what it is to look like."


class _PlainLoader(yaml.BaseLoader):
    """PyYAML's loader without types, which counts nodes."""

    nodes = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        self.nodes += 1
        mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
        if self.check_event(yaml.AliasEvent):
            raise ComposerError(None, None, "aliases (*name) are not read, so write each schedule in full", mark)
        if self.nodes > MAX_NODES:
            raise ComposerError(None, None, f"only {MAX_NODES:,} parts are read, so make it several files", mark)
        return super().compose_node(parent, index)


def read_file(path: str) -> str:
    """Read a file's text, up to the size limit."""
    try:
        with Path(path).open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise Misconfigured(f"The file {path} is too large.", f"It may have {MAX_BYTES:,} bytes.")
        return content.decode()
    except OSError as error:
        raise Misconfigured(f"The file {path} cannot be read ({error.strerror}).", FORMAT_HINT) from None
    except UnicodeDecodeError:
        raise Misconfigured(f"The file {path} is not UTF-8 text.", FORMAT_HINT) from None


def parse_yaml(text: str) -> Any:
    """Parse YAML into str, list and dict."""
    try:
        return yaml.load(text, _PlainLoader)  # noqa: S506  # the loader builds nothing else
    except yaml.YAMLError as error:
        raise Misconfigured(f"The file is no YAML: {' '.join(str(error).split())}.", FORMAT_HINT) from None
    except (ValueError, RecursionError, TypeError):  # endlessly nested brackets; a mapping as a key
        raise Misconfigured("The file holds what cannot be read.", FORMAT_HINT) from None
