"""Runs commands: checks who may use them, and asks first if people of another organization would read the result."""

from dataclasses import dataclass
from typing import cast

from bot.access import Caller, authorize_schedule_manager
from bot.commands.base import AnyCommand, CommandContext, Directory, Publication
from bot.lines.parser import ParsedLine
from bot.notices import confirmation_view
from bot.questions.base import View
from bot.questions.catalog import Catalog
from bot.schedules.context import SchedulerContext


@dataclass(frozen=True)
class SlackCommandRunner:
    """Implements `CommandRunner` of `bot/answers.py`, in a workspace."""

    scheduler: SchedulerContext
    directory: Directory

    async def run(self, parsed: ParsedLine, caller: Caller, catalog: Catalog) -> View:
        command = cast(AnyCommand, parsed.spec)
        if command.restricted:
            await authorize_schedule_manager(caller, self.directory)
        scheduler = self.scheduler
        ctx = CommandContext(caller, scheduler.store, scheduler.now(), scheduler, self.directory, catalog)
        if question := await self._question_before(command, parsed, ctx):
            return question
        view: View = await command.execute(parsed.params, ctx)
        return view

    async def _question_before(self, command: AnyCommand, parsed: ParsedLine, ctx: CommandContext) -> View | None:
        """Return what the caller must confirm, if the bot would post where people of another organization read."""
        if not command.publishes or ctx.caller.has_confirmed or not await ctx.directory.is_shared(ctx.caller.channel):
            return None
        publication: Publication | None = await command.publishes(parsed.params, ctx)
        if publication is None:
            return None
        return confirmation_view("order", parsed.canonical, publication.line, publication.when)
