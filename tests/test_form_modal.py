"""*Schedule a report* and *Set up alerts*: forms that are opened, filled in, previewed and submitted."""

from typing import Any

import pytest

from bot.sandbox.slack.faults import Fault
from bot.sandbox.slack.state import View
from tests.conversation import texts
from tests.form_filling import choose, elements, loaded, open_form, press, preview, shown, title
from tests.workspace import Workspace, open_workspace, visible_text

transports = pytest.mark.parametrize("socket", [False, True], ids=["HTTP", "Socket Mode"])


def posted(workspace: Workspace) -> str:
    """Return the last message in the channel."""
    return visible_text(workspace.slack.channels["C1"].messages[-1])


async def open_from_help(workspace: Workspace, button: str) -> View:
    return await open_form(workspace.slack, await workspace.send("help"), button)


@transports
async def test_report_is_scheduled_without_typing_a_line(socket: bool) -> None:
    async with open_workspace(socket=socket) as workspace:
        slack = workspace.slack
        view = await open_from_help(workspace, "Schedule a report")
        assert elements(view)["Time zone"]["initial_value"] == "Europe/Berlin"
        assert elements(view)["Channel"]["initial_conversation"] == "C1"
        await choose(slack, view, "Project", "mobile", "mob")
        assert not (await slack.suggest(view, "Environment", "prod")).error
        view = await preview(workspace.slack, view, Environment="production", Days=["1", "3"], Time="17:30")
        line = "every tuesday,thursday 17:30 Europe/Berlin digest mobile/production"
        assert "*every Tuesday and Thursday at 17:30 (Europe/Berlin)*. First post: *" in shown(view)
        assert "mobile/production" in shown(view)
        assert shown(view).splitlines()[-1] == f"Next time you can type `/insights {line}`"
        await slack.submit(view)
        assert not view.open
        await slack.until(lambda: slack.channels["C1"].messages)
        [confirmation] = slack.channels["C1"].messages
        assert "<@U1> scheduled `digest mobile/production` here, *every Tuesday and Thursday at 17:30" in (
            visible_text(confirmation)
        )


async def test_alert_about_a_flag_is_set_up_with_its_preview() -> None:
    async with open_workspace() as workspace:
        slack = workspace.slack
        view = await open_from_help(workspace, "Set up alerts")
        await choose(slack, view, "Alert me about", "One flag")
        assert not (await slack.suggest(view, "Flag", "checkout")).error
        view = await preview(workspace.slack, view, Flag="new-checkout")
        assert "LaunchDarkly keeps no history for it" in shown(view)
        assert "Next time you can type `/insights watch on flag new-checkout web/production`" in shown(view)
        await slack.submit(view)
        await slack.until(lambda: slack.channels["C1"].messages)
        assert "turned on alerts for `flag new-checkout web/production`" in visible_text(
            slack.channels["C1"].messages[0]
        )


async def test_alerts_about_large_changes_show_those_of_last_week() -> None:
    async with open_workspace() as workspace:
        view = await preview(workspace.slack, await open_from_help(workspace, "Set up alerts"))
        assert "an alert in <#C1> *when there's a large change in web/production*" in shown(view)
        assert "in the past 7 days" in shown(view)
        assert shown(view).count("Turn on alerts") == 0


async def test_score_below_a_number_is_watched() -> None:
    async with open_workspace() as workspace:
        slack = workspace.slack
        view = await open_from_help(workspace, "Set up alerts")
        await choose(slack, view, "Alert me about", "Scores that get better or worse")
        await slack.submit(view, {"Below": "101"})
        assert "must be 1 to 100, not 101. Did you mean 100?" in view.errors["below"]
        view = await preview(workspace.slack, view, Score="Risk", Below="60")
        assert "`/insights watch on scores web/production score=risk below=60`" in shown(view)


@pytest.mark.parametrize(
    ("values", "field", "error"),
    [
        ({"Time zone": "Bärlin"}, "zone", "Did you mean Europe/Berlin?"),
        ({"Time zone": "UTC+2"}, "zone", "Use a time zone like Europe/Berlin."),
        ({"Time zone": "PST"}, "zone", "Did you mean America/Los_Angeles?"),
        ({"Days": ["0", "2"], "How often": "Monthly, on the first of these days"}, "days", "needs a single day"),
        ({"Other options": "span=fortnight"}, "options", "span must be day, week or month, not “fortnight”."),
        ({"Other options": "colour=red"}, "options", "digest has no option “colour”"),
    ],
)
async def test_mistake_is_shown_at_its_field(values: dict[str, Any], field: str, error: str) -> None:
    async with open_workspace() as workspace:
        view = await open_from_help(workspace, "Schedule a report")
        await workspace.slack.submit(view, values)
        assert list(view.errors) == [field], view.errors
        assert error in view.errors[field]


async def test_unknown_key_is_reported_above_the_fields() -> None:
    async with open_workspace() as workspace:
        view = await open_from_help(workspace, "Schedule a report")
        await press(workspace.slack, view, "Type the keys instead")
        view = await preview(workspace.slack, view, Environment="producton")
        assert texts(view.body["blocks"])[0].startswith(
            "⚠️ web has no environment “producton”. It has production, staging and test."
        )
        assert elements(view)["Environment"]["initial_value"] == "producton"
        view = await preview(workspace.slack, view, Environment="production")
        assert "digest web/production" in shown(view)


async def test_outage_is_reported_and_does_not_keep_anyone_from_scheduling() -> None:
    async with open_workspace() as workspace:
        view = await open_from_help(workspace, "Schedule a report")
        workspace.faults.status = 503
        view = await preview(workspace.slack, view)
        assert "⚠️ I couldn't preview it. LaunchDarkly" in shown(view)
        await workspace.slack.submit(view)
        await workspace.slack.until(lambda: workspace.slack.channels["C1"].messages)
        assert "I couldn't check this with LaunchDarkly" in visible_text(workspace.slack.channels["C1"].messages[0])


async def test_duplicate_is_reported_before_it_is_submitted() -> None:
    async with open_workspace() as workspace:
        await workspace.send("every monday 9:00 digest web/production")
        view = await preview(workspace.slack, await open_from_help(workspace, "Schedule a report"))
        assert "That's already scheduled here (schedule 1)" in texts(view.body["blocks"])[0]


async def test_form_comes_back_from_its_preview_as_it_was() -> None:
    async with open_workspace() as workspace:
        view = await open_from_help(workspace, "Schedule a report")
        view = await preview(workspace.slack, view, Days=["4"], Other_options="span=day")
        await press(workspace.slack, view, "Back to the form")
        assert elements(view)["Other options"]["initial_value"] == "span=day"
        assert [option["value"] for option in elements(view)["Days"]["initial_options"]] == ["4"]


async def test_form_opens_at_once_and_is_filled_in_when_slack_answers() -> None:
    async with open_workspace() as workspace:
        slack = workspace.slack
        screen = await workspace.send("help")
        slack.faults["users.info"] = Fault(delay=0.3)
        await slack.press(screen, "Schedule a report", user="U2")
        await slack.until(lambda: slack.views)
        assert "One moment…" in shown(slack.views[-1])
        assert "What to post" in shown(await loaded(slack))


async def test_expired_trigger_is_explained() -> None:
    async with open_workspace() as workspace:
        screen = await workspace.send("help")
        workspace.slack.faults["views.open"] = Fault(error="expired_trigger_id")
        answer = await workspace.press(screen, "Schedule a report")
        assert "Slack couldn't open the form.\nPress the button again." in visible_text(answer)


async def test_only_schedule_managers_get_the_form() -> None:
    async with open_workspace(allowed_schedule_managers="U2") as workspace:
        view = await open_from_help(workspace, "Set up alerts")
        assert "You don't have permission to manage schedules." in shown(view)
        assert elements(view) == {}


async def test_change_opens_the_form_filled_in() -> None:
    async with open_workspace() as workspace:
        slack = workspace.slack
        await workspace.send("every last friday 17:30 UTC digest web/staging quiet=on-change app=ios-app span=day")
        view = await open_form(slack, slack.channels["C1"].messages[0], "Change")
        assert title(view) == "Change schedule 1"
        assert elements(view)["How often"]["initial_option"]["text"]["text"] == "Monthly, on the last of these days"
        assert elements(view)["Time"]["initial_time"] == "17:30"
        assert elements(view)["Environment"]["initial_option"]["value"] == "staging"
        assert [one["value"] for one in elements(view)["Only these applications"]["initial_options"]] == ["ios-app"]
        assert elements(view)["Full digest"]["initial_options"]
        assert "Channel" not in elements(view)
        view = await preview(workspace.slack, view, Time="09:00", Full_digest=[])
        await slack.submit(view)
        says = "changed schedule 1: `digest web/staging app=ios-app span=day`, *every last Friday of the month at 9:00"
        await slack.until(lambda: says in visible_text(slack.channels["C1"].messages[0]))


async def test_alerts_can_be_changed_too() -> None:
    async with open_workspace() as workspace:
        slack = workspace.slack
        await workspace.send("watch on scores web/production below=60")
        view = await open_form(slack, await workspace.send("schedules"), "Change")
        assert title(view) == "Change alerts 1"
        view = await preview(workspace.slack, view, Below="50")
        assert "`/insights change 1 scores web/production below=50`" in shown(view)
        await slack.submit(view)
        says = "changed schedule 1: `scores web/production below=50`"
        await slack.until(lambda: says in visible_text(slack.channels["C1"].messages[0]))
