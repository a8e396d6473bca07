"""Rendering templates into messages: no data breaks one, and mistakes in a template raise."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import TemplateSyntaxError, UndefinedError
from jinja2.bccache import Bucket

from bot.messages.message import CUT_NOTICE, Message
from bot.messages.mrkdwn import Timestamp
from bot.messages.renderer import Renderer, TemplateBytecodeCache
from bot.sandbox.block_kit import violations
from bot.sandbox.block_kit.mentions import unsafe_markup
from tests.hostile import HOSTILE_STRINGS

ALL_TAGS = """
{% summary %}It is {{ it }}.{% endsummary %}
{% header %}About {{ it }}{% endheader %}
{% section %}*{{ it }}* and {{ link("https://x.example/?a=1&b=2", it) }} and {{ code(it) }}{% endsection %}
{"type": "section", "fields": [{% mrkdwn %}{{ it }}!{% endmrkdwn %}, {% plain %}{{ it }}!{% endplain %}]}
{% context %}{{ it }}.{% endcontext %}
"""


def rendered(folder: Path, source: str, **values: object) -> Message:
    (folder / "it.j2").write_text(source)
    return Renderer(folder).render("it", **values)


@pytest.fixture(scope="module")
def all_tags(tmp_path_factory: pytest.TempPathFactory) -> Renderer:
    folder = tmp_path_factory.mktemp("templates")
    (folder / "it.j2").write_text(ALL_TAGS)
    return Renderer(folder)


@given(it=st.one_of(st.text(), st.sampled_from(HOSTILE_STRINGS)))
def test_no_data_breaks_a_message_pings_or_fakes_a_link(all_tags: Renderer, it: str) -> None:
    message = all_tags.render("it", it=it).payload()
    assert not violations(message)
    assert not unsafe_markup(message)
    assert [block["type"] for block in message["blocks"]] == ["header", "section", "section", "context"]


def test_placeholder_outside_a_tag_is_one_json_value(tmp_path: Path) -> None:
    source = '"x" {"s": {{ s }}, "n": {{ n }}, "f": {{ f }}, "t": {{ t }}, "z": {{ z }}}'
    message = rendered(tmp_path, source, s='a "quoted" \\ line', n=3, f=2.5, t=True, z=None)
    assert message.blocks == ({"s": 'a "quoted" \\ line', "n": 3, "f": 2.5, "t": True, "z": None},)


def test_constant_in_a_placeholder_is_escaped_once(tmp_path: Path) -> None:
    source = '{% summary %}{{ "a & b" }}{% endsummary %}{% section %}{{ "<c>" }}{% endsection %} {"d": {{ "e & <f>" }}}'
    message = rendered(tmp_path, source)
    assert message.text == "a &amp; b\n&lt;c&gt;"
    assert message.blocks[0]["text"]["text"] == "&lt;c&gt;"
    assert message.blocks[1] == {"d": "e & <f>"}


def test_placeholder_may_be_an_expression(tmp_path: Path) -> None:
    source = '{% summary %}{{ it if yes else "b" }}, {{ many | join(" & ") }}{% endsummary %}'
    assert rendered(tmp_path, source, it="<a>", yes=True, many=("c", "d")).text == "&lt;a&gt;, c &amp; d"


def test_button_shows_its_label_and_carries_its_line(tmp_path: Path) -> None:
    source = '{% summary %}x{% endsummary %}{% section button(label, line, "turn") %}y{% endsection %}'
    source += "{{ button(label, line) }}"
    message = rendered(tmp_path, source, label='Say "& <!here>"', line='flag "a & b"').blocks
    accessory = message[0]["accessory"]
    text = {"type": "plain_text", "text": 'Say "& <!here>"', "emoji": False}
    action = 'turn:say "& <!here>"'
    assert accessory == {"type": "button", "action_id": action, "text": text, "value": 'flag "a & b"'}
    assert message[1] == accessory | {"action_id": 'ask:say "& <!here>"'}


def test_url_is_not_escaped_outside_markup(tmp_path: Path) -> None:
    message = rendered(tmp_path, '"x" {"url": {{ url }}}', url="https://x.example/?a=1&b=<2>")
    assert message.blocks[0]["url"] == "https://x.example/?a=1&b=<2>"


def test_timestamp_is_a_date_token_in_markup_and_text_elsewhere(tmp_path: Path) -> None:
    source = (
        "{% summary %}{{ at }}{% endsummary %}{% header %}{{ at }}{% endheader %}{% context %}{{ at }}{% endcontext %}"
    )
    message = rendered(tmp_path, source, at=Timestamp(1, "nine o'clock"))
    assert message.text == message.blocks[0]["text"]["text"] == "nine o'clock"
    assert message.blocks[1]["elements"][0]["text"].startswith("<!date^1^")


def test_lines_are_joined_and_an_empty_line_breaks_them(tmp_path: Path) -> None:
    text = "{% summary %}a\nb\n\nc{% endsummary %}"
    section = "{% section %}a\n  b {% if yes %}c{% endif %}\n\n{% if no %}d{% endif %}\n\ne{% endsection %}"
    message = rendered(tmp_path, text + section, yes=True, no=False)
    assert message.text == "a b\nc\na b c\ne"
    assert message.blocks[0]["text"]["text"] == "a b c\ne"


def test_empty_section_is_left_out(tmp_path: Path) -> None:
    source = "{% summary %}x{% endsummary %}{% section %}{% if no %}d{% endif %}{% endsection %}"
    source += "{% context %}{% endcontext %}"
    assert rendered(tmp_path, source, no=False).blocks == ()


@pytest.mark.parametrize(
    ("source", "values", "error"),
    [
        ("{{ it.missing }}", {"it": object()}, UndefinedError),
        ("{% summary %}{{ missing }}{% endsummary %}", {}, UndefinedError),
        ("{{ it }}", {"it": ["a"]}, TypeError),
        ("{{ it }}", {"it": {"a": 1}}, TypeError),
        ("{{ it }}", {"it": float("nan")}, TypeError),
        ('{{ link("https://x.example", "x") }}', {}, TypeError),
        ("{% macro m() %}{}{% endmacro %}{% summary %}{{ m() }}{% endsummary %}", {}, TypeError),
        ("{% summary %}{{ it }}{% endsummary %}", {"it": ["a"]}, TypeError),
        ("{% header %}{{ it }}{% endheader %}", {"it": {"a": 1}}, TypeError),
        ("{% section it %}a{% endsection %}", {"it": '{"type": "button"}'}, TypeError),
        ("{% section missing %}a{% endsection %}", {}, UndefinedError),
        ("{% context button(it, it) %}a{% endcontext %}", {"it": "x"}, TypeError),
        ('{{ button("x", code(it)) }}', {"it": "x"}, TypeError),
        ('{{ button(missing, "x") }}', {}, UndefinedError),
        ('{{ button("x", missing) }}', {}, UndefinedError),
        ("{{ }}", {}, TypeError),
        ("{% section %}{% plain %}a{% endplain %}{% endsection %}", {}, TemplateSyntaxError),
        ('"it is {{ it }}"', {"it": "x"}, json.JSONDecodeError),
    ],
)
def test_mistake_in_a_template_raises(tmp_path: Path, source: str, values: dict[str, object], error: type) -> None:
    with pytest.raises(error):
        rendered(tmp_path, source, **values)


def test_text_beyond_slacks_limits_is_truncated_visibly(tmp_path: Path) -> None:
    source = ALL_TAGS.replace("{{ it }}", "{{ it }} {{ it }}")
    message = rendered(tmp_path, source, it="word & " * 900)
    assert not violations(message.payload())
    assert message.text.endswith(CUT_NOTICE)
    assert message.blocks[0]["text"]["text"].endswith("…")
    assert message.blocks[1]["text"]["text"].endswith(" …")


def test_blocks_beyond_slacks_limit_are_counted_above_the_footer(tmp_path: Path) -> None:
    sections = "{% for n in many %}{% section %}{{ n }}{% endsection %}{% endfor %}"
    source = "{% summary %}x{% endsummary %}" + sections + "{% context %}end{% endcontext %}"
    message = rendered(tmp_path, source, many=range(70))
    assert not violations(message.payload())
    assert message.blocks[-2]["text"]["text"] == "… and 24 more parts"
    assert message.blocks[-1]["elements"][0]["text"] == "end"


def test_each_further_summary_starts_a_thread_reply(tmp_path: Path) -> None:
    part = "{% summary %}{{ n }}{% endsummary %}{% section %}*{{ n }}*{% endsection %}"
    message = rendered(tmp_path, f"{part}{{% for n in many %}}{part}{{% endfor %}}", n=0, many=range(1, 3))
    assert message == _message("0", thread=(_message("1"), _message("2")))
    assert message.payload() == _message("0").payload()


def _message(word: str, thread: tuple[Message, ...] = ()) -> Message:
    return Message(word, Message.from_markup(f"*{word}*").blocks, thread)


def test_slacks_limits_apply_to_each_message_of_a_thread(tmp_path: Path) -> None:
    part = "{% summary %}x{% endsummary %}{% for n in many %}{% section %}{{ n }}{% endsection %}{% endfor %}"
    message = rendered(tmp_path, part * 3, many=range(40))
    assert [len(one.blocks) for one in (message, *message.thread)] == [40, 40, 40]
    [below] = rendered(tmp_path, part + part.replace("many", "more"), many=range(2), more=range(70)).thread
    assert below.blocks[-2]["text"]["text"] == "… and 23 more parts"


def test_message_must_start_with_its_summary(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="starts with its summary"):
        rendered(tmp_path, "{% section %}x{% endsection %}")


class CountingCache(TemplateBytecodeCache):
    """A cache that counts what is stored in it."""

    stored = 0

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.stored += 1
        super().dump_bytecode(bucket)


def test_compiled_templates_are_cached_across_renderers(tmp_path: Path) -> None:
    first, second = CountingCache(tmp_path), CountingCache(tmp_path)
    messages = [Renderer(cache=cache).render("notices/failure", view=_failure()) for cache in (first, second)]
    assert messages[0] == messages[1]
    assert (first.stored, second.stored) == (2, 0)  # the notice and its shared blocks


def test_unwritable_cache_folder_does_not_prevent_rendering(tmp_path: Path) -> None:
    cache = CountingCache(tmp_path / "gone")
    assert Renderer(cache=cache).render("notices/failure", view=_failure()).text == "It broke.\nMend it."
    assert cache.stored == 2


def _failure() -> dict[str, object]:
    return {
        "what": "It broke.",
        "todo": "Mend it.",
        "server_message": "",
        "mistakes": (),
        "corrected": "",
        "buttons": (),
        "choices": (),
        "does": "",
        "reference": "",
    }
