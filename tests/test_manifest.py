"""The app manifest is valid, requests no more than is needed, and matches the code."""

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
from bot.core import build_registry
from bot.slack.listeners import BackgroundTasks, Handlers, build_bolt_app
from bot.slack.payloads import Interaction
from bot.slack.server import EVENTS_PATH
from tests.command_line import invoke

Json = dict[str, Any]
ROOT = Path(__file__).parent.parent
URL = "https://bot.example.com"
MANIFESTS = {"Socket Mode": manifest.socket_mode_manifest(), "HTTP": manifest.http_manifest(URL)}

# The scopes that each Slack method needs, from its page: https://docs.slack.dev/reference/methods
SCOPES: dict[str, set[str]] = {
    "api_test": set(),
    "auth_test": set(),
    "apps_connections_open": set(),  # the app's own token has that scope
    "chat_getPermalink": set(),
    "chat_postEphemeral": {"chat:write"},
    "chat_postMessage": {"chat:write"},
    "chat_unfurl": {"links:write"},
    "conversations_history": {"channels:history", "groups:history"},
    "conversations_info": {"channels:read", "groups:read"},
    "conversations_join": {"channels:join"},
    "conversations_replies": {"channels:history", "groups:history"},
    "usergroups_users_list": {"usergroups:read"},
    "users_conversations": {"channels:read", "groups:read"},
    "users_info": {"users:read"},
    "views_open": set(),
    "views_publish": set(),
    "views_update": set(),
}
NONE, PUBLIC, PRIVATE = frozenset[str](), frozenset({"channels:read"}), frozenset({"groups:read"})
EVENTS: dict[str, frozenset[str]] = {  # events that such a bot may subscribe to, and the scopes that they need
    **dict.fromkeys(("app_home_opened", "app_uninstalled", "tokens_revoked", "function_executed"), NONE),
    **dict.fromkeys(("channel_archive", "channel_unarchive", "channel_left", "channel_deleted"), PUBLIC),
    **dict.fromkeys(("channel_rename", "channel_id_changed", "channel_created"), PUBLIC),
    **dict.fromkeys(("group_archive", "group_unarchive", "group_left", "group_deleted", "group_rename"), PRIVATE),
    **dict.fromkeys(("member_joined_channel", "member_left_channel"), PUBLIC | PRIVATE),
    **dict.fromkeys(("team_join", "user_change"), frozenset({"users:read"})),
    "app_mention": frozenset({"app_mentions:read"}),
    "message.im": frozenset({"im:history"}),
    "link_shared": frozenset({"links:read"}),
    "reaction_added": frozenset({"reactions:read"}),
}


def parsed(text: str) -> Json:
    document: Json = import_module("yaml").safe_load(text)
    return document


@pytest.mark.parametrize("mode", MANIFESTS)
def test_manifest_matches_slacks_schema(mode: str) -> None:
    schema = os.environ.get("SLACK_MANIFEST_SCHEMA")
    if not schema:
        pytest.skip("SLACK_MANIFEST_SCHEMA names no schema of Slack's to compare the manifest with")
    validator = import_module("jsonschema").Draft7Validator(json.loads(Path(schema).read_text(encoding="utf-8")))
    assert [error.message for error in validator.iter_errors(parsed(MANIFESTS[mode]))] == []


@pytest.mark.parametrize("mode", MANIFESTS)
def test_manifest_is_ascii_without_tabs(mode: str) -> None:
    assert MANIFESTS[mode].isascii()
    assert "\t" not in MANIFESTS[mode]


def test_socket_mode_needs_no_url() -> None:
    document = parsed(MANIFESTS["Socket Mode"])
    assert document["settings"]["socket_mode_enabled"] is True
    assert not re.search(r'(_|")url"', json.dumps(document))


def test_http_sends_every_request_to_the_events_path() -> None:
    document = parsed(MANIFESTS["HTTP"])
    [command] = document["features"]["slash_commands"]
    settings = document["settings"]
    urls = [
        command["url"],
        settings["interactivity"]["request_url"],
        settings["interactivity"]["message_menu_options_url"],
        settings["event_subscriptions"]["request_url"],
    ]
    assert urls == [f"{URL}{EVENTS_PATH}"] * 4
    assert settings["socket_mode_enabled"] is False
    assert manifest.PLACEHOLDER_URL not in MANIFESTS["HTTP"]


def test_modes_differ_only_in_urls_and_socket_mode() -> None:
    socket, http = (parsed(MANIFESTS[mode]) for mode in MANIFESTS)
    del http["features"]["slash_commands"][0]["url"]
    del http["settings"]["interactivity"]["request_url"], http["settings"]["interactivity"]["message_menu_options_url"]
    del http["settings"]["event_subscriptions"]["request_url"]
    http["settings"]["socket_mode_enabled"] = True
    assert socket == http


def test_comments_are_the_same_in_both_modes() -> None:
    comments = [re.findall(r" # (?!over HTTP)(.+)", MANIFESTS[mode]) for mode in MANIFESTS]
    assert comments[0] == comments[1]
    assert len(comments[0]) >= 8
    assert "over HTTP" not in MANIFESTS["HTTP"]


@pytest.mark.parametrize("url", [URL, f"{URL}/", f"{URL}{EVENTS_PATH}", f"{URL}:8443", f"{URL}/bots/insights"])
def test_url_is_normalized(url: str) -> None:
    request_url = parsed(manifest.http_manifest(url))["settings"]["interactivity"]["request_url"]
    assert request_url == url.rstrip("/").removesuffix(EVENTS_PATH) + EVENTS_PATH


@pytest.mark.parametrize(
    "url",
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
def test_url_that_is_not_https_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="https"):
        manifest.http_manifest(url)


def test_usage_hint_lists_every_question_and_command(rewrite: bool) -> None:
    file, hint = ROOT / "manifest.yml", " | ".join([*build_registry(), "help"])
    if rewrite:
        file.write_text(re.sub(r"(?<=usage_hint: ).+", f'"{hint}"', file.read_text()))
    [command] = parsed(file.read_text())["features"]["slash_commands"]
    assert command["command"] == "/insights"
    assert command["should_escape"] is True
    assert command["usage_hint"] == hint


def test_each_scope_has_a_reason() -> None:
    needed, optional = manifest.scopes(), manifest.optional_scopes()
    requested = parsed(MANIFESTS["Socket Mode"])["oauth_config"]["scopes"]
    assert requested == {"bot": list(needed), "bot_optional": list(optional)}
    assert all(len(reason) > 10 for reason in [*needed.values(), *optional.values()])


def test_scopes_equal_those_of_called_methods_and_subscribed_events() -> None:
    requested = {*manifest.scopes(), *manifest.optional_scopes()}
    called, subscribed = (SCOPES[name] for name in _called()), (EVENTS[name] for name in _subscribed())
    assert requested == {"commands"}.union(*called, *subscribed)


def test_only_scopes_that_one_surface_or_lookup_needs_are_optional() -> None:
    events = {name: EVENTS[name] for name in _subscribed() if EVENTS[name] & set(manifest.optional_scopes())}
    assert events == {name: EVENTS[name] for name in ("app_mention", "link_shared", "message.im")}
    assert {"commands", "chat:write", "users:read"} <= set(manifest.scopes())


def test_each_event_has_a_reason() -> None:
    for event in _subscribed():
        assert re.search(rf"- {re.escape(event)} # \w", MANIFESTS["HTTP"]), event


def test_people_can_message_the_bot_and_open_its_home() -> None:
    tabs = parsed(MANIFESTS["Socket Mode"])["features"]["app_home"]
    assert (tabs["messages_tab_enabled"], tabs["messages_tab_read_only_enabled"]) == (True, False)
    assert tabs["home_tab_enabled"] is True


def _called() -> set[str]:
    """The methods of Slack's Web API that the bot calls, by their names in slack_sdk."""
    known = {name for name in vars(AsyncWebClient) if not name.startswith("_")}
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in (ROOT / "bot" / "slack").rglob("*.py")]
    calls = [node.func for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return {call.attr for call in calls if isinstance(call, ast.Attribute) and call.attr in known} - {"api_call"}


def _subscribed() -> list[str]:
    """The events to which the app subscribes."""
    events: list[str] = parsed(MANIFESTS["Socket Mode"])["settings"]["event_subscriptions"]["bot_events"]
    return events


async def test_subscribed_events_are_exactly_those_with_a_listener() -> None:
    assert {event for event in {*EVENTS, *_subscribed()} if await _has_listener(event)} == set(_subscribed())


async def _has_listener(event: str) -> bool:
    async def listen(_: Interaction) -> None: ...

    app = build_bolt_app(AsyncWebClient("xoxb-1"), Handlers(handle_interaction=listen), BackgroundTasks())
    kind, _, channel_type = event.partition(".")
    fields = {"type": kind, "user": "U2", "channel": "D1", "ts": "1.0", "channel_type": channel_type}
    body = {"type": "event_callback", "event_id": "Ev1", "team_id": "T1", "event": fields}
    answer = await app.async_dispatch(AsyncBoltRequest(body=body, mode="socket_mode"))
    return answer.status == 200


def test_command_prints_the_manifest_file() -> None:
    printed = invoke("manifest")
    assert printed.returncode == 0
    assert printed.stdout == (ROOT / "manifest.yml").read_text(encoding="utf-8")


def test_command_prints_the_manifest_for_a_url() -> None:
    printed = invoke("manifest", "--http", URL)
    assert printed.returncode == 0
    assert printed.stdout == MANIFESTS["HTTP"]


@pytest.mark.parametrize("arguments", [(), ("--http", URL)], ids=MANIFESTS)
def test_command_registers_a_host_only_if_its_links_are_unfurled(arguments: tuple[str, ...]) -> None:
    domains = [
        parsed(invoke("manifest", *arguments, **environment).stdout)["features"].get("unfurl_domains")
        for environment in ({}, {"UNFURL_HOST": "flags.example.com"})
    ]
    assert domains == [None, ["flags.example.com"]]


def test_command_prints_nothing_for_an_invalid_url() -> None:
    printed = invoke("manifest", "--http", "http://bot.example.com")
    assert printed.returncode == 2
    assert printed.stdout == ""
    assert "Use an https address" in printed.stderr
