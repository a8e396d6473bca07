"""Renderer: view + template ─► Message. Parses the template's output as JSON and applies Slack's limits visibly.

A template produces a sequence of JSON values: a string that summarizes the message, then its blocks. Each further
string starts the next message of the thread. Slack's limits apply to each message separately. `template_tags.py`
defines the tags of templates and how placeholders become JSON.
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
from bot.messages.message import Block, Message, build_text
from bot.messages.mrkdwn import ELLIPSIS

# Slack accepts 50 blocks, and a surface may add two. https://docs.slack.dev/reference/block-kit/blocks
MAX_BLOCKS = 48


class _TemplateEnvironment(Environment):
    """The Jinja environment of the templates, in which every placeholder is a filter that returns finished output.

    Jinja's native code generator writes that output unchanged. The default one would also escape it as HTML, which
    breaks it and takes most of the rendering time."""

    code_generator_class = NativeCodeGenerator


class Renderer:
    """Renders messages from templates, which are compiled once."""

    def __init__(self, templates: Path | None = None, *, cache: BytecodeCache | None = None) -> None:
        self._environment = _TemplateEnvironment(
            loader=FileSystemLoader(templates or find_templates()),
            extensions=[template_tags.BlockTags],
            bytecode_cache=cache,
            autoescape=True,  # not for HTML: makes macros return Markup, which marks finished JSON
            undefined=StrictUndefined,
            auto_reload=False,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters.update(template_tags.FILTERS)
        self._environment.globals.update(template_tags.GLOBALS)

    def render(self, name: str, **values: object) -> Message:
        """Render a template to a message."""
        first, *thread = _split_messages(_parse_values(self._environment.get_template(f"{name}.j2").render(values)))
        return Message(first.text, first.blocks, tuple(thread))


def find_templates() -> Path:
    """Return the template directory: next to the package in a checkout, inside it in a wheel."""
    package_dir = Path(__file__).parent.parent
    return next(path for path in (package_dir / "templates", package_dir.parent / "templates") if path.is_dir())


class TemplateBytecodeCache(FileSystemBytecodeCache):
    """Caches compiled templates between runs. File names contain a digest of the modules that affect compilation."""

    def __init__(self, directory: Path | None = None) -> None:
        # `mrkdwn` counts because a constant in a placeholder is escaped at compile time.
        sources = (__file__, template_tags.__file__, mrkdwn.__file__)
        digest = hashlib.sha256(b"".join(Path(source).read_bytes() for source in sources)).hexdigest()[:12]
        super().__init__(str(directory) if directory else None, pattern=f"__insights_bot_{digest}_%s.cache")

    def dump_bytecode(self, bucket: Bucket) -> None:
        with suppress(OSError):  # with a full disk, rendering is slower but works
            super().dump_bytecode(bucket)


def open_bytecode_cache() -> BytecodeCache | None:
    """Open the cache of compiled templates, if the machine has a directory private to this user."""
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
    """Group the values into messages. A block before the first summary is a bug in the template."""
    summary, blocks = next(values), list[Block]()
    if not isinstance(summary, str):
        raise TypeError("a message starts with its summary")
    for value in values:
        if isinstance(value, str):
            yield _build_message(summary, blocks)
            summary, blocks = value, []
        else:
            blocks.append(value)
    yield _build_message(summary, blocks)


def _build_message(summary: str, blocks: list[Block]) -> Message:
    shown = _limit_blocks(_header_first(blocks))
    return Message(build_text(summary, shown), tuple(shown))


def _header_first(blocks: list[Block]) -> list[Block]:
    """Move a header above the summary, which a template opens with."""
    return [*sorted(blocks[:2], key=lambda block: block.get("type") != "header"), *blocks[2:]]


def _limit_blocks(blocks: list[Block]) -> list[Block]:
    """Cut to the number of blocks that Slack accepts: keep the footer, and say how many were cut."""
    if len(blocks) <= MAX_BLOCKS:
        return blocks
    visible = MAX_BLOCKS - 2
    notice: Block = {
        "type": "section",
        "text": {"type": "mrkdwn", "text": f"{ELLIPSIS} and {len(blocks) - visible - 1} more parts"},
    }
    return [*blocks[:visible], notice, blocks[-1]]
