"""A message's text: the summary, then everything that the blocks show, each thing once."""

from pathlib import Path

from bot.messages.message import CUT_NOTICE, MAX_CHARS, Block, Message, build_text
from bot.messages.renderer import Renderer
from bot.sandbox.block_kit.mentions import unsafe_markup


def section(markup: str) -> Block:
    return {"type": "section", "text": {"type": "mrkdwn", "text": markup, "verbatim": True}}


def test_text_starts_with_the_summary_and_follows_the_blocks(tmp_path: Path) -> None:
    source = """
    {% summary section button("Why?", "events") %}🟢 *Maturity* is {{ code(it) }}.{% endsummary %}
    {% header %}Scores{% endheader %}
    {% section %}↳ 🔵 _Velocity_ *90* ▰▰▱ · {{ link("https://x.example", "more & more") }}

    Maturity is fine.{% endsection %}
    {"type": "divider"}
    {% context %}as of {{ it }}{% endcontext %}
    """
    (tmp_path / "it.j2").write_text(source)
    message = Renderer(tmp_path).render("it", it="fine")
    assert [block["type"] for block in message.blocks] == ["header", "section", "section", "divider", "context"]
    assert message.text == "Maturity is fine.\nScores\nVelocity 90, more &amp; more\nas of fine"


def test_marks_within_a_name_are_kept() -> None:
    assert build_text("x", [section("• 🟢 *rocket 🚀 launch* · 🧪 test_of_it · 2*3*4")]).split("\n")[1] == (
        "rocket 🚀 launch, test_of_it, 2*3*4"
    )


def test_chart_and_table_are_values() -> None:
    chart = {
        "type": "data_visualization",
        "title": "Per day",
        "chart": {
            "type": "bar",
            "series": [
                {"name": "Deploys", "data": [{"label": "Mon", "value": 1200}, {"label": "Tue †", "value": 0}]},
                {"name": "Changes", "data": [{"label": "Mon", "value": 0}, {"label": "Tue †", "value": 2}]},
            ],
            "axis_config": {"categories": ["Mon", "Tue †"]},
        },
    }
    table = {
        "type": "data_table",
        "caption": "Flags",
        "rows": [[{"type": "raw_text", "text": text} for text in row] for row in (("Status", "Flags"), ("New", "2"))],
    }
    assert build_text("x", [chart, table]).split("\n")[1:] == [
        "Per day:",
        "Mon: Deploys 1,200, Changes 0",
        "Tue: Deploys no data, Changes 2",
        "Flags (Status, Flags):",
        "New, 2",
    ]


def test_plain_text_of_a_block_is_escaped() -> None:
    header = {"type": "header", "text": {"type": "plain_text", "text": "<!channel> & <@U1>"}}
    pie = {
        "type": "data_visualization",
        "title": "<!here>",
        "chart": {"type": "pie", "segments": [{"label": "<!everyone>", "value": 1}]},
    }
    text = build_text("x", [header, pie])
    assert text == "x\n&lt;!channel&gt; &amp; &lt;@U1&gt;\n&lt;!here&gt;:\n&lt;!everyone&gt;: 1 (100%)"
    assert not unsafe_markup({"text": text})


def test_long_text_is_cut_at_the_end_of_a_line() -> None:
    lines = [f"line {n} &amp; more" for n in range(1000)]
    text = build_text("Summary.", [section("\n".join(lines[:100])) for _ in range(10)])
    summary, *shown, notice = text.split("\n")
    assert len(text) <= MAX_CHARS
    assert (summary, notice) == ("Summary.", CUT_NOTICE)
    assert set(shown) <= set(lines)


def test_footer_below_a_cut_text_is_cut_once() -> None:
    long = Message(build_text("Summary.", [section("word " * 500), section("word " * 1000)]), ())
    text = long.with_footer(Message("Scheduled by somebody. " * 200, ())).text
    assert text.count(CUT_NOTICE) == 1
    assert len(text) <= MAX_CHARS
