"""What Slack is told of the app is valid, says no more than is needed, and equals what the code does."""

import ast
import json
import os
import re
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from slack_bolt.async_app import AsyncBoltRequest
from slack_sdk.web.async_client import AsyncWebClient

from bot import manifest
from bot.app import build_registry
from bot.slack.background_tasks import BackgroundTasks
from bot.slack.listeners import build_app
from bot.slack.payloads import Interaction
from bot.slack.web import EVENTS_PATH
from tests.processes import run

Json = dict[str, Any]
HOUSE = Path(__file__).parent.parent
ADDRESS = "https://bot.example.com"
FORMS = {"Socket Mode": manifest.socket_mode_manifest(), "HTTP": manifest.http_manifest(ADDRESS)}

# What each method of Slack's needs, as its page says. https://docs.slack.dev/reference/methods
SCOPES: dict[str, set[str]] = {
    "api_test": set(),
    "auth_test": set(),
    "apps_connections_open": set(),  # the app's own token has that scope
    "chat_getPermalink": set(),
    "chat_postEphemeral": {"chat:write"},
    "chat_postMessage": {"chat:write"},
    "conversations_history": {"channels:history", "groups:history"},
    "conversations_info": {"channels:read", "groups:read"},
    "conversations_replies": {"channels:history", "groups:history"},
    "usergroups_users_list": {"usergroups:read"},
    "users_info": {"users:read"},
    "views_open": set(),
}
NONE, PUBLIC, PRIVATE = frozenset[str](), frozenset({"channels:read"}), frozenset({"groups:read"})
EVENTS: dict[str, frozenset[str]] = {  # known ones, of each kind that such a bot may want, and what they need
    **dict.fromkeys(("app_home_opened", "app_uninstalled", "tokens_revoked", "function_executed"), NONE),
    **dict.fromkeys(("channel_archive", "channel_unarchive", "channel_left", "channel_deleted"), PUBLIC),
    **dict.fromkeys(("channel_rename", "channel_id_changed", "channel_created"), PUBLIC),
    **dict.fromkeys(("group_archive", "group_unarchive", "group_left", "group_deleted", "group_rename"), PRIVATE),
    **dict.fromkeys(("member_joined_channel", "member_left_channel"), PUBLIC | PRIVATE),
    **dict.fromkeys(("team_join", "user_change"), frozenset({"users:read"})),
    "app_mention": frozenset({"app_mentions:read"}),
    "link_shared": frozenset({"links:read"}),
    "message": frozenset({"channels:history"}),
    "reaction_added": frozenset({"reactions:read"}),
}


def read(text: str) -> Json:
    found: Json = import_module("yaml").safe_load(text)
    return found


@pytest.mark.parametrize("form", FORMS)
def test_slack_takes_it(form: str) -> None:
    schema = os.environ.get("SLACK_MANIFEST_SCHEMA")
    if not schema:
        pytest.skip("SLACK_MANIFEST_SCHEMA names no schema of Slack's to compare the manifest with")
    validator = import_module("jsonschema").Draft7Validator(json.loads(Path(schema).read_text(encoding="utf-8")))
    assert [error.message for error in validator.iter_errors(read(FORMS[form]))] == []


@pytest.mark.parametrize("form", FORMS)
def test_it_is_plain_text_that_survives_any_clipboard(form: str) -> None:
    assert FORMS[form].isascii()
    assert "\t" not in FORMS[form]


def test_in_socket_mode_it_needs_no_address() -> None:
    told = read(FORMS["Socket Mode"])
    assert told["settings"]["socket_mode_enabled"] is True
    assert "url" not in json.dumps(told)


def test_over_http_every_request_goes_to_the_door_of_the_bot() -> None:
    told = read(FORMS["HTTP"])
    [command] = told["features"]["slash_commands"]
    settings = told["settings"]
    addresses = [
        command["url"],
        settings["interactivity"]["request_url"],
        settings["event_subscriptions"]["request_url"],
    ]
    assert addresses == [f"{ADDRESS}{EVENTS_PATH}"] * 3
    assert settings["socket_mode_enabled"] is False
    assert manifest.PLACEHOLDER_URL not in FORMS["HTTP"]


def test_the_two_modes_differ_in_nothing_else() -> None:
    socket, http = (read(FORMS[form]) for form in FORMS)
    del http["features"]["slash_commands"][0]["url"]
    del http["settings"]["interactivity"]["request_url"]
    del http["settings"]["event_subscriptions"]["request_url"]
    http["settings"]["socket_mode_enabled"] = True
    assert socket == http


def test_the_explanations_survive_in_both_modes() -> None:
    explained = [re.findall(r" # (?!over HTTP)(.+)", FORMS[form]) for form in FORMS]
    assert explained[0] == explained[1]
    assert len(explained[0]) >= 8
    assert "over HTTP" not in FORMS["HTTP"]


@pytest.mark.parametrize(
    "address", [ADDRESS, f"{ADDRESS}/", f"{ADDRESS}{EVENTS_PATH}", f"{ADDRESS}:8443", f"{ADDRESS}/bots/insights"]
)
def test_an_address_is_taken_as_people_write_it(address: str) -> None:
    url = read(manifest.http_manifest(address))["settings"]["interactivity"]["request_url"]
    assert url == address.rstrip("/").removesuffix(EVENTS_PATH) + EVENTS_PATH


@pytest.mark.parametrize(
    "address",
    [
        "http://bot.example.com",
        "bot.example.com",
        "https://",
        "https://me:pw@bot.example.com",
        "https://bot.example.com?a=b",
        "https://bot.example.com/ # nothing",
        "https://bot.example.com\nis_hosted: true",
        "https://bot.example.com\n",
        "https://bücher.example",
    ],
)
def test_what_is_no_https_address_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="https"):
        manifest.http_manifest(address)


def test_the_command_hints_at_all_that_can_be_typed(rewrite: bool) -> None:
    file, hint = HOUSE / "manifest.yml", " | ".join([*build_registry(), "help"])
    if rewrite:
        file.write_text(re.sub(r"(?<=usage_hint: ).+", f'"{hint}"', file.read_text()))
    [command] = read(file.read_text())["features"]["slash_commands"]
    assert command["command"] == "/insights"
    assert command["should_escape"] is True
    assert command["usage_hint"] == hint


def test_each_scope_has_its_reason() -> None:
    needed, optional = manifest.scopes(), manifest.optional_scopes()
    told = read(FORMS["Socket Mode"])["oauth_config"]["scopes"]
    assert told == {"bot": list(needed), "bot_optional": list(optional)}
    assert all(len(reason) > 10 for reason in [*needed.values(), *optional.values()])


def test_the_scopes_are_those_of_the_methods_that_are_called_and_of_the_events_that_are_told() -> None:
    asked = {*manifest.scopes(), *manifest.optional_scopes()}
    called, told = (SCOPES[name] for name in _called()), (EVENTS[name] for name in _told())
    assert asked == {"commands"}.union(*called, *told)


def test_nothing_that_an_answer_or_an_event_needs_is_optional() -> None:
    assert {"commands", "chat:write", "users:read"}.union(*(EVENTS[name] for name in _told())) <= set(manifest.scopes())


def _called() -> set[str]:
    """The methods of Slack's Web API that the bot calls, by slack_sdk's names for them."""
    known = {name for name in vars(AsyncWebClient) if not name.startswith("_")}
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in (HOUSE / "bot" / "slack").rglob("*.py")]
    calls = [node.func for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return {call.attr for call in calls if isinstance(call, ast.Attribute) and call.attr in known} - {"api_call"}


def _told() -> list[str]:
    """The events that Slack is to tell."""
    events: list[str] = read(FORMS["Socket Mode"])["settings"]["event_subscriptions"]["bot_events"]
    return events


async def test_each_event_that_slack_is_to_tell_is_heard_and_no_other_would_be() -> None:
    assert {event for event in {*EVENTS, *_told()} if await _is_heard(event)} == set(_told())


async def _is_heard(event: str) -> bool:
    async def hear(_: Interaction) -> None: ...

    app = build_app(AsyncWebClient("xoxb-1"), hear, BackgroundTasks())
    body = {"type": "event_callback", "event_id": "Ev1", "team_id": "T1", "event": {"type": event, "user": "U2"}}
    answer = await app.async_dispatch(AsyncBoltRequest(body=body, mode="socket_mode"))
    return answer.status == 200


def test_it_is_printed_as_it_is_kept() -> None:
    printed = run("manifest")
    assert printed.returncode == 0
    assert printed.stdout == (HOUSE / "manifest.yml").read_text(encoding="utf-8")


def test_it_is_printed_for_an_address() -> None:
    printed = run("manifest", "--http", ADDRESS)
    assert printed.returncode == 0
    assert printed.stdout == FORMS["HTTP"]


def test_for_what_is_no_address_nothing_is_printed() -> None:
    printed = run("manifest", "--http", "http://bot.example.com")
    assert printed.returncode == 2
    assert printed.stdout == ""
    assert "nothing but https" in printed.stderr
