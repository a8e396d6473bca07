"""Watch flag status for the number of flags in each status."""

from datetime import datetime

from bot.questions.base import QuestionContext
from bot.questions.status import QUESTION, StatusParams
from bot.schedules.watches.observation import Observation


async def observe(params: StatusParams, ctx: QuestionContext, _: datetime) -> dict[str, Observation]:
    """Return the number of flags in each status."""
    view = QUESTION.build_view(params, await QUESTION.fetch(params, ctx), ctx)
    line = QUESTION.line(dict(params))
    return {
        row.name: Observation(
            what=f"Flags {row.name.lower()}", state=str(row.flags), says=f"{row.flags:,}", url=view.url, line=line
        )
        for row in view.rows
    }
