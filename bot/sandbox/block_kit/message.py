"""The whole message, and what holds across its blocks once each is right by itself."""

from collections.abc import Iterator, Mapping
from typing import Any

from bot.sandbox.block_kit.blocks import BLOCK
from bot.sandbox.block_kit.schema import Check, Fault, also, items, repeats, shape, string

Message = Mapping[str, Any]


def _every_block(message: Message) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The blocks in reading order, with their places; a container's children follow it."""
    for index, block in enumerate(message["blocks"]):
        yield f"/blocks/{index}", block
        for inner, child in enumerate(block.get("child_blocks", [])):
            yield f"/blocks/{index}/child_blocks/{inner}", child


def _at_most(most: int, what: str, *types: str) -> Check:
    def check(message: Message, _: str) -> Iterator[Fault]:
        places = [at for at, block in _every_block(message) if block["type"] in types]
        yield from (Fault(at, f"Is one too many: a message holds at most {most} {what}.") for at in places[most:])

    return check


def block_ids_differ(message: Message, _: str) -> Iterator[Fault]:
    named = ((f"{at}/block_id", block["block_id"]) for at, block in _every_block(message) if "block_id" in block)
    yield from repeats(named)


def _little_markdown(message: Message, _: str) -> Iterator[Fault]:
    length = 0
    for at, block in _every_block(message):
        if block["type"] == "markdown":
            length += len(block["text"])
            if length > 12_000:
                yield Fault(f"{at}/text", f"Brings the markdown of the message to {length} characters, past 12000.")


MESSAGE = also(
    # Slack cuts the text only at 40 000 characters, and asks for 4000.
    shape({"text": string(1, 4000), "blocks": items(BLOCK, 1, 50)}),
    block_ids_differ,
    _little_markdown,
    _at_most(2, "charts", "data_visualization"),
    # With one table in a message, the limit of characters over all tables is the table's own.
    _at_most(1, "native table", "table", "data_table"),
)
