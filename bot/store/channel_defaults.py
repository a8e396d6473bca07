"""Each channel's defaults, by the names that people type (project, env, app), with who set them and when."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import bindparam, select

from bot.store.database import Database, upsert
from bot.store.models import DefaultsChange
from bot.store.tables import CHANNEL_DEFAULTS as TABLE

SELECT_LAST_CHANGE = select(TABLE.c.given, TABLE.c.changed_by, TABLE.c.changed_at).where(
    TABLE.c.team == bindparam("team"), TABLE.c.channel == bindparam("channel")
)


class ChannelDefaults:
    """The defaults of all channels."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, team: str, channel: str) -> dict[str, str]:
        """Return a channel's defaults; empty if it has none."""
        change = await self.last_change(team, channel)
        return change.values if change else {}

    async def last_change(self, team: str, channel: str) -> DefaultsChange | None:
        """Return the last change of a channel's defaults."""
        row = await self._database.fetch_one(SELECT_LAST_CHANGE, team=team, channel=channel)
        return DefaultsChange(*row) if row else None

    async def put(self, team: str, channel: str, values: Mapping[str, str], by: str, at: datetime) -> None:
        """Replace a channel's defaults."""
        async with self._database.transaction() as connection:
            await upsert(
                connection, TABLE, team=team, channel=channel, given=dict(values), changed_by=by, changed_at=at
            )

    async def clear(self, team: str, channel: str, by: str, at: datetime) -> None:
        """Remove a channel's defaults, and record who did."""
        await self.put(team, channel, {}, by, at)
