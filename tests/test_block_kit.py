"""The message validator accepts values at each limit, and refuses those just past it.

Each line of a table is a rule: an accepted value, a refused value, and the path of the reported violation.
"""

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.sandbox.block_kit import violations

Json = dict[str, Any]


def say(*blocks: object) -> Json:
    return {"text": "An answer.", "blocks": list(blocks)}


def plain(text: object = "words", **more: object) -> Json:
    return {"type": "plain_text", "text": text, **more}


def mrkdwn(text: object = "words", **more: object) -> Json:
    return {"type": "mrkdwn", "text": text, **more}


def section(**fields: object) -> Json:
    return {"type": "section", "text": mrkdwn(), **fields}


def header(text: object = "words", **more: object) -> Json:
    return {"type": "header", "text": plain(text), **more}


def context(*elements: object) -> Json:
    return {"type": "context", "elements": list(elements)}


def actions(*elements: object) -> Json:
    return {"type": "actions", "elements": list(elements)}


def button(**fields: object) -> Json:
    return {"type": "button", "text": plain(), **fields}


def image(**fields: object) -> Json:
    return {"type": "image", "image_url": "https://example.com/a.png", "alt_text": "a", **fields}


def confirm(**fields: object) -> Json:
    return {"title": plain(), "text": plain(), "confirm": plain(), "deny": plain(), **fields}


def option(text: str = "One", value: str = "1", **more: object) -> Json:
    return {"text": plain(text), "value": value, **more}


def menu(kind: str = "static_select", many: int = 2, **fields: object) -> Json:
    return {"type": kind, "options": [option(str(n), str(n)) for n in range(many)], **fields}


def grouped(groups: int = 1, **fields: object) -> Json:
    return {
        "type": "static_select",
        "option_groups": [{"label": plain(), "options": [option()]} for _ in range(groups)],
        **fields,
    }


def chart(kind: str = "bar", categories: tuple[Any, ...] = ("W1", "W2"), series: int = 1, **more: object) -> Json:
    lines = [
        {"name": f"line {n}", "data": [{"label": label, "value": 1} for label in categories]} for n in range(series)
    ]
    plot = {"type": kind, "series": lines, "axis_config": {"categories": list(categories)}}
    return {"type": "data_visualization", "title": "Scores", "chart": plot, **more}


def axis(**labels: object) -> Json:
    changed = chart()
    changed["chart"]["axis_config"].update(labels)
    return changed


def line_chart(**series: object) -> Json:
    changed = chart("line")
    changed["chart"]["series"][0].update(series)
    return changed


def points(*values: object) -> list[Json]:
    return [{"label": f"W{n}", "value": value} for n, value in enumerate(values, 1)]


def pie(*segments: tuple[Any, Any]) -> Json:
    shares = [{"label": label, "value": value} for label, value in segments]
    return {"type": "data_visualization", "title": "Kinds", "chart": {"type": "pie", "segments": shares}}


def raw(text: object = "cell") -> Json:
    return {"type": "raw_text", "text": text}


def rich(*elements: object, **more: object) -> Json:
    return {"type": "rich_text", "elements": list(elements), **more}


def run(**fields: object) -> Json:
    return {"type": "rich_text_section", "elements": [{"type": "text", "text": "a", **fields}]}


def grid(rows: int, columns: int = 1, text: str = "c") -> list[list[Json]]:
    return [[raw(text) for _ in range(columns)] for _ in range(rows)]


def data_table(rows: object = None, **fields: object) -> Json:
    return {"type": "data_table", "caption": "Events", "rows": rows or grid(2), **fields}


def table(rows: object = None, **fields: object) -> Json:
    return {"type": "table", "rows": rows or grid(2), **fields}


def card(**fields: object) -> Json:
    return {"type": "card", "title": mrkdwn(), **fields}


def container(*children: object, **fields: object) -> Json:
    return {"type": "container", "title": plain(), "child_blocks": list(children), **fields}


def video(**fields: object) -> Json:
    return {
        "type": "video",
        "title": plain(),
        "alt_text": "a",
        "video_url": "https://example.com/v",
        "thumbnail_url": "https://example.com/t.png",
        **fields,
    }


def feedback() -> Json:
    side = {"text": plain(), "value": "1"}
    return {"type": "feedback_buttons", "positive_button": side, "negative_button": side}


def icon_button(icon: str = "trash") -> Json:
    return {"type": "icon_button", "icon": icon, "text": plain()}


def long(length: int) -> str:
    return "x" * length


DIVIDER: Json = {"type": "divider"}
NAN, INFINITY = float("nan"), float("inf")

WHOLE_MESSAGES = [
    ("text", {"text": long(4000), "blocks": [DIVIDER]}, {"text": long(4001), "blocks": [DIVIDER]}, "/text"),
    ("empty text", {"text": " ", "blocks": [DIVIDER]}, {"text": "", "blocks": [DIVIDER]}, "/text"),
    ("missing text", say(DIVIDER), {"blocks": [DIVIDER]}, "/text"),
    ("wrong text", say(DIVIDER), {"text": 5, "blocks": [DIVIDER]}, "/text"),
    ("fifty blocks", say(*[DIVIDER] * 50), say(*[DIVIDER] * 51), "/blocks"),
    ("no blocks", say(DIVIDER), say(), "/blocks"),
    ("blocks are a list", say(DIVIDER), {"text": "a", "blocks": {"0": DIVIDER}}, "/blocks"),
    ("attachments", say(DIVIDER), {**say(DIVIDER), "attachments": []}, "/attachments"),
    ("a key with signs", say(DIVIDER), {**say(DIVIDER), "a/b~c": 1}, "/a~1b~0c"),
    ("block_ids differ", say(header(block_id="a"), header()), say(header(block_id="a"), header(block_id="a")),
     "/blocks/1/block_id"),
    ("block_ids of children", say(container(section(block_id="a"))),
     say(container(section(block_id="a")), header(block_id="a")), "/blocks/1/block_id"),
    ("two charts", say(chart(), chart()), say(chart(), DIVIDER, chart(), chart()), "/blocks/3"),
    ("one native table", say(data_table()), say(data_table(), table()), "/blocks/1"),
    ("a table inside counts", say(container(table())), say(container(table()), data_table()), "/blocks/1"),
    ("markdown in all", say(*[{"type": "markdown", "text": long(6000)}] * 2),
     say(*[{"type": "markdown", "text": long(4001)}] * 3), "/blocks/2/text"),
]  # fmt: skip

BLOCKS = [
    ("an unknown type", DIVIDER, {"type": "marquee"}, "/type"),
    ("alert is for modals", DIVIDER, {"type": "alert", "text": mrkdwn()}, "/type"),
    ("file is never sent", DIVIDER, {"type": "file", "external_id": "a", "source": "remote"}, "/type"),
    ("input is for modals", DIVIDER, {"type": "input", "label": plain(), "element": {}}, "/type"),
    ("a type that is no string", DIVIDER, {"type": ["divider"]}, "/type"),
    ("a block that is no object", DIVIDER, 5, ""),
    ("unknown keys", DIVIDER, {**DIVIDER, "colour": "red"}, "/colour"),
    ("block_id", header(block_id=long(255)), header(block_id=long(256)), "/block_id"),
    ("half a character", header("𝄞"), header("\ud834"), "/text/text"),
    ("section text", section(text=mrkdwn(long(3000))), section(text=mrkdwn(long(3001))), "/text/text"),
    ("section text is not empty", section(text=plain(" ")), section(text=plain("")), "/text/text"),
    ("section text is an object", section(), section(text="words"), "/text"),
    ("section without text", {"type": "section", "fields": [mrkdwn()]}, {"type": "section"}, ""),
    ("section fields", section(fields=[mrkdwn()] * 10), section(fields=[mrkdwn()] * 11), "/fields"),
    ("section field", section(fields=[mrkdwn(long(2000))]), section(fields=[mrkdwn(long(2001))]), "/fields/0/text"),
    ("one accessory", section(accessory=button()), section(accessory=[button()]), "/accessory"),
    ("a known accessory", section(accessory=image()), section(accessory=DIVIDER), "/accessory/type"),
    ("expand", section(expand=True), section(expand=1), "/expand"),
    ("verbatim on mrkdwn only", section(text=mrkdwn(verbatim=True)), section(text=plain(verbatim=True)),
     "/text/verbatim"),
    ("emoji on plain_text only", section(text=plain(emoji=True)), section(text=mrkdwn(emoji=True)), "/text/emoji"),
    ("header", header(long(150)), header(long(151)), "/text/text"),
    ("header is plain", header(), header(text=mrkdwn()), "/text/text"),
    ("header type", header(), {"type": "header", "text": mrkdwn()}, "/text/type"),
    ("context elements", context(*[mrkdwn()] * 10), context(*[mrkdwn()] * 11), "/elements"),
    ("context is not empty", context(image()), context(), "/elements"),
    ("context holds texts and images", context(plain(), image()), context(button()), "/elements/0/type"),
    ("actions elements", actions(*[button()] * 25), actions(*[button()] * 26), "/elements"),
    ("actions is not empty", actions(button()), actions(), "/elements"),
    ("actions holds no image", actions(button()), actions(image()), "/elements/0/type"),
    ("action_ids differ", actions(button(action_id="a"), button(action_id="b"), button()),
     actions(button(action_id="a"), button(action_id="a")), "/elements/1/action_id"),
    ("action_ids of a card", card(actions=[button(action_id="a")]),
     card(actions=[button(action_id="a"), button(action_id="a")]), "/actions/1/action_id"),
    ("action_ids inside", container(actions(button(action_id="a")), actions(button(action_id="a"))),
     container(actions(button(action_id="a"), button(action_id="a"))), "/child_blocks/0/elements/1/action_id"),
    ("image source", image(), image(slack_file={"id": "F1"}), ""),
    ("image file", {"type": "image", "slack_file": {"id": "F1"}, "alt_text": "a"},
     {"type": "image", "slack_file": {"id": "F1", "url": "https://a.b"}, "alt_text": "a"}, "/slack_file"),
    ("image alt_text", image(alt_text=long(2000)), image(alt_text=long(2001)), "/alt_text"),
    ("image title", image(title=plain(long(2000))), image(title=plain(long(2001))), "/title/text"),
    ("markdown", {"type": "markdown", "text": long(12_000)}, {"type": "markdown", "text": long(12_001)}, "/text"),
    ("video title", video(title=plain(long(199))), video(title=plain(long(200))), "/title/text"),
    ("video author", video(author_name=long(49)), video(author_name=long(50)), "/author_name"),
    ("video address", video(), video(video_url="http://example.com/v"), "/video_url"),
    ("feedback buttons", {"type": "context_actions", "elements": [feedback()] * 5},
     {"type": "context_actions", "elements": [feedback()] * 6}, "/elements"),
    ("icon button", {"type": "context_actions", "elements": [icon_button()]},
     {"type": "context_actions", "elements": [icon_button(icon="bomb")]}, "/elements/0/icon"),
]  # fmt: skip

ELEMENTS = [
    ("button text", button(text=plain(long(75))), button(text=plain(long(76))), "/text/text"),
    ("button text is plain", button(), button(text=mrkdwn()), "/text/type"),
    ("button value", button(value=long(2000)), button(value=long(2001)), "/value"),
    ("button value is not empty", button(value="v"), button(value=""), "/value"),
    ("button url", button(url="https://a.b/" + long(2988)), button(url="https://a.b/" + long(2989)), "/url"),
    ("button url is of the web", button(url="http://a.b"), button(url="javascript:alert(1)"), "/url"),
    ("button url without spaces", button(url="https://a.b?q=%20"), button(url="https://a.b?q= "), "/url"),
    ("button action_id", button(action_id=long(255)), button(action_id=long(256)), "/action_id"),
    ("button style", button(style="danger"), button(style="default"), "/style"),
    ("button label", button(accessibility_label=long(75)), button(accessibility_label=long(76)),
     "/accessibility_label"),
    ("confirm title", button(confirm=confirm(title=plain(long(100)))),
     button(confirm=confirm(title=plain(long(101)))), "/confirm/title/text"),
    ("confirm text", button(confirm=confirm(text=plain(long(300)))),
     button(confirm=confirm(text=plain(long(301)))), "/confirm/text/text"),
    ("confirm text is plain", button(confirm=confirm(text=plain())),
     button(confirm=confirm(text=mrkdwn())), "/confirm/text/type"),
    ("confirm style", button(confirm=confirm(style="danger")),
     button(confirm=confirm(style="default")), "/confirm/style"),
    ("confirm keys", button(confirm=confirm()), button(confirm=confirm(ok=plain())), "/confirm/ok"),
    ("confirm yes", button(confirm=confirm(confirm=plain(long(30)))),
     button(confirm=confirm(confirm=plain(long(31)))), "/confirm/confirm/text"),
    ("confirm no", button(confirm=confirm(deny=plain(long(30)))),
     button(confirm=confirm(deny=plain(long(31)))), "/confirm/deny/text"),
    ("options", menu(many=100), menu(many=101), "/options"),
    ("options are needed", menu(many=1), menu(many=0), "/options"),
    ("options or groups", menu(), {"type": "static_select"}, ""),
    ("not both", grouped(), grouped(options=[option()]), ""),
    ("option groups", grouped(100), grouped(101), "/option_groups"),
    ("option text", menu(options=[option(long(75))]), menu(options=[option(long(76))]), "/options/0/text/text"),
    ("option value", menu(options=[option(value=long(150))]), menu(options=[option(value=long(151))]),
     "/options/0/value"),
    ("option description", menu(options=[option(description=plain(long(75)))]),
     menu(options=[option(description=plain(long(76)))]), "/options/0/description/text"),
    ("option of a menu is plain", menu(), menu(options=[{"text": mrkdwn(), "value": "1"}]), "/options/0/text/type"),
    ("placeholder", menu(placeholder=plain(long(150))), menu(placeholder=plain(long(151))), "/placeholder/text"),
    ("initial option", menu(initial_option=option("1", "1")), menu(initial_option=option("1", "2")),
     "/initial_option"),
    ("initial option in a group", grouped(initial_option=option()), grouped(initial_option=option("2")),
     "/initial_option"),
    ("initial options", menu("multi_static_select", initial_options=[option("1", "1")]),
     menu("multi_static_select", initial_options=[option("0", "0"), option("9", "9")]), "/initial_options/1"),
    ("most selected", menu("multi_static_select", max_selected_items=1),
     menu("multi_static_select", max_selected_items=0), "/max_selected_items"),
    ("overflow", menu("overflow", 5), menu("overflow", 6), "/options"),
    ("overflow of one", menu("overflow", 1), menu("overflow", 0), "/options"),
    ("overflow links", menu("overflow", options=[option(url="https://a.b")]), menu(options=[option(url="https://a.b")]),
     "/options/0/url"),
    ("checkboxes", menu("checkboxes", 10), menu("checkboxes", 11), "/options"),
    ("checkboxes at first", menu("checkboxes", initial_options=[option("0", "0")]),
     menu("checkboxes", initial_options=[option("3", "3")]), "/initial_options/0"),
    ("radio buttons", menu("radio_buttons", 10), menu("radio_buttons", 11), "/options"),
    ("suggested options", {"type": "external_select", "min_query_length": 0},
     {"type": "external_select", "options": []}, "/options"),
    ("suggested option at first", {"type": "external_select", "initial_option": option()},
     {"type": "external_select", "initial_option": option(value=long(151))}, "/initial_option/value"),
    ("suggested options at first", {"type": "multi_external_select", "initial_options": [option()]},
     {"type": "multi_external_select", "initial_options": []}, "/initial_options"),
    ("shortest query", {"type": "external_select", "min_query_length": 3},
     {"type": "external_select", "min_query_length": -1}, "/min_query_length"),
    ("radio button value", menu("radio_buttons", options=[option(value=long(150))]),
     menu("radio_buttons", options=[option(value=long(151))]), "/options/0/value"),
    ("checkbox value", menu("checkboxes", options=[option(value=long(150))]),
     menu("checkboxes", options=[option(value=long(151))]), "/options/0/value"),
    ("people", {"type": "users_select", "initial_user": "U1"}, {"type": "users_select", "initial_user": 1},
     "/initial_user"),
    ("channels", {"type": "channels_select", "placeholder": plain()}, {"type": "channels_select", "options": []},
     "/options"),
    ("conversations", {"type": "conversations_select", "filter": {"include": ["im"]}},
     {"type": "conversations_select", "filter": {"include": ["all"]}}, "/filter/include/0"),
    ("date", {"type": "datepicker", "initial_date": "2026-11-20"}, {"type": "datepicker", "initial_date": "today"},
     "/initial_date"),
    ("time", {"type": "timepicker", "initial_time": "23:59"}, {"type": "timepicker", "initial_time": "24:00"},
     "/initial_time"),
]  # fmt: skip

CHARTS = [
    ("title", chart(title=long(50)), chart(title=long(51)), "/title"),
    ("title is not empty", chart(title="a"), chart(title=""), "/title"),
    ("title is a bare string", chart(), chart(title=plain()), "/title"),
    ("known kinds", chart("area"), chart("donut"), "/chart/type"),
    ("pie segments", pie(*[(f"{n}", 1) for n in range(6)]), pie(*[(f"{n}", 1) for n in range(7)]), "/chart/segments"),
    ("pie is not empty", pie(("a", 1)), pie(), "/chart/segments"),
    ("pie label", pie((long(20), 1)), pie((long(21), 1)), "/chart/segments/0/label"),
    ("pie labels differ", pie(("a", 1), ("b", 1)), pie(("a", 1), ("a", 1)), "/chart/segments/1/label"),
    ("pie value", pie(("a", 0.1)), pie(("a", 0)), "/chart/segments/0/value"),
    ("pie value is finite", pie(("a", 1e308)), pie(("a", INFINITY)), "/chart/segments/0/value"),
    ("pie has no axis", pie(("a", 1)), {**pie(), "chart": {**pie(("a", 1))["chart"], "axis_config": {}}},
     "/chart/axis_config"),
    ("series", chart(series=6), chart(series=7), "/chart/series"),
    ("series are needed", chart(), chart(series=0), "/chart/series"),
    ("series name", line_chart(name=long(20)), line_chart(name=long(21)), "/chart/series/0/name"),
    ("series names differ", chart(series=2),
     {**chart(), "chart": {**chart()["chart"], "series": chart()["chart"]["series"] * 2}}, "/chart/series/1/name"),
    ("categories", chart(categories=tuple(map(str, range(20)))), axis(categories=[*map(str, range(21))]),
     "/chart/axis_config/categories"),
    ("categories are needed", chart(), axis(categories=None), "/chart/axis_config/categories"),
    ("category", chart(categories=(long(20),)), axis(categories=[long(21)]), "/chart/axis_config/categories/0"),
    ("categories differ", chart(categories=("a", "b")), chart(categories=("a", "a")),
     "/chart/axis_config/categories/1"),
    ("axis labels", axis(x_label=long(50)), axis(x_label=long(51)), "/chart/axis_config/x_label"),
    ("axis labels up", axis(y_label=long(50)), axis(y_label=long(51)), "/chart/axis_config/y_label"),
    ("a point each", line_chart(data=points(1, 2)), line_chart(data=points(1)), "/chart/series/0/data"),
    ("points in order", line_chart(data=points(1, 2)), line_chart(data=points(1, 2)[::-1]), "/chart/series/0/data"),
    ("points may be negative", line_chart(data=points(-1, 0.5)), line_chart(data=points(1, None)),
     "/chart/series/0/data/1/value"),
    ("true is no number", line_chart(data=points(1, 0)), line_chart(data=points(1, True)),
     "/chart/series/0/data/1/value"),
    ("nor is NaN", line_chart(data=points(1, 2)), line_chart(data=points(1, NAN)), "/chart/series/0/data/1/value"),
    ("nor what no float holds", line_chart(data=points(1, 10**308)), line_chart(data=points(1, 10**400)),
     "/chart/series/0/data/1/value"),
]  # fmt: skip

TABLES = [
    ("caption", data_table(caption="c"), data_table(caption=""), "/caption"),
    ("data rows", data_table(grid(101)), data_table(grid(102)), "/rows"),
    ("a row under the header", data_table(grid(2)), data_table(grid(1)), "/rows"),
    ("columns", data_table(grid(2, 20)), data_table([*grid(1, 20), *grid(1, 21)]), "/rows/1"),
    ("even rows", data_table([[raw()], [raw()]]), data_table([[raw()], [raw(), raw()]]), "/rows/1"),
    ("a space is a text", data_table([[raw()], [raw(" ")]]), data_table([[raw()], [raw("")]]), "/rows/1/0/text"),
    ("header is raw", data_table([[raw()], [rich(run())]]), data_table([[rich(run())], [raw()]]), "/rows/0/0/type"),
    ("a number and its text", data_table([[raw()], [{"type": "raw_number", "value": 1, "text": "1"}]]),
     data_table([[raw()], [{"type": "raw_number", "value": "1", "text": "1"}]]), "/rows/1/0/value"),
    ("a number needs its text", data_table(), data_table([[raw()], [{"type": "raw_number", "value": 1}]]),
     "/rows/1/0/text"),
    ("characters", data_table(grid(100, text=long(100))), data_table([*grid(100, text=long(100)), [raw("c")]]),
     "/rows"),
    ("characters of rich text", data_table([[raw("c")], [rich(run(text=long(9_999)))]]),
     data_table([[raw("c")], [rich(run(text=long(10_000)))]]), "/rows"),
    ("page size", data_table(page_size=100), data_table(page_size=101), "/page_size"),
    ("smallest page", data_table(page_size=1), data_table(page_size=0), "/page_size"),
    ("row header", data_table(grid(2, 2), row_header_column_index=1),
     data_table(grid(2, 2), row_header_column_index=2), "/row_header_column_index"),
    ("plain rows", table(grid(100)), table(grid(101)), "/rows"),
    ("plain columns", table(grid(1, 20)), table(grid(1, 21)), "/rows/0"),
    ("plain characters", table(grid(10, text=long(1000))), table(grid(10, text=long(1001))), "/rows"),
    ("plain headers may be rich", table([[rich(run())]]), table([[rich()]]), "/rows/0/0/elements"),
    ("column settings", table(column_settings=[None, {"align": "right"}]),
     table(column_settings=[{"align": "top"}]), "/column_settings/0/align"),
    ("twenty column settings", table(column_settings=[None] * 20), table(column_settings=[None] * 21),
     "/column_settings"),
]  # fmt: skip

COMPOUNDS = [
    ("card title", card(title=mrkdwn(long(150))), card(title=mrkdwn(long(151))), "/title/text"),
    ("card title is an object", card(), card(title="words"), "/title"),
    ("card body", card(body=mrkdwn(long(200))), card(body=mrkdwn(long(201))), "/body/text"),
    ("card subtext", card(subtext=mrkdwn(long(200))), card(subtext=mrkdwn(long(201))), "/subtext/text"),
    ("card buttons", card(actions=[button()] * 3), card(actions=[button()] * 4), "/actions"),
    ("card has only buttons", card(), card(actions=[menu()]), "/actions/0/type"),
    ("card is not empty", {"type": "card", "body": mrkdwn()}, {"type": "card", "subtitle": mrkdwn()}, ""),
    ("card icon", card(icon=image()), card(icon=image(), slack_icon={"type": "icon", "name": "rocket"}), ""),
    ("card icon is known", card(slack_icon={"type": "icon", "name": "rocket"}),
     card(slack_icon={"type": "icon", "name": "unicorn"}), "/slack_icon/name"),
    ("container title", container(DIVIDER, title=plain(long(150))), container(DIVIDER, title=plain(long(151))),
     "/title/text"),
    ("container subtitle", container(DIVIDER, subtitle=mrkdwn(long(150))),
     container(DIVIDER, subtitle=mrkdwn(long(151))), "/subtitle/text"),
    ("children", container(*[DIVIDER] * 10), container(*[DIVIDER] * 11), "/child_blocks"),
    ("children are needed", container(DIVIDER), container(), "/child_blocks"),
    ("no chart inside", container(section()), container(chart()), "/child_blocks/0/type"),
    ("no data_table inside", container(table()), container(data_table()), "/child_blocks/0/type"),
    ("no container inside", container(video()), container(container(DIVIDER)), "/child_blocks/0/type"),
    ("no card inside", container(image()), container(card()), "/child_blocks/0/type"),
    ("no rich text inside", container(header()), container(rich(run())), "/child_blocks/0/type"),
    ("children are judged", container(header(long(150))), container(header(long(151))), "/child_blocks/0/text/text"),
    ("width", container(DIVIDER, width="full"), container(DIVIDER, width="huge"), "/width"),
    ("collapsed", container(DIVIDER, is_collapsible=True, default_collapsed=True),
     container(DIVIDER, default_collapsed=True), "/default_collapsed"),
    ("header divider", container(DIVIDER, has_header_divider=True),
     container(DIVIDER, has_header_divider=True, is_collapsible=True), "/has_header_divider"),
    ("rich text", rich(run(), block_id="a"), rich(), "/elements"),
    ("rich text elements", rich(run()), rich({"type": "text", "text": "a"}), "/elements/0/type"),
    ("rich text style", rich(run(style={"bold": True})), rich(run(style={"blink": True})),
     "/elements/0/elements/0/style/blink"),
    ("rich text is not empty", rich(run(text=" ")), rich(run(text="")), "/elements/0/elements/0/text"),
    ("rich list", rich({"type": "rich_text_list", "style": "bullet", "elements": [run()], "indent": 1}),
     rich({"type": "rich_text_list", "style": "dash", "elements": [run()]}), "/elements/0/style"),
    ("rich lists hold sections", rich({"type": "rich_text_quote", "elements": run()["elements"]}),
     rich({"type": "rich_text_list", "style": "ordered", "elements": run()["elements"]}),
     "/elements/0/elements/0/type"),
    ("rich border", rich({"type": "rich_text_preformatted", "elements": run()["elements"], "border": 1}),
     rich({"type": "rich_text_preformatted", "elements": run()["elements"], "border": 2}), "/elements/0/border"),
]  # fmt: skip

EXAMPLES = json.loads(r"""[
 {"text":"new-checkout scores 82/100, up 6. 3 events this week: 2 rule changes, 1 toggle.",
  "blocks":[
  {"type":"data_visualization","title":"Score by week","chart":{"type":"bar",
    "series":[{"name":"Score","data":[{"label":"W44","value":71},{"label":"W45","value":76},{"label":"W46","value":82}]}],
    "axis_config":{"categories":["W44","W45","W46"],"x_label":"Week","y_label":"Score"}}},
  {"type":"data_table","caption":"Flag events","page_size":10,"row_header_column_index":0,"rows":[
    [{"type":"raw_text","text":"When"},{"type":"raw_text","text":"Who"},{"type":"raw_text","text":"Delta"}],
    [{"type":"raw_text","text":"2026-11-18"},{"type":"raw_text","text":"dana"},
     {"type":"raw_number","value":6,"text":"+6"}]]},
  {"type":"container","title":{"type":"plain_text","text":"Why this score"},
    "subtitle":{"type":"mrkdwn","text":"3 signals"},"is_collapsible":true,"default_collapsed":true,
    "child_blocks":[{"type":"section","text":{"type":"mrkdwn","text":"Stale for 40 days","verbatim":true}},
     {"type":"divider"}]},
  {"type":"card","title":{"type":"mrkdwn","text":"new-checkout"},"subtitle":{"type":"mrkdwn","text":"payments"},
    "body":{"type":"mrkdwn","text":"82/100 · on in prod"},
    "actions":[{"type":"button","action_id":"details","text":{"type":"plain_text","text":"Details"},
     "value":"new-checkout"}]}]},
 {"text":"Exposures","blocks":[{"type":"data_visualization","title":"Exposures per day","chart":{"type":"line",
   "series":[
   {"name":"control","data":[{"label":"Mon","value":120},{"label":"Tue","value":98}]},
   {"name":"treatment","data":[{"label":"Mon","value":118},{"label":"Tue","value":130}]}],
   "axis_config":{"categories":["Mon","Tue"],"x_label":"Day","y_label":"Exposures"}}}]},
 {"text":"Events","blocks":[{"type":"data_visualization","title":"Events by kind","chart":{"type":"pie",
   "segments":[{"label":"Rule change","value":3},{"label":"Toggled","value":1}]}}]},
 {"text":"Environments","blocks":[{"type":"table","rows":[
   [{"type":"raw_text","text":"Env"},{"type":"raw_text","text":"State"}],
   [{"type":"raw_text","text":"prod"},{"type":"rich_text","elements":[{"type":"rich_text_section",
     "elements":[{"type":"text","text":"on","style":{"bold":true}}]}]}]],
   "column_settings":[{"align":"left","is_wrapped":true},{"align":"right"}]}]}
]""")

Case = tuple[str, Any, Any, str]


def wrapped(cases: list[Case], wrap: Callable[[Any], Json], prefix: str) -> list[Case]:
    return [(name, wrap(accepted), wrap(refused), prefix + at) for name, accepted, refused, at in cases]


ALL_RULES = [
    *WHOLE_MESSAGES,
    *wrapped([*BLOCKS, *CHARTS, *TABLES, *COMPOUNDS], say, "/blocks/0"),
    *wrapped(ELEMENTS, lambda element: say(actions(element)), "/blocks/0/elements/0"),
]


@pytest.mark.parametrize("accepted", [pytest.param(rule[1], id=rule[0]) for rule in ALL_RULES])
def test_message_at_the_limit_is_accepted(accepted: Json) -> None:
    assert violations(accepted) == []


@pytest.mark.parametrize(("refused", "pointer"), [pytest.param(*rule[2:], id=rule[0]) for rule in ALL_RULES])
def test_message_over_the_limit_is_rejected_with_a_pointer(refused: Json, pointer: str) -> None:
    assert [fault.pointer for fault in violations(refused)] == [pointer]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example["text"])
def test_published_example_is_accepted(example: Json) -> None:
    assert violations(example) == []


def test_fault_reads_as_a_sentence_with_its_pointer() -> None:
    (fault,) = violations(say(header(long(151))))
    assert str(fault) == "/blocks/0/text/text: Must have 1 to 150 characters, not 151."


def test_all_faults_of_a_message_are_reported_together() -> None:
    told = violations({"text": "", "blocks": [header(""), DIVIDER, section(fields=[mrkdwn(5), plain()])]})
    assert [fault.pointer for fault in told] == ["/text", "/blocks/0/text/text", "/blocks/2/fields/0/text"]


JSON_RUBBISH = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None), max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def places(value: object) -> Iterator[tuple[str | int, ...]]:
    """Yield the path to every value inside a message."""
    inside: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in inside:
        yield (key,)
        yield from ((key, *way) for way in places(inner))


def spoiled(message: Json, path: tuple[str | int, ...], *rubbish: object) -> Json:
    """Return the message with an invalid value at this path, or without it."""
    copy = deepcopy(message)
    at: Any = copy
    for key in path[:-1]:
        at = at[key]
    if rubbish:
        at[path[-1]] = rubbish[0]
    else:
        del at[path[-1]]
    return copy


SMALL = [(message, ways) for rule in ALL_RULES for message in rule[1:3] if len(ways := list(places(message))) < 60]


def test_message_with_a_missing_value_never_raises() -> None:
    for message, ways in SMALL:
        for way in ways:
            assert isinstance(violations(spoiled(message, way)), list)


@settings(max_examples=200)
@given(rubbish=JSON_RUBBISH, data=st.data())
def test_garbage_anywhere_in_a_message_never_raises(rubbish: object, data: st.DataObject) -> None:
    message, ways = data.draw(st.sampled_from(SMALL))
    message = spoiled(message, data.draw(st.sampled_from(ways)), rubbish)
    assert all(fault.message for fault in violations(message))


@pytest.mark.parametrize("rubbish", [None, 5, "text", [], [[[]]], {}, {"text": {}, "blocks": {"type": "mrkdwn"}}])
def test_non_message_is_rejected(rubbish: Json) -> None:
    assert violations(rubbish)


@given(rubbish=JSON_RUBBISH)
def test_garbage_instead_of_a_message_is_rejected(rubbish: Json) -> None:
    assert violations(rubbish)


def test_endless_nesting_is_rejected_without_recursion_error() -> None:
    nested: list[object] = []
    for _ in range(10_000):
        nested = [nested]
    assert [fault.pointer for fault in violations(say(nested))] == ["/blocks/0"]
