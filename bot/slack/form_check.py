"""Checks what is filled in a form, before anything is asked: an error at each field that has one."""

from collections.abc import Iterator
from dataclasses import replace

from bot.commands.recurrence_parser import RECURRENCE, find_zone, suggest_zone
from bot.errors import InvalidLine, Rejected
from bot.lines.param_types import InvalidValue, ParamType
from bot.lines.parser import parse
from bot.questions import discover
from bot.schedules.question_check import check_question
from bot.schedules.triggers import Recurrence
from bot.slack.line_form import LineForm, form_for

REQUIRED = {
    "project": "Choose a project.",
    "env": "Choose an environment.",
    "flag": "Choose a flag.",
    "channel": "Choose a channel.",
    "days": "Choose at least one day.",
    "time": "Choose a time.",
    "zone": "Enter a time zone, for example Europe/Berlin.",
}


def form_errors(form: LineForm) -> dict[str, str]:
    """Return what is wrong with a form, by field."""
    errors = {name: error for name, error in (*_missing(form), *_key_errors(form), *_time_errors(form)) if error}
    return errors or dict(_question_errors(form))


def _missing(form: LineForm) -> Iterator[tuple[str, str]]:
    required = ["channel"]
    required += [name for name in ("project", "env", "flag") if _is_required(form, name)]
    required += [] if form.alerts else ["days", "time", "zone"]
    yield from ((name, REQUIRED[name]) for name in required if not getattr(form, name))


def _is_required(form: LineForm, name: str) -> bool:
    param = form.param(name) if form.takes(name) else None
    return param is not None and param.required


def _key_errors(form: LineForm) -> Iterator[tuple[str, str]]:
    """Check the keys and numbers that can be typed."""
    for name in ("project", "env", "flag", "app", "below"):
        param, value = form.param(name), getattr(form, name)
        if param and value and form.takes(name) and not _names_other_projects(form, name):
            yield name, _error_of(param.param_type, value, "It")


def _names_other_projects(form: LineForm, name: str) -> bool:
    """Return whether a digest covers further environments, as in `production,mobile/production`."""
    return name == "env" and "," in form.env and form.param("more") is not None


def _time_errors(form: LineForm) -> Iterator[tuple[str, str]]:
    if form.alerts or not (form.time and form.days):
        return
    trigger = form.trigger
    if isinstance(trigger, Recurrence):
        yield "days", _error_of(RECURRENCE, str(replace(trigger, zone="")), "It")
    if form.zone and not find_zone(form.zone):
        suggestion = suggest_zone(form.zone)
        yield "zone", f"Did you mean {suggestion}?" if suggestion else "Use a time zone like Europe/Berlin."


def _error_of(param_type: ParamType, text: str, name: str) -> str:
    """Return what is wrong with a text, if anything."""
    try:
        param_type.read(text)
    except InvalidValue as error:
        return error.describe(name)
    return ""


def _question_errors(form: LineForm) -> Iterator[tuple[str, str]]:
    """Check the question as a whole. What isn't wrong with a key is wrong with the other options, if there are any."""
    try:
        check_question(parse(form.question_line, discover()).canonical, form.trigger)
    except InvalidLine as error:
        yield "options" if form.options else "env", " ".join(error.mistakes)
    except Rejected as error:
        yield "options", error.describe()


def normalized(form: LineForm) -> LineForm:
    """Return a form without errors, with its question and zone in their normal form."""
    question = parse(form.question_line, discover()).canonical
    kept = {"number", "channel", "is_typed", "list_response_url"}
    trigger = replace(form.trigger, zone=find_zone(form.zone) or form.zone)
    filled = form_for(question, trigger, **form.model_dump(include=kept))
    return filled.model_copy(update={"is_typed": form.is_typed or filled.is_typed})
