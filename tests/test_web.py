"""The demo's page over real HTTP: who is let in, what a browser is told, and what can be done."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import escape

from bot.sandbox import web
from bot.sandbox.http_server import serving
from bot.sandbox.slack import Content, Slack
from bot.sandbox.web.charts import chart, format_number
from bot.sandbox.web.mrkdwn import MrkdwnRenderer
from bot.sandbox.web.rendering import Renderer
from tests.page_harness import PageHarness, page_with_bot, page_without_bot

STATIC = Path(web.__file__).parent / "static"
HOSTILE = "<script>alert(1)</script> <img src=x onerror=alert(1)> \u2028 </script>"
READ_AS_MARKUP = (
    "innerHTML",
    "outerHTML",
    "insertAdjacentHTML",
    "setHTML",
    "document.write",
    "eval(",
    "parseFromString",
)
BUTTONS = [
    {
        "type": "actions",
        "elements": [
            {"type": "button", "action_id": "ask:older", "text": {"type": "plain_text", "text": "Older"}, "value": "x"}
        ],
    }
]


@dataclass
class Visitor:
    """A browser of few needs."""

    stage: PageHarness
    http: httpx.AsyncClient

    @property
    def slack(self) -> Slack:
        return self.stage.slack

    async def do(self, deed: str, **said: Any) -> str:
        answer = await self.http.post(f"/do/{deed}", json=said)
        return str(answer.json()["error"])

    @asynccontextmanager
    async def listening(self) -> AsyncIterator["Ear"]:
        async with self.http.stream("GET", "/news") as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            yield Ear(answer.aiter_lines())


@dataclass
class Ear:
    """What is told, an event after the other."""

    lines: AsyncIterator[str]

    async def next(self, name: str = "") -> Any:
        """The next event, or the next of this name."""
        kind = ""
        async for line in self.lines:
            if line.startswith("event: "):
                kind = line.removeprefix("event: ")
            if line.startswith("data: ") and name in ("", kind):
                return json.loads(line.removeprefix("data: "))
        raise EOFError


@asynccontextmanager
async def visiting(stage: PageHarness, url: str) -> AsyncIterator[Visitor]:
    async with httpx.AsyncClient(base_url=url, trust_env=False) as http:
        yield Visitor(stage, http)


@pytest.fixture
async def visitor() -> AsyncIterator[Visitor]:
    async with page_without_bot() as (stage, url), visiting(stage, url) as found:
        yield found


# ----------------------------------------------------------------------------------------------------- who is let in


@pytest.mark.parametrize("path", ["/", "/static/news.js", "/completions", "/nothing"])
async def test_a_browser_is_told_to_ask_nobody_else_and_to_run_nothing_else(visitor: Visitor, path: str) -> None:
    headers = (await visitor.http.get(path)).headers
    policy = dict(rule.split(" ", 1) for rule in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert (policy["script-src"], policy["style-src"], policy["connect-src"]) == ("'self'",) * 3
    assert policy["frame-ancestors"] == "'none'"
    assert (policy["require-trusted-types-for"], policy["trusted-types"]) == ("'script'", "fragments")
    assert headers["x-content-type-options"] == "nosniff"


async def test_the_page_asks_for_nothing_from_outside_and_holds_no_script(visitor: Visitor) -> None:
    found = (await visitor.http.get("/")).text
    assert "https:" not in found
    assert (
        found.count("<script") == found.count('<script type="module" src="/static/') == len(list(STATIC.glob("*.js")))
    )
    assert "style=" not in found


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "10.0.0.1", "[", ""])
async def test_a_name_that_only_points_at_this_machine_is_refused(visitor: Visitor, host: str) -> None:
    assert (await visitor.http.get("/", headers={"Host": host})).status_code == 421
    assert (await visitor.http.post("/do/charts", json={"on": False}, headers={"Host": host})).status_code == 421
    assert visitor.slack.charts


@pytest.mark.parametrize("host", ["localhost", "localhost:3210", "127.0.0.1:1", "[::1]:3210"])
async def test_this_machine_has_several_names(visitor: Visitor, host: str) -> None:
    assert (await visitor.http.get("/", headers={"Host": host})).status_code == 200


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1", "http://localhost"])
async def test_another_page_may_do_nothing(visitor: Visitor, origin: str) -> None:
    answer = await visitor.http.post("/do/charts", json={"on": False}, headers={"Origin": origin})
    assert (answer.status_code, visitor.slack.charts) == (403, True)


async def test_this_page_may(visitor: Visitor) -> None:
    here = str(visitor.http.base_url).rstrip("/")
    assert (await visitor.http.post("/do/charts", json={"on": False}, headers={"Origin": here})).status_code == 200
    assert not visitor.slack.charts


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
async def test_what_a_form_of_another_page_could_send_is_refused(visitor: Visitor, kind: str) -> None:
    answer = await visitor.http.post("/do/charts", content=b'{"on": false}', headers={"Content-Type": kind})
    assert (answer.status_code, visitor.slack.charts) == (415, True)


# --------------------------------------------------------------------------------------------------------- what is told


async def test_who_comes_is_told_all_there_is_and_then_what_is_new(visitor: Visitor) -> None:
    slack = visitor.slack
    slack.post(slack.channels["C1"], Content("There already"))
    async with visitor.listening() as ear:
        assert await ear.next() == {}
        rooms = await ear.next("rooms")
        assert all(f'<a href="#{name}" ' in rooms for name in slack.channels)
        assert ["There already" in drawn["html"] for drawn in await ear.next("messages")] == [True]
        message = slack.post(slack.channels["C1"], Content("New"))
        await slack.notify_change()
        [drawn] = await ear.next("messages")
        assert "New" in drawn["html"]
        assert "(edited)" not in drawn["html"]
        message.edit(Content("Newer"))
        await slack.notify_change()
        [drawn] = await ear.next("messages")
        assert "Newer" in drawn["html"]
        assert "(edited)" in drawn["html"]
        slack.delete(message)
        await slack.notify_change()
        assert await ear.next("gone") == [message.ts]


async def test_nobody_is_told_what_is_for_another_alone(visitor: Visitor) -> None:
    slack = visitor.slack
    slack.post_ephemeral("U2", slack.channels["C1"], Content("For Mateo"))
    slack.post(slack.open_dm("U2"), Content("For Mateo too"))
    slack.post_ephemeral("U1", slack.channels["C1"], Content("For Lena"))
    slack.post(slack.open_dm("U1"), Content("For Lena too"))
    async with visitor.listening() as ear:
        told = await ear.next("messages")
    assert all("For Lena" in drawn["html"] for drawn in told)
    assert ["Only visible to you" in drawn["html"] for drawn in told] == [True, False]


async def test_hostile_text_stays_text_on_the_way(visitor: Visitor) -> None:
    slack = visitor.slack
    slack.team = type(slack.team)(slack.team.id, HOSTILE, slack.team.domain)
    slack.channels["C1"].name = HOSTILE
    slack.post(slack.channels["C1"], Content(HOSTILE))
    async with visitor.listening() as ear:
        told = [await ear.next("rooms"), *(drawn["html"] for drawn in await ear.next("messages"))]
    for found in (
        *told,
        (await visitor.http.get("/")).text,
        (await visitor.http.get(f"/completions?line={HOSTILE}")).text,
    ):
        assert "<script>" not in found
        assert "<img" not in found
    assert all(str(escape(HOSTILE)) in found for found in told)


async def test_who_listens_is_let_go_when_the_page_ends(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    async with page_without_bot() as (stage, _), httpx.AsyncClient(trust_env=False) as http:
        async with serving(web.build_page(stage)) as url:
            answer = await http.send(http.build_request("GET", f"{url}/news"), stream=True)
            ear = Ear(answer.aiter_lines())
            await ear.next("whole")
        with pytest.raises(EOFError):
            await ear.next()
        await answer.aclose()
    assert caplog.records == []


async def test_who_waits_for_the_end_of_a_journey_is_told_when_the_page_ends(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    async with page_without_bot() as (stage, _), httpx.AsyncClient(trust_env=False) as http:
        stage.week_gate.clear()
        async with serving(web.build_page(stage)) as url:
            going = asyncio.create_task(http.post(f"{url}/do/week", json={}))
            async with visiting(stage, url) as visitor, visitor.listening() as ear:
                while "Monday" not in await ear.next("told"):
                    pass
        answer = await going
    assert (answer.status_code, answer.json()) == (200, {"error": "The demo has ended."})
    assert caplog.records == []


# ----------------------------------------------------------------------------------------------------- what can be done


async def test_a_line_is_answered_by_the_bot() -> None:
    async with page_with_bot() as (stage, url), visiting(stage, url) as visitor, visitor.listening() as ear:
        assert await visitor.do("type", channel="C1", line="/insights scores web/production") == ""
        said = await ear.next("messages")
        while "<h3>" not in said[0]["html"]:
            said = await ear.next("messages")
        for part in ("<h3>Scores · web/production</h3>", 'data-channel="C1"', "Only visible to you"):
            assert part in said[0]["html"]
        [answer] = visitor.slack.ephemeral["U1"]
        assert await visitor.do("dismiss", message=answer.ts) == ""
        assert await ear.next("gone") == [answer.ts]


async def test_what_is_no_command_is_said_in_the_channel(visitor: Visitor) -> None:
    assert await visitor.do("type", channel="C1", line=" a < b & c ") == ""
    [said] = visitor.slack.channels["C1"].messages
    assert (said.user, said.text) == ("U1", "a &lt; b &amp; c")
    assert "/invite" in await visitor.do("type", channel="C1", line="/giphy cat")


async def test_in_an_archived_channel_nothing_is_said(visitor: Visitor) -> None:
    assert "archived" in await visitor.do("type", channel="C5", line="/insights scores")
    assert not visitor.slack.response_urls


async def test_slack_says_when_the_bot_does_not(visitor: Visitor) -> None:
    visitor.slack.request_url = f"{visitor.slack.url}/nobody"
    said = await visitor.do("type", channel="C1", line="/insights scores")
    assert said == "/insights failed with the error “dispatch_failed”."
    message = visitor.slack.post(visitor.slack.channels["C1"], Content("Events", BUTTONS))
    block = message.to_json()["blocks"][0]["block_id"]
    said = await visitor.do("act", message=message.ts, block=block, action="ask:older")
    assert said == "“Older” failed with the error “dispatch_failed”."


async def test_the_bot_is_brought_in_and_thrown_out() -> None:
    async with page_with_bot() as (stage, url), visiting(stage, url) as visitor:
        await visitor.do("type", channel="C3", line="/invite @Insights")
        assert visitor.slack.channels["C3"].is_member
        await visitor.do("type", channel="C3", line="/remove @Insights")
        assert not visitor.slack.channels["C3"].is_member
        came, went = visitor.slack.channels["C3"].messages
        assert came.text == "was added to #random by Lena Hoffmann."
        assert went.text == "was removed from #random by Lena Hoffmann."


async def test_nobody_else_comes_or_goes_and_in_a_conversation_nobody_does(visitor: Visitor) -> None:
    assert await visitor.do("type", channel="C1", line="/remove @mateo") == "Here only @insights comes and goes."
    assert visitor.slack.channels["C1"].is_member
    conversation = visitor.slack.open_dm("U1")
    assert "works in channels" in await visitor.do("type", channel=conversation.id, line="/remove")
    assert conversation.is_member
    assert not conversation.messages


async def test_the_weather_and_the_charts_are_chosen(visitor: Visitor) -> None:
    async with visitor.listening() as ear:
        assert (await ear.next("stage"))["weather"] == {"LaunchDarkly": "fair", "Slack": "fair"}
        assert await visitor.do("weather", where="Slack", name="down") == ""
        assert (await ear.next("stage"))["weather"]["Slack"] == "down"
        assert await visitor.do("charts", on=False) == ""
        assert (await ear.next("stage"))["charts"] is False


async def test_what_happens_on_the_way_is_said_as_it_happens(visitor: Visitor) -> None:
    async with visitor.listening() as ear:
        await ear.next("stage")
        visitor.stage.week_gate.clear()
        going = asyncio.create_task(visitor.do("week"))
        told = await ear.next("told")
        while "Monday" not in told:
            told = await ear.next("told")
        assert '<p class="busy">Seven days go by … Monday: nothing new.</p>' in told
        assert await visitor.do("next") == "The clock is being moved already."
        visitor.stage.week_gate.set()
        assert await going == ""
        while "busy" in told:
            told = await ear.next("told")
        assert "<p>Tuesday: nothing new.</p>" in told
        assert "Monday: nothing new.\nTuesday: nothing new.</pre>" in told


async def test_what_came_by_the_clock_is_in_its_channel(visitor: Visitor) -> None:
    assert await visitor.do("next") == ""
    async with visitor.listening() as ear:
        assert "<p>Monday, 9:00: the digest came.</p>" in await ear.next("told")
        assert ['data-channel="C2"' in drawn["html"] for drawn in await ear.next("messages")] == [True]


async def test_a_journey_that_fails_is_said_and_the_next_one_may_begin(
    visitor: Visitor, caplog: pytest.LogCaptureFixture
) -> None:
    visitor.stage.broken = True
    assert await visitor.do("next") == "That did not work. The terminal says why."
    assert "no clock" in caplog.text
    visitor.stage.broken = False
    assert await visitor.do("next") == ""


@pytest.mark.parametrize(
    ("deed", "said"),
    [
        ("nothing", {}),
        ("type", {"channel": "C99", "line": "x"}),
        ("type", {"line": "x"}),
        ("weather", {"where": "Moon", "name": "fair"}),
        ("weather", {"where": "Slack", "name": "foul"}),
        ("weather", {"where": ["Slack"], "name": 1}),
        ("type", {"channel": ["C1"], "line": "x"}),
        ("type", {"channel": "C1", "line": None}),
        ("act", {"message": {}, "view": [], "block": "b", "action": "a"}),
        ("dismiss", {"message": 1}),
        ("close", {"view": ["V1"]}),
        ("charts", {}),
        ("charts", {"on": "no"}),
        ("charts", {"on": None}),
        ("submit", {"view": "V1", "values": ["x"]}),
        ("submit", {"view": "V1", "values": {"x": 1}}),
    ],
)
async def test_what_there_is_none_of_is_said(visitor: Visitor, deed: str, said: dict[str, Any]) -> None:
    answer = await visitor.http.post(f"/do/{deed}", json=said)
    assert answer.status_code == 400
    assert answer.json()["error"] == "There is nothing like that here."


@pytest.mark.parametrize(
    ("deed", "said"),
    [
        ("act", {"message": "1.2", "block": "b", "action": "a"}),
        ("act", {"view": "V1", "block": "b", "action": "a"}),
        ("submit", {"view": "V1", "values": {}}),
        ("dismiss", {"message": "1.2"}),
    ],
)
async def test_what_is_gone_is_said(visitor: Visitor, deed: str, said: dict[str, Any]) -> None:
    assert await visitor.do(deed, **said) in ("This message is gone.", "This is closed already.")


async def test_what_is_not_offered_cannot_be_pressed(visitor: Visitor) -> None:
    message = visitor.slack.post(visitor.slack.channels["C1"], Content("Events", BUTTONS))
    said = await visitor.do("act", message=message.ts, block="b", action="ask:older")
    assert said == "This is not offered any more."
    assert await visitor.do("dismiss", message=message.ts) == "Only what you alone can see can be dismissed."


DEEP = 100_000


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"[]", b"{", b'"x"', b"null", b"\xff", b"[" * DEEP, b'{"a":' * DEEP + b"1" + b"}" * DEEP),
        *(b'{"channel": "C1", "line": "/insights \\ud800"}', b'{"channel": "C1", "line": "\\udfff"}'),
        *(b'{"channel": "C1", "line": "x", "more": NaN}', b'{"on": ' + b"9" * 5000 + b"}"),
    ],
    ids=lambda body: repr(body[:40]),
)
async def test_what_is_no_json_object_of_text_is_refused(visitor: Visitor, body: bytes) -> None:
    headers = {"Content-Type": "application/json; charset=utf-8"}
    answer = await visitor.http.post("/do/type", content=body, headers=headers)
    assert (answer.status_code, answer.json()) == (400, {"error": "There is nothing like that here."})
    assert not visitor.slack.response_urls
    assert not visitor.slack.channels["C1"].messages


async def test_what_is_more_than_anybody_types_is_refused(visitor: Visitor) -> None:
    answer = await visitor.http.post("/do/type", json={"channel": "C1", "line": "x" * 1_000_000})
    assert (answer.status_code, answer.json()) == (413, {"error": "That is more than anybody types."})


@pytest.mark.parametrize("before", ["", "/insights "])
async def test_a_message_that_slack_would_not_take_is_not_said(visitor: Visitor, before: str) -> None:
    too_long = before + (40_001 - len(before)) * "😀"
    assert await visitor.do("type", channel="C1", line=too_long) == "A message has 40,000 characters at most."
    assert not visitor.slack.response_urls
    assert await visitor.do("type", channel="C1", line="x" * 40_000) == ""
    assert len(visitor.slack.channels["C1"].messages) == 1


async def test_a_command_is_written_in_small_letters_and_set_off_by_any_space(visitor: Visitor) -> None:
    said = await visitor.do("type", channel="C1", line="/INSIGHTS scores")
    assert said == "/INSIGHTS is no command here. There are /insights, /invite and /remove, in small letters."
    visitor.slack.request_url = f"{visitor.slack.url}/nobody"
    assert "dispatch_failed" in await visitor.do("type", channel="C1", line="/insights\tscores  web/production")
    assert [chain.line for chain in visitor.slack.response_urls.values()] == ["/insights scores  web/production"]


# ------------------------------------------------------------------------------------------------------ how it is drawn


def cell(value: float | str) -> dict[str, Any]:
    is_text = isinstance(value, str)
    return {"type": "raw_text", "text": value} if is_text else {"type": "raw_number", "value": value}


def drawn(*blocks: dict[str, Any], text: str = "said") -> str:
    """A message, as it is drawn."""
    slack = Slack(lambda: datetime.now(UTC))
    return Renderer(slack).message(slack.post(slack.channels["C1"], Content(text, list(blocks))), "", 0)


def test_a_column_of_numbers_may_say_that_there_is_none() -> None:
    rows = [[cell("Flag"), cell("Seen"), cell("Note")], [cell("a"), cell(7), cell("x")], [cell("b"), cell(8), cell(1)]]
    found = drawn({"type": "data_table", "caption": "Flags", "rows": [*rows, [cell("c"), cell("–"), cell("y")]]})
    assert '<td class="number" data-up="2" data-down="2">–</td>' in found
    assert found.count('<th scope="col" class="number">') == 1


@pytest.mark.parametrize(
    ("value", "said"), [(0, "0"), (-0.001, "0"), (12.5, "12.5"), (1234.567, "1,234.57"), (100, "100")]
)
def test_a_number_is_said_with_two_decimals_at_most(value: float, said: str) -> None:
    assert format_number(value) == said


@given(st.lists(st.floats(-1e12, 1e12), min_size=1, max_size=20), st.integers(1, 6))
def test_a_bar_lies_within_its_chart_and_is_as_long_as_its_value(values: list[float], many: int) -> None:
    labels = [str(at) for at in range(len(values))]
    points = [{"label": label, "value": value} for label, value in zip(labels, values, strict=True)]
    series = [{"name": f"s{at}", "data": points} for at in range(many)]
    found = chart({"title": "t", "chart": {"type": "bar", "series": series, "axis_config": {"categories": labels}}})
    assert found is not None
    bars = list(found.bars)
    assert len(bars) == len(values) * many
    assert all(
        bar.x >= 0 and bar.x + bar.width <= 100.01 and bar.y >= 30 and bar.y + bar.height <= 224.01 for bar in bars
    )
    by_value = [
        bar.height for _, bar in sorted(zip(map(abs, values), bars[::many], strict=True), key=lambda one: one[0])
    ]
    assert by_value == pytest.approx(sorted(by_value), abs=0.02)


@given(st.lists(st.floats(1e-6, 1e9), min_size=1, max_size=12))
def test_segments_are_shares_of_the_whole(values: list[float]) -> None:
    segments = [{"label": str(at), "value": value} for at, value in enumerate(values)]
    found = chart({"title": "t", "chart": {"type": "pie", "segments": segments}})
    assert found is not None
    assert [segment.tip.says.partition(":")[0] for segment in found.segments] == [str(at) for at in range(len(values))]


@pytest.mark.parametrize(
    "kind", ["image", "video", "markdown", "table", "card", "container", "context_actions", "plan"]
)
def test_a_block_that_is_not_drawn_is_named(kind: str) -> None:
    assert f"This page does not draw {kind}" in drawn({"type": kind})


@pytest.mark.parametrize("kind", ["overflow", "checkboxes", "radio_buttons", "datepicker", "users_select"])
def test_so_is_an_element(kind: str) -> None:
    assert f"This page does not draw {kind}" in drawn({"type": "actions", "elements": [{"type": kind}]})


def test_a_button_leads_nowhere_but_to_the_web() -> None:
    button = {"type": "button", "action_id": "a", "text": {"type": "plain_text", "text": "Go"}}
    found = drawn({"type": "actions", "elements": [{**button, "url": "javascript:alert(1)"}]})
    assert "<a data-does" not in found
    found = drawn({"type": "actions", "elements": [{**button, "url": "https://x.example/?a=1&b=2"}]})
    assert 'href="https://x.example/?a=1&amp;b=2" target="_blank" rel="noopener noreferrer"' in found


@pytest.mark.parametrize("kind", ["line", "area"])
def test_lines_go_from_point_to_point(kind: str) -> None:
    points = [{"label": label, "value": value} for label, value in (("Mon", 1), ("Tue", -3), ("Wed", 4))]
    series = {"series": [{"name": "n", "data": points}], "axis_config": {"categories": ["Mon", "Tue", "Wed"]}}
    found = drawn({"type": "data_visualization", "title": "Days", "chart": {"type": kind, **series}})
    assert found.count("<polyline") == 1
    assert found.count("<polygon") == (kind == "area")
    assert 'role="img" aria-label="Tue: -3"' in found


def test_rich_text_is_drawn_by_its_runs() -> None:
    runs = [
        {"type": "text", "text": "*a* <b>", "style": {"bold": True, "code": True}},
        {"type": "link", "url": "https://x.example/?a=1&b", "text": "there"},
        {"type": "emoji", "name": "tada", "unicode": "1f389"},
        {"type": "user", "user_id": "U2"},
        {"type": "broadcast", "range": "here"},
    ]
    section = {"type": "rich_text_section", "elements": runs}
    listed = {"type": "rich_text_list", "style": "ordered", "elements": [section]}
    found = drawn({"type": "rich_text", "elements": [section, listed]})
    assert found.count("<b><code>*a* &lt;b&gt;</code></b>") == 2
    assert '<a href="https://x.example/?a=1&amp;b" target="_blank" rel="noopener noreferrer">there</a>🎉' in found
    assert '<span class="mention">@Mateo Ruiz</span><span class="mention">@here</span>' in found
    assert '<ol class="list"><li>' in found


class Tags(HTMLParser):
    """What a browser would make elements and attributes of."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found |= {tag, *(f"{tag} {name}" for name, _ in attrs)}
        self.found |= {f"{name}={value}" for name, value in attrs if name in ("href", "src") and value}


MARKS = st.text(alphabet="<>&|\"'`*_~^!@#/:=\n a1jhtpsc-{}", max_size=60)


@given(
    MARKS, st.sampled_from(["{}", "<{}>", "<https://x.example/{}|{}>", "<!date^1^{}|{}>", "*{}*", "```{}```", "<@{}>"])
)
def test_markup_makes_no_elements_but_its_own(said: str, around: str) -> None:
    tags = Tags()
    tags.feed(str(MrkdwnRenderer(Slack(lambda: datetime.now(UTC))).mrkdwn(around.replace("{}", said))))
    own = {"a", "b", "blockquote", "code", "i", "pre", "s", "span", "time", "pre tabindex", "span class"}
    own |= {"a href", "a target", "a rel", "time datetime", "time data-tokens", "time title"}
    links = {found for found in tags.found if "=" in found}
    assert tags.found - links <= own
    assert all(link.lower().startswith(("href=http://", "href=https://", "href=mailto:")) for link in links)


# -------------------------------------------------------------------------------------------------------- what it is of


def test_its_script_is_small_and_reads_markup_in_one_place() -> None:
    sources = {path.name: path.read_text() for path in STATIC.glob("*.js")}
    lines = [line for source in sources.values() for line in source.splitlines() if line.strip()]
    assert len(lines) <= 500
    assert max(map(len, lines)) <= 120
    for name, source in sources.items():
        assert source.startswith("// ")
        found = [way for way in READ_AS_MARKUP if way in source]
        assert found == (["innerHTML"] if name == "fragments.js" else []), name
        assert "https://cdn" not in source
