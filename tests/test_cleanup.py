"""`cleanup`: which flags can go, whom to ask, and what LaunchDarkly's plan must include for that."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from bot.access import Caller
from bot.answers import Answer, Answers
from bot.core import open_answers
from bot.sandbox.launchdarkly.app import launchdarkly
from bot.sandbox.launchdarkly.company import Company, harbour_goods
from bot.sandbox.launchdarkly.request import Feature
from bot.store import Snapshot
from tests.conversation import NOW, Conversation, Edit, history_of, settings, start_conversation, visible_text, weekly

DAY = 86_400_000
MS = int(NOW.timestamp() * 1000)
LINE = "cleanup web/production"
FLAGS = "/api/v2/flags/"


def a_flag(key: str, **fields: Any) -> dict[str, Any]:
    return {"key": key, "name": key, "temporary": True, "creationDate": MS - 200 * DAY} | fields


def a_status(key: str, name: str) -> dict[str, Any]:
    return {"name": name, "_links": {"parent": {"href": f"/api/v2/flags/web/{key}"}}}


def account(
    *flags: dict[str, Any],
    statuses: dict[str, str] | None = None,
    references: dict[str, int] | None = None,
    removals: dict[str, list[str]] | None = None,
) -> Edit:
    """Return an edit to an account with these flags, files that mention each, and flags that left each repository."""

    def edit(reply: Any) -> Any:
        if "totalCount" in reply:
            return {"items": list(flags), "totalCount": len(flags)}
        if "flags" in reply:
            files = (references or {}).items()
            return {"flags": {key: [{"name": "shop", "fileCount": count}] for key, count in files}}
        if isinstance(reply["items"], list):
            return {"items": [a_status(key, name) for key, name in (statuses or {}).items()]}
        gone = (removals or {}).items()
        return {"items": {name: [{"flagKey": key, "projKey": "web"} for key in keys] for name, keys in gone}}

    return edit


VERDICTS = ({"readyForCodeRemoval": True}, {"readyToArchive": True}, None)
MANY = [a_flag(f"flag-{n:02d}", stale=VERDICTS[n % 3]) for n in range(90)]
STATES: dict[str, Edit] = {
    "empty": account(),
    "one": account(
        a_flag("old-search", stale={"readyForCodeRemoval": True}, maintainerTeamKey="discovery"),
        statuses={"old-search": "launched"},
        references={"old-search": 1},
    ),
    "more": account(
        *MANY,
        statuses={flag["key"]: "launched" for flag in MANY},
        references={flag["key"]: 12 for flag in MANY},
    ),
    "nothing": account(a_flag("young", creationDate=MS - 10 * DAY), statuses={"young": "active"}),
}


def weekly_cleanups(**numbers: tuple[float | None, ...]) -> tuple[Snapshot, ...]:
    """Return the snapshots of past weeks that cleanup has stored."""
    return tuple(replace(week, place=f"cleanup {week.place}") for week in weekly(**numbers))


PASTS = {"weeks": weekly_cleanups(ready=(9, 8, 6, 5, 4))}


async def ask(line: str, edit: Edit) -> str:
    async with start_conversation(edit) as someone:
        return visible_text(await someone.send(line))


def groups(answer: Answer) -> list[tuple[str, list[str]]]:
    """Return the flags of each group, by the title of the group."""
    shown = list[tuple[str, list[str]]]()
    for text in _section_texts(answer):
        for line in text.split("\n"):
            if line.startswith("• "):
                shown[-1][1].append(line.partition("|")[2].partition(">")[0])
            elif " · " in line and line.startswith("*"):
                shown.append((line.split("*")[1], []))
    return shown


def _section_texts(answer: Answer) -> Iterator[str]:
    return (block["text"]["text"] for block in answer.message.blocks[2:] if block["type"] == "section")


def elements(answer: Answer) -> dict[str, str]:
    """Return the line of each button, by its label."""
    sides = [block["accessory"] for block in answer.message.blocks if "accessory" in block]
    rows = [button for block in answer.message.blocks if block["type"] == "actions" for button in block["elements"]]
    return {button["text"]["text"]: button["value"] for button in [*sides, *rows]}


# --------------------------------------------------------------------------------------------------------------- groups


async def test_flags_are_grouped_by_what_can_be_done(someone: Conversation) -> None:
    answer = await someone.send(LINE)
    assert groups(answer) == [
        ("Ready to remove from code", ["single-sign-on", "dark-mode"]),
        ("Ready to archive", ["old-address-form"]),
        ("Temporary, older than 90 days", ["holiday-theme", "gift-wrap", "apple-pay"]),
    ]
    assert "*3 flags ready to clean up* in web/production: 2 to remove from code, 1 to archive" in visible_text(answer)


async def test_flag_shows_its_owner_age_use_and_link(someone: Conversation) -> None:
    text = visible_text(await someone.send(LINE))
    url = (
        "https://app.launchdarkly.com/projects/web/flags/dark-mode/targeting?env=production&amp;selected-env=production"
    )
    assert (
        f"• *<{url}|dark-mode>* · owned by Tom O’Brien · 8 months old · evaluated 29 minutes ago · 6 files in shop"
    ) in text
    assert "|single-sign-on>* · owned by Platform engineering" in text
    assert "@" not in text


@pytest.mark.parametrize(
    ("flag", "status", "files", "title"),
    [
        ({"stale": {"readyForCodeRemoval": True}}, "launched", 3, "Ready to remove from code"),
        ({"stale": {"readyForCodeRemoval": True}}, "active", 3, "Temporary, older than 90 days"),
        ({}, "launched", 0, "Ready to remove from code"),
        ({}, "launched", 3, "Temporary, older than 90 days"),
        ({"temporary": False}, "launched", 0, ""),
        ({"temporary": False, "stale": {"readyForCodeRemoval": True}}, "launched", 3, "Ready to remove from code"),
        ({"stale": {"readyToArchive": True}}, "inactive", 3, "Ready to archive"),
        ({"stale": {"readyToArchive": True}}, "launched", 0, "Ready to archive"),
        ({}, "inactive", 0, "Ready to archive"),
        ({"stale": {"readyToArchive": False}}, "inactive", 0, "Temporary, older than 90 days"),
        ({"creationDate": MS - 89 * DAY}, "active", 3, ""),
        ({"creationDate": MS - 91 * DAY}, "active", 3, "Temporary, older than 90 days"),
        ({"creationDate": None}, "active", 3, ""),
        ({"temporary": False}, "active", 3, ""),
        ({"archived": True, "stale": {"readyToArchive": True}}, "inactive", 0, ""),
    ],
)
async def test_group_follows_the_verdict_status_and_code(
    flag: dict[str, Any], status: str, files: int, title: str
) -> None:
    references = {"other": 1} | ({"one": files} if files else {})
    edit = account(a_flag("one", **flag), statuses={"one": status}, references=references)
    async with start_conversation(edit) as someone:
        answer = await someone.send(LINE)
    assert groups(answer) == ([(title, ["one"])] if title else [])


async def test_no_scanned_repository_is_not_taken_for_no_references() -> None:
    text = await ask(LINE, account(a_flag("one"), statuses={"one": "launched"}))
    assert "Nothing is ready to clean up" in text
    assert "No repository sends code references to LaunchDarkly." in text


async def test_nothing_to_clean_up_is_one_line() -> None:
    assert "Nothing to clean up in web/production; 1 flag checked" in await ask(LINE, STATES["nothing"])
    assert "Nothing to clean up in web/production; 0 flags checked" in await ask(LINE, account())


async def test_flags_that_left_the_code_this_week_are_named(someone: Conversation) -> None:
    text = visible_text(await someone.send("cleanup warehouse/production"))
    assert "New this week: 2 flags left the code (shelf-lights and paper-pick-lists)" in text
    week = {"projKey": ["warehouse"], "from": [str(MS - 7 * DAY)], "to": [str(MS)]}
    assert week in someone.requested_params()


async def test_flag_left_the_code_only_with_its_last_repository() -> None:
    removals = {"shop": ["gone", "half"], "search": ["gone"]}
    text = await ask(LINE, account(a_flag("half"), references={"half": 1}, removals=removals))
    assert "1 flag left the code (gone)" in text


# -------------------------------------------------------------------------------------------------------------- filters


@pytest.mark.parametrize("owner", ["checkout", "CHECKOUT", '"checkout crew"'])
async def test_owner_is_a_team_by_key_or_name(someone: Conversation, owner: str) -> None:
    answer = await someone.send(f"{LINE} owner={owner}")
    assert groups(answer) == [("Temporary, older than 90 days", ["apple-pay", "new-checkout"])]
    assert "Nothing is ready to clean up in web/production (owned by Checkout crew)" in visible_text(answer)


@pytest.mark.parametrize("owner", ["Tom O’Brien", "tom o'brien"])
async def test_owner_is_a_person_by_name(someone: Conversation, owner: str) -> None:
    answer = await someone.send(f'{LINE} owner="{owner}"')
    assert groups(answer) == [("Ready to remove from code", ["dark-mode"])]


@pytest.mark.parametrize("owner", ["platform", "PLATFORM", '"platform engineering"'])
async def test_stale_flags_of_a_team_are_counted_by_launchdarkly(someone: Conversation, owner: str) -> None:
    text = visible_text(await someone.send(f"{LINE} owner={owner} app=checkout-api"))
    assert "1 stale by LaunchDarkly's count" in text
    asked = [params for params in someone.requested_params() if "maintainerTeamKey" in params][-1]
    assert (asked["maintainerTeamKey"], asked["applicationKey"]) == (["platform"], ["checkout-api"])


async def test_stale_flags_of_a_person_are_not_counted(someone: Conversation) -> None:
    assert "LaunchDarkly's count" not in visible_text(await someone.send(f'{LINE} owner="Tom O’Brien"'))
    assert not [params for params in someone.requested_params() if "maintainerTeamKey" in params]


@pytest.mark.parametrize(
    ("line", "problem", "corrected"),
    [
        ("owner=checkuot", "“checkuot” owns a flag here. Did you mean checkout?", "owner=checkout"),
        ("owner=jonas", "Did you mean Jonas Weber?", 'owner="Jonas Weber"'),
        ("tag=desing", "No flag here has the tag “desing”. Did you mean design?", "tag=design"),
    ],
)
async def test_unknown_owner_or_tag_suggests_the_nearest(
    someone: Conversation, line: str, problem: str, corrected: str
) -> None:
    answer = await someone.send(f"{LINE} {line}")
    assert answer.outcome == "mistyped"
    assert problem in visible_text(answer)
    assert f"{LINE} {corrected}" in elements(answer).values()


async def test_unknown_owner_without_a_similar_one_lists_them(someone: Conversation) -> None:
    text = visible_text(await someone.send(f"{LINE} owner=zzz"))
    assert "Owners are Aiko Tanaka, checkout (Checkout crew), Chloé Martin, Jonas Weber, Mateo Ruiz" in text


@pytest.mark.parametrize("word", ["owner=jonas.weber@harbourgoods.example", "tag=''"])
async def test_email_address_is_no_owner(someone: Conversation, word: str) -> None:
    assert (await someone.send(f"{LINE} {word}")).outcome == "mistyped"


async def test_tag_and_age_narrow_the_list(someone: Conversation) -> None:
    answer = await someone.send(f"{LINE} tag=Design older=270d")
    assert groups(answer) == [("Temporary, older than 270 days", ["holiday-theme"])]
    assert "(tagged Design, older than 270 days)" in visible_text(answer)


async def test_age_is_also_when_a_temporary_flag_is_too_old(someone: Conversation) -> None:
    assert "10 more temporary and older than 90 days" in visible_text(await someone.send(LINE))
    assert "2 more temporary and created before 2026-04-20" in visible_text(
        await someone.send(f"{LINE} older=2026-04-20")
    )


async def test_application_is_filtered_by_launchdarkly(someone: Conversation) -> None:
    answer = await someone.send(f"{LINE} app=checkout-api,search-api")
    filters = [asked["filter"] for asked in someone.requested_params() if "filter" in asked]
    assert filters == [["applicationEvaluated:checkout-api"], ["applicationEvaluated:search-api"]]
    assert groups(answer)[0] == ("Ready to remove from code", ["single-sign-on"])
    unknown = await someone.send(f"{LINE} app=chekout-api")
    assert "Did you mean checkout-api?" in visible_text(unknown)


async def test_unknown_environment_is_explained(someone: Conversation) -> None:
    assert "web has no environment “prodution”" in visible_text(await someone.send("cleanup web/prodution"))


# ---------------------------------------------------------------------------------------------------------------- pages


async def test_group_is_shown_page_by_page() -> None:
    async with start_conversation(STATES["more"]) as someone:
        overview = await someone.send(LINE)
        assert [len(flags) for _, flags in groups(overview)] == [5, 5, 3]
        assert "… and 25 more" in visible_text(overview)
        assert elements(overview)["See all 30 to archive"] == f"{LINE} group=archive"
        first = await someone.send(elements(overview)["See all 30 to remove"])
        assert "1–20 of 30" in visible_text(first)
        second = await someone.send(elements(first)["Next"])
        assert "21–30 of 30" in visible_text(second)
        assert len(groups(first)[0][1]) + len(groups(second)[0][1]) == 30
        assert "Next" not in elements(second)
        assert elements(second)["Previous"] == f"{LINE} group=remove"
        assert elements(second)["All groups"] == LINE
        assert "none of 30 on page 3" in visible_text(await someone.send(f"{LINE} group=remove page=3"))


async def test_group_can_be_sorted_by_owner(someone: Conversation) -> None:
    answer = await someone.send("cleanup warehouse/production group=old")
    by_owner = await someone.send(elements(answer)["By owner"])
    owners = [line.split(" · ")[1] for text in _section_texts(by_owner) for line in text.split("\n") if "•" in line]
    assert owners == [*sorted(owners[:-2]), "no owner", "no owner"]
    assert elements(by_owner)["Oldest first"] == "cleanup warehouse/production group=old"


# ------------------------------------------------------------------------------------------------------------ burn-down


@pytest.mark.parametrize(
    ("past", "expected"),
    [
        (weekly_cleanups(ready=(9, 8, 6, 5, 4)), "3 ready, 5 fewer than four weeks ago"),
        (weekly_cleanups(ready=(2, 3)), "3 ready, 1 more than two weeks ago"),
        (weekly_cleanups(ready=(2, None)), "3 ready, 1 more than two weeks ago"),
        (weekly_cleanups(ready=(3,)), "3 ready, same as last week"),
        (weekly(done=(8, 7, 6, 6)), "5 launched or inactive, 3 fewer than four weeks ago"),
        ((*weekly(done=(8, 7, 6, 6)), *weekly_cleanups(ready=(4,))), "3 ready, 1 fewer than last week"),
        ((), ""),
    ],
)
async def test_burn_down_compares_with_four_weeks_ago(
    someone: Conversation, past: tuple[Snapshot, ...], expected: str
) -> None:
    someone.past_snapshots = history_of(*past)
    text = visible_text(await someone.send(LINE))
    assert expected in text
    assert bool(re.search(r"fewer than|more than|same as", text)) is bool(expected)


async def test_only_an_answer_that_counts_all_flags_is_stored_and_compared(someone: Conversation) -> None:
    someone.past_snapshots = history_of(*weekly_cleanups(ready=(9, 9, 9, 9)))
    answer = await someone.send(f"{LINE} group=old")
    assert answer.snapshot == Snapshot("cleanup web/production", NOW.date(), {"ready": 3}, material=True)
    for filters in ("owner=checkout", "tag=design", "older=30d"):
        answer = await someone.send(f"{LINE} {filters}")
        assert answer.snapshot is None
        assert "weeks ago" not in visible_text(answer).partition("Ready")[0]
    someone.faults.status, someone.faults.path_contains = 503, "flag-statuses"
    assert (await someone.send(LINE)).snapshot is None


# --------------------------------------------------------------------------------------------------------------- ticket


async def test_ticket_names_the_flags_that_are_ready(someone: Conversation) -> None:
    ticket = (await someone.send(LINE)).ticket
    assert ticket.startswith(
        "Clean up 3 flags in web/production\n\nReady to remove from code\n- single-sign-on: owned by"
    )
    assert (
        "\n\nReady to archive\n- old-address-form: owned by Jonas Weber, 20 months old, evaluated 6 weeks ago" in ticket
    )
    assert ticket.endswith("\n\nFrom cleanup web/production, 20 Nov 2026")
    old = (await someone.send(f"{LINE} group=old")).ticket
    assert old.startswith("Clean up 10 flags in web/production\n\nTemporary, older than 90 days\n- holiday-theme")


async def test_ticket_fits_into_an_input_and_counts_the_rest() -> None:
    async with start_conversation(STATES["more"]) as someone:
        ticket = (await someone.send(LINE)).ticket
    assert len(ticket) <= 3000
    named = ticket.count("\n- flag-")
    assert f"\n… and {60 - named} more\n" in ticket


async def test_nothing_to_clean_up_has_no_ticket() -> None:
    async with start_conversation(STATES["nothing"]) as someone:
        answer = await someone.send(LINE)
    assert (answer.ticket, elements(answer)) == ("", {})


# -------------------------------------------------------------------------------------------------------------- missing


@pytest.mark.parametrize(
    ("feature", "says", "ready"),
    [
        (
            "code references",
            "I can't read code references: the LaunchDarkly plan or the role of the bot's token doesn't allow it.",
            "2 flags",
        ),
        ("stale verdicts", "LaunchDarkly sent no verdict on any flag", "2 flags"),
        ("insights", "", "3 flags"),
    ],
)
async def test_missing_feature_is_one_line(someone: Conversation, feature: Feature, says: str, ready: str) -> None:
    someone.faults.missing = frozenset({feature})
    text = visible_text(await someone.send("cleanup warehouse/production"))
    assert says in text
    assert f"*{ready} ready to clean up*" in text


async def test_missing_count_of_a_team_is_one_line(someone: Conversation) -> None:
    someone.faults.missing = frozenset({"insights"})
    text = visible_text(await someone.send(f"{LINE} owner=platform"))
    assert "I can't read the team's flag health: the LaunchDarkly plan or the role of the bot's token" in text
    assert "*1 flag ready to clean up*" in text


async def test_without_statuses_only_the_verdict_counts(someone: Conversation) -> None:
    someone.faults.status, someone.faults.path_contains = 403, "flag-statuses"
    answer = await someone.send("cleanup warehouse/production")
    assert groups(answer)[0] == ("Ready to remove from code", ["barcode-v2"])
    assert "I can't read flag statuses: the LaunchDarkly plan" in visible_text(answer)


async def test_failure_of_the_flags_is_a_failure(someone: Conversation) -> None:
    someone.faults.status, someone.faults.path_contains = 503, FLAGS
    answer = await someone.send(LINE)
    assert answer.outcome == "try later"


# ----------------------------------------------------------------------------------------------------------------- cost


@dataclass
class RoundTrips(httpx.AsyncBaseTransport):
    """Holds all requests until no further one arrives, then answers them, and counts how often."""

    inner: httpx.AsyncBaseTransport
    count: int = 0
    paths: list[str] = field(default_factory=list)
    waiting: list[asyncio.Future[None]] = field(default_factory=list)
    answering: int = 0
    answered: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.paths.append(request.url.path)
        turn = asyncio.get_running_loop().create_future()
        self.waiting.append(turn)
        await turn
        try:
            return await self.inner.handle_async_request(request)
        finally:
            self.answering -= 1
            if not self.answering:
                self.answered.set()

    async def answer(self, answers: Answers, line: str) -> Answer:
        task = asyncio.ensure_future(answers.answer(line, Caller(ZoneInfo("UTC"))))
        while not task.done():
            await self._settle()
            turns, self.waiting = self.waiting, []
            self.count += bool(turns)
            self.answering = len(turns)
            self.answered.clear()
            for turn in turns:
                turn.set_result(None)
        return await task

    async def _settle(self) -> None:
        """Let all other tasks run until they wait for an answer."""
        if self.answering:
            await self.answered.wait()
        for _ in range(300):
            await asyncio.sleep(0)


def large_company(flags: int) -> Company:
    company = harbour_goods()
    template = next(flag for flag in company.flags if flag.key == "dark-mode")
    many = tuple(template.model_copy(update={"key": f"flag-{n}"}) for n in range(flags))
    return company.model_copy(update={"flags": many})


@asynccontextmanager
async def large_account(flags: int) -> AsyncIterator[tuple[Answers, RoundTrips]]:
    app = launchdarkly(lambda: NOW, company=large_company(flags))
    transport = RoundTrips(httpx.ASGITransport(app))
    async with open_answers(settings(answer_timeout_seconds=60.0), lambda: NOW, transport) as answers:
        yield answers, transport


async def test_two_thousand_flags_take_three_round_trips() -> None:
    async with large_account(2000) as (answers, transport):
        first = await transport.answer(answers, LINE)
        assert "*2,000 flags ready to clean up*" in visible_text(first)
        assert (transport.count, len(transport.paths)) == (3, 23)
        transport.paths.clear()
        second = await transport.answer(answers, f'{LINE} owner="Tom O’Brien"')
        assert "*2,000 flags ready to clean up*" in visible_text(second)
        assert len(transport.paths) == 3
        assert not [path for path in transport.paths if path.startswith(FLAGS)]


async def test_count_of_a_team_takes_no_further_round_trip() -> None:
    async with large_account(2000) as (answers, transport):
        await transport.answer(answers, f"{LINE} owner=platform")
        assert (transport.count, len(transport.paths)) == (3, 24)


async def test_limit_of_flags_is_reported() -> None:
    async with large_account(2101) as (answers, transport):
        text = visible_text(await transport.answer(answers, LINE))
    assert "*2,000 flags ready to clean up*" in text
    assert "The project has more than 2,000 flags: only the newest 2,000 were checked." in text
    assert len(transport.paths) <= 25
