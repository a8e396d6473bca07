"""Export all schedules for operators, as table rows or YAML, and import them from such a file.

Each entry of a file is checked like a typed line, and either all are added or none. All mistakes are reported at once,
each with its entry. A question that several entries share is asked once.

The YAML is untrusted, and read in bounded time: aliases and merge keys can expand a short file exponentially, and some
YAML numbers take minutes to parse. So a scalar is always text, an alias is an error, and the file's size and number of
nodes are limited.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import yaml
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError
from yaml.composer import ComposerError

from bot.access import Caller, authorize
from bot.errors import Failure, InvalidLine, Misconfigured, NotAllowed
from bot.lines.param_types import InvalidValue
from bot.messages import humanize
from bot.questions.base import failure_text
from bot.schedules.delivery_errors import CHANNEL_NOT_ALLOWED
from bot.schedules.question_check import ImportRules, check_channel, check_question
from bot.schedules.triggers import Trigger, next_run_at, trigger_fields, trigger_of, with_span
from bot.schedules.views import schedule_view
from bot.store import Schedule, ScheduleState
from bot.store.store import Store

HEADING = ("workspace", "channel", "number", "when", "question", "state", "next")
MAX_BYTES = 500_000
MAX_NODES = 50_000  # takes a few seconds on a slow machine; a schedule has fifteen
FORMAT_HINT = "Run `insights-bot schedules --export` to see the format."
MAX_MISTAKE_CHARS, MAX_ENTRY_CHARS = 500, 100  # of a mistake's text, and of the entry quoted with it
MAX_CONSECUTIVE_FAILURES = 3  # after so many questions in a row that LaunchDarkly can't answer now, ask no more

SlackId = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{1,30}$")]
# As long as Slack's inputs. The pattern doesn't say so: a counted one would take six megabytes.
LineText = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]+$", max_length=3000)]


class ExportedSchedule(BaseModel):
    """A schedule's entry in the file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    team: SlackId
    channel: SlackId
    owner: SlackId
    every: LineText
    asks: LineText
    number: int = 0  # for the reader; an imported schedule gets its channel's next number
    paused: bool = False


async def table_rows(store: Store) -> list[tuple[str, ...]]:
    """Return a row for each schedule that isn't stopped."""
    return [_table_row(schedule) for schedule in await store.schedules.list_all()]


async def export_yaml(store: Store) -> str:
    """Return all schedules that aren't stopped, as YAML."""
    entries = [_exported(schedule).model_dump() for schedule in await store.schedules.list_all()]
    return yaml.safe_dump({"schedules": entries}, sort_keys=False, allow_unicode=True)


def _table_row(schedule: Schedule) -> tuple[str, ...]:
    view = schedule_view(schedule)
    state = " ".join(filter(None, (schedule.state, schedule.why and f"({schedule.why})")))
    next_at = view.next.fallback if view.next else "–"
    when = str(trigger_of(schedule))
    return schedule.team, schedule.channel, str(schedule.number), when, schedule.line, state, next_at


def _exported(schedule: Schedule) -> ExportedSchedule:
    return ExportedSchedule(
        team=schedule.team,
        channel=schedule.channel,
        owner=schedule.owner,
        every=str(trigger_of(schedule)),
        asks=schedule.line,
        number=schedule.number,
        paused=schedule.state is ScheduleState.PAUSED,
    )


@dataclass
class ImportResult:
    """The outcome of an import. If there are mistakes, nothing was added."""

    added: int = 0
    existing: int = 0
    mistakes: list[str] = field(default_factory=list)
    unchecked: dict[str, str] = field(default_factory=dict)  # question to the reason why it wasn't checked


@dataclass(frozen=True)
class _NewSchedule:
    """A schedule from the file, with its entry's number."""

    entry_number: int
    schedule: Schedule


@dataclass
class _Importer:
    """Checks a file's entries and collects the mistakes."""

    rows: list[Any]
    rules: ImportRules
    mistakes: dict[int, str] = field(default_factory=dict)  # by entry number
    canonical_lines: dict[str, str] = field(default_factory=dict)  # by question: with keys as LaunchDarkly spells them

    def parse_entries(self, now: datetime) -> list[_NewSchedule]:
        """Return the entries that are valid as typed lines."""
        entries = []
        for number, row in enumerate(self.rows, 1):
            try:
                entries.append(
                    _NewSchedule(number, _parse_schedule(ExportedSchedule.model_validate(row), self.rules, now))
                )
            except (ValidationError, InvalidValue, Failure) as error:
                self.mistakes[number] = _describe(error)
        return entries

    def check_limits(self, candidates: Sequence[_NewSchedule], existing: Sequence[Schedule]) -> list[_NewSchedule]:
        """Return the candidates that fit into their channels, beside the schedules already there."""
        by_channel = defaultdict[tuple[str, str], list[Schedule]](list)
        for schedule in existing:
            by_channel[schedule.team, schedule.channel].append(schedule)
        fitting = []
        for new in candidates:
            in_channel = by_channel[new.schedule.team, new.schedule.channel]
            try:
                check_channel(new.schedule.line, trigger_of(new.schedule), in_channel)
            except Failure as error:
                self.mistakes[new.entry_number] = _describe(error)
            else:
                in_channel.append(new.schedule)
                fitting.append(new)
        return fitting

    async def check_questions(self, candidates: Sequence[_NewSchedule]) -> dict[str, str]:
        """Ask each question once; return those that can't be checked right now, with the reason."""
        by_question = defaultdict[tuple[str, bool], list[_NewSchedule]](list)
        for new in candidates:
            by_question[new.schedule.line, new.schedule.is_watch].append(new)
        unchecked: dict[str, str] = {}
        failures, problem = 0, ""
        for done, ((line, _), entries) in enumerate(by_question.items()):
            self.rules.on_progress(done, len(by_question))
            if failures < MAX_CONSECUTIVE_FAILURES:
                problem = await self._check_question(entries)
                failures = failures + 1 if problem else 0
            if problem:
                unchecked[line] = problem
        return unchecked

    async def _check_question(self, entries: Sequence[_NewSchedule]) -> str:
        """Return why the entries' question can't be checked right now, or "".

        If the question can't be answered at all, record a mistake for each entry.
        """
        schedule = entries[0].schedule
        try:
            if self.rules.question_check:
                trigger = trigger_of(schedule)
                checked = await self.rules.question_check.check(schedule.line, trigger, _caller(trigger, self.rules))
                self.canonical_lines[schedule.line] = checked.line
                return checked.unchecked
        except Failure as failure:
            self.mistakes |= {new.entry_number: _describe(failure) for new in entries}
        return ""

    def mistake_lines(self) -> list[str]:
        """Return the mistakes, each with its entry as it was written."""
        return [
            f"entry {number}{_quote(self.rows[number - 1])}: {mistake}"
            for number, mistake in sorted(self.mistakes.items())
        ]


async def import_schedules(store: Store, text: str, rules: ImportRules, now: datetime) -> ImportResult:
    """Add the file's schedules that don't exist yet."""
    importer = _Importer(_rows(text), rules)
    entries, existing = importer.parse_entries(now), await store.schedules.list_all()
    missing = importer.check_limits(_not_existing(entries, existing), existing)
    unchecked = await importer.check_questions(missing)
    if importer.mistakes:
        return ImportResult(mistakes=importer.mistake_lines())
    for new in missing:
        line = importer.canonical_lines.get(new.schedule.line, new.schedule.line)
        await store.schedules.add(replace(new.schedule, line=line), now)
    return ImportResult(len(missing), len(entries) - len(missing), unchecked=unchecked)


def _rows(text: str) -> list[Any]:
    document = parse_yaml(text)
    rows = document.get("schedules") if isinstance(document, dict) else None
    if not isinstance(rows, list):
        raise Misconfigured("The file has no schedules.", FORMAT_HINT)
    return rows


def _not_existing(entries: Sequence[_NewSchedule], existing: Sequence[Schedule]) -> list[_NewSchedule]:
    """Return the entries that don't exist yet, without duplicates."""
    known = set(map(_identity, existing))
    missing: dict[tuple[object, ...], _NewSchedule] = {}
    for new in entries:
        if (identity := _identity(new.schedule)) not in known:
            missing.setdefault(identity, new)
    return list(missing.values())


def _identity(schedule: Schedule) -> tuple[object, ...]:
    trigger = trigger_of(schedule)
    return schedule.team, schedule.channel, trigger, with_span(schedule.line, trigger)


def _parse_schedule(entry: ExportedSchedule, rules: ImportRules, now: datetime) -> Schedule:
    """Parse an entry as if it had been typed in Slack."""
    trigger, parsed = rules.parse_trigger(entry.every), rules.parse(entry.asks)
    authorize(_caller(trigger, rules), parsed)
    check_question(parsed.canonical, trigger)
    if not rules.access.allows_channel(entry.channel):
        raise NotAllowed(CHANNEL_NOT_ALLOWED, "ALLOWED_CHANNELS lists the channels it may post in.")
    return Schedule(
        id="",
        team=entry.team,
        channel=entry.channel,
        number=0,
        owner=entry.owner,
        **trigger_fields(trigger),
        line=with_span(parsed.canonical, trigger),
        state=ScheduleState.PAUSED if entry.paused else ScheduleState.ACTIVE,
        why="",
        next_at=None if entry.paused else next_run_at(trigger, now),
    )


def _caller(trigger: Trigger, rules: ImportRules) -> Caller:
    """Return the caller that the scheduler will be."""
    return Caller(ZoneInfo(trigger.zone), rules=rules.access)


def _describe(problem: ValidationError | InvalidValue | Failure) -> str:
    """Describe a mistake in a single line."""
    if isinstance(problem, ValidationError):
        errors = problem.errors(include_input=False, include_url=False)
        text = "; ".join(f"{'.'.join(map(str, error['loc'])) or 'it'}: {error['msg'].lower()}" for error in errors)
    elif isinstance(problem, InvalidLine):
        text = " ".join(problem.mistakes)
    else:
        text = failure_text(problem) or str(problem)
    return humanize.truncate_text(text, MAX_MISTAKE_CHARS)


def _quote(row: Any) -> str:
    """Quote an entry as far as it is readable."""
    values = [str(row.get(name, "")) for name in ("every", "asks")] if isinstance(row, dict) else []
    return f" (“{humanize.truncate_text(' '.join(values), MAX_ENTRY_CHARS)}”)" if any(values) else ""


class _PlainLoader(yaml.BaseLoader):
    """PyYAML's loader without types, which counts nodes."""

    nodes = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        self.nodes += 1
        mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
        if self.check_event(yaml.AliasEvent):
            raise ComposerError(None, None, "aliases (*name) aren't supported; write each schedule in full", mark)
        if self.nodes > MAX_NODES:
            raise ComposerError(None, None, f"it has more than {MAX_NODES:,} values; split it into several files", mark)
        return super().compose_node(parent, index)


def read_file(path: str) -> str:
    """Read a file's text, up to the size limit."""
    try:
        with Path(path).open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise Misconfigured(f"The file {path} is too large.", f"The limit is {MAX_BYTES:,} bytes.")
        return content.decode()
    except OSError as error:
        raise Misconfigured(f"Can't read {path} ({error.strerror}).", FORMAT_HINT) from None
    except UnicodeDecodeError:
        raise Misconfigured(f"{path} isn't UTF-8 text.", FORMAT_HINT) from None


def parse_yaml(text: str) -> Any:
    """Parse YAML into str, list and dict."""
    try:
        return yaml.load(text, _PlainLoader)  # noqa: S506  # the loader builds nothing else
    except yaml.YAMLError as error:
        raise Misconfigured(f"The file isn't valid YAML: {' '.join(str(error).split())}.", FORMAT_HINT) from None
    except (ValueError, RecursionError, TypeError):  # endlessly nested brackets; a mapping as a key
        raise Misconfigured("The file has characters that can't be read.", FORMAT_HINT) from None
