"""People who fill in the bot's forms: they open one with a button, choose, read the preview and submit it."""

from typing import Any

from bot.sandbox.slack import Slack
from bot.sandbox.slack.state import View
from bot.sandbox.slack.workspace import Message
from tests.conversation import texts

WAITING_TEXTS = ("One moment…", "Asking LaunchDarkly…")


def title(view: View) -> str:
    return texts(view.body["title"])[0]


def shown(view: View) -> str:
    """Return all texts of a modal, and what is wrong with what was filled in."""
    return "\n".join([*texts(view.body["title"]), *texts(view.body["blocks"]), *view.errors.values()])


def elements(view: View) -> dict[str, Any]:
    """Return the elements of a modal's inputs, by label."""
    blocks: Any = view.body["blocks"]
    return {block["label"]["text"]: block["element"] for block in blocks if block["type"] == "input"}


async def loaded(slack: Slack) -> View:
    """Wait until the modal on top is ready."""
    await slack.until(lambda: slack.views and not any(text in shown(slack.views[-1]) for text in WAITING_TEXTS))
    return slack.views[-1]


async def open_form(slack: Slack, message: Message, button: str, **options: Any) -> View:
    before = len(slack.views)
    assert not (await slack.press(message, button, **options)).error
    await slack.until(lambda: len(slack.views) > before)
    return await loaded(slack)


async def preview(slack: Slack, view: View, **values: Any) -> View:
    """Fill in fields by their labels, with underscores for spaces; return the preview, or the form again."""
    sent = await slack.submit(view, {name.replace("_", " "): value for name, value in values.items()})
    assert (sent.error, view.errors) == ("", {})
    return await loaded(slack)


async def save(slack: Slack, view: View, **values: Any) -> None:
    """Fill in fields, and submit what is previewed."""
    assert not (await slack.submit(await preview(slack, view, **values))).error
    assert not view.open


async def choose(slack: Slack, view: View, name: str, option: str, typed: str | None = None) -> None:
    """Choose an option, after typing in a menu that is searched, and wait for the fields that follow from it."""
    if typed is not None:
        assert not (await slack.suggest(view, name, typed)).error
    before = view.body["hash"]
    await slack.select(view, name, option)
    await slack.until(lambda: view.body["hash"] != before)


async def press(slack: Slack, view: View, button: str) -> None:
    """Press a button of the modal, and wait for what follows."""
    before = view.body["hash"]
    await slack.press(view, button)
    await slack.until(lambda: view.body["hash"] != before)
