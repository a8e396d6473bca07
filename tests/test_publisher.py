"""The publisher of schedules against the sandbox's Slack: what is known of a message after each failure."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

from bot.messages.message import Message
from bot.sandbox.slack import Fault, Slack
from bot.sandbox.slack.credentials import BOT_TOKEN
from bot.sandbox.slack.workspace import Content
from bot.schedules.context import Publisher
from bot.schedules.delivery_errors import (
    CHANNEL_CLOSED_REASONS,
    ChannelClosed,
    DeliveryError,
    DeliveryUnknown,
    HistoryUnavailable,
    InvalidMessage,
    RateLimited,
    Unavailable,
    explain_code,
)
from bot.slack.block_fallback import BlockFallback
from bot.slack.client import Client
from bot.slack.publisher import EVENT_TYPE, MAX_PAGES, PAGE_SIZE, ChannelThrottle, SlackPublisher
from bot.store import store
from tests.databases import new_sqlite
from tests.sandbox_slack import CHART_BLOCK
from tests.scheduler_harness import Clock

POST, HISTORY = "chat.postMessage", "conversations.history"
SCORES = Message.from_markup("Scores")
CHARTED = Message("1 toggle", (CHART_BLOCK,))
KEY = "deliver:7:2026-11-23"
DEEP = 100_000 * '{"ok": '
NOWHERE = "http://127.0.0.1:9/api/"  # a port on which nothing listens


@dataclass
class PublisherHarness:
    """A workspace, and the bot's publisher in it."""

    slack: Slack
    publisher: Publisher
    started_at: datetime
    publisher_at: Callable[[str], Publisher]  # a publisher for another base URL

    def texts(self, channel: str = "C1") -> list[str]:
        return [message.text for message in self.slack.channels[channel].messages]

    async def find(self, key: str = KEY, channel: str = "C1", thread: str = "") -> str | None:
        return await self.publisher.find(channel, key, self.started_at, thread)


@asynccontextmanager
async def open_harness(folder: Path, *, seconds: float = 5, gap: float = 0) -> AsyncIterator[PublisherHarness]:
    slack = Slack(lambda: datetime.now(UTC))
    timeout = aiohttp.ClientTimeout(total=seconds)
    async with (
        slack.serving() as api,
        store.open_store(new_sqlite(folder).url) as bot_store,
        aiohttp.ClientSession(timeout=timeout) as session,
    ):

        def client_at(url: str) -> AsyncWebClient:
            return Client(BOT_TOKEN, base_url=url, session=session, retry_handlers=[])

        me = AuthorizeResult.from_auth_test_response(auth_test_response=await client_at(api).auth_test())
        fallback = BlockFallback(bot_store, slack.now)
        yield PublisherHarness(
            slack,
            SlackPublisher(client_at(api), me, fallback, gap),
            slack.now(),
            lambda url: SlackPublisher(client_at(url), me, fallback, gap),
        )


@pytest.fixture
async def harness(tmp_path: Path) -> AsyncIterator[PublisherHarness]:
    async with open_harness(tmp_path) as opened:
        yield opened


# Posting and searching


async def test_message_is_posted_and_found_by_its_key(harness: PublisherHarness) -> None:
    ts = await harness.publisher.post("C1", SCORES, KEY)
    [posted] = harness.slack.channels["C1"].messages
    assert (posted.ts, posted.text, posted.blocks) == (ts, "Scores", list(SCORES.blocks))
    assert await harness.find() == ts
    assert await harness.find("deliver:7:2026-11-30") is None
    [call] = [call for call in harness.slack.calls if call.method == POST]
    assert (call.arguments["unfurl_links"], call.arguments["unfurl_media"]) == (False, False)


async def test_thread_reply_is_posted_and_found(harness: PublisherHarness) -> None:
    ts = await harness.publisher.post("C2", SCORES, KEY)
    below = await harness.publisher.post("C2", Message.from_markup("Why"), f"{KEY}:1", thread=ts)
    assert [message.thread_ts for message in harness.slack.channels["C2"].messages] == [None, ts]
    assert await harness.find(f"{KEY}:1", "C2", thread=ts) == below
    assert await harness.find(f"{KEY}:1", "C2") is None  # replies in a thread are not in the channel's history
    assert await harness.find(KEY, "C2", thread=ts) is None  # nor is a thread's parent among its replies


async def test_only_the_bots_own_messages_are_matched(harness: PublisherHarness) -> None:
    metadata = {"event_type": EVENT_TYPE, "event_payload": {"key": KEY}}
    harness.slack.post(harness.slack.channels["C1"], Content("Mine", metadata=metadata), user="U1")
    theirs = harness.slack.post(harness.slack.channels["C1"], Content("Theirs", metadata=metadata))
    theirs.bot = "B0OTHER"
    harness.slack.post(harness.slack.channels["C1"], Content("Ours", metadata=metadata | {"event_type": "alert"}))
    harness.slack.post(harness.slack.channels["C1"], Content("Bare"))
    assert await harness.find() is None
    ts = await harness.publisher.post("C1", SCORES, KEY)
    assert await harness.find() == ts


async def test_message_is_found_on_a_later_history_page(harness: PublisherHarness) -> None:
    ts = await harness.publisher.post("C1", SCORES, KEY)
    for n in range(PAGE_SIZE + 1):
        harness.slack.post(harness.slack.channels["C1"], Content(str(n)), user="U1")
    assert await harness.find() == ts
    assert [call.method for call in harness.slack.calls].count(HISTORY) == 2


async def test_search_gives_up_after_the_maximum_pages(harness: PublisherHarness) -> None:
    for n in range(PAGE_SIZE * MAX_PAGES + 1):
        harness.slack.post(harness.slack.channels["C1"], Content(str(n)), user="U1")
    with pytest.raises(HistoryUnavailable):
        await harness.find()
    assert [call.method for call in harness.slack.calls].count(HISTORY) == MAX_PAGES


async def test_search_starts_at_the_given_time_minus_clock_skew(harness: PublisherHarness) -> None:
    ts = await harness.publisher.post("C1", SCORES, KEY)
    assert await harness.publisher.find("C1", KEY, harness.started_at + timedelta(seconds=30)) == ts
    assert await harness.publisher.find("C1", KEY, harness.started_at + timedelta(hours=1)) is None


async def test_permalink_is_empty_when_slack_gives_none(
    harness: PublisherHarness, caplog: pytest.LogCaptureFixture
) -> None:
    ts = await harness.publisher.post("C1", SCORES, KEY)
    below = await harness.publisher.post("C1", SCORES, f"{KEY}:1", thread=ts)
    link = f"https://harbour-goods.slack.com/archives/C1/p{ts.replace('.', '')}"
    assert await harness.publisher.permalink("C1", ts) == link
    assert await harness.publisher.permalink("C1", below) == (
        f"https://harbour-goods.slack.com/archives/C1/p{below.replace('.', '')}?thread_ts={ts}&cid=C1"
    )
    assert await harness.publisher.permalink("C1", "1.0") == ""
    harness.slack.faults["chat.getPermalink"] = Fault(reset=True)
    assert await harness.publisher.permalink("C1", ts) == ""
    assert caplog.text.count("couldn't link to a message") == 2


async def test_failed_dm_is_logged_not_raised(harness: PublisherHarness, caplog: pytest.LogCaptureFixture) -> None:
    await harness.publisher.send_dm("U1", SCORES)
    assert harness.texts("D1") == ["Scores"]
    for fault in (Fault(status=429, retry_after=7), Fault(error="user_not_found"), Fault(drop_response=True)):
        harness.slack.faults[POST] = fault
        await harness.publisher.send_dm("U2", SCORES)
    assert caplog.text.count("couldn't notify U2") == 3


# Failures to post


async def test_rate_limit_raises_with_retry_after(harness: PublisherHarness) -> None:
    harness.slack.faults[POST] = Fault(status=429, retry_after=7, times=1)
    with pytest.raises(RateLimited) as limited:
        await harness.publisher.post("C1", SCORES, KEY)
    assert limited.value.retry_after == 7
    assert harness.texts() == []
    await harness.publisher.post("C1", SCORES, KEY)
    assert harness.texts() == ["Scores"]


@pytest.mark.parametrize(("retry_after", "seconds"), [(None, 30), ("soon", 30), ("nan", 30), (-1, 0), ("1.5", 1.5)])
async def test_invalid_retry_after_falls_back_to_the_default(
    harness: PublisherHarness, retry_after: Any, seconds: float
) -> None:
    harness.slack.faults[POST] = Fault(status=429, retry_after=retry_after, body="slow down")
    with pytest.raises(RateLimited) as limited:
        await harness.publisher.post("C1", SCORES, KEY)
    assert limited.value.retry_after == seconds


@pytest.mark.parametrize("code", ["rate_limited", "ratelimited"])
async def test_rate_limit_may_be_an_error_code(harness: PublisherHarness, code: str) -> None:
    harness.slack.faults[POST] = Fault(error=code)
    with pytest.raises(RateLimited):
        await harness.publisher.post("C1", SCORES, KEY)


@pytest.mark.parametrize(
    ("fault", "is_posted"),
    [
        (Fault(status=500), False),
        (Fault(status=503), False),
        (Fault(status=502, body="<html>bad gateway</html>"), False),
        (Fault(reset=True), False),
        (Fault(drop_response=True), True),
        (Fault(body="hello"), False),
        (Fault(status=404, body="not here"), False),
        (Fault(error="internal_error"), False),  # Slack says that a part of it may have succeeded
        (Fault(error="fatal_error"), False),
        (Fault(error="service_unavailable"), False),
    ],
)
async def test_unknown_delivery_is_not_retried(harness: PublisherHarness, fault: Fault, is_posted: bool) -> None:
    harness.slack.faults[POST] = fault
    with pytest.raises(DeliveryUnknown):
        await harness.publisher.post("C1", SCORES, KEY)
    assert [call.method for call in harness.slack.calls].count(POST) == 1
    assert harness.texts() == (["Scores"] if is_posted else [])
    assert (await harness.find() is not None) is is_posted


@pytest.mark.parametrize("body", [DEEP, "[]", "null", "7", '"ok"', "{}", '{"ok": true}', '{"ok": false}', "{", ""])
async def test_invalid_response_leaves_delivery_unknown(harness: PublisherHarness, body: str) -> None:
    harness.slack.faults[POST] = Fault(body=body, media_type="application/json")
    with pytest.raises(DeliveryUnknown):
        await harness.publisher.post("C1", SCORES, KEY)


async def test_timeout_leaves_delivery_unknown(tmp_path: Path) -> None:
    async with open_harness(tmp_path, seconds=0.2) as harness:
        harness.slack.faults[POST] = Fault(delay=30)
        with pytest.raises(DeliveryUnknown):
            await harness.publisher.post("C1", SCORES, KEY)


async def test_refused_connection_is_unavailable(harness: PublisherHarness) -> None:
    unreachable = harness.publisher_at(NOWHERE)
    with pytest.raises(Unavailable):
        await unreachable.post("C1", SCORES, KEY)
    with pytest.raises(Unavailable):
        await unreachable.find("C1", KEY, harness.started_at)


@pytest.mark.parametrize("code", ["request_timeout", "team_added_to_org", "message_limit_exceeded"])
async def test_transient_error_code_is_unavailable(harness: PublisherHarness, code: str) -> None:
    harness.slack.faults[POST] = Fault(error=code)
    with pytest.raises(Unavailable):
        await harness.publisher.post("C1", SCORES, KEY)


@pytest.mark.parametrize(
    ("channel", "why"),
    [
        ("C3", "not_in_channel"),
        ("C4", "channel_not_found"),  # private, and the bot is not in it
        ("C5", "is_archived"),
        ("C7", "channel_not_found"),
    ],
)
async def test_closed_channel_raises_with_its_code(harness: PublisherHarness, channel: str, why: str) -> None:
    with pytest.raises(ChannelClosed) as closed:
        await harness.publisher.post(channel, SCORES, KEY)
    assert closed.value.code == why


@pytest.mark.parametrize(
    "code", ["account_inactive", "token_revoked", "restricted_action", "restricted_action_of_tomorrow", "missing_scope"]
)
async def test_closed_workspace_raises_with_its_code(harness: PublisherHarness, code: str) -> None:
    harness.slack.faults[POST] = Fault(error=code)
    with pytest.raises(ChannelClosed) as closed:
        await harness.publisher.post("C1", SCORES, KEY)
    assert closed.value.code == code


async def test_other_error_codes_are_invalid_messages(harness: PublisherHarness) -> None:
    with pytest.raises(InvalidMessage) as refused:
        await harness.publisher.post("C1", replace(SCORES, text="", blocks=()), KEY)
    assert refused.value.code == "no_text"


def test_closed_channel_codes_are_explained_with_a_remedy() -> None:
    assert explain_code("not_in_channel").endswith("Invite me there with `/invite @insights`.")
    assert "unarchive it" in explain_code("is_archived")
    assert "reinstall the app" in explain_code("token_revoked")
    assert explain_code("restricted_action_of_tomorrow") == explain_code("restricted_action")
    assert "(bad_weather)" in explain_code("bad_weather")
    assert all(reason.endswith(".") and "  " not in reason for reason in CHANNEL_CLOSED_REASONS.values())


# Failures to search


@pytest.mark.parametrize(
    ("channel", "scope", "why"),
    [
        ("C1", "channels:history", "missing_scope"),
        ("C2", "groups:history", "missing_scope"),
        ("C3", "", "not_in_channel"),
        ("C4", "", "channel_not_found"),
    ],
)
async def test_search_without_history_access_raises(
    harness: PublisherHarness, channel: str, scope: str, why: str
) -> None:
    harness.slack.scopes -= {scope}
    with pytest.raises(HistoryUnavailable) as unavailable:
        await harness.find(channel=channel)
    assert unavailable.value.code == why


async def test_search_in_a_deleted_thread_raises(harness: PublisherHarness) -> None:
    with pytest.raises(HistoryUnavailable):
        await harness.find(thread="1.0")


async def test_archived_channel_can_be_searched(harness: PublisherHarness) -> None:
    ts = await harness.publisher.post("C1", SCORES, KEY)
    harness.slack.channels["C1"].is_archived = True
    assert await harness.find() == ts


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault(status=429, retry_after=60), RateLimited),
        (Fault(status=500), Unavailable),
        (Fault(reset=True), Unavailable),
        (Fault(body="hello"), Unavailable),
        (Fault(body=DEEP, media_type="application/json"), Unavailable),
        (Fault(body='{"ok": true}', media_type="application/json"), Unavailable),
    ],
)
async def test_failed_search_can_be_retried(
    harness: PublisherHarness, fault: Fault, error: type[DeliveryError]
) -> None:
    harness.slack.faults[HISTORY] = fault
    with pytest.raises(error):
        await harness.find()


# Fallbacks


async def test_refused_charts_fall_back_to_text_for_the_workspace(harness: PublisherHarness) -> None:
    harness.slack.charts = False
    first = await harness.publisher.post("C1", CHARTED, KEY)
    second = await harness.publisher.post("C2", CHARTED, KEY)
    posts = [call.arguments["channel"] for call in harness.slack.calls if call.method == POST]
    assert posts == ["C1", "C1", "C2"]
    for channel, ts in (("C1", first), ("C2", second)):
        [posted] = harness.slack.channels[channel].messages
        assert "█" in posted.blocks[0]["text"]["text"]
        assert await harness.find(channel=channel) == ts


async def tries_charts(fallback: BlockFallback) -> bool:
    """Send a message to a workspace that refuses charts, and return whether it was sent with them at first."""
    tried: list[bool] = []

    async def send(message: Message) -> None:
        tried.append(message.has_charts)
        if message.has_charts:
            raise InvalidMessage("invalid_blocks")

    await fallback.send(CHARTED, "T1", send)
    return tried[0]


async def test_refused_charts_are_retried_after_the_configured_time(tmp_path: Path) -> None:
    refused = datetime(2026, 11, 20, tzinfo=UTC)
    before, after = refused + timedelta(days=7, seconds=-1), refused + timedelta(days=7)
    async with store.open_store(new_sqlite(tmp_path).url) as bot_store:
        assert await tries_charts(BlockFallback(bot_store, lambda: refused))
        assert not await tries_charts(BlockFallback(bot_store, lambda: before))
        assert await tries_charts(BlockFallback(bot_store, lambda: after))
        assert await tries_charts(BlockFallback(bot_store, lambda: after, timedelta()))


class Unprintable(str):
    """A text that no log shows."""

    def __repr__(self) -> str:
        raise AssertionError("it is formatted")


async def test_message_is_not_formatted_for_a_log_that_nobody_reads(harness: PublisherHarness) -> None:
    await harness.publisher.post("C1", Message(Unprintable("Hello"), ()), KEY)
    [posted] = harness.slack.channels["C1"].messages
    assert posted.text == "Hello"


async def test_refusal_seen_by_another_process_is_known_after_a_minute(tmp_path: Path) -> None:
    clock, tried = Clock(datetime(2026, 11, 20, tzinfo=UTC)), list[bool]()

    async def send(message: Message) -> None:
        tried.append(message.has_charts)

    async with store.open_store(new_sqlite(tmp_path).url) as bot_store:
        ours, theirs = BlockFallback(bot_store, clock), BlockFallback(bot_store, clock)
        await ours.send(CHARTED, "T1", send)
        assert await tries_charts(theirs)
        for seconds in (59, 1):
            clock.now += timedelta(seconds=seconds)
            await ours.send(CHARTED, "T1", send)
    assert tried == [True, True, False]


async def test_message_accepted_only_as_text_does_not_disable_charts(harness: PublisherHarness) -> None:
    harness.slack.faults[POST] = Fault(error="invalid_blocks", times=2)
    await harness.publisher.post("C1", CHARTED, KEY)
    await harness.publisher.post("C1", CHARTED, KEY)
    bare, charted = harness.slack.channels["C1"].messages
    assert (bare.text, bare.blocks) == ("1 toggle", [])
    assert charted.blocks == [CHART_BLOCK]


@pytest.mark.parametrize("code", ["msg_too_long", "invalid_blocks_format"])
async def test_too_long_message_falls_back_without_disabling_charts(harness: PublisherHarness, code: str) -> None:
    harness.slack.faults[POST] = Fault(error=code, times=1)
    await harness.publisher.post("C1", CHARTED, KEY)
    await harness.publisher.post("C1", CHARTED, KEY)
    plain, charted = harness.slack.channels["C1"].messages
    assert "█" in plain.blocks[0]["text"]["text"]
    assert charted.blocks == [CHART_BLOCK]


async def test_too_long_text_is_truncated(harness: PublisherHarness) -> None:
    await harness.publisher.post("C1", Message.from_markup("\n".join(["x" * 99] * 500)), KEY)
    [text] = harness.texts()
    assert len(text) <= 4000
    assert text.endswith("… This text is cut off here.")


@pytest.mark.parametrize("code", ["metadata_too_large", "metadata_must_be_sent_from_app", "invalid_metadata_format"])
async def test_message_with_refused_metadata_is_posted_without_it(harness: PublisherHarness, code: str) -> None:
    harness.slack.faults[POST] = Fault(error=code, times=1)
    await harness.publisher.post("C1", SCORES, KEY)
    [posted] = harness.slack.channels["C1"].messages
    assert (posted.text, posted.metadata) == ("Scores", None)
    with pytest.raises(HistoryUnavailable):  # so a retry does not post it twice
        await harness.find()


async def test_message_refused_in_every_form_is_invalid(harness: PublisherHarness) -> None:
    harness.slack.faults[POST] = Fault(error="invalid_blocks")
    with pytest.raises(InvalidMessage):
        await harness.publisher.post("C1", CHARTED, KEY)


async def test_each_request_is_sent_only_if_still_allowed(harness: PublisherHarness) -> None:
    harness.slack.charts = False
    answers = [True, False]
    with pytest.raises(Unavailable):
        await harness.publisher.post("C1", CHARTED, KEY, may_send=lambda: answers.pop(0))
    assert [call.method for call in harness.slack.calls].count(POST) == 1
    assert harness.slack.channels["C1"].messages == []


async def test_unknown_delivery_tries_no_further_fallback(harness: PublisherHarness) -> None:
    harness.slack.charts = False
    harness.slack.faults[POST] = Fault(drop_response=True)
    with pytest.raises(DeliveryUnknown):
        await harness.publisher.post("C1", CHARTED, KEY)
    assert [call.method for call in harness.slack.calls].count(POST) == 1


# Throttling


async def test_throttle_spaces_messages_per_channel(tmp_path: Path) -> None:
    async with open_harness(tmp_path, gap=0.2) as harness:
        await asyncio.gather(*(_post(harness.publisher, channel) for _ in range(3) for channel in ("C1", "C2")))
        times = {
            channel: [c.loop_time for c in harness.slack.calls if c.text("channel") == channel]
            for channel in ("C1", "C2")
        }
    gaps = [later - earlier for each in times.values() for earlier, later in pairwise(each)]
    assert len(gaps) == 4
    assert min(gaps) >= 0.2
    assert abs(times["C1"][0] - times["C2"][0]) < 0.2


async def _post(publisher: Publisher, channel: str) -> None:
    async with publisher.throttle(channel):
        await publisher.post(channel, SCORES, KEY)


async def test_throttle_is_released_on_an_exception() -> None:
    throttle = ChannelThrottle(0)
    with pytest.raises(ZeroDivisionError):
        await _broken(throttle)
    async with asyncio.timeout(10), throttle.acquire("C1"):
        pass


async def _broken(throttle: ChannelThrottle) -> None:
    async with throttle.acquire("C1"):
        raise ZeroDivisionError


async def test_cancelled_waiter_does_not_block_the_throttle() -> None:
    throttle = ChannelThrottle(0)
    async with throttle.acquire("C1"):
        waiting = asyncio.create_task(_take(throttle.acquire("C1")))
        await asyncio.sleep(0)
        waiting.cancel()
    async with asyncio.timeout(10), throttle.acquire("C1"):
        pass
    assert waiting.cancelled()


async def _take(turn: Any) -> None:
    async with turn:
        pass


async def test_throttle_forgets_idle_channels() -> None:
    throttle = ChannelThrottle(0)
    for n in range(100):
        async with throttle.acquire(f"C{n}"):
            pass
    assert len(throttle) == 1


def test_client_with_retry_handlers_is_refused(tmp_path: Path) -> None:
    me = AuthorizeResult(enterprise_id=None, team_id="T1", bot_id="B1", bot_user_id="U1")
    with pytest.raises(ValueError, match="twice"):
        SlackPublisher(AsyncWebClient(BOT_TOKEN), me, BlockFallback(None, datetime.now))  # type: ignore[arg-type]
