"""What a channel's questions leave out, by name as people type it: project, env, app. And who said so, and when."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import bindparam, select

from bot.store.database import Connections
from bot.store.models import Change
from bot.store.tables import CHANNEL_DEFAULTS as TABLE
from bot.store.upsert import upsert

CHANGE = select(TABLE.c.given, TABLE.c.changed_by, TABLE.c.changed_at).where(
    TABLE.c.team == bindparam("team"), TABLE.c.channel == bindparam("channel")
)


class Defaults:
    """The defaults of all channels."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def get(self, team: str, channel: str) -> dict[str, str]:
        """A channel's defaults; empty where it has none."""
        change = await self.changed(team, channel)
        return change.values if change else {}

    async def changed(self, team: str, channel: str) -> Change | None:
        """The last change of a channel's defaults."""
        row = await self._connections.row(CHANGE, team=team, channel=channel)
        return Change(*row) if row else None

    async def put(self, team: str, channel: str, values: Mapping[str, str], by: str, at: datetime) -> None:
        """Give a channel these defaults instead of those that it has."""
        async with self._connections.writing() as connection:
            await upsert(
                connection, TABLE, team=team, channel=channel, given=dict(values), changed_by=by, changed_at=at
            )

    async def forget(self, team: str, channel: str, by: str, at: datetime) -> None:
        """Take a channel's defaults back."""
        await self.put(team, channel, {}, by, at)
