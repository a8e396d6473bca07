"""The command line, one more surface. Each command imports what only it needs."""

import asyncio
import io
import json
import os
import signal
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import click

from bot import __version__
from bot.errors import Failure, Misconfigured
from bot.lines.spec import quote_value
from bot.log import configure_logging
from bot.manifest import http_manifest, socket_mode_manifest
from bot.messages.message import Message
from bot.settings import Settings, parse_zone, read_settings, try_read_settings

if TYPE_CHECKING:
    from bot.answers import Answer

EXIT_CODES = {"answered": 0, "mistyped": 2}
MARK_COLORS = {"ok": "green", "error": "red", "skipped": "yellow"}
PROGRESS_INTERVAL = 20  # questions between two lines of progress
BLOCK_KIT_BUILDER_URL = "https://app.slack.com/block-kit-builder/#"

sandbox_option = click.option(
    "--sandbox", is_flag=True, help="Use the built-in LaunchDarkly simulator, even if a token is set."
)
zone_option = click.option("--zone", "zone_name", help="Time zone, for example Europe/Berlin.")


class CommandGroup(click.Group):
    """A group whose commands end with one line on a Failure, and silently when the reader of a pipe has gone."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().main(*args, **kwargs)
        finally:
            _flush()

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        with _exit_on_broken_pipe():  # --help and --version are printed here
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> Any:
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="replace")  # an old terminal still shows the numbers
        try:
            with _exit_on_broken_pipe():
                return super().invoke(ctx)
        except Failure as failure:
            click.echo(f"{failure.summary} {failure.todo}".rstrip(), err=True)
            sys.exit(1)


@contextmanager
def _exit_on_broken_pipe() -> Iterator[None]:
    """End quietly when the reader of a pipe has gone. Click would exit with 1."""
    try:
        yield
    except BrokenPipeError:
        sys.exit()


def _flush() -> None:
    """Flush the output, or discard it if its reader has gone: Python would complain about that when it exits."""
    for stream in filter(None, (sys.stdout, sys.stderr)):  # a stream that was closed from the start is None
        try:
            stream.flush()
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


@click.group(cls=CommandGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def main() -> None:
    """Engineering insights from LaunchDarkly, in Slack and in your terminal."""


@main.command(context_settings={"ignore_unknown_options": True})
@click.argument("words", nargs=-1, type=click.UNPROCESSED)
@click.option("--json", "form", flag_value="json", help="Print the message as JSON, without its thread.")
@click.option(
    "--builder", "form", flag_value="builder", help="Print a link that opens the message in Block Kit Builder."
)
@sandbox_option
@zone_option
def ask(words: tuple[str, ...], form: str | None, sandbox: bool, zone_name: str | None) -> None:
    """Ask a question, such as scores web/production. Without one, list them all."""
    question_line = words[0] if len(words) == 1 else " ".join(map(quote_value, words))
    [answer] = _answer_lines([question_line], sandbox, zone_name)
    _print(answer, form)
    sys.exit(EXIT_CODES.get(answer.outcome, 1))


@main.command()
@click.argument("question", required=False)
@sandbox_option
@zone_option
def preview(question: str | None, sandbox: bool, zone_name: str | None) -> None:
    """Show example answers to every question, or to one."""
    from bot.questions import discover

    questions = discover()
    if question and question not in questions:
        raise click.BadParameter(f"no question {question!r}; choose from {', '.join(questions)}")
    chosen_questions = [questions[question]] if question else questions.values()
    lines = [line for spec in chosen_questions for line in spec.examples]
    answers = _answer_lines(lines, sandbox, zone_name)
    for n, (line, answer) in enumerate(zip(lines, answers, strict=True)):
        if n:
            click.echo()
        click.secho(f"$ insights-bot ask {quote_value(line)}\n", fg="green", bold=True)
        _print(answer, None)
    sys.exit(max(EXIT_CODES.get(answer.outcome, 1) for answer in answers))


@main.command()
@click.option("--once", is_flag=True, help="Run a scripted tour in the terminal (the default without a browser).")
@click.option("--serve", "only_served", is_flag=True, help="Serve the page without opening a browser.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=3210,
    show_default=True,
    help="Port, or the next free one if it's taken.",
)
@click.option("--real-launchdarkly", "live", is_flag=True, help="Use the real LaunchDarkly, with your token.")
def demo(once: bool, only_served: bool, port: int, live: bool) -> None:
    """Try the bot in your browser, with made-up data."""
    with suppress(KeyboardInterrupt, asyncio.CancelledError):
        from bot.demo.environment import live_demo, sandbox_demo
        from bot.demo.server import find_browser, serve_until_stopped
        from bot.demo.tour import run_tour

        settings = read_settings()
        configure_logging("ERROR")  # failures of Slack or LaunchDarkly are part of the demo
        open_browser = find_browser() if sys.stdout.isatty() and not only_served else None
        once = once or not (only_served or open_browser)
        environment = live_demo(settings, _now, interactive=not once) if live else sandbox_demo(settings, _now)
        asyncio.run(
            run_tour(environment, click.echo, _print_step)
            if once
            else serve_until_stopped(environment, port, open_browser, click.echo)
        )
        return
    click.echo("The demo has stopped.")
    sys.exit(once)  # a tour that was interrupted has failed


def _print_step(title: str, message: Message) -> None:
    click.secho(f"{title}\n", fg="green", bold=True)
    _draw(message, err=False)
    click.echo()


@main.command()
@click.option(
    "--only",
    type=click.Choice(["web", "worker"]),
    help="Run only the web process, or only the scheduler.",
)
def run(only: str | None) -> None:
    """Run the bot."""
    from bot.app import load_run_settings
    from bot.app import run as run_bot

    settings = load_run_settings(only)
    configure_logging(settings.log_level)
    asyncio.run(run_bot(settings, _now, only))


@main.command()
def doctor() -> None:
    """Check settings, tokens, scopes, clock and database."""
    from bot.doctor import run_checks

    checks = asyncio.run(run_checks(_now))
    for check in checks:
        mark = click.style(f"{check.status:<8}", fg=MARK_COLORS[check.status], bold=True)
        click.echo(f"{mark} {check.name:<14} {check.message}")
    sys.exit(any(check.status == "error" for check in checks))


@main.command()
@click.option("--export", is_flag=True, help="Print all schedules as YAML.")
@click.option("--import", "file", metavar="FILE", help="Import schedules from a file, skipping existing ones.")
def schedules(export: bool, file: str | None) -> None:
    """List all schedules and watches, or export or import them."""
    if export and file:
        raise click.UsageError("Use either --export or --import, not both.")
    settings = read_settings()
    asyncio.run(_import_schedules(settings, file) if file else _list_schedules(settings.database_url, export))


async def _import_schedules(settings: Settings, file: str) -> None:
    """Add a file's schedules and print which questions couldn't be checked, or print all of its mistakes."""
    from bot.app import open_import_rules
    from bot.schedules.import_export import FORMAT_HINT, import_schedules, read_file
    from bot.store import store

    text = read_file(file)
    async with (
        store.open_store(settings.database_url) as opened_store,
        open_import_rules(settings, _now, _progress) as rules,
    ):
        result = await import_schedules(opened_store, text, rules, _now())
    if result.mistakes:
        mistakes = "1 mistake" if len(result.mistakes) == 1 else f"{len(result.mistakes)} mistakes"
        lines = [
            f"The file has {mistakes}, so nothing was imported:",
            *(f"  {mistake}" for mistake in result.mistakes),
            FORMAT_HINT,
        ]
        click.echo("\n".join(lines), err=True)
        sys.exit(1)
    if rules.question_check is None:
        click.echo("LAUNCHDARKLY_ACCESS_TOKEN isn't set: the questions weren't checked with LaunchDarkly.", err=True)
    for question, why in result.unchecked.items():
        click.echo(f"Not checked with LaunchDarkly: {question}. {why}", err=True)
    click.echo(f"{result.added} added, {result.existing} already there.")


def _progress(done: int, total: int) -> None:
    if total >= PROGRESS_INTERVAL and done % PROGRESS_INTERVAL == 0:
        click.echo(f"Checking {total} questions with LaunchDarkly, {done} done …", err=True)


async def _list_schedules(url: str, export: bool) -> None:
    from bot.schedules.import_export import HEADING, export_yaml, table_rows
    from bot.store import store
    from bot.terminal import console, draw_rows

    async with store.open_store(url) as opened_store:
        if export:
            click.echo(await export_yaml(opened_store), nl=False)
        elif schedule_rows := await table_rows(opened_store):
            draw_rows(HEADING, schedule_rows, console())
        else:
            click.echo("No schedules yet. Add one in a channel with /insights every … or /insights watch …")


@main.command()
@click.option(
    "--http", "address", metavar="https://…", help="Use HTTP instead of Socket Mode; Slack sends its requests here."
)
def manifest(address: str | None) -> None:
    """Print the Slack app manifest, for Socket Mode by default."""
    try:
        host = try_read_settings()[0].unfurl_host
        click.echo(http_manifest(address, host) if address else socket_mode_manifest(host), nl=False)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--http") from None


@main.command()
@click.option("--port", type=click.IntRange(0, 65535), default=8765, show_default=True, help="0 picks a free one.")
def sandbox(port: int) -> None:
    """Serve the LaunchDarkly simulator over HTTP."""
    try:
        with suppress(KeyboardInterrupt):  # Ctrl-C on Windows
            asyncio.run(_serve_sandbox(port))
    except OSError as error:
        what = f"Can't listen on port {port} ({error.strerror})."
        raise Misconfigured(what, "Choose another with --port; 0 picks a free one.") from None
    click.echo("The LaunchDarkly simulator has stopped.")


async def _serve_sandbox(port: int) -> None:
    from bot.sandbox.http_server import serving
    from bot.sandbox.launchdarkly.app import TOKEN, launchdarkly

    stopped = asyncio.Event()
    with suppress(NotImplementedError):  # on Windows
        for signum in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(signum, stopped.set)
    async with serving(launchdarkly(_now), port) as url:
        click.echo(f"The LaunchDarkly simulator is listening at {url}. Try:\n")
        example = "insights-bot ask scores web/production"
        click.echo(f"  LAUNCHDARKLY_API_HOST={url} LAUNCHDARKLY_ACCESS_TOKEN={TOKEN} {example}")
        await stopped.wait()


def _now() -> datetime:
    return datetime.now(UTC)


def _answer_lines(lines: Iterable[str], sandbox: bool, zone_name: str | None) -> "list[Answer]":
    """Answer some lines, one after the other."""
    settings = read_settings(**({"time_zone": zone_name} if zone_name else {}))
    return asyncio.run(_ask_all(list(lines), settings, sandbox))


async def _ask_all(lines: list[str], settings: Settings, sandbox: bool) -> "list[Answer]":
    from bot.access import Caller
    from bot.core import open_answers, use_sandbox

    transport = None
    if sandbox or settings.launchdarkly_access_token is None:
        reason = "" if sandbox else "LAUNCHDARKLY_ACCESS_TOKEN isn't set. "
        click.echo(f"{reason}Using the built-in LaunchDarkly simulator.", err=True)
        settings, transport = use_sandbox(settings, _now)
    caller = Caller(parse_zone(settings.time_zone), settings.defaults)
    async with open_answers(settings, _now, transport) as answers:
        return [await answers.answer(line, caller) for line in lines]


def _print(answer: "Answer", form: str | None) -> None:
    """Print an answer to standard output; draw anything else to standard error, but print JSON to standard output."""
    payload = json.dumps(answer.message.payload(), ensure_ascii=False)
    if form == "json":
        click.echo(payload)
    elif form == "builder":
        blocks = json.dumps({"blocks": answer.message.payload()["blocks"]}, ensure_ascii=False, separators=(",", ":"))
        click.echo(BLOCK_KIT_BUILDER_URL + quote(blocks, safe=""))
    else:
        _draw(answer.message, err=answer.outcome != "answered")


def _draw(message: Message, *, err: bool) -> None:
    from bot.terminal import console, draw

    draw(message, console(err=err))
