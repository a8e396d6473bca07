"""The questions: one file each, with its params, reply, view, fetch and build_view, and the record that joins them.

`discover` finds a question by its module's constant QUESTION. Two questions of the same name stop startup.

    scores.py          engineering-insight scores
    events/            flag events: what changed, who changed it, and its impact
    status.py          flags by status, with their owners
    cleanup/           flags that can go, with their owners
    deploys.py         deployment frequency
    releases.py        deployments against large flag changes, day by day
    compare/           environments or applications side by side
    digest/            the weekly report, which asks the questions above
    flag/              one flag and what it serves

They share:

    base.py            Question, View, QuestionContext, links to LaunchDarkly, and helpers for questions that ask others
    catalog.py         the existing projects, environments, flags and applications
    key_correction.py  corrects the keys of a question, or explains an answer by the keys that don't exist
    mentions.py        the keys that a sentence names
    history.py         snapshots of past weeks, and how a number changed since
    time_range.py      `since` and `until` as a start and an end, or as calendar days in the reader's time zone
    chart.py           LaunchDarkly's charts: replies, buckets over time, and the chart data that Slack can draw
    daily_series.py    counts per calendar day: as a chart, and deployments against large changes
"""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from bot.questions.base import AnyQuestion


@cache  # every check of a watch needs them, and looking for modules takes longer than a check
def discover() -> Mapping[str, AnyQuestion]:
    """Return all questions by name, in alphabetical order."""
    modules = (import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__))
    questions = [module.QUESTION for module in modules if hasattr(module, "QUESTION")]
    by_name = {question.name: question for question in questions}
    if len(by_name) < len(questions):
        raise LookupError("two files in bot/questions/ define a question with the same name")
    return by_name
