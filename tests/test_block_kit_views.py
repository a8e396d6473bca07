"""The validator accepts modals and Home tabs as Slack does."""

from typing import Any

import pytest

from bot.sandbox.block_kit import view_violations

Json = dict[str, Any]


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def asks(element: Json, **more: Any) -> Json:
    return {"type": "input", "label": plain("Days"), "element": element, **more}


TEXT = {"type": "plain_text_input", "action_id": "days"}
OPTION = {"text": plain("Monday"), "value": "monday"}
MODAL = {"type": "modal", "title": plain("Change"), "submit": plain("Save"), "blocks": [asks(TEXT)]}
HOME: Json = {"type": "home", "blocks": [{"type": "section", "text": plain("Hello")}]}
ALERT = {"type": "alert", "text": plain("Careful"), "level": "warning"}
SCORES = {"type": "data_table", "caption": "Scores", "rows": [[{"type": "raw_text", "text": "a"}]] * 2}


@pytest.mark.parametrize(
    "view",
    [
        MODAL,
        HOME,
        MODAL | {"close": plain("No"), "private_metadata": "x" * 3000, "callback_id": "c", "notify_on_close": True},
        MODAL | {"blocks": [ALERT], "submit_disabled": True},
        MODAL | {"blocks": []},
        MODAL | {"blocks": [asks(TEXT | {"initial_value": "monday", "min_length": 3, "max_length": 9})]},
        MODAL | {"blocks": [asks(TEXT | {"focus_on_load": True}, hint=plain("monday"), optional=True)]},
        MODAL | {"blocks": [asks({"type": "timepicker", "initial_time": "09:00"})]},
        MODAL | {"blocks": [asks({"type": "multi_static_select", "options": [OPTION]})]},
        MODAL | {"blocks": [asks({"type": "external_select", "min_query_length": 0, "focus_on_load": True})]},
        MODAL | {"blocks": [asks({"type": "multi_external_select"})]},
        HOME | {"blocks": [asks(TEXT, dispatch_action=True)]},
    ],
)
def test_valid_view_has_no_faults(view: Json) -> None:
    assert view_violations(view) == []


@pytest.mark.parametrize(
    ("view", "pointer"),
    [
        ({}, "/type"),
        ({"type": "page"}, "/type"),
        (MODAL | {"title": plain("x" * 25)}, "/title/text"),
        ({name: part for name, part in MODAL.items() if name != "title"}, "/title"),
        ({name: part for name, part in MODAL.items() if name != "submit"}, "/submit"),
        (MODAL | {"submit": {"type": "mrkdwn", "text": "Save"}}, "/submit/type"),
        (MODAL | {"close": plain("x" * 25)}, "/close/text"),
        (MODAL | {"private_metadata": "x" * 3001}, "/private_metadata"),
        (MODAL | {"callback_id": "x" * 256}, "/callback_id"),
        (MODAL | {"size": "large"}, "/size"),
        (MODAL | {"blocks": [asks(TEXT)] * 101}, "/blocks"),
        (MODAL | {"blocks": [asks(TEXT, block_id="b"), asks(TEXT, block_id="b")]}, "/blocks/1/block_id"),
        (MODAL | {"blocks": [asks(TEXT, label=plain(""))]}, "/blocks/0/label/text"),
        (MODAL | {"blocks": [asks(TEXT, hint=plain("x" * 2001))]}, "/blocks/0/hint/text"),
        (MODAL | {"blocks": [{"type": "input", "label": plain("Days")}]}, "/blocks/0/element"),
        (MODAL | {"blocks": [asks({"type": "button", "text": plain("x")})]}, "/blocks/0/element/type"),
        (MODAL | {"blocks": [asks(TEXT | {"max_length": 3001})]}, "/blocks/0/element/max_length"),
        (MODAL | {"blocks": [asks(TEXT | {"min_length": 9, "max_length": 3})]}, "/blocks/0/element/min_length"),
        (
            MODAL | {"blocks": [asks(TEXT | {"initial_value": "monday", "max_length": 3})]},
            "/blocks/0/element/initial_value",
        ),
        (MODAL | {"blocks": [asks(TEXT | {"focus_on_load": "yes"})]}, "/blocks/0/element/focus_on_load"),
        (MODAL | {"blocks": [asks(TEXT | {"focus_on_load": True})] * 2}, "/blocks/1/element/focus_on_load"),
        (MODAL | {"blocks": [asks({"type": "timepicker", "initial_time": "9:00"})]}, "/blocks/0/element/initial_time"),
        (MODAL | {"blocks": [SCORES]}, "/blocks/0/type"),
        (HOME | {"blocks": [ALERT]}, "/blocks/0/type"),
        (HOME | {"title": plain("Home")}, "/title"),
    ],
)
def test_fault_of_a_view_is_reported_with_its_pointer(view: Json, pointer: str) -> None:
    assert [fault.pointer for fault in view_violations(view)] == [pointer]


def test_missing_length_limit_of_an_input_is_slacks_own() -> None:
    (fault,) = view_violations(MODAL | {"blocks": [asks(TEXT | {"initial_value": "ab", "min_length": 3})]})
    assert str(fault) == "/blocks/0/element/initial_value: Must have 3 to 3000 characters, not 2."
