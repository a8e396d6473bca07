"""Links to flags show the flag's state below them, over HTTP and Socket Mode, where everyone may see it."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest

from bot.sandbox.slack import Fault, Message
from bot.sandbox.slack.workspace import Content
from bot.slack.payloads import parse_shared_links
from bot.slack.unfurl import FlagLink, parse_flag_link
from tests.conversation import texts
from tests.databases import Postgres
from tests.workspace import Workspace, open_workspace

HOST = "app.launchdarkly.com"
FLAG = f"https://{HOST}/projects/web/flags/new-checkout"
OTHER_FLAGS = [f"https://{HOST}/projects/web/flags/{key}" for key in ("gift-wrap", "live-stock", "apple-pay")]
SHARED = "C6"  # with Quayside Partners


@asynccontextmanager
async def unfurling(*args: Any, **overrides: Any) -> AsyncIterator[Workspace]:
    """Open a workspace that unfurls; at its end, the bot finishes what it does."""
    async with open_workspace(*args, **{"unfurl_host": HOST} | overrides) as workspace:
        yield workspace


async def post(workspace: Workspace, *urls: str, channel: str = "C1", user: str = "U1") -> Message:
    """Post links."""
    slack = workspace.slack
    message = slack.post(slack.channels[channel], Content(" ".join(urls)), user=user)
    acknowledgement = await slack.share_links(message)
    assert acknowledgement is not None
    assert (acknowledgement.status, acknowledgement.error) == (200, "")
    return message


async def unfurled(workspace: Workspace, *urls: str, **where: Any) -> dict[str, str]:
    """Post links, and return what is shown below each, once there is something."""
    message = await post(workspace, *urls, **where)
    await workspace.slack.until(lambda: message.unfurls)
    return {url: "\n".join(texts(unfurl["blocks"])) for url, unfurl in message.unfurls.items()}


async def answer_to_all(*urls: str, channel: str = "C1", user: str = "U1", **overrides: Any) -> dict[str, Any]:
    """Post links, let the bot finish, and return what is shown below them. The bot says nothing else."""
    async with unfurling(**overrides) as workspace:
        message = await post(workspace, *urls, channel=channel, user=user)
    assert not any(one.bot for channel in workspace.slack.channels.values() for one in channel.messages)
    assert not any(workspace.slack.ephemeral.values())
    return message.unfurls


@pytest.mark.parametrize("socket", [False, True], ids=["http", "socket"])
async def test_flag_link_shows_name_state_owner_and_last_change(socket: bool) -> None:
    async with unfurling(socket=socket) as workspace:
        shown = await unfurled(workspace, f"{FLAG}/targeting?env=staging&selected-env=production")
    [text] = shown.values()
    assert text == (
        "🟢 *New checkout* is *on* in Production\n"
        "Owner: Checkout crew · Rollout changed from 5% to 60% · Tom O’Brien · 2 hours ago"
    )


async def test_archived_flag_says_that_it_serves_nobody() -> None:
    archived = f"https://{HOST}/projects/web/flags/summer-sale-2025"
    async with unfurling() as workspace:
        lines = (await unfurled(workspace, archived))[archived].splitlines()
    assert lines[:2] == ["⚫ *Summer sale 2025* is *off* in Production", "⚠️ Archived 2 months ago: serves nobody"]


async def test_only_the_settings_host_is_unfurled() -> None:
    assert await answer_to_all(FLAG, unfurl_host="") == {}
    assert await answer_to_all(FLAG, unfurl_host="launchdarkly.us") == {}


# Which environment


@pytest.mark.parametrize(
    ("url", "line"),
    [
        (FLAG, "web/production"),
        (f"{FLAG}/targeting?env=staging&env=test", "web/staging"),
        (f"{FLAG}/targeting?env=production&amp;selected-env=staging", "web/staging"),
        (f"https://{HOST}/web/staging/features/new-checkout/targeting", "web/staging"),
        (f"http://{HOST.upper()}:443/projects/web/flags/new%2Dcheckout#rules", "web/production"),
    ],
)
def test_link_names_project_environment_and_flag(url: str, line: str) -> None:
    link = parse_flag_link(url, HOST)
    assert link
    assert link.line({}) == f"flag new-checkout {line}"
    assert link.line({"project": "web", "env": "beta"}) == "flag new-checkout web/beta"
    assert link.line({"project": "mobile", "env": "beta"}) == f"flag new-checkout {line}"


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/projects/web/flags",
        "/projects/web/flags/",
        "/projects/web/segments/new-checkout",
        "/web/production/features",
        "/web/production/features/a%20b",
        "/web/production/features/x%20project=mobile",
        "/projects/web/flags/new-checkout?env=a,b",
        "/projects/../flags/new-checkout",
    ],
)
def test_other_pages_are_no_flag_links(path: str) -> None:
    assert parse_flag_link(f"https://{HOST}{path}", HOST) is None


@pytest.mark.parametrize("host", ["", "launchdarkly.com", f"eu.{HOST}", f"{HOST}.example"])
def test_other_hosts_are_no_flag_links(host: str) -> None:
    assert parse_flag_link(FLAG, host) is None
    assert parse_flag_link(f"https://[{HOST}/projects/web/flags/new-checkout", HOST) is None
    assert parse_flag_link(FLAG, HOST) == FlagLink("new-checkout", "web")


async def test_default_environment_of_the_channel_counts_first() -> None:
    async with unfurling() as workspace:
        link = f"{FLAG}?env=test"
        assert "in Test" in (await unfurled(workspace, link))[link]
        await workspace.send("use web/staging")
        assert "in Staging" in (await unfurled(workspace, link))[link]
        await workspace.send("use mobile/beta")
        assert "in Test" in (await unfurled(workspace, link))[link]
        assert "in Production" in (await unfurled(workspace, FLAG))[FLAG]


async def test_nothing_is_shown_while_the_default_is_unknown(
    postgres: Postgres, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "bot.slack.unfurl")
    async with AsyncExitStack() as stack:
        workspace = await stack.enter_async_context(unfurling(postgres.new_schema()))
        with postgres.stopped():
            message = await post(workspace, FLAG)
            await stack.aclose()
    assert message.unfurls == {}
    assert "didn't unfurl a link: The bot's database is unavailable." in caplog.text


# Who sees what


@pytest.mark.parametrize(
    "rules",
    [{"allowed_users": "U2"}, {"allowed_channels": "C2"}, {"allowed_projects": "mobile"}],
    ids=["sharer", "channel", "project"],
)
async def test_sharer_channel_and_project_must_be_allowed(rules: dict[str, str]) -> None:
    assert await answer_to_all(FLAG, **rules) == {}


async def test_what_the_settings_allow_is_unfurled() -> None:
    links = [FLAG, f"https://{HOST}/projects/mobile/flags/new-checkout"]
    shown = await answer_to_all(*links, allowed_users="U1", allowed_channels="C1", allowed_projects="web")
    assert list(shown) == [FLAG]


async def test_nothing_is_unfurled_where_others_read() -> None:
    assert await answer_to_all(FLAG, channel=SHARED) == {}


def test_channel_counts_as_shared_unless_slack_says_otherwise() -> None:
    event = {"source": "conversations_history", "channel": "C1", "user": "U1", "links": [], "unfurl_id": "U1-1"}
    body = {"event_id": "Ev1", "team_id": "T1", "event": event}
    assert parse_shared_links(body) is None
    assert parse_shared_links(body | {"is_ext_shared_channel": False})


async def test_drafts_are_not_unfurled() -> None:
    async with unfurling() as workspace:
        await workspace.slack.draft_links(FLAG)
    [draft] = workspace.slack.shared_links
    assert (draft.channel, draft.unfurls) == ("COMPOSER", {})


# How many, how often


async def test_a_few_links_are_unfurled_each_flag_once() -> None:
    async with unfurling() as workspace:
        shown = await unfurled(workspace, FLAG, f"{FLAG}/variations", "https://example.com", *OTHER_FLAGS)
    assert list(shown) == [FLAG, *OTHER_FLAGS[:2]]


async def test_redelivered_links_are_unfurled_once(postgres: Postgres) -> None:
    database = postgres.new_schema()
    async with unfurling(database) as first, unfurling(database) as second:
        message = first.slack.post(first.slack.channels["C1"], Content(FLAG), user="U1")
        delivered = await first.slack.share_links(message)
        assert delivered
        await first.slack.until(lambda: message.unfurls)
        asked = len(first.faults.requests)
        await first.slack.redeliver(delivered)
        await second.slack.redeliver(delivered)
    assert asked == len(first.faults.requests)
    assert second.faults.requests == []


# Failures


async def test_unknown_flag_stays_silent_beside_a_known_one() -> None:
    unknown = f"https://{HOST}/projects/web/flags/new-checkuot"
    assert list(await answer_to_all(unknown, FLAG)) == [FLAG]
    assert await answer_to_all(unknown, f"{FLAG}?env=nowhere") == {}


async def test_failing_launchdarkly_stays_silent(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "bot.slack.unfurl")
    async with unfurling() as workspace:
        workspace.faults.status = 503
        message = await post(workspace, FLAG)
    assert message.unfurls == {}
    assert "didn't unfurl flag new-checkout web/production: " in caplog.text


async def test_last_change_needs_no_access_to_insights() -> None:
    async with unfurling() as workspace:
        workspace.faults.status, workspace.faults.path_contains = 403, "/engineering-insights/"
        [text] = (await unfurled(workspace, FLAG)).values()
    assert text == "🟢 *New checkout* is *on* in Production\nOwner: Checkout crew · changed 2 hours ago"


@pytest.mark.parametrize("error", ["cannot_unfurl_url", "internal_error"])
async def test_unfurl_that_slack_refuses_is_only_logged(error: str, caplog: pytest.LogCaptureFixture) -> None:
    async with unfurling() as workspace:
        workspace.slack.faults["chat.unfurl"] = Fault(error=error)
        message = await post(workspace, FLAG)
    assert message.unfurls == {}
    assert [record.getMessage() for record in caplog.records] == [f"couldn't unfurl a link: {error}"]


async def test_unfurl_waits_for_slacks_rate_limit() -> None:
    async with unfurling() as workspace:
        workspace.slack.faults["chat.unfurl"] = Fault(status=429, retry_after=0, times=1)
        assert await unfurled(workspace, FLAG)
