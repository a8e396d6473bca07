"""Suggestions: the questions that a sentence in plain words probably asks, each as a complete line."""

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import chain, zip_longest
from typing import Any, cast

from bot.access import Caller, authorize
from bot.errors import Failure, InvalidLine
from bot.lines.param_types import ListOf
from bot.lines.parser import Defaults, Registry, first_word, normalize_line, parse
from bot.lines.plain_words import COMMON_WORDS, MIN_SCORE, join_words, reads_as_sentence, split_words
from bot.lines.spec import MAX_BUTTON_LINE_CHARS, AnySpec, quote_value
from bot.lines.spelling import build_speller
from bot.lines.time_phrases import TimeRange, find_time_range
from bot.questions.base import AnyQuestion, result_or_failure
from bot.questions.catalog import MAIN_ENVIRONMENT, Catalog, Flag, Listing, maintainers
from bot.questions.mentions import Kind, KnownKeys, Mentions, find_mentions

MAX_SUGGESTIONS = 3
Lists = Mapping[Kind, Coroutine[Any, Any, Listing[Any]]]


def may_be_sentence(line: str, mistake: InvalidLine, registry: Registry) -> bool:
    """Return whether a line with a mistake may be a sentence, even if it begins like a question or a command."""
    if not mistake.topic:
        return True
    if registry[mistake.topic].is_question:
        return is_loose_line(line, registry)
    return reads_as_sentence(line) and is_no_command(line, mistake, registry)


def is_no_command(line: str, mistake: InvalidLine, registry: Registry) -> bool:
    """Return whether a line with a mistake lacks what a command begins with, even if it begins like one."""
    spec = registry.get(mistake.topic)
    return spec is None or spec.is_question or not _may_be_command(spec, line)


def is_loose_line(line: str, registry: Registry) -> bool:
    """Return whether a line that begins like a question may go on in plain words, or with names alone."""
    return reads_as_sentence(line) or (_question(line, registry) is not None and not {"=", "/"} & set(line))


def _question(line: str, registry: Registry) -> AnyQuestion | None:
    """Return the question that a line begins with, if it does."""
    spec = registry.get(first_word(line))
    return cast(AnyQuestion, spec) if spec and spec.is_question else None


def _may_be_command(spec: AnySpec, line: str) -> bool:
    """Return whether a line has what a command begins with, such as a schedule's number.

    `stop the rollout of new checkout` has none.
    """
    first = next((field for field in spec.params.fields() if field.field_name in spec.params.positional[:1]), None)
    recognizes = getattr(first and first.param_type, "recognizes", None)
    return recognizes is None or any(map(recognizes, split_words(line)[1:]))


async def suggest_questions(
    text: str, registry: Registry, caller: Caller, catalog: Catalog, today: date, max_wait: float
) -> tuple[str, ...]:
    """Return up to three lines. Keys that LaunchDarkly doesn't list within *max_wait* seconds stay unknown."""
    line = normalize_line(text)
    known = await _known_keys(line, caller.defaults, catalog, max_wait)
    by_project = [
        suggest_lines(line, registry, caller.defaults, keys, today, project) for project, keys in known.items()
    ]
    lines = dict.fromkeys(filter(None, chain.from_iterable(zip_longest(*by_project))))
    return tuple(line for line in lines if _can_ask(line, registry, caller))[:MAX_SUGGESTIONS]


async def find_flag_line(
    text: str, registry: Registry, caller: Caller, catalog: Catalog, today: date, max_wait: float
) -> str:
    """Return the line that asks about the flag that a text names; empty if it names none."""
    line = normalize_line(text)
    known = await _known_keys(line, caller.defaults, catalog, max_wait)
    sentences = [
        Sentence(find_mentions(line, keys), None, today, project, caller.defaults, keys)
        for project, keys in known.items()
    ]
    lines = [sentence.line(cast(AnyQuestion, registry["flag"])) for sentence in sentences if sentence.mentions.flag]
    return next((line for line in lines if _can_ask(line, registry, caller)), "")


async def find_project_env(text: str, caller: Caller, catalog: Catalog, max_wait: float) -> str:
    """Return the project that a text names, with its environment; empty if it names none."""
    line = normalize_line(text)
    found = await _known_keys(line, caller.defaults, catalog, max_wait, with_flags=False)
    project, known = next(iter(found.items()))
    mentions = find_mentions(line, known)
    if project not in mentions.projects:
        return ""
    return f"{project}/{next(iter(mentions.environments), _main_environment(project, caller.defaults, known))}"


def suggest_lines(
    line: str, registry: Registry, defaults: Defaults, known: KnownKeys, today: date, project: str
) -> list[str]:
    """Return a line for each question that fits, the best first. Those that fit half as well aren't worth a button."""
    questions = [cast(AnyQuestion, spec) for spec in registry.values() if spec.is_question]
    mentions, time = _corrected(find_mentions(line, known), questions), find_time_range(line, today)
    sentence = Sentence(mentions, time, today, project, defaults, known)
    if not project:
        return []
    question = _question(line, registry)
    if question and not (question.words.compares and len(mentions.projects) > 1):  # it compares within one
        is_sentence = reads_as_sentence(line)
        if (lines := sentence.lines_from_names(question, is_sentence=is_sentence)) or not is_sentence:
            return lines
    scores = {question.name: sentence.score(question) for question in questions}
    best = max(scores.values())
    fitting = [one for one in questions if scores[one.name] >= MIN_SCORE and scores[one.name] * 2 > best]
    fitting.sort(key=lambda question: -scores[question.name])
    return list(dict.fromkeys(map(sentence.line, sentence.flag_history(questions) + fitting)))


def _corrected(mentions: Mentions, questions: Sequence[AnyQuestion]) -> Mentions:
    """Correct the words that the tables of the questions have. Keys stay as they are."""
    speller = build_speller(tuple(question.words.phrases for question in questions))
    return replace(mentions, text=join_words(map(speller.correct, mentions.text.split())))


@dataclass(frozen=True)
class Sentence:
    """What a sentence says, and what the channel's defaults and the known keys add to it."""

    mentions: Mentions
    time: TimeRange | None
    today: date
    project: str
    defaults: Defaults
    known: KnownKeys

    def lines_from_names(self, question: AnyQuestion, *, is_sentence: bool) -> list[str]:
        """Return the lines of a question whose name is followed by names and times alone.

        A word beside a project, which has no such environment, offers those that it has.
        """
        if question.words.compares or not (self.mentions.names_any_key or self.mentions.owner or self.time):
            return []
        known_words = {question.name, *COMMON_WORDS, *split_words(self.time.phrase if self.time else "")}
        further = [word for word in self.mentions.text.split() if word not in known_words]
        if not further:
            return [self.line(question)]
        may_be_environment = not is_sentence and self.project in self.mentions.projects
        return self._line_per_environment(question) if may_be_environment else []

    def _line_per_environment(self, question: AnyQuestion) -> list[str]:
        """Return a line for each environment of the project, unless the sentence names one."""
        environments = self.mentions.environments or [item.key for item in self.known.get(Kind.ENVIRONMENT, ())]
        sentences = [replace(self, mentions=replace(self.mentions, environments=(env,))) for env in environments]
        return [sentence.line(question) for sentence in sentences]

    def score(self, question: AnyQuestion) -> int:
        """Return how well a question fits. What the sentence names counts only beside a word, except for a flag."""
        words, mentions = question.words, self.mentions
        fields = {field.field_name: field for field in question.params.fields()}
        score = words.score(mentions.text)
        if words.compares:
            score += 2 if len(mentions.environments) > 1 or len(mentions.applications) > 1 else 0
        elif _needs_flag(question):
            return score + 1 + mentions.is_flag_certain if mentions.flag else 0
        names_owner = mentions.owner and "owner" in fields
        names_any = mentions.names_any_key or names_owner or (self.time and "since" in fields)
        return score + 1 if score and names_any else score

    def flag_history(self, questions: Sequence[AnyQuestion]) -> list[AnyQuestion]:
        """Return what a sentence about a flag's past asks: first what happened to it, then how it is now."""
        past = [one for one in questions if self.mentions.flag and one.words.flag_options_in(self.mentions.text)]
        return past and [*past, *(one for one in questions if _needs_flag(one))]

    @property
    def _is_default_project(self) -> bool:
        return self.project == self.defaults.get("project")

    @property
    def _default_environment(self) -> str:
        return _main_environment(self.project, self.defaults, self.known)

    def line(self, question: AnyQuestion) -> str:
        """Write the line of a question, with each option that the sentence means, even if it is the default."""
        fields = {field.field_name: field for field in question.params.fields()}
        takes_many = isinstance(fields["env"].param_type, ListOf)
        apps = ",".join(self.mentions.applications) or (self._is_default_project and self.defaults.get("app")) or ""
        flag = self.mentions.flag if _needs_flag(question) else self.mentions.flag_part
        options = {
            "app": apps,
            "owner": self.mentions.owner,
            **(question.words.flag_options_in(self.mentions.text) if self.mentions.flag else {}),
            **question.words.options_in(self.mentions.text),
            **self._times(question, fields),
        }
        written = [f"{name}={quote_value(options[name])}" for name in fields if options.get(name)]
        environments = ",".join(self._environments(question) if takes_many else self._environments(question)[:1])
        positional = [flag] if "flag" in fields and flag else []
        return " ".join([question.name, *positional, f"{self.project}/{environments}", *written])

    def _environments(self, question: AnyQuestion) -> tuple[str, ...]:
        """The environments that are named, else the default one; a comparison of one is with the default."""
        named = self.mentions.environments or (self._default_environment,)
        if question.words.compares and len(self.mentions.applications) < 2:
            return tuple(dict.fromkeys((*named, self._default_environment))) if len(named) == 1 else named
        return named[:1] if question.words.compares else named

    def _times(self, question: AnyQuestion, fields: Mapping[str, Any]) -> dict[str, str]:
        """The times, if the question covers them."""
        if not self.time or "since" not in fields:
            return {}
        last = self.time.last if "until" in fields else self.today
        covers_today = question.words.covers_today or self.time.first < self.today
        is_covered = covers_today and (last - self.time.first).days < question.words.max_days
        until = "yesterday" if self.time.until == "today" and question.words.whole_days else self.time.until
        return {"since": self.time.since, "until": until} if is_covered else {}


def _needs_flag(question: AnyQuestion) -> bool:
    return any(field.field_name == "flag" and field.required for field in question.params.fields())


def _main_environment(project: str, defaults: Defaults, known: KnownKeys) -> str:
    """Return the default environment, if it is one of the project's."""
    keys = [item.key for item in known.get(Kind.ENVIRONMENT, ())]
    usual = defaults.get("env", MAIN_ENVIRONMENT)
    return usual if usual in keys or project == defaults.get("project") or not keys else keys[0]


def _can_ask(line: str, registry: Registry, caller: Caller) -> bool:
    """Return whether this caller may ask a line, and it is complete."""
    try:
        authorize(caller, parse(line, registry))
    except Failure:
        return False
    return len(line) <= MAX_BUTTON_LINE_CHARS


async def _known_keys(
    line: str, defaults: Defaults, catalog: Catalog, max_wait: float, *, with_flags: bool = True
) -> Mapping[str, KnownKeys]:
    """Return the lists that are cached or arrive in time, for each project that the line names.

    Without one, they are for the default project, else the first.
    """
    deadline = asyncio.get_running_loop().time() + max_wait
    account = await _in_time(deadline, {Kind.PROJECT: catalog.projects(), Kind.APPLICATION: catalog.applications()})
    projects = account.get(Kind.PROJECT, ())
    named = find_mentions(line, {Kind.PROJECT: projects}).projects[:MAX_SUGGESTIONS]
    usual = defaults.get("project", next((item.key for item in projects), ""))
    return {
        project: {**account, **await _project_keys(deadline, catalog, project, with_flags)}
        for project in named or (usual,)
    }


async def _project_keys(deadline: float, catalog: Catalog, project: str, with_flags: bool) -> KnownKeys:
    """Return the lists of a project that are cached or arrive in time."""
    if not project:
        return {}
    flags: Lists = {Kind.FLAG: catalog.flags(project)} if with_flags else {}
    known = await _in_time(deadline, {Kind.ENVIRONMENT: catalog.environments(project), **flags})
    return {**known, Kind.OWNER: maintainers(cast(Sequence[Flag], known.get(Kind.FLAG, ())))}


async def _in_time(deadline: float, lists: Lists) -> KnownKeys:
    """Wait for lists until the deadline. Requests that are under way go on, so that the next line finds them cached."""
    tasks = {kind: asyncio.ensure_future(result_or_failure(listing)) for kind, listing in lists.items()}
    done, late = await asyncio.wait(tasks.values(), timeout=deadline - asyncio.get_running_loop().time())
    for task in late:
        task.cancel()
    replies = {kind: task.result() for kind, task in tasks.items() if task in done}
    return {kind: reply.items for kind, reply in replies.items() if isinstance(reply, Listing)}
