"""The demo's page over real HTTP: security, event stream, actions and rendering."""

import asyncio
import json
import logging
import re
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

from bot.questions import discover
from bot.sandbox import web
from bot.sandbox.http_server import serving
from bot.sandbox.slack import Content, Slack
from bot.sandbox.web.data_blocks import chart, format_number
from bot.sandbox.web.mrkdwn import MrkdwnRenderer
from bot.sandbox.web.rendering import Renderer
from tests.page_harness import PageHarness, page_with_bot, page_without_bot
from tests.sandbox_slack import record_requests

STATIC = Path(web.__file__).parent / "static"
HOSTILE = "<script>alert(1)</script> <img src=x onerror=alert(1)> \u2028 </script>"
HTML_SINKS = (
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
    """A minimal browser."""

    page: PageHarness
    http: httpx.AsyncClient

    @property
    def slack(self) -> Slack:
        return self.page.slack

    async def do(self, action: str, /, **arguments: Any) -> str:
        answer = await self.http.post(f"/do/{action}", json=arguments)
        return str(answer.json()["error"])

    @asynccontextmanager
    async def listening(self) -> AsyncIterator["EventStream"]:
        async with self.http.stream("GET", "/events") as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            yield EventStream(answer.aiter_lines())


@dataclass
class EventStream:
    """The server-sent events of the page."""

    lines: AsyncIterator[str]

    async def next(self, name: str = "") -> Any:
        """Return the data of the next event, or of the next one with this name."""
        kind = ""
        async for line in self.lines:
            if line.startswith("event: "):
                kind = line.removeprefix("event: ")
            if line.startswith("data: ") and name in ("", kind):
                return json.loads(line.removeprefix("data: "))
        raise EOFError


@asynccontextmanager
async def visiting(page: PageHarness, url: str) -> AsyncIterator[Visitor]:
    async with httpx.AsyncClient(base_url=url, trust_env=False) as http:
        yield Visitor(page, http)


@pytest.fixture
async def visitor() -> AsyncIterator[Visitor]:
    async with page_without_bot() as (page, url), visiting(page, url) as visitor:
        yield visitor


# ------------------------------------------------------------------------------------------------------------- security


@pytest.mark.parametrize("path", ["/", "/static/events.js", "/completions", "/nothing"])
async def test_security_headers_allow_only_the_pages_own_resources(visitor: Visitor, path: str) -> None:
    headers = (await visitor.http.get(path)).headers
    policy = dict(rule.split(" ", 1) for rule in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert (policy["script-src"], policy["style-src"], policy["connect-src"]) == ("'self'",) * 3
    assert policy["frame-ancestors"] == "'none'"
    assert (policy["require-trusted-types-for"], policy["trusted-types"]) == ("'script'", "trusted-html")
    assert headers["x-content-type-options"] == "nosniff"


async def test_page_loads_nothing_external_and_has_no_inline_script(visitor: Visitor) -> None:
    html = (await visitor.http.get("/")).text
    assert "https:" not in html
    assert html.count("<script") == html.count('<script type="module" src="/static/') == len(list(STATIC.glob("*.js")))
    assert "style=" not in html


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "10.0.0.1", "[", ""])
async def test_foreign_host_header_is_refused(visitor: Visitor, host: str) -> None:
    assert (await visitor.http.get("/", headers={"Host": host})).status_code == 421
    assert (await visitor.http.post("/do/charts", json={"on": False}, headers={"Host": host})).status_code == 421
    assert visitor.slack.charts


@pytest.mark.parametrize("host", ["localhost", "localhost:3210", "127.0.0.1:1", "[::1]:3210"])
async def test_local_host_names_are_accepted(visitor: Visitor, host: str) -> None:
    assert (await visitor.http.get("/", headers={"Host": host})).status_code == 200


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1", "http://localhost"])
async def test_foreign_origin_is_refused(visitor: Visitor, origin: str) -> None:
    answer = await visitor.http.post("/do/charts", json={"on": False}, headers={"Origin": origin})
    assert (answer.status_code, visitor.slack.charts) == (403, True)


async def test_own_origin_is_accepted(visitor: Visitor) -> None:
    origin = str(visitor.http.base_url).rstrip("/")
    assert (await visitor.http.post("/do/charts", json={"on": False}, headers={"Origin": origin})).status_code == 200
    assert not visitor.slack.charts


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
async def test_form_content_type_is_refused(visitor: Visitor, kind: str) -> None:
    answer = await visitor.http.post("/do/charts", content=b'{"on": false}', headers={"Content-Type": kind})
    assert (answer.status_code, visitor.slack.charts) == (415, True)


# --------------------------------------------------------------------------------------------------------- event stream


async def test_event_stream_sends_the_state_then_changes(visitor: Visitor) -> None:
    slack = visitor.slack
    slack.post(slack.channels["C1"], Content("There already"))
    async with visitor.listening() as stream:
        assert await stream.next() == {}
        channels = await stream.next("channels")
        assert all(f'<a href="#{name}" ' in channels for name in slack.channels)
        assert ["There already" in sent["html"] for sent in await stream.next("messages")] == [True]
        message = slack.post(slack.channels["C1"], Content("New"))
        await slack.notify_change()
        [sent] = await stream.next("messages")
        assert "New" in sent["html"]
        assert "(edited)" not in sent["html"]
        message.edit(Content("Newer"))
        await slack.notify_change()
        [sent] = await stream.next("messages")
        assert "Newer" in sent["html"]
        assert "(edited)" in sent["html"]
        slack.delete(message)
        await slack.notify_change()
        assert await stream.next("deleted") == [message.ts]


async def test_messages_for_another_user_are_not_sent(visitor: Visitor) -> None:
    slack = visitor.slack
    slack.post_ephemeral("U2", slack.channels["C1"], Content("For Mateo"))
    slack.post(slack.open_dm("U2"), Content("For Mateo too"))
    slack.post_ephemeral("U1", slack.channels["C1"], Content("For Lena"))
    slack.post(slack.open_dm("U1"), Content("For Lena too"))
    async with visitor.listening() as stream:
        messages = await stream.next("messages")
    assert all("For Lena" in message["html"] for message in messages)
    assert ["Only visible to you" in message["html"] for message in messages] == [True, False]


async def test_hostile_text_is_escaped(visitor: Visitor) -> None:
    slack = visitor.slack
    slack.team = type(slack.team)(slack.team.id, HOSTILE, slack.team.domain)
    slack.channels["C1"].name = HOSTILE
    slack.post(slack.channels["C1"], Content(HOSTILE))
    async with visitor.listening() as stream:
        rendered = [await stream.next("channels"), *(message["html"] for message in await stream.next("messages"))]
    for html in (
        *rendered,
        (await visitor.http.get("/")).text,
        (await visitor.http.get(f"/completions?line={HOSTILE}")).text,
    ):
        assert "<script>" not in html
        assert "<img" not in html
    assert all(str(escape(HOSTILE)) in html for html in rendered)


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("/", ["/insights"]),
        ("@in", ["@insights"]),
        ("/insights ", list(discover())),
        ("/insights s", ["scores", "status"]),
        ("@insights dig", ["digest"]),
        ("/insights every", []),
        ("/insights scores ", []),
        ("scores", []),
        ("", []),
    ],
)
async def test_only_names_of_questions_are_completed(visitor: Visitor, line: str, offered: list[str]) -> None:
    html = (await visitor.http.get("/completions", params={"line": line})).text
    assert re.findall("<b>(.*?)</b>", html) == offered


async def test_event_stream_ends_when_the_page_closes(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    async with page_without_bot() as (page, _), httpx.AsyncClient(trust_env=False) as http:
        async with serving(web.build_page(page)) as url:
            answer = await http.send(http.build_request("GET", f"{url}/events"), stream=True)
            stream = EventStream(answer.aiter_lines())
            await stream.next("complete")
        with pytest.raises(EOFError):
            await stream.next()
        await answer.aclose()
    assert caplog.records == []


async def test_time_travel_ends_when_the_page_closes(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    async with page_without_bot() as (page, _), httpx.AsyncClient(trust_env=False) as http:
        page.week_gate.clear()
        async with serving(web.build_page(page)) as url:
            travelling = asyncio.create_task(http.post(f"{url}/do/week", json={}))
            async with visiting(page, url) as visitor, visitor.listening() as stream:
                while "Monday" not in await stream.next("status"):
                    pass
        answer = await travelling
    assert (answer.status_code, answer.json()) == (200, {"error": "The demo has stopped."})
    assert caplog.records == []


# -------------------------------------------------------------------------------------------------------------- actions


async def test_command_is_answered_by_the_bot() -> None:
    async with page_with_bot() as (page, url), visiting(page, url) as visitor, visitor.listening() as stream:
        assert await visitor.do("type", channel="C1", line="/insights scores web/production") == ""
        messages = await stream.next("messages")
        while "<h3>" not in messages[0]["html"]:
            messages = await stream.next("messages")
        for part in ("<h3>Scores</h3>", 'data-channel="C1"', "Only visible to you"):
            assert part in messages[0]["html"]
        [answer] = visitor.slack.ephemeral["U1"]
        assert await visitor.do("dismiss", message=answer.ts) == ""
        assert await stream.next("deleted") == [answer.ts]


async def test_linked_flag_is_shown_below_its_message() -> None:
    url = "https://app.launchdarkly.com/projects/web/flags/new-checkout/targeting?env=test&selected-env=staging"
    async with (
        page_with_bot(unfurl_host="app.launchdarkly.com") as (page, address),
        visiting(page, address) as visitor,
        visitor.listening() as stream,
    ):
        assert await visitor.do("type", channel="C1", line=f"Look at {url}") == ""
        [message] = await stream.next("messages")
        assert 'class="unfurl"' not in message["html"]
        [message] = await stream.next("messages")
    unfurl = message["html"].partition('class="unfurl"')[2]
    assert "<b>New checkout</b> is <b>on</b> in Staging" in unfurl
    assert "Owner: Checkout crew" in unfurl


async def test_text_without_a_command_is_posted(visitor: Visitor) -> None:
    assert await visitor.do("type", channel="C1", line=" a < b & c ") == ""
    [message] = visitor.slack.channels["C1"].messages
    assert (message.user, message.text) == ("U1", "a &lt; b &amp; c")
    assert "/invite" in await visitor.do("type", channel="C1", line="/giphy cat")


async def test_bot_is_mentioned_by_its_name(visitor: Visitor) -> None:
    async with record_requests(visitor.slack) as requests:
        assert await visitor.do("type", channel="C1", line="Ask me@insights.example, @Insights: scores?") == ""
        assert await visitor.do("type", channel="D1", line="scores") == ""
    [message] = visitor.slack.channels["C1"].messages
    assert message.text == "Ask me@insights.example, <@U0INSIGHTS>: scores?"
    assert [json.loads(body)["event"]["type"] for _, body in requests] == ["app_mention", "message"]


async def test_mention_invites_the_bot_into_the_channel(visitor: Visitor) -> None:
    async with record_requests(visitor.slack) as requests:
        await visitor.do("type", channel="C3", line="@insights help")
    assert visitor.slack.channels["C3"].is_member
    assert [json.loads(body)["event"]["type"] for _, body in requests] == ["member_joined_channel", "app_mention"]


async def test_thread_takes_messages_but_no_commands(visitor: Visitor) -> None:
    parent = visitor.slack.post(visitor.slack.channels["C1"], Content("The digest."))
    assert await visitor.do("type", channel="C1", thread=parent.ts, line="Why?") == ""
    refused = await visitor.do("type", channel="C1", thread=parent.ts, line="/insights scores")
    assert refused == "/insights is not supported in threads. Sorry! Mention @insights instead."
    assert [message.thread_ts for message in visitor.slack.channels["C1"].messages] == [None, parent.ts]
    assert "no longer exists" in await visitor.do("type", channel="C1", thread="1.0", line="Why?")


async def test_archived_channel_accepts_no_lines(visitor: Visitor) -> None:
    assert "archived" in await visitor.do("type", channel="C5", line="/insights scores")
    assert not visitor.slack.response_urls


async def test_bot_failure_is_shown_as_slack_shows_it(visitor: Visitor) -> None:
    visitor.slack.request_url = f"{visitor.slack.url}/nobody"
    error = await visitor.do("type", channel="C1", line="/insights scores")
    assert error == "/insights failed with the error “dispatch_failed”."
    message = visitor.slack.post(visitor.slack.channels["C1"], Content("Events", BUTTONS))
    block = message.to_json()["blocks"][0]["block_id"]
    error = await visitor.do("act", message=message.ts, block=block, action="ask:older")
    assert error == "“Older” failed with the error “dispatch_failed”."


async def test_bot_can_be_invited_and_removed() -> None:
    async with page_with_bot() as (page, url), visiting(page, url) as visitor:
        await visitor.do("type", channel="C3", line="/invite @Insights")
        assert visitor.slack.channels["C3"].is_member
        await visitor.do("type", channel="C3", line="/remove @Insights")
        assert not visitor.slack.channels["C3"].is_member
        join, leave = [message for message in visitor.slack.channels["C3"].messages if message.system_event]
        assert join.text == "was added to #random by Lena Hoffmann."
        assert leave.text == "was removed from #random by Lena Hoffmann."


async def test_only_the_bot_can_be_removed_and_only_from_channels(visitor: Visitor) -> None:
    assert (
        await visitor.do("type", channel="C1", line="/remove @mateo")
        == "Only @insights can be invited or removed here."
    )
    assert visitor.slack.channels["C1"].is_member
    conversation = visitor.slack.open_dm("U1")
    assert "only works in channels" in await visitor.do("type", channel=conversation.id, line="/remove")
    assert conversation.is_member
    assert not conversation.messages


async def test_faults_and_charts_can_be_switched(visitor: Visitor) -> None:
    async with visitor.listening() as stream:
        assert (await stream.next("demo_bar"))["faults"] == {"LaunchDarkly": "fair", "Slack": "fair"}
        assert await visitor.do("fault", service="Slack", name="down") == ""
        assert (await stream.next("demo_bar"))["faults"]["Slack"] == "down"
        assert await visitor.do("charts", on=False) == ""
        assert (await stream.next("demo_bar"))["charts"] is False


async def test_time_travel_reports_its_progress(visitor: Visitor) -> None:
    async with visitor.listening() as stream:
        await stream.next("demo_bar")
        visitor.page.week_gate.clear()
        travelling = asyncio.create_task(visitor.do("week"))
        status = await stream.next("status")
        while "Monday" not in status:
            status = await stream.next("status")
        assert '<p class="busy">Skipping ahead seven days … Monday: nothing new.</p>' in status
        assert await visitor.do("next") == "The clock is already moving."
        visitor.page.week_gate.set()
        assert await travelling == ""
        while "busy" in status:
            status = await stream.next("status")
        assert "<p>Tuesday: nothing new.</p>" in status
        assert "Monday: nothing new.\nTuesday: nothing new.</pre>" in status


async def test_scheduled_digest_appears_in_its_channel(visitor: Visitor) -> None:
    assert await visitor.do("next") == ""
    async with visitor.listening() as stream:
        assert "<p>Monday, 9:00: the digest came.</p>" in await stream.next("status")
        assert ['data-channel="C2"' in message["html"] for message in await stream.next("messages")] == [True]


async def test_failed_time_travel_is_reported_and_can_be_repeated(
    visitor: Visitor, caplog: pytest.LogCaptureFixture
) -> None:
    visitor.page.broken = True
    assert await visitor.do("next") == "That didn't work. See the terminal for details."
    assert "no clock" in caplog.text
    visitor.page.broken = False
    assert await visitor.do("next") == ""


@pytest.mark.parametrize(
    ("action", "arguments"),
    [
        ("nothing", {}),
        ("type", {"channel": "C99", "line": "x"}),
        ("type", {"line": "x"}),
        ("fault", {"service": "Moon", "name": "fair"}),
        ("fault", {"service": "Slack", "name": "foul"}),
        ("fault", {"service": ["Slack"], "name": 1}),
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
async def test_invalid_action_is_refused(visitor: Visitor, action: str, arguments: dict[str, Any]) -> None:
    answer = await visitor.http.post(f"/do/{action}", json=arguments)
    assert answer.status_code == 400
    assert answer.json()["error"] == "Not found."


@pytest.mark.parametrize(
    ("action", "arguments"),
    [
        ("act", {"message": "1.2", "block": "b", "action": "a"}),
        ("act", {"view": "V1", "block": "b", "action": "a"}),
        ("submit", {"view": "V1", "values": {}}),
        ("dismiss", {"message": "1.2"}),
    ],
)
async def test_missing_message_or_view_is_reported(visitor: Visitor, action: str, arguments: dict[str, Any]) -> None:
    assert await visitor.do(action, **arguments) in ("This message no longer exists.", "This is already closed.")


async def test_missing_button_cannot_be_pressed(visitor: Visitor) -> None:
    message = visitor.slack.post(visitor.slack.channels["C1"], Content("Events", BUTTONS))
    error = await visitor.do("act", message=message.ts, block="b", action="ask:older")
    assert error == "This option is no longer available."
    assert (
        await visitor.do("dismiss", message=message.ts) == "You can only dismiss messages that are visible only to you."
    )


DEPTH = 100_000


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"[]", b"{", b'"x"', b"null", b"\xff", b"[" * DEPTH, b'{"a":' * DEPTH + b"1" + b"}" * DEPTH),
        *(b'{"channel": "C1", "line": "/insights \\ud800"}', b'{"channel": "C1", "line": "\\udfff"}'),
        *(b'{"channel": "C1", "line": "x", "more": NaN}', b'{"on": ' + b"9" * 5000 + b"}"),
    ],
    ids=lambda body: repr(body[:40]),
)
async def test_body_that_is_no_json_object_is_refused(visitor: Visitor, body: bytes) -> None:
    headers = {"Content-Type": "application/json; charset=utf-8"}
    answer = await visitor.http.post("/do/type", content=body, headers=headers)
    assert (answer.status_code, answer.json()) == (400, {"error": "Not found."})
    assert not visitor.slack.response_urls
    assert not visitor.slack.channels["C1"].messages


async def test_too_large_body_is_refused(visitor: Visitor) -> None:
    answer = await visitor.http.post("/do/type", json={"channel": "C1", "line": "x" * 1_000_000})
    assert (answer.status_code, answer.json()) == (413, {"error": "Too large."})


@pytest.mark.parametrize("before", ["", "/insights "])
async def test_too_long_message_is_refused(visitor: Visitor, before: str) -> None:
    too_long = before + (40_001 - len(before)) * "😀"
    assert await visitor.do("type", channel="C1", line=too_long) == "Messages can have up to 40,000 characters."
    assert not visitor.slack.response_urls
    assert await visitor.do("type", channel="C1", line="x" * 40_000) == ""
    assert len(visitor.slack.channels["C1"].messages) == 1


async def test_command_is_lowercase_and_ends_at_any_whitespace(visitor: Visitor) -> None:
    error = await visitor.do("type", channel="C1", line="/INSIGHTS scores")
    assert error == "/INSIGHTS isn't a command here. Try /insights, /invite or /remove (lower case)."
    visitor.slack.request_url = f"{visitor.slack.url}/nobody"
    assert "dispatch_failed" in await visitor.do("type", channel="C1", line="/insights\tscores  web/production")
    assert [chain.line for chain in visitor.slack.response_urls.values()] == ["/insights scores  web/production"]


# ------------------------------------------------------------------------------------------------------------ rendering


def cell(value: float | str) -> dict[str, Any]:
    is_text = isinstance(value, str)
    return {"type": "raw_text", "text": value} if is_text else {"type": "raw_number", "value": value}


def render(*blocks: dict[str, Any], text: str = "text") -> str:
    """Return the HTML of a message."""
    slack = Slack(lambda: datetime.now(UTC))
    return Renderer(slack).message(slack.post(slack.channels["C1"], Content(text, list(blocks))), "", 0)


def test_number_column_may_have_missing_values() -> None:
    rows = [[cell("Flag"), cell("Seen"), cell("Note")], [cell("a"), cell(7), cell("x")], [cell("b"), cell(8), cell(1)]]
    html = render({"type": "data_table", "caption": "Flags", "rows": [*rows, [cell("c"), cell("–"), cell("y")]]})
    assert '<td class="number" data-up="2" data-down="2">–</td>' in html
    assert html.count('<th scope="col" class="number">') == 1


@pytest.mark.parametrize(
    ("value", "expected"), [(0, "0"), (-0.001, "0"), (12.5, "12.5"), (1234.567, "1,234.57"), (100, "100")]
)
def test_number_has_at_most_two_decimals(value: float, expected: str) -> None:
    assert format_number(value) == expected


@given(st.lists(st.floats(-1e12, 1e12), min_size=1, max_size=20), st.integers(1, 6))
def test_bar_fits_the_chart_and_is_as_long_as_its_value(values: list[float], count: int) -> None:
    labels = [str(at) for at in range(len(values))]
    points = [{"label": label, "value": value} for label, value in zip(labels, values, strict=True)]
    series = [{"name": f"s{at}", "data": points} for at in range(count)]
    drawing = chart({"title": "t", "chart": {"type": "bar", "series": series, "axis_config": {"categories": labels}}})
    assert drawing is not None
    bars = list(drawing.bars)
    assert len(bars) == len(values) * count
    assert all(
        bar.x >= 0 and bar.x + bar.width <= 100.01 and bar.y >= 30 and bar.y + bar.height <= 224.01 for bar in bars
    )
    by_value = [
        bar.height for _, bar in sorted(zip(map(abs, values), bars[::count], strict=True), key=lambda one: one[0])
    ]
    assert by_value == pytest.approx(sorted(by_value), abs=0.02)


@given(st.lists(st.floats(1e-6, 1e9), min_size=1, max_size=12))
def test_pie_segments_match_their_values(values: list[float]) -> None:
    segments = [{"label": str(at), "value": value} for at, value in enumerate(values)]
    drawing = chart({"title": "t", "chart": {"type": "pie", "segments": segments}})
    assert drawing is not None
    assert [segment.tip.text.partition(":")[0] for segment in drawing.segments] == [
        str(at) for at in range(len(values))
    ]


@pytest.mark.parametrize(
    "kind", ["image", "video", "markdown", "table", "card", "container", "context_actions", "plan"]
)
def test_unsupported_block_is_named(kind: str) -> None:
    assert f"This page can't draw {kind}" in render({"type": kind})


@pytest.mark.parametrize("kind", ["overflow", "checkboxes", "radio_buttons", "datepicker", "users_select"])
def test_unsupported_element_is_named(kind: str) -> None:
    assert f"This page can't draw {kind}" in render({"type": "actions", "elements": [{"type": kind}]})


def test_button_links_only_to_the_web() -> None:
    button = {"type": "button", "action_id": "a", "text": {"type": "plain_text", "text": "Go"}}
    html = render({"type": "actions", "elements": [{**button, "url": "javascript:alert(1)"}]})
    assert "<a data-click" not in html
    html = render({"type": "actions", "elements": [{**button, "url": "https://x.example/?a=1&b=2"}]})
    assert 'href="https://x.example/?a=1&amp;b=2" target="_blank" rel="noopener noreferrer"' in html


@pytest.mark.parametrize("kind", ["line", "area"])
def test_line_chart_connects_its_points(kind: str) -> None:
    points = [{"label": label, "value": value} for label, value in (("Mon", 1), ("Tue", -3), ("Wed", 4))]
    series = {"series": [{"name": "n", "data": points}], "axis_config": {"categories": ["Mon", "Tue", "Wed"]}}
    html = render({"type": "data_visualization", "title": "Days", "chart": {"type": kind, **series}})
    assert html.count("<polyline") == 1
    assert html.count("<polygon") == (kind == "area")
    assert 'role="img" aria-label="Tue: -3"' in html


def test_rich_text_is_rendered_with_its_styles() -> None:
    runs = [
        {"type": "text", "text": "*a* <b>", "style": {"bold": True, "code": True}},
        {"type": "link", "url": "https://x.example/?a=1&b", "text": "there"},
        {"type": "emoji", "name": "tada", "unicode": "1f389"},
        {"type": "user", "user_id": "U2"},
        {"type": "broadcast", "range": "here"},
    ]
    section = {"type": "rich_text_section", "elements": runs}
    listed = {"type": "rich_text_list", "style": "ordered", "elements": [section]}
    html = render({"type": "rich_text", "elements": [section, listed]})
    assert html.count("<b><code>*a* &lt;b&gt;</code></b>") == 2
    assert '<a href="https://x.example/?a=1&amp;b" target="_blank" rel="noopener noreferrer">there</a>🎉' in html
    assert '<span class="mention">@Mateo Ruiz</span><span class="mention">@here</span>' in html
    assert '<ol class="list"><li>' in html


class Tags(HTMLParser):
    """Collects the elements and attributes that a browser would create."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names |= {tag, *(f"{tag} {name}" for name, _ in attrs)}
        self.names |= {f"{name}={value}" for name, value in attrs if name in ("href", "src") and value}


MARKS = st.text(alphabet="<>&|\"'`*_~^!@#/:=\n a1jhtpsc-{}", max_size=60)


@given(
    MARKS, st.sampled_from(["{}", "<{}>", "<https://x.example/{}|{}>", "<!date^1^{}|{}>", "*{}*", "```{}```", "<@{}>"])
)
def test_mrkdwn_creates_no_foreign_elements(text: str, around: str) -> None:
    tags = Tags()
    tags.feed(str(MrkdwnRenderer(Slack(lambda: datetime.now(UTC))).mrkdwn(around.replace("{}", text))))
    expected = {"a", "b", "blockquote", "code", "i", "pre", "s", "span", "time", "pre tabindex", "span class"}
    expected |= {"a href", "a target", "a rel", "time datetime", "time data-tokens", "time title"}
    links = {name for name in tags.names if "=" in name}
    assert tags.names - links <= expected
    assert all(link.lower().startswith(("href=http://", "href=https://", "href=mailto:")) for link in links)


# -------------------------------------------------------------------------------------------------------------- scripts


def test_scripts_are_small_and_set_html_in_one_place() -> None:
    sources = {path.name: path.read_text() for path in STATIC.glob("*.js")}
    lines = [line for source in sources.values() for line in source.splitlines() if line.strip()]
    assert len(lines) <= 620
    assert max(map(len, lines)) <= 120
    for name, source in sources.items():
        assert source.startswith("// ")
        sinks = [sink for sink in HTML_SINKS if sink in source]
        assert sinks == (["innerHTML"] if name == "trusted_html.js" else []), name
        assert "https://cdn" not in source
