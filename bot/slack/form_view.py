"""The modals of the forms: what they show of a form, and what is filled in."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bot.lines.timespec import DAY_NAMES
from bot.messages import humanize
from bot.messages.message import Message
from bot.messages.mrkdwn import Timestamp
from bot.messages.renderer import Json, Renderer
from bot.messages.text_fallback import with_text_fallback
from bot.questions import discover
from bot.questions.base import View
from bot.questions.scores import SCORE_NAMES
from bot.schedules.triggers import ORDINALS
from bot.slack.line_form import LineForm

FORM, PREVIEW = "form", "preview"  # callback IDs
FIELDS = (*LineForm.model_fields,)
ANY = "any"  # an option must have a value
NO_CHOICE = "-"  # the value of an option that only says why there are no others
WEEKLY = "Every week"
PREVIEWED_BLOCKS = ("header", "section", "context", "divider")
MAX_PREVIEWED_BLOCKS = 20

ALERT_LABELS = {
    "events": "Large changes in an environment",
    "flag": "One flag",
    "scores": "Scores that get better or worse",
    "cleanup": "Flags that are ready to clean up",
    "deploys": "How often we deploy",
    "status": "How many flags are in each stage",
}
REPORTS = ("digest", "events", "cleanup", "scores", "releases", "deploys", "status", "compare", "flag")


class OptionView(View):
    """An option of a menu."""

    text: str
    value: str
    description: str = ""


ONLY_CHANGES = OptionView(
    text="Only when something changed", value=ANY, description="Otherwise one line says that nothing did"
)


class KeyView(View):
    """A field for keys, which are chosen or typed."""

    name: str
    block: str
    label: str
    placeholder: str
    value: str
    chosen: tuple[OptionView, ...]
    several: bool
    hint: str
    optional: bool


class FormView(View):
    title: str
    problem: str  # what LaunchDarkly reports of what was filled in before
    alerts: bool
    questions: tuple[OptionView, ...]
    question: str
    is_typed: bool
    keys: tuple[KeyView, ...]
    scores: tuple[OptionView, ...]
    score: str
    below: str
    options: str
    options_hint: str
    ordinals: tuple[OptionView, ...]
    ordinal: str
    weekdays: tuple[OptionView, ...]
    days: tuple[str, ...]
    time: str
    zone: str
    can_choose_channel: bool
    channel: str
    only_changes: tuple[OptionView, ...]
    chosen_only_changes: tuple[str, ...]


class FormPreviewView(View):
    """What the bot would post, when and where, and the line that would have done the same."""

    title: str
    submit: str
    channel: str
    when: str
    first: Timestamp | None
    in_channel: bool
    problem: str  # why there is no preview
    blocks: tuple[Json, ...]
    line: str


class ModalNoticeView(View):
    title: str
    text: str


def build_form(renderer: Renderer, form: LineForm, problem: str = "") -> dict[str, Any]:
    """Build the modal in which a form is filled in."""
    modal = renderer.render_modal("modals/form", view=_form_view(form, problem))
    return {**modal, "callback_id": FORM, "private_metadata": form.model_dump_json(exclude_defaults=True)}


def build_preview(renderer: Renderer, form: LineForm, view: FormPreviewView) -> dict[str, Any]:
    """Build the modal that shows what a form would do."""
    modal = renderer.render_modal("modals/preview", view=view)
    return {**modal, "callback_id": PREVIEW, "private_metadata": form.model_dump_json(exclude_defaults=True)}


def build_notice(renderer: Renderer, title: str, text: str) -> dict[str, Any]:
    """Build a modal that only says something."""
    return renderer.render_modal("modals/notice", view=ModalNoticeView(title=title, text=text))


def title_of(form: LineForm) -> str:
    what = "alerts" if form.alerts else "schedule"
    if form.number:
        return f"Change {what} {form.number}"
    return "Set up alerts" if form.alerts else "Schedule a report"


def submit_label(form: LineForm) -> str:
    if form.number:
        return "Save"
    return "Turn on alerts" if form.alerts else "Schedule"


def _form_view(form: LineForm, problem: str) -> FormView:
    scores = form.param("score") if form.takes("score") else None
    words: Sequence[str] = getattr(scores.param_type, "words", ()) if scores else ()
    return FormView(
        title=title_of(form),
        problem=problem,
        alerts=form.alerts,
        questions=_question_options(form),
        question=form.question,
        is_typed=form.is_typed,
        keys=tuple(_key_views(form)),
        scores=(OptionView(text="Any score", value=ANY), *map(_score_option, words)) if words else (),
        score=form.score or ANY,
        below=form.below,
        options=form.options,
        options_hint=_options_hint(form),
        ordinals=tuple(OptionView(text=_ordinal_text(name), value=str(n)) for n, name in ORDINALS.items()),
        ordinal=str(form.ordinal),
        weekdays=tuple(OptionView(text=name.capitalize(), value=str(day)) for day, name in enumerate(DAY_NAMES)),
        days=tuple(map(str, form.days)),
        time=form.time,
        zone=form.zone,
        can_choose_channel=not form.number,
        channel=form.channel if form.channel[:1] in ("C", "G") else "",
        only_changes=(ONLY_CHANGES,) if form.takes("quiet") else (),
        chosen_only_changes=(ANY,) if form.only_changes else (),
    )


def _question_options(form: LineForm) -> tuple[OptionView, ...]:
    """Return the questions that can be asked like this, those that are asked most often first."""
    questions, labels = discover(), ALERT_LABELS if form.alerts else {}
    names = dict.fromkeys((*(labels or REPORTS), *questions))
    return tuple(
        OptionView(text=labels.get(name, questions[name].label), value=name, description=questions[name].summary)
        for name in names
        if questions[name].observe or not form.alerts
    )


def _score_option(key: str) -> OptionView:
    return OptionView(text=SCORE_NAMES.get(key) or humanize.sentence_case(key), value=key)


def _ordinal_text(name: str) -> str:
    return f"Monthly, on the {name} of these days" if name else WEEKLY


def _options_hint(form: LineForm) -> str:
    """Name the question's options that have no field."""
    fields = discover()[form.question].params.fields()
    own = ("project", "env", "flag", "app", "quiet", "score", "below")
    names = [field.short_name for field in fields if field.short_name not in own or not form.takes(field.short_name)]
    names = [name for name in names if name not in ("project", "env", "more")]
    return f"As in a line: {', '.join(f'{name}=…' for name in names)}" if names else "There are none for this one."


def _key_views(form: LineForm) -> Iterator[KeyView]:
    several = form.takes_several("env")
    yield _key_view(form, "project", "Project", "Choose a project")
    environment = ("Environments", "Choose environments") if several else ("Environment", "Choose an environment")
    yield _key_view(form, "env", *environment)
    if form.takes("flag"):
        yield _key_view(form, "flag", "Flag", "Choose a flag")
    if form.takes("app"):
        yield _key_view(form, "app", "Only these applications", "All applications")


def _key_view(form: LineForm, name: str, label: str, placeholder: str) -> KeyView:
    value, param = str(getattr(form, name)), form.param(name)
    several = form.takes_several(name)
    return KeyView(
        name=name,
        block=_block_id(form, name),
        label=label,
        placeholder=placeholder,
        value=value,
        chosen=tuple(OptionView(text=key, value=key) for key in value.split(",") if key) if not form.is_typed else (),
        several=several,
        hint=_typing_hint(name, several) if form.is_typed else "",
        optional=param is None or not param.required,
    )


def _block_id(form: LineForm, name: str) -> str:
    """Return an ID that changes with the project: Slack then forgets the key that was chosen in another one."""
    if form.is_typed:
        return f"typed-{name}"
    return f"{name}:{form.project}" if name in ("env", "flag") else name


def _typing_hint(name: str, several: bool) -> str:
    return "The keys, separated by commas" if several else f"The key of the {name.replace('env', 'environment')}"


def preview_blocks(message: Message) -> tuple[Json, ...]:
    """Return what a message says in words, as blocks that a modal may have: no charts, tables or buttons."""
    blocks = [block for block in with_text_fallback(message).blocks if block["type"] in PREVIEWED_BLOCKS]
    without_buttons = ({key: value for key, value in block.items() if key != "accessory"} for block in blocks)
    return tuple(Json(json.dumps(block)) for block in without_buttons)[:MAX_PREVIEWED_BLOCKS]


# What is filled in


def form_of(view: Mapping[str, Any]) -> LineForm:
    """Return a modal's form. What the modal doesn't show is in its private metadata."""
    form = LineForm.model_validate_json(view["private_metadata"])
    values = (view.get("state") or {}).get("values") or {}
    states = {name: state for block in values.values() for name, state in block.items() if name in FIELDS}
    return LineForm.model_validate(dict(form) | {name: _field_value(name, state) for name, state in states.items()})


def block_of(view: Mapping[str, Any], name: str) -> str:
    """Return the ID of a field's block, at which an error is shown; empty if the modal doesn't have it."""
    return next(
        (block["block_id"] for block in view["blocks"] if block.get("element", {}).get("action_id") == name), ""
    )


def _field_value(name: str, state: Mapping[str, Any]) -> Any:
    """Return the value of a field. Whitespace is collapsed, to fit on one line."""
    if "selected_options" in state:
        chosen = [option["value"] for option in state["selected_options"] or () if option["value"] != NO_CHOICE]
        return _chosen_values(name, chosen)
    option = state.get("selected_option") or {}
    picked = option.get("value") or state.get("selected_time") or state.get("selected_conversation") or ""
    text = " ".join((picked or state.get("value") or "").split())
    return "" if text in (ANY, NO_CHOICE) else text


def _chosen_values(name: str, chosen: list[str]) -> Any:
    if name == "days":
        return tuple(map(int, chosen))
    return bool(chosen) if name == "only_changes" else ",".join(chosen)
