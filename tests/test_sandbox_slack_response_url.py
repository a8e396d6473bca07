"""Use and limits of the response_url of a command or a click, seen through slack_sdk."""

import json
from collections.abc import AsyncIterator
from urllib.parse import parse_qs

import aiohttp
import pytest

from bot.sandbox.slack import Slack
from bot.sandbox.slack.workspace import Content
from tests.sandbox_slack import MESSAGE_BLOCKS, Clock, record_requests, section, webhook


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def new_response_url(slack: Slack) -> str:
    """Return the response_url of a command that has no response yet."""
    async with record_requests(slack) as requests:
        await slack.type("/insights scores")
    return parse_qs(requests[0][1])["response_url"][0]


async def test_response_url_can_be_used_five_times(slack: Slack, session: aiohttp.ClientSession) -> None:
    url = webhook(await new_response_url(slack), session)
    answers = [await url.send(text=str(number)) for number in range(6)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 200, 200, 404]
    assert (answers[0].body, answers[5].body) == ("ok", "used_url")
    assert [message.text for message in slack.ephemeral["U1"]] == ["0", "1", "2", "3", "4"]


async def test_response_url_expires_after_half_an_hour(
    slack: Slack, clock: Clock, session: aiohttp.ClientSession
) -> None:
    url = webhook(await new_response_url(slack), session)
    clock.advance(minutes=30)
    assert (await url.send(text="Just in time")).status_code == 200
    clock.advance(seconds=1)
    late = await url.send(text="Too late")
    assert (late.status_code, late.body) == (404, "expired_url")


async def test_response_url_works_in_channels_without_the_bot(slack: Slack, session: aiohttp.ClientSession) -> None:
    async with record_requests(slack) as requests:
        await slack.type("/insights scores", channel="C3", user="U2")
    url = webhook(parse_qs(requests[0][1])["response_url"][0], session)
    await url.send(text="For you")
    await url.send(text="For all", response_type="in_channel")
    await url.send_dict({"text": "In a thread", "response_type": "in_channel", "thread_ts": "1.0"})
    assert [message.text for message in slack.ephemeral["U2"]] == ["For you"]
    posted = [(message.text, message.thread_ts) for message in slack.channels["C3"].messages]
    assert posted == [("For all", None), ("In a thread", "1.0")]


@pytest.mark.parametrize(("replaces", "remaining"), [(True, ["Scores"]), (False, ["Asking …", "Scores"])])
async def test_progress_message_is_replaced_depending_on_the_quirk(
    slack: Slack, session: aiohttp.ClientSession, replaces: bool, remaining: list[str]
) -> None:
    slack.quirks.replaces_progress = replaces
    url = webhook(await new_response_url(slack), session)
    await url.send(text="Asking …")
    await url.send(text="Scores", replace_original=True)
    assert [message.text for message in slack.ephemeral["U1"]] == remaining


@pytest.mark.parametrize(
    ("with_200", "status", "body"), [(False, 400, "invalid_blocks"), (True, 200, '"error":"invalid_blocks"')]
)
async def test_error_status_depends_on_the_quirk(
    slack: Slack, session: aiohttp.ClientSession, with_200: bool, status: int, body: str
) -> None:
    slack.quirks.errors_with_200 = with_200
    answer = await webhook(await new_response_url(slack), session).send(text="Scores", blocks=[section("")])
    assert answer.status_code == status
    assert body in answer.body
    assert not slack.ephemeral["U1"]


async def test_response_url_of_a_click_can_update_or_delete(slack: Slack, session: aiohttp.ClientSession) -> None:
    message = slack.post(slack.channels["C1"], Content("Events", MESSAGE_BLOCKS))
    async with record_requests(slack) as requests:
        await slack.press(message, "Older")
    url = webhook(json.loads(parse_qs(requests[0][1])["payload"][0])["response_url"], session)
    await url.send(text="Older events", replace_original=True)
    assert (message.text, message.blocks) == ("Older events", [])
    await url.send(delete_original=True)
    assert message.deleted
    assert slack.channels["C1"].messages == []


async def test_response_url_of_a_command_cannot_delete(slack: Slack, session: aiohttp.ClientSession) -> None:
    url = webhook(await new_response_url(slack), session)
    await url.send(text="Scores")
    assert (await url.send(delete_original=True)).status_code == 200
    assert [message.text for message in slack.ephemeral["U1"]] == ["Scores"]
