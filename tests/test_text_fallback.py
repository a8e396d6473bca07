"""Text charts and tables show the same as the native blocks."""

from typing import Any

from bot.messages.message import Message, chart_values
from bot.messages.text_fallback import draw_bar, with_text_fallback
from bot.sandbox.block_kit import violations
from bot.sandbox.block_kit.mentions import unsafe_markup

PIE = {
    "type": "data_visualization",
    "title": "Flags <by> status",
    "chart": {"type": "pie", "segments": [{"label": "New", "value": 1}, {"label": "Active & well", "value": 1999}]},
}


def _bar_chart(**series: list[int]) -> dict[str, Any]:
    days = ["Mon", "Tue"]
    lines = [
        {"name": name, "data": [{"label": day, "value": y} for day, y in zip(days, ys, strict=True)]}
        for name, ys in series.items()
    ]
    return {
        "type": "data_visualization",
        "title": "Deployments",
        "chart": {"type": "bar", "series": lines, "axis_config": {"categories": days}},
    }


def _table(*rows: tuple[str, str]) -> dict[str, Any]:
    cells = [[{"type": "raw_text", "text": text} for text in row] for row in (("Status", "Flags"), *rows)]
    return {"type": "data_table", "caption": "Flags", "rows": cells}


def _plain(block: dict[str, Any]) -> list[str]:
    message = with_text_fallback(Message("x", (block,)))
    assert not violations(message.payload())
    assert not unsafe_markup(message.payload())
    return [block["text"]["text"] for block in message.blocks]


def test_pie_is_drawn_in_proportion_with_small_slices_visible() -> None:
    assert _plain(PIE) == [
        "*Flags &lt;by&gt; status*\n```New            ▏ 1 (0%)\nActive &amp; well  ████████████████████ 1,999 (100%)```"
    ]


def test_one_series_has_a_bar_for_each_point() -> None:
    assert _plain(_bar_chart(all=[4, 0])) == ["*Deployments*\n```Mon  ████████████████████ 4\nTue   0```"]


def test_several_series_are_grouped_by_point() -> None:
    assert _plain(_bar_chart(web=[4, 1], api=[2, 0])) == [
        "*Deployments*\n```Mon  web  ████████████████████ 4\n     api  ██████████ 2\nTue  web  █████ 1\n     api   0```"
    ]


def test_negative_value_has_no_bar() -> None:
    assert [draw_bar(value) for value in chart_values(_bar_chart(all=[-4, 2])["chart"])] == ["", "█" * 10]


def test_table_columns_are_aligned() -> None:
    assert _plain(_table(("New", "2"), ("Inactive", "12"))) == [
        "*Flags*\n```Status    Flags\nNew       2\nInactive  12```"
    ]


def test_backtick_does_not_end_the_code_block() -> None:
    assert _plain(_table(("a```b", "1")))[0].count("```") == 2


def test_long_table_is_split_into_sections() -> None:
    parts = _plain(_table(*((f"{'<&>' * 30} {n}", "1") for n in range(90))))
    assert len(parts) > 5
    assert sum(part.count("1\n") + part.count("1`") for part in parts) >= 90


def test_other_blocks_are_unchanged() -> None:
    divider = {"type": "divider"}
    assert with_text_fallback(Message("x", (divider,))).blocks == (divider,)


def test_thread_gets_a_text_fallback() -> None:
    [below] = with_text_fallback(Message("x", (), (Message("y", (PIE,)),))).thread
    assert below == with_text_fallback(Message("y", (PIE,)))
