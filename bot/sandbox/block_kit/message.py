"""A whole message, and the rules across its blocks, which are checked once each block is valid."""

from collections.abc import Iterator, Mapping
from typing import Any

from bot.sandbox.block_kit.blocks import BLOCK
from bot.sandbox.block_kit.schema import Check, Violation, duplicates, items, shape, string, with_checks

Message = Mapping[str, Any]


def _walk_blocks(message: Message) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the blocks with their JSON pointers, in reading order; a container's children follow it."""
    for index, block in enumerate(message["blocks"]):
        yield f"/blocks/{index}", block
        for inner, child in enumerate(block.get("child_blocks", [])):
            yield f"/blocks/{index}/child_blocks/{inner}", child


def _at_most(limit: int, description: str, *types: str) -> Check:
    def check(message: Message, _: str) -> Iterator[Violation]:
        pointers = [at for at, block in _walk_blocks(message) if block["type"] in types]
        yield from (
            Violation(at, f"Is one too many: a message holds at most {limit} {description}.") for at in pointers[limit:]
        )

    return check


def unique_block_ids(message: Message, _: str) -> Iterator[Violation]:
    """Check that no two blocks share a block ID."""
    located_ids = ((f"{at}/block_id", block["block_id"]) for at, block in _walk_blocks(message) if "block_id" in block)
    yield from duplicates(located_ids)


def _markdown_fits(message: Message, _: str) -> Iterator[Violation]:
    length = 0
    for at, block in _walk_blocks(message):
        if block["type"] == "markdown":
            length += len(block["text"])
            if length > 12_000:
                yield Violation(f"{at}/text", f"Brings the markdown of the message to {length} characters, past 12000.")


MESSAGE = with_checks(
    # Slack recommends at most 4,000 characters, and truncates the text only at 40,000.
    shape({"text": string(1, 4000), "blocks": items(BLOCK, 1, 50)}),
    unique_block_ids,
    _markdown_fits,
    _at_most(2, "charts", "data_visualization"),
    # With only one table in a message, the character limit across all tables is the limit of that table.
    _at_most(1, "native table", "table", "data_table"),
)
