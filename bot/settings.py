"""Settings, read once from the environment and `.env`. Each has a group, a description and a default."""

from typing import Any, ClassVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.errors import InvalidSettings, Misconfigured

SECONDS_PER_DAY = 86_400  # also the limit of most settings: nobody means to wait longer


class SettingsGroup(BaseSettings):
    """Settings that belong together. Each field is an environment variable of the same name in capitals."""

    model_config = SettingsConfigDict(env_file=".env", frozen=True, extra="ignore", env_ignore_empty=True)
    title: ClassVar[str]


class RequiredSettings(SettingsGroup):
    """What the bot can't run without: two tokens, and either an app token or a signing secret."""

    title = "Required"

    launchdarkly_access_token: SecretStr | None = Field(
        None,
        description="Create a LaunchDarkly service token with the Reader role, under Settings ─► Authorization.",
    )
    slack_bot_token: SecretStr | None = Field(
        None, description="Copy the bot token (xoxb-…) from your app's page in Slack, under OAuth & Permissions."
    )
    slack_app_token: SecretStr | None = Field(
        None,
        description="For Socket Mode: generate an app-level token (xapp-…) with connections:write, "
        "under Basic Information.",
    )
    slack_signing_secret: SecretStr | None = Field(
        None, description="For HTTP: copy the signing secret, under Basic Information."
    )

    @field_validator("launchdarkly_access_token")
    @classmethod
    def _not_an_sdk_key(cls, token: SecretStr | None) -> SecretStr | None:
        if (token and not (value := token.get_secret_value()).isascii()) or (token and any(c.isspace() for c in value)):
            raise ValueError("must have no spaces and no special characters")
        if token and value.startswith(("sdk-", "mob-")):
            raise ValueError("must be an access token, not an SDK key")
        return token


class AccessSettings(SettingsGroup):
    """Who may use the bot. Empty allows everyone, everywhere, about everything."""

    title = "Who may use it"

    allowed_channels: str = Field(
        "",
        description="Channels where the bot answers: IDs, separated by commas. Empty allows all; "
        "else, only ALLOWED_USERS get answers to direct messages and a Home tab.",
    )
    allowed_users: str = Field(
        "", description="People the bot answers: user IDs, separated by commas. Empty allows everyone."
    )
    allowed_projects: str = Field(
        "", description="LaunchDarkly projects the bot shows: keys, separated by commas. Empty allows all."
    )
    allowed_schedule_managers: str = Field(
        "",
        description="People (U…) and user groups (S…) who may manage schedules and alerts: IDs, separated by commas. "
        "Empty allows everyone.",
    )
    admin_users: str = Field(
        "", description="People who see on the bot's Home tab how it is doing: user IDs, separated by commas."
    )


class TuningSettings(SettingsGroup):
    """Defaults, hosting and limits. They suit most installations as they are."""

    title = "Tuning"

    default_project: str = Field(
        "",
        pattern=r"^$|^[A-Za-z0-9][A-Za-z0-9._-]*/[A-Za-z0-9][A-Za-z0-9._-]*$",
        json_schema_extra={"must": "look like project/environment, for example web/production"},
        description="Project/environment for questions that don't name one, such as web/production.",
    )
    time_zone: str = Field("UTC", description="IANA time zone for people whose own is unknown, such as Europe/Berlin.")
    launchdarkly_api_host: str = Field(
        "https://app.launchdarkly.com",
        pattern=r"^https?://([A-Za-z0-9-]+\.)*[A-Za-z0-9-]+(:[1-9]\d{0,4})?/?$",
        json_schema_extra={"must": "be an address without a path, for example https://app.launchdarkly.com"},
        description="LaunchDarkly's address, without a path. EU and federal instances have their own.",
    )
    unfurl_host: str = Field(
        "",
        pattern=r"^$|^([A-Za-z0-9-]+\.)+[A-Za-z]{2,}$",
        json_schema_extra={"must": "be a host's name, for example app.launchdarkly.com"},
        description="Host of the flag links that show the flag's state below them, such as app.launchdarkly.com. "
        "Empty: none do.",
    )
    slack_api_url: str = Field(
        "https://slack.com/api/",
        pattern=r"^https?://.+/$",
        json_schema_extra={"must": "be an address that ends in a slash, for example https://slack.com/api/"},
        description="Address of Slack's API.",
    )
    database_url: str = Field(
        "sqlite:///insights-bot.db", description="SQLite for one process, or postgresql://… for several."
    )
    port: int = Field(3000, ge=0, le=65535, description="Port for Slack's HTTP requests, health checks and metrics.")
    log_level: str = Field(
        "INFO",
        pattern=r"^(DEBUG|INFO|WARNING|ERROR)$",
        json_schema_extra={"must": "be DEBUG, INFO, WARNING or ERROR"},
        description="Log level: DEBUG, INFO, WARNING or ERROR.",
    )

    answer_timeout_seconds: float = Field(
        20, gt=0, le=SECONDS_PER_DAY, description="Time limit for an answer, including retries."
    )
    progress_notice_seconds: float = Field(
        1, gt=0, le=SECONDS_PER_DAY, description="Delay before “Asking LaunchDarkly …” is shown."
    )
    suggestion_timeout_seconds: float = Field(
        0.5,
        ge=0,
        le=SECONDS_PER_DAY,
        description="How long help and plain words wait for LaunchDarkly's lists before they do without.",
    )
    shutdown_grace_seconds: float = Field(
        30, ge=0, le=SECONDS_PER_DAY, description="Shutdown grace period for answers in flight."
    )
    launchdarkly_connect_timeout_seconds: float = Field(
        3, gt=0, le=SECONDS_PER_DAY, description="Timeout for connecting to LaunchDarkly."
    )
    launchdarkly_read_timeout_seconds: float = Field(
        12, gt=0, le=SECONDS_PER_DAY, description="How long LaunchDarkly may send nothing before a request times out."
    )
    launchdarkly_retry_base_seconds: float = Field(
        0.2, ge=0, le=60, description="Delay before the first retry of a LaunchDarkly request. Grows with each retry."
    )
    launchdarkly_cache_seconds: float = Field(
        30, ge=0, le=SECONDS_PER_DAY, description="How long LaunchDarkly's replies are cached."
    )
    charts_retry_seconds: float = Field(
        7 * SECONDS_PER_DAY,
        ge=0,
        le=365 * SECONDS_PER_DAY,
        description="How long to send text instead of charts after a workspace rejects them.",
    )
    channel_message_interval_seconds: float = Field(
        1, ge=0, le=60, description="Minimum time between two messages in one channel."
    )

    greeting_delay_seconds: float = Field(
        2, ge=0, le=60, description="How long a greeting waits, in case a mention invited the bot and gets an answer."
    )

    scheduler_poll_seconds: float = Field(5, gt=0, le=SECONDS_PER_DAY, description="Scheduler polling interval.")
    schedule_jitter_seconds: float = Field(
        60, ge=0, le=3600, description="Schedules due in the same minute are spread over this time."
    )
    catch_up_window_seconds: float = Field(
        3600,
        gt=0,
        le=SECONDS_PER_DAY,
        description="How late a missed run may still be delivered. After that it's skipped, and the next post says so.",
    )
    watch_poll_seconds: float = Field(
        300, ge=30, le=SECONDS_PER_DAY, description="How often a watch checks for changes."
    )
    max_watch_alerts_per_hour: int = Field(
        6, ge=1, le=1000, description="Alerts a watch may post per hour. The rest are combined into one summary."
    )
    queue_poll_seconds: float = Field(1, gt=0, le=60, description="Job queue polling interval.")
    job_lease_seconds: float = Field(
        300, gt=0, le=SECONDS_PER_DAY, description="How long a process holds a job before another may take over."
    )
    worker_timeout_seconds: float = Field(
        15, gt=0, le=SECONDS_PER_DAY, description="How long a process may be silent before others take over its jobs."
    )
    max_concurrent_deliveries: int = Field(8, ge=1, le=1000, description="Deliveries per process at the same time.")
    max_deliveries_per_minute: int = Field(
        200, ge=1, le=1_000_000, description="Deliveries started per minute, across all processes."
    )
    delivery_retry_base_seconds: float = Field(
        10,
        gt=0,
        le=SECONDS_PER_DAY,
        description="Delay before the first retry of a failed delivery. Grows with each retry.",
    )
    post_confirm_seconds: float = Field(
        10,
        ge=0,
        le=SECONDS_PER_DAY,
        description="How long to look for a possibly posted message before posting it again.",
    )

    sqlite_lock_timeout_seconds: float = Field(
        10,
        ge=0,
        le=SECONDS_PER_DAY,
        description="How long startup waits for another process to release the SQLite file.",
    )
    socket_mode_ping_seconds: float = Field(5, gt=0, le=SECONDS_PER_DAY, description="Socket Mode ping interval.")
    socket_mode_idle_timeout_seconds: float = Field(
        600, gt=0, le=SECONDS_PER_DAY, description="Silence after which Socket Mode reconnects."
    )
    http_max_connections: int = Field(
        500, ge=1, le=100_000, description="Open connections allowed on PORT. One more closes an idle one."
    )
    http_request_timeout_seconds: float = Field(
        10, gt=0, le=SECONDS_PER_DAY, description="Time limit for receiving an HTTP request."
    )
    readiness_cache_seconds: float = Field(
        10, ge=0, le=SECONDS_PER_DAY, description="How long /readyz caches whether Slack is reachable."
    )

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            parse_zone(name)
        except ValueError:
            raise ValueError("must be an IANA time zone, for example Europe/Berlin") from None
        return name


class Settings(TuningSettings, AccessSettings, RequiredSettings):
    """All settings. Fields are in the order of GROUPS, which is Python's from the last base to the first."""

    def missing(self, *, serves_slack: bool = True) -> dict[str, Misconfigured]:
        """Return the problems of missing settings, by name. A worker only runs schedules, and doesn't serve Slack."""
        required = ("launchdarkly_access_token", "slack_bot_token")
        problems = {name: missing_setting(name) for name in required if getattr(self, name) is None}
        if serves_slack and not self.socket_mode and self.slack_signing_secret is None:
            problems["slack_app_token"] = missing_slack_mode()
        if not serves_slack and self.database_url.startswith("sqlite"):
            todo = "Or run everything in one process with `insights-bot run`."
            problems["database_url"] = Misconfigured("DATABASE_URL must be postgresql://… for --only worker.", todo)
        return problems

    @property
    def socket_mode(self) -> bool:
        """Whether the bot connects to Slack by Socket Mode, and so needs no public address."""
        return self.slack_app_token is not None

    def secret(self, name: str) -> str:
        """Return a secret in plain text, or "" if it isn't set."""
        secret: SecretStr | None = getattr(self, name)
        return secret.get_secret_value() if secret else ""

    def as_set(self, name: str) -> frozenset[str]:
        """Return the words of a comma-separated setting."""
        return frozenset(word.strip() for word in getattr(self, name).split(",") if word.strip())

    @property
    def defaults(self) -> dict[str, str]:
        """The defaults of DEFAULT_PROJECT, by parameter name."""
        project, _, env = self.default_project.partition("/")
        return {"project": project, "env": env} if project else {}


GROUPS: tuple[type[SettingsGroup], ...] = (RequiredSettings, AccessSettings, TuningSettings)


def parse_zone(name: str) -> ZoneInfo:
    """Return a time zone by its IANA name; raise ValueError if there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"unknown time zone {name!r}; use an IANA name such as Europe/Berlin") from None


def read_settings(**overrides: Any) -> Settings:
    """Read the settings. Wrong ones raise InvalidSettings, which names each with the reason, but not its value."""
    settings, problems = try_read_settings(**overrides)
    if problems:
        raise InvalidSettings(problems.values())
    return settings


def try_read_settings(**overrides: Any) -> tuple[Settings, dict[str, Misconfigured]]:
    """Read the settings, and return them with the problem of each wrong one, which has its default instead."""
    try:
        return Settings(**overrides), {}
    except UnicodeDecodeError:
        raise Misconfigured("The file .env isn't UTF-8 text.", "Save it as UTF-8, or remove it.") from None
    except ValidationError as invalid:
        errors = invalid.errors(include_input=False, include_url=False)
    problems = {str(error["loc"][0]): _misconfigured(str(error["loc"][0]), error) for error in errors}
    return Settings(**overrides | {name: Settings.model_fields[name].default for name in problems}), problems


def setting_description(name: str) -> str:
    """Return what a setting is, and where to find its value."""
    return Settings.model_fields[name].description or ""


def missing_setting(name: str) -> Misconfigured:
    """Return the problem of a missing setting."""
    return Misconfigured(f"{name.upper()} isn't set.", setting_description(name))


def missing_slack_mode() -> Misconfigured:
    """Return the problem of a bot with neither an app token nor a signing secret."""
    todo = f"{setting_description('slack_app_token')} {setting_description('slack_signing_secret')}"
    return Misconfigured("Set SLACK_APP_TOKEN or SLACK_SIGNING_SECRET.", todo)


def _misconfigured(name: str, error: ErrorDetails) -> Misconfigured:
    is_custom = error["type"] == "value_error"  # raised by one of our validators
    requirement = error["msg"].removeprefix("Value error, ") if is_custom else _requirement(Settings.model_fields[name])
    return Misconfigured(f"{name.upper()} {requirement}.", setting_description(name))


def _requirement(field: FieldInfo) -> str:
    """Return what a value must be: the field's own sentence, or a number within bounds."""
    if isinstance(field.json_schema_extra, dict):
        return f"must {field.json_schema_extra['must']}"
    bounds = {
        name: getattr(constraint, name)
        for constraint in field.metadata
        for name in ("gt", "ge", "le")
        if hasattr(constraint, name)
    }
    number = "a whole number" if field.annotation is int else "a number"
    lower_bound = f"from {bounds['ge']}" if "ge" in bounds else f"above {bounds['gt']}, up"
    return f"must be {number} {lower_bound} to {bounds['le']}"
