"""What schedules post through, against the embedded Slack: what is known of a message, whatever happens to it."""

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
from bot.sandbox.slack.message import Content
from bot.schedules import channel_errors
from bot.schedules.publisher import (
    ChannelClosed,
    DeliveryError,
    DeliveryUnknown,
    HistoryUnavailable,
    InvalidMessage,
    Publisher,
    RateLimited,
    Unavailable,
)
from bot.slack.block_fallback import BlockFallback
from bot.slack.client import Client
from bot.slack.publisher import EVENT_TYPE, MAX_PAGES, PAGE_SIZE, SlackPublisher
from bot.slack.throttle import ChannelThrottle
from bot.store import store
from tests.sandbox_slack import CHART_BLOCK

POST, HISTORY = "chat.postMessage", "conversations.history"
SCORES = Message.from_markup("Scores")
CHARTED = Message("1 toggle", (CHART_BLOCK,))
KEY = "deliver:7:2026-11-23"
DEEP = 100_000 * '{"ok": '
NOWHERE = "http://127.0.0.1:9/api/"  # nobody listens there


@dataclass
class Desk:
    """A workspace, and the bot's hand in it."""

    slack: Slack
    posting: Publisher
    began: datetime
    elsewhere: Callable[[str], Publisher]  # the same at another address

    def said(self, channel: str = "C1") -> list[str]:
        return [message.text for message in self.slack.channels[channel].messages]

    async def find(self, key: str = KEY, channel: str = "C1", thread: str = "") -> str | None:
        return await self.posting.find(channel, key, self.began, thread)


@asynccontextmanager
async def at_work(place: Path, *, seconds: float = 5, gap: float = 0) -> AsyncIterator[Desk]:
    slack = Slack(lambda: datetime.now(UTC))
    timeout = aiohttp.ClientTimeout(total=seconds)
    async with (
        slack.serving() as api,
        store.open_store(f"sqlite:///{place / 'bot.db'}") as kept,
        aiohttp.ClientSession(timeout=timeout) as session,
    ):

        def hand(url: str) -> AsyncWebClient:
            return Client(BOT_TOKEN, base_url=url, session=session, retry_handlers=[])

        me = AuthorizeResult.from_auth_test_response(auth_test_response=await hand(api).auth_test())
        forms = BlockFallback(kept, slack.now)
        yield Desk(
            slack,
            SlackPublisher(hand(api), me, forms, gap),
            slack.now(),
            lambda url: SlackPublisher(hand(url), me, forms, gap),
        )


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with at_work(tmp_path) as found:
        yield found


# ------------------------------------------------------------------------------------------------- posted, and found


async def test_a_message_is_posted_and_found_by_its_key(desk: Desk) -> None:
    ts = await desk.posting.post("C1", SCORES, KEY)
    [posted] = desk.slack.channels["C1"].messages
    assert (posted.ts, posted.text, posted.blocks) == (ts, "Scores", list(SCORES.blocks))
    assert await desk.find() == ts
    assert await desk.find("deliver:7:2026-11-30") is None
    [call] = [call for call in desk.slack.calls if call.method == POST]
    assert (call.arguments["unfurl_links"], call.arguments["unfurl_media"]) == (False, False)


async def test_below_a_message_another_is_posted_and_found(desk: Desk) -> None:
    ts = await desk.posting.post("C2", SCORES, KEY)
    below = await desk.posting.post("C2", Message.from_markup("Why"), f"{KEY}:1", thread=ts)
    assert [message.thread_ts for message in desk.slack.channels["C2"].messages] == [None, ts]
    assert await desk.find(f"{KEY}:1", "C2", thread=ts) == below
    assert await desk.find(f"{KEY}:1", "C2") is None  # what is in a thread does not stand in the channel
    assert await desk.find(KEY, "C2", thread=ts) is None  # nor does what begins a thread stand in it


async def test_only_the_bots_own_message_counts(desk: Desk) -> None:
    metadata = {"event_type": EVENT_TYPE, "event_payload": {"key": KEY}}
    desk.slack.post(desk.slack.channels["C1"], Content("Mine", metadata=metadata), user="U1")
    theirs = desk.slack.post(desk.slack.channels["C1"], Content("Theirs", metadata=metadata))
    theirs.bot = "B0OTHER"
    desk.slack.post(desk.slack.channels["C1"], Content("Ours", metadata=metadata | {"event_type": "alert"}))
    desk.slack.post(desk.slack.channels["C1"], Content("Bare"))
    assert await desk.find() is None
    ts = await desk.posting.post("C1", SCORES, KEY)
    assert await desk.find() == ts


async def test_a_message_is_found_below_all_that_was_said_since(desk: Desk) -> None:
    ts = await desk.posting.post("C1", SCORES, KEY)
    for n in range(PAGE_SIZE + 1):
        desk.slack.post(desk.slack.channels["C1"], Content(str(n)), user="U1")
    assert await desk.find() == ts
    assert [call.method for call in desk.slack.calls].count(HISTORY) == 2


async def test_where_too_much_was_said_nobody_claims_that_nothing_is_there(desk: Desk) -> None:
    for n in range(PAGE_SIZE * MAX_PAGES + 1):
        desk.slack.post(desk.slack.channels["C1"], Content(str(n)), user="U1")
    with pytest.raises(HistoryUnavailable):
        await desk.find()
    assert [call.method for call in desk.slack.calls].count(HISTORY) == MAX_PAGES


async def test_nothing_older_is_looked_at_but_what_a_slow_clock_may_have_made_older(desk: Desk) -> None:
    ts = await desk.posting.post("C1", SCORES, KEY)
    assert await desk.posting.find("C1", KEY, desk.began + timedelta(seconds=30)) == ts
    assert await desk.posting.find("C1", KEY, desk.began + timedelta(hours=1)) is None


async def test_a_message_has_an_address_unless_that_cannot_be_had(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    ts = await desk.posting.post("C1", SCORES, KEY)
    below = await desk.posting.post("C1", SCORES, f"{KEY}:1", thread=ts)
    link = f"https://harbour-goods.slack.com/archives/C1/p{ts.replace('.', '')}"
    assert await desk.posting.permalink("C1", ts) == link
    assert await desk.posting.permalink("C1", below) == (
        f"https://harbour-goods.slack.com/archives/C1/p{below.replace('.', '')}?thread_ts={ts}&cid=C1"
    )
    assert await desk.posting.permalink("C1", "1.0") == ""
    desk.slack.faults["chat.getPermalink"] = Fault(reset=True)
    assert await desk.posting.permalink("C1", ts) == ""
    assert caplog.text.count("has no address") == 2


async def test_a_person_is_told_directly_and_nothing_is_raised(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    await desk.posting.send_dm("U1", SCORES)
    assert desk.said("D1") == ["Scores"]
    for trouble in (Fault(status=429, retry_after=7), Fault(error="user_not_found"), Fault(drop_response=True)):
        desk.slack.faults[POST] = trouble
        await desk.posting.send_dm("U2", SCORES)
    assert caplog.text.count("U2 could not be told") == 3


# ------------------------------------------------------------------------------------------------- what is not posted


async def test_a_limit_says_how_long_it_lasts_and_is_not_waited_for(desk: Desk) -> None:
    desk.slack.faults[POST] = Fault(status=429, retry_after=7, times=1)
    with pytest.raises(RateLimited) as limited:
        await desk.posting.post("C1", SCORES, KEY)
    assert limited.value.retry_after == 7
    assert desk.said() == []
    await desk.posting.post("C1", SCORES, KEY)
    assert desk.said() == ["Scores"]


@pytest.mark.parametrize(("told", "after"), [(None, 30), ("soon", 30), ("nan", 30), (-1, 0), ("1.5", 1.5)])
async def test_a_limit_may_say_nonsense(desk: Desk, told: Any, after: float) -> None:
    desk.slack.faults[POST] = Fault(status=429, retry_after=told, body="slow down")
    with pytest.raises(RateLimited) as limited:
        await desk.posting.post("C1", SCORES, KEY)
    assert limited.value.retry_after == after


@pytest.mark.parametrize("code", ["rate_limited", "ratelimited"])
async def test_a_limit_may_be_a_refusal(desk: Desk, code: str) -> None:
    desk.slack.faults[POST] = Fault(error=code)
    with pytest.raises(RateLimited):
        await desk.posting.post("C1", SCORES, KEY)


@pytest.mark.parametrize(
    ("weather", "posted"),
    [
        (Fault(status=500), False),
        (Fault(status=503), False),
        (Fault(status=502, body="<html>bad gateway</html>"), False),
        (Fault(reset=True), False),
        (Fault(drop_response=True), True),
        (Fault(body="hello"), False),
        (Fault(status=404, body="not here"), False),
        (Fault(error="internal_error"), False),  # a part of it may have succeeded, says Slack
        (Fault(error="fatal_error"), False),
        (Fault(error="service_unavailable"), False),
    ],
)
async def test_what_nobody_knows_is_not_guessed_and_never_repeated(desk: Desk, weather: Fault, posted: bool) -> None:
    desk.slack.faults[POST] = weather
    with pytest.raises(DeliveryUnknown):
        await desk.posting.post("C1", SCORES, KEY)
    assert [call.method for call in desk.slack.calls].count(POST) == 1
    assert desk.said() == (["Scores"] if posted else [])
    assert (await desk.find() is not None) is posted


@pytest.mark.parametrize("body", [DEEP, "[]", "null", "7", '"ok"', "{}", '{"ok": true}', '{"ok": false}', "{", ""])
async def test_an_answer_that_is_none_of_slacks_leaves_it_open(desk: Desk, body: str) -> None:
    desk.slack.faults[POST] = Fault(body=body, media_type="application/json")
    with pytest.raises(DeliveryUnknown):
        await desk.posting.post("C1", SCORES, KEY)


async def test_who_never_answers_leaves_it_open(tmp_path: Path) -> None:
    async with at_work(tmp_path, seconds=0.2) as desk:
        desk.slack.faults[POST] = Fault(delay=30)
        with pytest.raises(DeliveryUnknown):
            await desk.posting.post("C1", SCORES, KEY)


async def test_where_nobody_listens_nothing_was_posted(desk: Desk) -> None:
    away = desk.elsewhere(NOWHERE)
    with pytest.raises(Unavailable):
        await away.post("C1", SCORES, KEY)
    with pytest.raises(Unavailable):
        await away.find("C1", KEY, desk.began)


@pytest.mark.parametrize("code", ["request_timeout", "team_added_to_org", "message_limit_exceeded"])
async def test_what_slack_refuses_for_a_while_may_be_posted_later(desk: Desk, code: str) -> None:
    desk.slack.faults[POST] = Fault(error=code)
    with pytest.raises(Unavailable):
        await desk.posting.post("C1", SCORES, KEY)


@pytest.mark.parametrize(
    ("channel", "why"),
    [
        ("C3", "not_in_channel"),
        ("C4", "channel_not_found"),  # private, and the bot is not in it
        ("C5", "is_archived"),
        ("C7", "channel_not_found"),
    ],
)
async def test_a_closed_channel_says_why(desk: Desk, channel: str, why: str) -> None:
    with pytest.raises(ChannelClosed) as gone:
        await desk.posting.post(channel, SCORES, KEY)
    assert gone.value.code == why


@pytest.mark.parametrize(
    "code", ["account_inactive", "token_revoked", "restricted_action", "restricted_action_of_tomorrow", "missing_scope"]
)
async def test_a_closed_workspace_says_why(desk: Desk, code: str) -> None:
    desk.slack.faults[POST] = Fault(error=code)
    with pytest.raises(ChannelClosed) as gone:
        await desk.posting.post("C1", SCORES, KEY)
    assert gone.value.code == code


async def test_anything_else_that_slack_says_no_to_is_a_refusal(desk: Desk) -> None:
    with pytest.raises(InvalidMessage) as refused:
        await desk.posting.post("C1", replace(SCORES, text="", blocks=()), KEY)
    assert refused.value.code == "no_text"


def test_a_person_reads_why_a_channel_is_closed_and_the_way_back() -> None:
    assert channel_errors.explain_code("not_in_channel").endswith("Type `/invite` and my name there.")
    assert "un-archive it" in channel_errors.explain_code("is_archived")
    assert "install the app again" in channel_errors.explain_code("token_revoked")
    assert channel_errors.explain_code("restricted_action_of_tomorrow") == channel_errors.explain_code(
        "restricted_action"
    )
    assert "(bad_weather)" in channel_errors.explain_code("bad_weather")
    assert all(said.endswith(".") and "  " not in said for said in channel_errors.CHANNEL_CLOSED_REASONS.values())


# --------------------------------------------------------------------------------------------- what cannot be looked at


@pytest.mark.parametrize(
    ("channel", "scope", "why"),
    [
        ("C1", "channels:history", "missing_scope"),
        ("C2", "groups:history", "missing_scope"),
        ("C3", "", "not_in_channel"),
        ("C4", "", "channel_not_found"),
    ],
)
async def test_where_it_may_not_look_it_says_so(desk: Desk, channel: str, scope: str, why: str) -> None:
    desk.slack.scopes -= {scope}
    with pytest.raises(HistoryUnavailable) as blind:
        await desk.find(channel=channel)
    assert blind.value.code == why


async def test_below_a_message_that_is_gone_it_cannot_look(desk: Desk) -> None:
    with pytest.raises(HistoryUnavailable):
        await desk.find(thread="1.0")


async def test_an_archived_channel_can_still_be_looked_at(desk: Desk) -> None:
    ts = await desk.posting.post("C1", SCORES, KEY)
    desk.slack.channels["C1"].is_archived = True
    assert await desk.find() == ts


@pytest.mark.parametrize(
    ("weather", "wrong"),
    [
        (Fault(status=429, retry_after=60), RateLimited),
        (Fault(status=500), Unavailable),
        (Fault(reset=True), Unavailable),
        (Fault(body="hello"), Unavailable),
        (Fault(body=DEEP, media_type="application/json"), Unavailable),
        (Fault(body='{"ok": true}', media_type="application/json"), Unavailable),
    ],
)
async def test_a_look_that_breaks_may_be_taken_later(desk: Desk, weather: Fault, wrong: type[DeliveryError]) -> None:
    desk.slack.faults[HISTORY] = weather
    with pytest.raises(wrong):
        await desk.find()


# --------------------------------------------------------------------------------------------------- in which form


async def test_charts_that_the_workspace_refuses_are_drawn_in_characters_and_not_tried_again(desk: Desk) -> None:
    desk.slack.charts = False
    first = await desk.posting.post("C1", CHARTED, KEY)
    second = await desk.posting.post("C2", CHARTED, KEY)
    posts = [call.arguments["channel"] for call in desk.slack.calls if call.method == POST]
    assert posts == ["C1", "C1", "C2"]
    for channel, ts in (("C1", first), ("C2", second)):
        [posted] = desk.slack.channels[channel].messages
        assert "█" in posted.blocks[0]["text"]["text"]
        assert await desk.find(channel=channel) == ts


async def test_charts_that_were_refused_are_tried_again_after_a_week_or_as_soon_as_is_wanted(tmp_path: Path) -> None:
    refused = datetime(2026, 11, 20, tzinfo=UTC)
    almost, week = refused + timedelta(days=7, seconds=-1), refused + timedelta(days=7)
    async with store.open_store(f"sqlite:///{tmp_path / 'bot.db'}") as kept:
        charted, plain, _ = await BlockFallback(kept, lambda: refused).variants(CHARTED, "T1")
        await BlockFallback(kept, lambda: refused).accepted(plain, "T1", "invalid_blocks")
        assert charted not in await BlockFallback(kept, lambda: almost).variants(CHARTED, "T1")
        assert charted in await BlockFallback(kept, lambda: week).variants(CHARTED, "T1")
        assert charted in await BlockFallback(kept, lambda: refused, timedelta()).variants(CHARTED, "T1")


async def test_what_slack_takes_in_no_form_but_bare_text_is_blamed_on_no_chart(desk: Desk) -> None:
    desk.slack.faults[POST] = Fault(error="invalid_blocks", times=2)
    await desk.posting.post("C1", CHARTED, KEY)
    await desk.posting.post("C1", CHARTED, KEY)
    bare, charted = desk.slack.channels["C1"].messages
    assert (bare.text, bare.blocks) == ("1 toggle", [])
    assert charted.blocks == [CHART_BLOCK]


@pytest.mark.parametrize("code", ["msg_too_long", "invalid_blocks_format"])
async def test_a_form_that_is_too_long_is_followed_by_a_plainer_one_and_blamed_on_no_chart(
    desk: Desk, code: str
) -> None:
    desk.slack.faults[POST] = Fault(error=code, times=1)
    await desk.posting.post("C1", CHARTED, KEY)
    await desk.posting.post("C1", CHARTED, KEY)
    plain, charted = desk.slack.channels["C1"].messages
    assert "█" in plain.blocks[0]["text"]["text"]
    assert charted.blocks == [CHART_BLOCK]


async def test_a_text_that_is_too_long_is_cut_in_its_plainest_form(desk: Desk) -> None:
    desk.slack.faults[POST] = Fault(error="msg_too_long", times=1)
    await desk.posting.post("C1", Message("x" * 50_000, ()), KEY)
    [text] = desk.said()
    assert text == "x" * 3999 + "…"


@pytest.mark.parametrize("code", ["metadata_too_large", "metadata_must_be_sent_from_app", "invalid_metadata_format"])
async def test_without_the_metadata_that_slack_refuses_a_message_is_posted_and_cannot_be_looked_for(
    desk: Desk, code: str
) -> None:
    desk.slack.faults[POST] = Fault(error=code, times=1)
    await desk.posting.post("C1", SCORES, KEY)
    [posted] = desk.slack.channels["C1"].messages
    assert (posted.text, posted.metadata) == ("Scores", None)
    with pytest.raises(HistoryUnavailable):  # so whoever is not sure whether it arrived does not post it twice
        await desk.find()


async def test_what_slack_takes_in_no_form_at_all_is_refused(desk: Desk) -> None:
    desk.slack.faults[POST] = Fault(error="invalid_blocks")
    with pytest.raises(InvalidMessage):
        await desk.posting.post("C1", CHARTED, KEY)


async def test_that_it_broke_in_between_is_no_reason_for_another_form(desk: Desk) -> None:
    desk.slack.charts = False
    desk.slack.faults[POST] = Fault(drop_response=True)
    with pytest.raises(DeliveryUnknown):
        await desk.posting.post("C1", CHARTED, KEY)
    assert [call.method for call in desk.slack.calls].count(POST) == 1


# ------------------------------------------------------------------------------------------------------------ the pace


async def test_messages_of_one_channel_keep_their_distance_and_others_do_not_wait(tmp_path: Path) -> None:
    async with at_work(tmp_path, gap=0.2) as desk:
        await asyncio.gather(*(_post(desk.posting, channel) for _ in range(3) for channel in ("C1", "C2")))
        moments = {
            channel: [c.loop_time for c in desk.slack.calls if c.text("channel") == channel] for channel in ("C1", "C2")
        }
    gaps = [later - earlier for each in moments.values() for earlier, later in pairwise(each)]
    assert len(gaps) == 4
    assert min(gaps) >= 0.2
    assert abs(moments["C1"][0] - moments["C2"][0]) < 0.2


async def _post(posting: Publisher, channel: str) -> None:
    async with posting.throttle(channel):
        await posting.post(channel, SCORES, KEY)


async def test_a_turn_that_breaks_is_over() -> None:
    pace = ChannelThrottle(0)
    with pytest.raises(ZeroDivisionError):
        await _broken(pace)
    async with asyncio.timeout(1), pace.acquire("C1"):
        pass


async def _broken(pace: ChannelThrottle) -> None:
    async with pace.acquire("C1"):
        raise ZeroDivisionError


async def test_whoever_gives_up_waiting_holds_nobody_up() -> None:
    pace = ChannelThrottle(0)
    async with pace.acquire("C1"):
        waiting = asyncio.create_task(_take(pace.acquire("C1")))
        await asyncio.sleep(0)
        waiting.cancel()
    async with asyncio.timeout(1), pace.acquire("C1"):
        pass
    assert waiting.cancelled()


async def _take(turn: Any) -> None:
    async with turn:
        pass


async def test_channels_are_forgotten_again() -> None:
    pace = ChannelThrottle(0)
    for n in range(100):
        async with pace.acquire(f"C{n}"):
            pass
    assert len(pace) == 1


def test_a_client_that_repeats_its_calls_is_not_taken(tmp_path: Path) -> None:
    me = AuthorizeResult(enterprise_id=None, team_id="T1", bot_id="B1", bot_user_id="U1")
    with pytest.raises(ValueError, match="twice"):
        SlackPublisher(AsyncWebClient(BOT_TOKEN), me, BlockFallback(None, datetime.now))  # type: ignore[arg-type]
