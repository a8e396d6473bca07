"""Draw messages in a terminal. Only this module imports rich.

It draws Slack's blocks, so it can draw every message that the bot sends.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from bot.lines.timespec import display_line
from bot.messages import mrkdwn
from bot.messages.message import Block, Message, chart_values, table_cells
from bot.messages.mrkdwn import clean
from bot.messages.text_fallback import draw_bar

STYLES = {"bold": "bold", "italic": "italic", "strike": "strike", "code": "cyan", "link": "underline"}
COLOURS = ("cyan", "green", "yellow", "magenta", "blue", "red")


INDENT = 2
PIPE_WIDTH = 1000  # columns
MIN_WIDTH = 40  # columns; some terminals report 0


class Terminal(Console):
    """A console that raises BrokenPipeError when its reader has gone, and pads no lines in a pipe."""

    def on_broken_pipe(self) -> None:
        self.quiet = True
        raise BrokenPipeError

    def print(self, *objects: Any, **options: Any) -> None:
        if self.is_terminal:
            super().print(*objects, **options)
            return
        with self.capture() as captured:
            super().print(*objects, **options)
        self.file.write("\n".join(line.rstrip() for line in captured.get().split("\n")))
        self.file.flush()


def console(*, err: bool = False) -> Console:
    """Return a console for this process's standard output, or standard error."""
    terminal = Terminal(stderr=err, highlight=False)
    terminal.width = max(terminal.width, MIN_WIDTH)
    return terminal


def draw(message: Message, console: Console) -> None:
    """Draw a message with blank lines between its blocks, and its thread indented below."""
    _draw(message, console, 0)
    for n, thread_message in enumerate(message.thread):
        console.print()
        console.print(Rule(Text("" if n else "In the thread", "dim"), align="left", style="dim"))
        _draw(thread_message, console, INDENT)


def draw_rows(heading: Sequence[str], rows: Iterable[Sequence[str]], console: Console) -> None:
    """Draw a table. In a pipe, each row is a single line."""
    if not console.is_terminal:
        console.width = PIPE_WIDTH
    table = Table(*heading, header_style="dim", border_style="dim")
    for row in rows:
        table.add_row(*(Text(clean(cell)) for cell in row))
    console.print(table)


def _draw(message: Message, console: Console, indent: int) -> None:
    for n, block in enumerate(message.blocks):
        console.print(Padding(_block(block), (int(n > 0), 0, 0, indent)), soft_wrap=False)


def _block(block: Block) -> RenderableType:
    return _DRAWN[block["type"]](block)


def _header(block: Block) -> RenderableType:
    return Rule(Text(block["text"]["text"], "bold"), align="left", style="dim")


def _section(block: Block) -> RenderableType:
    text = _text(block["text"])
    return Group(text, *_buttons([block["accessory"]])) if "accessory" in block else text


def _context(block: Block) -> RenderableType:
    return Group(*(_text(element, "dim") for element in block["elements"]))


def _actions(block: Block) -> RenderableType:
    return Group(*_buttons(block["elements"]))


def _buttons(elements: list[dict[str, Any]]) -> Iterator[Text]:
    """Draw the line that a button submits, or the URL it opens; for a menu, one per choice."""
    for element in elements:
        for choice in element.get("options", [element]):
            label, url = choice["text"]["text"], choice.get("url", "")
            line = "" if label.endswith(choice.get("value", "")) else display_line(choice["value"])
            target = (url, f"dim link {url}") if url else (line, "cyan")
            yield Text.assemble((f"[{label}]", "bold"), *([" ", target] if target[0] else []))


def _chart(block: Block) -> RenderableType:
    values = chart_values(block["chart"])
    table = Table.grid(padding=(0, 1))
    series_names = dict.fromkeys(value.series for value in values)
    colours = {series: COLOURS[n % len(COLOURS)] for n, series in enumerate(series_names)}
    label = ""
    for value in values:
        drawn = Text.assemble((draw_bar(value), colours[value.series]), " ", value.text)
        table.add_row("" if value.label == label else value.label, Text(value.series, "dim"), drawn)
        label = value.label
    return Group(Text(block["title"], "bold"), table)


def _table(block: Block) -> RenderableType:
    heading, *rows = table_cells(block)
    table = Table(title=Text(block["caption"], "bold"), title_justify="left", header_style="dim", border_style="dim")
    for n, name in enumerate(heading):
        numbers = all(row[n]["type"] == "raw_number" for row in block["rows"][1:])
        table.add_column(Text(name), justify="right" if numbers else "left")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    return table


def _text(text: dict[str, str], base: str = "") -> Text:
    """Draw a text object; only mrkdwn has styles."""
    styled = Text(style=base)
    for span in mrkdwn.parse_spans(text["text"]) if text["type"] == "mrkdwn" else (mrkdwn.Span(text["text"]),):
        styles = [STYLES[style] for style in span.styles]
        styled.append(span.text, " ".join([*styles, f"link {span.url}"] if span.url else styles))
    return styled


_DRAWN: dict[str, Callable[[Block], RenderableType]] = {
    "header": _header,
    "section": _section,
    "context": _context,
    "actions": _actions,
    "divider": lambda _: Rule(style="dim"),
    "data_visualization": _chart,
    "data_table": _table,
}
