"""A channel is gone, or closed to the bot: its schedules are paused, whoever owns them is told once, and they go on."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.sandbox.slack import Weather
from tests.databases import Databases
from tests.scheduler_harness import LOOP, Desk, Room
from tests.workspace import words

pytestmark = LOOP

MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)  # nine in Berlin
WEEK = timedelta(weeks=1)
SCORES, STATUS = "every monday 9:00 scores web/production", "every monday 9:00 status web/production"
POST = "chat.postMessage"


async def until_told(desk: Desk, user: str, times: int = 1) -> str:
    """The last that somebody was told directly, once they were told so often."""
    await desk.office.slack.until(lambda: len(desk.told(user)) == times)
    return desk.told(user)[-1]


@pytest.mark.parametrize(
    ("error", "says", "way_back"),
    [
        ("channel_not_found", "The channel is gone", "Then I go on by myself."),
        ("not_in_channel", "I am not in the channel.", "Type `/invite` and my name there. Then I go on by myself."),
        ("is_archived", "The channel is archived:", "un-archive it. Then I go on by myself."),
        ("restricted_action", "A setting of the workspace", "Then type there: `/insights resume 1`"),
        ("account_inactive", "The app has been removed", "Then type there: `/insights resume 1`"),
        ("token_revoked", "My token was revoked.", "Then type there: `/insights resume 1`"),
    ],
)
async def test_where_it_cannot_post_any_more_its_owner_is_told_once_with_the_way_back(
    desk: Desk, error: str, says: str, way_back: str
) -> None:
    await desk.say(SCORES)
    desk.office.slack.weather[POST] = Weather(error=error, times=1)
    await desk.come(MONDAY)
    [told] = desk.told("U1")
    assert "I cannot post in <#C1> any more" in told
    assert "`scores web/production` every Monday at 9:00 (Europe/Berlin)" in told
    assert says in told
    assert way_back in told
    shown = await desk.say("schedules")
    assert "⏸️ *Paused.*" in shown
    assert shown.count(says) == 2  # for the eyes and for the ears
    assert says in await desk.say("history")
    await desk.come(MONDAY + WEEK)
    assert desk.posted() == []
    assert len(desk.told("U1")) == 1


async def test_each_owner_is_told_of_all_that_is_theirs(desk: Desk) -> None:
    await desk.say(SCORES, user="U1")
    await desk.say(STATUS, user="U1")
    await desk.say("every friday 9:00 deploys web/production", user="U2")
    await desk.office.slack.archive("C1")
    first, second = await until_told(desk, "U1"), await until_told(desk, "U2")
    assert "`scores web/production`" in first
    assert "`status web/production`" in first
    assert "`deploys web/production`" not in first
    assert "`deploys web/production`" in second


async def test_an_invitation_lets_it_go_on_and_that_is_said_in_the_channel(desk: Desk) -> None:
    await desk.say(SCORES)
    await desk.office.slack.remove("C1")
    await until_told(desk, "U1")
    await desk.come(MONDAY)
    assert desk.posted() == []
    await desk.office.slack.invite("C1")
    await desk.office.slack.until(desk.posted)
    [back] = desk.posted()
    assert "I am back, and go on with what was asked of me here" in words(back)
    assert "`scores web/production` every Monday at 9:00 (Europe/Berlin)" in words(back)
    assert "Mon 30 Nov 2026, 09:00" in words(back)
    await desk.come(MONDAY + WEEK)
    assert len(desk.posted()) == 2
    assert len(desk.told("U1")) == 1


async def test_a_private_channel_is_lost_and_comes_back(desk: Desk) -> None:
    await desk.say(SCORES, channel="C2")
    await desk.office.slack.remove("C2")
    assert "I cannot post in <#C2> any more" in await until_told(desk, "U1")
    await desk.office.slack.invite("C2")
    await desk.office.slack.until(lambda: desk.posted("C2"))
    await desk.come(MONDAY)
    assert len(desk.posted("C2")) == 2


async def test_what_is_un_archived_goes_on(desk: Desk) -> None:
    await desk.say(SCORES)
    await desk.office.slack.archive("C1")
    assert "The channel is archived: un-archive it." in await until_told(desk, "U1")
    await desk.office.slack.unarchive("C1")
    await desk.office.slack.until(desk.posted)
    await desk.come(MONDAY)
    assert len(desk.posted()) == 2


async def test_of_a_channel_that_is_deleted_its_owner_hears(desk: Desk) -> None:
    await desk.say(SCORES)
    await desk.office.slack.delete_channel("C1")
    assert "The channel is gone" in await until_told(desk, "U1")


async def test_what_somebody_has_paused_stays_so_when_the_bot_comes_back(desk: Desk) -> None:
    await desk.say(SCORES)
    await desk.say(STATUS)
    await desk.say("pause 1")
    await desk.office.slack.remove("C1")
    assert "`scores web/production`" not in await until_told(desk, "U1")
    await desk.office.slack.invite("C1")
    await desk.office.slack.until(desk.posted)
    assert "`status web/production`" in words(desk.posted()[0])
    assert "`scores web/production`" not in words(desk.posted()[0])


async def test_what_was_ordered_where_the_bot_never_was_begins_when_it_is_invited(desk: Desk) -> None:
    await desk.say(SCORES, channel="C3")
    await desk.come(MONDAY)
    assert "I am not in the channel." in desk.told("U1")[0]
    await desk.office.slack.invite("C3")
    await desk.office.slack.until(lambda: desk.posted("C3"))
    await desk.come(MONDAY + WEEK)
    assert "Release maturity" in words(desk.posted("C3")[-1])
    assert "What was due on 23 Nov 2026 did not come" in words(desk.posted("C3")[-1])


async def test_what_no_event_ends_goes_on_by_hand(desk: Desk) -> None:
    await desk.say(SCORES)
    desk.office.slack.weather[POST] = Weather(error="restricted_action", times=1)
    await desk.come(MONDAY)
    assert "Mon 30 Nov 2026, 09:00" in await desk.say("resume 1", user="U2")
    await desk.come(MONDAY + WEEK)
    assert len(desk.posted()) == 1
    assert "Paused" not in await desk.say("schedules")


@pytest.mark.parametrize(
    "weather",
    [Weather(status=500, times=1), Weather(status=429, retry_after=1, times=1), Weather(reset=True, times=1)],
    ids=["broken", "limited", "reset"],
)
async def test_what_passes_pauses_nothing(desk: Desk, weather: Weather) -> None:
    await desk.say(SCORES)
    desk.office.slack.weather[POST] = replace(weather)
    await desk.come(MONDAY)
    await desk.wait(minutes=1)
    assert len(desk.posted()) == 1
    assert desk.told("U1") == []
    assert "Paused" not in await desk.say("schedules")


async def test_a_token_that_is_of_no_use_tells_nobody_and_breaks_nothing(desk: Desk) -> None:
    await desk.say(SCORES)
    desk.office.slack.weather[POST] = Weather(error="token_revoked")
    await desk.come(MONDAY)
    assert desk.told("U1") == []
    assert "My token was revoked." in await desk.say("schedules")


async def test_a_channel_or_a_project_that_the_settings_allow_no_more_gets_nothing(
    room: Room, databases: Databases
) -> None:
    database = databases()
    async with room.desk(database.url) as desk:
        await desk.say(SCORES, channel="C1")
        await desk.say("every monday 9:00 scores mobile/production", channel="C2")
    async with room.desk(database.url, allowed_channels="C2,C3", allowed_projects="web") as desk:
        await desk.come(MONDAY)
        assert desk.posted("C1") == desk.posted("C2") == []
        assert "I am not to tell about the project mobile." in await desk.say("history", channel="C2")
    async with room.desk(database.url, MONDAY) as desk:
        assert "failed · The settings do not let me answer in this channel." in await desk.say("history")
