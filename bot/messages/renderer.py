"""View + template ─► Message: templates are compiled once, read as JSON, and held to Slack's limits, aloud.

A template is a sequence of JSON values, read one after the other: first the text, then the blocks. A text starts a
message: each one after the first starts the next message of the thread, and Slack's limits hold for each message by
itself. How a template words them, and how a hole becomes a value that breaks nothing, stands in `wording.py`.
"""

import hashlib
from collections.abc import Iterator
from contextlib import suppress
from json import JSONDecoder
from pathlib import Path
from typing import Any

from jinja2 import BytecodeCache, Environment, FileSystemBytecodeCache, FileSystemLoader, StrictUndefined
from jinja2.bccache import Bucket
from jinja2.nativetypes import NativeCodeGenerator

from bot.messages import mrkdwn, template_tags
from bot.messages.message import Block, Message
from bot.messages.mrkdwn import ELLIPSIS

# Slack takes 50 blocks, of which a door may add two. https://docs.slack.dev/reference/block-kit/blocks
MAX_BLOCKS = 48


class _TemplateEnvironment(Environment):
    """In these, every hole is a filter that gives what is to be written. Jinja's generator of native types writes just
    that; its usual one would finalize and escape it once more, as HTML, which costs most of the time and spoils it."""

    code_generator_class = NativeCodeGenerator


class Renderer:
    """The templates, compiled once."""

    def __init__(self, templates: Path | None = None, *, cache: BytecodeCache | None = None) -> None:
        self._environment = _TemplateEnvironment(
            loader=FileSystemLoader(templates or find_templates()),
            extensions=[template_tags.BlockTags],
            bytecode_cache=cache,
            autoescape=True,  # not for HTML: so that macros give Markup, which is the word for "finished"
            undefined=StrictUndefined,
            auto_reload=False,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters.update(template_tags.FILTERS)
        self._environment.globals.update(template_tags.GLOBALS)

    def render(self, name: str, **values: object) -> Message:
        """The message that template *name* makes of the *holes*."""
        first, *thread = _split_messages(_parse_values(self._environment.get_template(f"{name}.j2").render(values)))
        return Message(first.text, first.blocks, tuple(thread))


def find_templates() -> Path:
    """Beside the package in a checkout, inside it in an installed wheel."""
    package_dir = Path(__file__).parent.parent
    return next(path for path in (package_dir / "templates", package_dir.parent / "templates") if path.is_dir())


class TemplateBytecodeCache(FileSystemBytecodeCache):
    """Templates that an earlier run compiled. That depends on rooms of the bot too: their digest is in the names."""

    def __init__(self, directory: Path | None = None) -> None:
        sources = (
            __file__,
            template_tags.__file__,
            mrkdwn.__file__,
        )  # `mrkdwn`: a constant in a hole is escaped when compiled
        digest = hashlib.sha256(b"".join(Path(source).read_bytes() for source in sources)).hexdigest()[:12]
        super().__init__(str(directory) if directory else None, pattern=f"__insights_bot_{digest}_%s.cache")

    def dump_bytecode(self, bucket: Bucket) -> None:
        with suppress(OSError):  # a full disk costs time, not an answer
            super().dump_bytecode(bucket)


def open_bytecode_cache() -> BytecodeCache | None:
    """Where compiled templates are kept between runs, if this machine has a place that is ours alone."""
    try:
        return TemplateBytecodeCache()
    except (OSError, RuntimeError):
        return None


def _parse_values(rendered: str) -> Iterator[Any]:
    decode, position, end = JSONDecoder().raw_decode, 0, len(rendered)
    while True:
        while position < end and rendered[position].isspace():
            position += 1
        if position == end:
            return
        value, position = decode(rendered, position)
        yield value


def _split_messages(values: Iterator[Any]) -> Iterator[Message]:
    """The values by message. One that starts with a block instead of a text is a mistake in the template."""
    text, blocks = next(values), list[Block]()
    if not isinstance(text, str):
        raise TypeError("a message starts with its text")
    for value in values:
        if isinstance(value, str):
            yield Message(text, tuple(_limit_blocks(blocks)))
            text, blocks = value, []
        else:
            blocks.append(value)
    yield Message(text, tuple(_limit_blocks(blocks)))


def _limit_blocks(blocks: list[Block]) -> list[Block]:
    """No more blocks than Slack takes: the footer stays, and what is left out is counted."""
    if len(blocks) <= MAX_BLOCKS:
        return blocks
    visible = MAX_BLOCKS - 2
    notice: Block = {
        "type": "section",
        "text": {"type": "mrkdwn", "text": f"{ELLIPSIS} and {len(blocks) - visible - 1} more parts"},
    }
    return [*blocks[:visible], notice, blocks[-1]]
