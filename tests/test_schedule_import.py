"""`insights-bot schedules --import`: each entry is checked like a typed line, and all mistakes are reported at once."""

import asyncio
import os
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.access import AccessRules
from bot.commands.recurrence_parser import read_trigger
from bot.errors import Misconfigured
from bot.lines.parser import parse
from bot.questions import discover
from bot.sandbox.http_server import serving
from bot.sandbox.launchdarkly.app import TOKEN, launchdarkly
from bot.sandbox.launchdarkly.faults import FaultInjector
from bot.schedules import import_export
from bot.schedules.import_export import ImportResult, import_schedules
from bot.schedules.question_check import ImportRules, QuestionCheck
from bot.store.store import Store, open_store
from tests.command_line import invoke
from tests.conversation import NOW, start_conversation
from tests.databases import new_sqlite
from tests.processes import run

GOOD = {"team": "T1", "channel": "C1", "owner": "U1", "every": "monday 9:00 UTC", "asks": "scores web/production"}


def entry(asks: str = GOOD["asks"], **other: Any) -> dict[str, Any]:
    return GOOD | {"asks": asks} | other


def file(*entries: Any) -> str:
    return yaml.safe_dump({"schedules": list(entries)})


@dataclass
class Importer:
    """A store, a sandboxed LaunchDarkly, and the import rules that use both."""

    store: Store
    faults: FaultInjector
    rules: ImportRules
    progress: list[tuple[int, int]] = field(default_factory=list)

    async def add(self, *entries: Any, **rules: Any) -> ImportResult:
        return await import_schedules(self.store, file(*entries), replace(self.rules, **rules), NOW)

    async def mistakes(self, *entries: Any, **rules: Any) -> list[str]:
        """Import entries that have mistakes, check that nothing was added, and return the mistakes."""
        result = await self.add(*entries, **rules)
        assert (result.added, await self.lines()) == (0, [])
        return result.mistakes

    async def lines(self) -> list[str]:
        return [schedule.line for schedule in await self.store.schedules.list_all()]


@pytest.fixture
async def importer(tmp_path: Path) -> AsyncIterator[Importer]:
    progress = list[tuple[int, int]]()
    async with open_store(new_sqlite(tmp_path).url) as store, start_conversation() as answering:
        check = QuestionCheck(answering.answers, lambda: NOW)
        understand = partial(parse, registry=discover())
        rules = ImportRules(understand, read_trigger, AccessRules(), check, lambda *counts: progress.append(counts))
        yield Importer(store, answering.faults, rules, progress)


# File format

NAMES = "abcdefghi"
BOMB = "a: &a [x]\n" + "".join(f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]\n" for a, b in pairwise(NAMES))
MERGES = "a0: &a0 {k: 1}\n" + "".join(f"a{n + 1}: &a{n + 1} {{<<: [{', '.join([f'*a{n}'] * 9)}]}}\n" for n in range(27))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"\xff\xfe", "isn't UTF-8 text."),
        (b"#" * (import_export.MAX_BYTES + 1), "is too large. The limit is 500,000 bytes."),
        (b"schedules: [", "The file isn't valid YAML:"),
        (b"[" * 100_000, "The file has characters that can't be read."),
        (f"{BOMB}schedules: *i".encode(), "aliases (*name) aren't supported; write each schedule in full"),
        (f"{MERGES}schedules: []".encode(), "aliases (*name) aren't supported; write each schedule in full"),
        (
            b"schedules: [" + b"a," * import_export.MAX_NODES + b"]",
            "it has more than 50,000 values; split it into several files",
        ),
        (b"? {a: b}\n: c", "The file"),
        (b"schedules: 2026-13-45", "The file has no schedules."),
        (b"", "The file has no schedules."),
        (b"schedules:", "The file has no schedules."),
        (b"- 1", "The file has no schedules."),
        (b"schedules: {a: b}", "The file has no schedules."),
    ],
    ids=range(13),
)
async def test_unreadable_file_is_refused_in_one_line(
    importer: Importer, content: bytes, expected: str, tmp_path: Path
) -> None:
    path = tmp_path / "wrong.yml"
    path.write_bytes(content)
    with pytest.raises(Misconfigured) as wrong:
        await import_schedules(importer.store, import_export.read_file(str(path)), importer.rules, NOW)
    assert expected in f"{wrong.value.summary} {wrong.value.todo}"
    assert "\n" not in f"{wrong.value.summary} {wrong.value.todo}"


def test_yaml_scalars_are_read_as_text() -> None:
    base_60 = ":".join(["1"] * 1000)  # a base-60 number, which YAML takes quadratic time to convert
    parsed = import_export.parse_yaml(
        f"{{a: {base_60}, b: 2026-13-45, c: !!python/object/apply:os.system [false], d: yes, <<: {{e: f}}}}"
    )
    assert parsed == {"a": base_60, "b": "2026-13-45", "c": ["false"], "d": "yes", "<<": {"e": "f"}}


def test_file_is_read_once(tmp_path: Path) -> None:
    pipe, database = tmp_path / "pipe", f"sqlite:///{tmp_path / 'bot.db'}"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=(file(entry()),))
    writer.start()
    assert invoke("schedules", "--import", str(pipe), DATABASE_URL=database).stdout == "1 added, 0 already there.\n"
    writer.join()


def test_missing_file_is_named_in_one_line(tmp_path: Path) -> None:
    for name in ("none.yml", "."):
        ended = invoke("schedules", "--import", str(tmp_path / name), DATABASE_URL=f"sqlite:///{tmp_path / 'bot.db'}")
        assert ended.returncode == 1
        assert "Can't read " in ended.stderr
        assert ended.stderr.count("\n") == 1


# Entries


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ("monday", "entry 1: "),
        (entry(every="sometimes UTC"), "entry 1 (“sometimes UTC scores web/production”): "),
        (entry(every="monday 9:00"), "“monday 9:00” needs a time zone, for example Europe/Berlin."),
        (entry(every="monday 9:00 Foo/Bar"), "“Foo/Bar”"),
        (entry("events web/production", every="watch Foo/Bar"), "“Foo/Bar” isn't a time zone I know"),
        (entry(every="watch Europe/Berln"), "Did you mean Europe/Berlin?"),
        (entry(every="watch"), "“watch” needs a time zone, for example Europe/Berlin."),
        (
            entry("digest web/production", every="watch UTC"),
            "I can't watch `digest`. I can watch cleanup, deploys, events",
        ),
        (entry("scroes web/production"), "Did you mean scores?"),
        (entry("stop 1"), "I don't know “stop”"),
        (entry("scores"), "Which project and environment?"),
        (entry(f"scores web/production app={','.join(f'application-{n}' for n in range(40))}"), "500 characters"),
        (entry("scores a\0b/production"), "asks: "),
        (entry(owner="lena\0"), "owner: "),
        (entry(colour="red"), "colour: "),
        (entry(number="many", paused="perhaps"), "number: "),
        (entry(number="many", paused="perhaps"), "; paused: "),
        (entry("digest web/prod"), "web has no environment “prod”. It has production, staging and test."),
        (entry("flag new-chekout web/production"), "new-chekout"),
        (entry("flag new-chekout web/production", every="watch UTC"), "new-chekout"),
        (entry("scores wbe/production", paused=True), "There's no project “wbe”. Did you mean web?"),
    ],
    ids=range(21),
)
async def test_invalid_entry_is_reported_with_its_reason(importer: Importer, wrong: Any, expected: str) -> None:
    [mistake] = await importer.mistakes(wrong)
    assert mistake.startswith("entry 1")
    assert expected in mistake
    assert "\n" not in mistake


async def test_all_mistakes_are_reported_at_once_with_their_entries(importer: Importer) -> None:
    unknown_environments = entry("digest web/prod"), entry("digest web/prod", channel="C2")
    mistakes = await importer.mistakes(entry(), entry("stop 1"), *unknown_environments, entry(team=""))
    assert [mistake.partition(" (")[0] for mistake in mistakes] == ["entry 2", "entry 3", "entry 4", "entry 5"]


async def test_channel_limit_counts_existing_schedules(importer: Importer) -> None:
    every = [f"monday 9:{minute} UTC" for minute in range(10, 33)]
    assert (await importer.add(*(entry(every=when) for when in every[:18]))).added == 18
    result = await importer.add(*(entry(every=when) for when in every), entry(channel="C2"))
    assert [mistake.partition(" (")[0] for mistake in result.mistakes] == ["entry 21", "entry 22", "entry 23"]
    assert "This channel has 20 schedules" in result.mistakes[0]
    assert len(await importer.lines()) == 18
    result = await importer.add(*(entry(every=when) for when in every[:20]))
    assert (result.added, result.existing, result.mistakes) == (2, 18, [])


async def test_settings_are_checked_before_launchdarkly_is_queried(importer: Importer) -> None:
    allowed = AccessRules(channels=frozenset({"C1"}), projects=frozenset({"web"}))
    wrong = entry("scores mobile/production"), entry("status web/production", channel="C2")
    mistakes = await importer.mistakes(*wrong, access=allowed)
    assert "I can't read the project mobile here." in mistakes[0]
    assert "The bot's settings don't allow this channel." in mistakes[1]
    assert importer.faults.requests == []


# Checks with LaunchDarkly


async def test_each_new_question_is_checked_once(importer: Importer) -> None:
    entries = [entry(channel=f"C{number}") for number in range(1, 6)]
    assert (await importer.add(*entries)).added == 5
    assert len(importer.faults.requests) == 1
    again = await importer.add(*entries, entry("deploys web/production"))
    assert (again.added, again.existing) == (1, 5)
    assert len(importer.faults.requests) == 2
    assert importer.progress == [(0, 1), (0, 1)]


async def test_imported_digest_gets_the_span_of_its_recurrence(importer: Importer) -> None:
    digests = [entry("digest web/production", every=f"{when} 9:00 UTC") for when in ("monday", "mon,thu")]
    await importer.add(*digests)
    assert await importer.lines() == ["digest web/production span=week", "digest web/production"]
    assert (await importer.add(*digests, entry("digest web/production span=week"))).existing == 3


async def test_imported_digest_that_repeats_another_is_a_mistake(importer: Importer) -> None:
    digests = entry("digest web/production"), entry("digest web/production quiet=on-change")
    [mistake] = await importer.mistakes(*digests)
    assert "already scheduled here: `digest web/production span=week`" in mistake


async def test_questions_are_imported_unchecked_during_an_outage(importer: Importer) -> None:
    importer.faults.status, importer.faults.retry_after = 503, 0
    result = await importer.add(*(entry(f"scores web/{env}") for env in ("production", "staging", "test", "a", "b")))
    assert result.added == 5
    assert len(result.unchecked) == 5
    assert set(result.unchecked.values()) == {"LaunchDarkly is having problems (503)."}
    assert {seen.query.partition("environmentKey=")[2] for seen in importer.faults.requests} == {
        "production",
        "staging",
        "test",
    }


def test_import_without_a_token_says_questions_were_not_checked(tmp_path: Path) -> None:
    (tmp_path / "good.yml").write_text(file(entry()))
    ended = invoke("schedules", "--import", str(tmp_path / "good.yml"), DATABASE_URL=f"sqlite:///{tmp_path / 'bot.db'}")
    assert (ended.returncode, ended.stdout) == (0, "1 added, 0 already there.\n")
    assert "LAUNCHDARKLY_ACCESS_TOKEN isn't set: the questions weren't checked" in ended.stderr


async def test_import_checks_with_launchdarkly_and_shows_progress(tmp_path: Path) -> None:
    path = tmp_path / "some.yml"
    entries = [entry(f"deploys web/production since={days}d", channel=f"C{days}") for days in range(1, 26)]
    async with serving(launchdarkly(lambda: NOW), 0) as url:

        async def import_file(*new_entries: Any) -> Any:
            path.write_text(file(*new_entries))
            variables = {"LAUNCHDARKLY_API_HOST": url, "LAUNCHDARKLY_ACCESS_TOKEN": TOKEN}
            database = f"sqlite:///{tmp_path / 'bot.db'}"
            return await asyncio.to_thread(run, "schedules", "--import", str(path), DATABASE_URL=database, **variables)

        wrong = await import_file(*entries, entry("digest web/prod"), entry("digest web/production", every="watch UTC"))
        assert (wrong.returncode, wrong.stdout) == (1, "")
        assert "Checking 26 questions with LaunchDarkly, 20 done …" in wrong.stderr
        assert "The file has 2 mistakes, so nothing was imported:\n  entry 26 (“monday 9:00 UTC digest" in wrong.stderr
        assert "\n  entry 27 (“watch UTC digest web/production”): I can't watch `digest`." in wrong.stderr
        right = await import_file(*entries)
        assert (right.returncode, right.stdout) == (0, "25 added, 0 already there.\n")
