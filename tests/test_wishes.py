"""A wish that no question fulfils ends in the buttons that do, or says that the bot only reads."""

from dataclasses import replace

import pytest

from bot.lines.wishes import Wish, read_wish
from bot.questions import discover
from bot.sandbox.block_kit import violations
from tests.conversation import Conversation, button_lines
from tests.plain_words import read_examples
from tests.workspace import open_workspace, visible_text

SCHEDULE_LINES = ["help every", "help watch"]


@pytest.mark.parametrize(
    ("line", "wish"),
    [
        ("turn off the checkout flag", Wish.CHANGE),
        ("can you turn dark-mode off?", Wish.CHANGE),
        ("rollback the last deploy", Wish.CHANGE),
        ("please enable new-checkout in staging", Wish.CHANGE),
        ("delete dark-mode", Wish.CHANGE),
        ("turn off the alerts flag", Wish.CHANGE),
        ("send me a summary every monday at 9", Wish.SCHEDULE),
        ("digest web every morning", Wish.SCHEDULE),
        ("schedule a report", Wish.SCHEDULE),
        ("I want to schedule a report", Wish.SCHEDULE),
        ("which alerts are on?", Wish.MANAGE),
        ("tell me if web's score drops below 70", Wish.ALERT),
        ("notify me when a flag changes", Wish.ALERT),
        ("Let us know as soon as checkout breaks", Wish.ALERT),
        ("stop sending me alerts", Wish.MANAGE),
        ("turn off alerts in here", Wish.MANAGE),
        ("don't post the digest any more", Wish.MANAGE),
        ("unsubscribe", Wish.MANAGE),
        ("please move it to Tuesday", Wish.MANAGE),
        ("move the digest to 10am", Wish.MANAGE),
        ("change the schedule", Wish.MANAGE),
        ("page me if platform/production breaks", Wish.ALERT),
        ("change it to 50 percent", None),
        ("change the alerts flag", None),
        ("change failure rate report", None),
        ("tell me if new-checkout is on", None),
        ("tell me when we last deployed", None),
        ("what was turned off?", None),
        ("rollbacks since monday", None),
        ("archive candidates", None),
        ("kill switches used today", None),
    ],
)
def test_wish_is_read(line: str, wish: Wish | None) -> None:
    assert read_wish(line) is wish


@pytest.mark.parametrize("examples", ["plain_words.txt", "plain_words_unseen.txt"])
def test_sentence_that_asks_is_no_wish(examples: str) -> None:
    assert [one.sentence for one in read_examples(examples) if read_wish(one.sentence)] == []


@pytest.mark.parametrize(
    ("line", "text", "lines"),
    [
        (
            "turn off the checkout flag",
            "I only read LaunchDarkly, but my answer links to the flag there.",
            ["flag new-checkout web/production"],
        ),
        (
            "delete passkeys in platform",
            "I only read LaunchDarkly, but my answer links to the flag there.",
            ["flag passkeys platform/production"],
        ),
        (
            "tell me if web's score drops below 70",
            "I can alert a channel when something changes. You'll see a preview before anything is scheduled.",
            SCHEDULE_LINES[::-1],
        ),
        (
            "send me a summary every monday at 9",
            "I can post a report in a channel on a schedule. You'll see a preview before anything is scheduled.",
            SCHEDULE_LINES,
        ),
    ],
)
async def test_wish_ends_in_buttons(someone: Conversation, line: str, text: str, lines: list[str]) -> None:
    answer = await someone.send(line)
    assert answer.message.text == text
    assert button_lines(answer.message) == lines
    assert {(await someone.send(button)).outcome for button in lines} == {"answered"}
    assert not violations(answer.message.payload())


async def test_wish_for_a_project_looks_up_its_environments_but_no_flags(someone: Conversation) -> None:
    await someone.send("send me a summary of mobile every monday at 9")
    paths = {request.path for request in someone.faults.requests}
    assert "/api/v2/projects/mobile/environments" in paths
    assert "/api/v2/flags/mobile" not in paths


async def test_change_without_a_flag_gets_the_first_screens_buttons(someone: Conversation) -> None:
    answer = await replace(someone, defaults={"project": "mobile", "env": "beta"}).send("rollback the last deploy")
    assert answer.message.text == "I only read LaunchDarkly, so I can't change anything there."
    assert button_lines(answer.message)[0] == "digest mobile/beta"


@pytest.mark.parametrize("line", ["stop sending me alerts", "please move it to Tuesday", "change the schedule"])
async def test_wish_in_slack_is_answered_for_the_asker_alone(line: str) -> None:
    async with open_workspace() as workspace:
        answer = await workspace.send(line, user="U1")
        assert answer.to == "U1"
        listed = await workspace.press(answer, "Schedules here", user="U1")
        assert "No schedules in this channel yet" in visible_text(listed)


async def test_alert_wish_in_slack_opens_the_form() -> None:
    async with open_workspace(default_project="web/production") as workspace:
        answer = await workspace.send("tell me if mobile's score drops below 70", user="U1")
        [row] = [block["elements"] for block in answer.blocks if block["type"] == "actions"]
        assert [(one["text"]["text"], one["value"]) for one in row] == [
            ("Set up alerts", "watch on events mobile/production"),
            ("Schedule a report", "every monday 9:00 digest mobile/production"),
        ]


@pytest.mark.parametrize("line", ["stop 3 alerts", "pause 1 alerts", "change 2 every monday"])
async def test_command_is_no_wish(someone: Conversation, line: str) -> None:
    answer = await someone.send(line)
    assert answer.name != "help"
    assert {one.partition(" ")[0] for one in button_lines(answer.message)} <= {"help", *discover()}
