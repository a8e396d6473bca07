"""All that is looked at. It knows neither httpx nor slack_sdk, and asks as the bot itself would ask."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from bot import manifest
from bot.app import Clock, connected
from bot.doctor.check import Finding, Look, Skipped, all_made, readable
from bot.errors import Failure, Misconfigured
from bot.launchdarkly import Pages, Reply, Version, field
from bot.messages.humanize import stamp
from bot.questions.base import Ask
from bot.questions.scores import ENDPOINT as SCORES
from bot.settings import Settings, try_settings, unset_mode, zone
from bot.slack import diagnostics
from bot.store.inspection import inspect

OFF, REFUSED = 60, 300  # seconds: what is wrong with a clock, and from when on Slack's requests count as old
INSTALL = "Give the app the manifest that `insights-bot manifest` prints, and install it again."


class Caller(Reply):
    """Whose token LaunchDarkly sees. All of it is optional, and the role is not told."""

    name: str | None = field(name="tokenName", default=None)
    service: bool | None = field(name="serviceToken", default=None)


@dataclass(frozen=True)
class Looks:
    """What the looks need. Each question to others is given up after some *seconds*."""

    settings: Settings
    now: Clock
    seconds: float

    async def findings(self, wrong: Mapping[str, Failure]) -> list[Finding]:
        """All lines, with one for each *wrong* setting."""
        made = await all_made(self._all(), self.settings, wrong, self.seconds + 1)  # who is asked is given up before
        return [*readable(wrong.values()), *made]

    def _all(self) -> tuple[Look, ...]:
        asking, slack = ("launchdarkly_access_token", "launchdarkly_api_host"), ("slack_bot_token", "slack_api_url")
        return (
            Look("Time zone", ("time_zone",), self._zone),
            Look("Mode", ("slack_app_token", "slack_signing_secret", "port"), self._mode),
            Look("LaunchDarkly", asking, self._launchdarkly),
            Look("Insights", (*asking, "default_place", "time_zone"), self._insights),
            Look("Slack", slack, self._slack),
            Look("Scopes", slack, self._scopes),
            Look("Socket", ("slack_app_token", "slack_api_url"), self._socket),
            Look("Clock", ("slack_api_url",), self._clock),
            Look("Store", ("database_url",), self._store),
        )

    async def _zone(self) -> str:
        here = stamp(self.now().timestamp() * 1000, zone(self.settings.time_zone))
        return f"{self.settings.time_zone}, where it is {here.said}."

    async def _mode(self) -> str:
        if self.settings.socket_mode:
            return "Socket Mode, since SLACK_APP_TOKEN is set."
        if not self.settings.secret("slack_signing_secret"):
            raise unset_mode()
        return f"HTTP, since SLACK_APP_TOKEN is not set: {manifest.PATH} on port {self.settings.port}."

    async def _launchdarkly(self) -> str:
        async with connected(self.settings, self.now) as launchdarkly:
            caller = await launchdarkly.get(Caller, "/api/v2/caller-identity", version=Version.CURRENT)
        kind = "a service token" if caller.service else "a person's token" if caller.service is False else "a token"
        return f"It takes {kind}{f', {caller.name}' if caller.name else ''}."

    async def _insights(self) -> str:
        place, parts = self.settings.default_place, self.settings.defaults
        if not place:
            raise Skipped("DEFAULT_PLACE is not set.", "Set it (web/production, say), and its scores are asked for.")
        async with connected(self.settings, self.now) as launchdarkly:
            pages, here = Pages(self.settings.launchdarkly_api_host), zone(self.settings.time_zone)
            await SCORES.fetch(SCORES.query(**parts), Ask(launchdarkly, pages, self.now(), here))
        return f"The scores of {place} can be read."

    async def _slack(self) -> str:
        found = await diagnostics.identity(self.settings, self.seconds)
        return f"The bot is {found.name} in {found.team}."

    async def _scopes(self) -> str:
        needed, optional = manifest.scopes().keys(), manifest.optional_scopes().keys()
        try:
            found = (await diagnostics.identity(self.settings, self.seconds)).scopes
        except Failure:
            raise Skipped("Looked at once Slack takes the bot token.", "") from None
        if found is None:
            raise Skipped("Slack does not say what the bot may do.", "")
        if missing := needed - found:
            raise Misconfigured(f"The bot lacks {_row(missing)}.", INSTALL)
        more = f"; beyond what it needs: {_row(unneeded)}" if (unneeded := found - needed - optional) else ""
        less = f" It goes without {_row(declined)}, which is optional." if (declined := optional - found) else ""
        return f"{_row(found & (needed | optional))}{more}.{less}"

    async def _socket(self) -> str:
        if not self.settings.socket_mode:
            raise Skipped("SLACK_APP_TOKEN is not set; over HTTP it is not needed.", "")
        await diagnostics.open_socket(self.settings, self.seconds)
        return "Slack would open one."

    async def _clock(self) -> str:
        theirs = await diagnostics.clock(self.settings, self.seconds)
        if theirs is None:
            raise Skipped("Slack does not say what time it is.", "")
        ahead = (self.now() - theirs).total_seconds()
        apart = f"It is {abs(ahead):.0f} s {'ahead of' if ahead > 0 else 'behind'} Slack's."
        if abs(ahead) > OFF:
            raise Misconfigured(apart, f"Set it right: from {REFUSED} s on, no request of Slack's is believed.")
        return apart

    async def _store(self) -> str:
        found = await inspect(self.settings.database_url, int(self.seconds * 1000))
        name = str(found.address.file) if found.address.is_file else "PostgreSQL"
        if not found.exists:
            return f"{name} doesn't exist yet. `insights-bot run` creates it."
        if found.revision is None:
            return f"{name} answers, and has no tables yet. `insights-bot run` creates them."
        if found.revision != found.newest:
            return f"{name} is at revision {found.revision}. `insights-bot run` migrates it to {found.newest}."
        return f"{name} is up to date, and answers."


async def examined(now: Clock, seconds: float = 5) -> list[Finding]:
    """What comes of looking at everything once, as it is set."""
    settings, wrong = try_settings()
    settings = settings.model_copy(update={"answer_seconds": min(settings.answer_seconds, seconds)})
    return await Looks(settings, now, seconds).findings(wrong)


def _row(names: Collection[str]) -> str:
    return ", ".join(sorted(names))
