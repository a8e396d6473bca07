"""The questions: one file each, with its Query, Reply, View, fetch, show, and the record that joins them.

A question is found by its file: every module here whose name does not start with `_` holds one constant, ENDPOINT. One
without it, or with a name that is taken, stops the start. What several questions need stands in the files with `_`:

    base.py        the record, the View, and what an answer may use (Ask)
    params.py      what a Query is: parameters with LaunchDarkly's names, read from words
    param_types.py the kinds of value a parameter can have: how each is read, written and explained
    timespec.py    moments as people say them
    time_window.py from when until when
    day_range.py   calendar days where the reader is
    composition.py how a question asks others
    _catalog/      the projects, environments, flags and applications there are, and what an unknown key may have meant
    history.py     the past weeks of a place, and a number over them
    humanize.py    numbers, dates and lengths as people read them
    chart.py       LaunchDarkly's charts, and what can be drawn of them
    timeseries.py  the points of a chart over time
    calendar_days.py the same by calendar days where the reader is
    daily_series.py what happened day by day, side by side
    deploys_vs_changes.py deployments and large changes of the same days
"""

from importlib import import_module
from pkgutil import iter_modules

from bot.questions.base import AnyQuestion


def discover() -> dict[str, AnyQuestion]:
    """All questions, by name, in alphabetical order."""
    modules = (import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__))
    questions = [module.QUESTION for module in modules if hasattr(module, "QUESTION")]
    by_name = {question.name: question for question in questions}
    if len(by_name) < len(questions):
        raise LookupError("two files in bot/questions/ hold a question of the same name")
    return by_name
