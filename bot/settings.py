"""Settings, read once from the environment and `.env`. Each has a description and a default."""

from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.errors import InvalidSettings, Misconfigured

SECONDS_PER_DAY = 86_400  # also the limit of most settings: nobody means to wait longer


class Settings(BaseSettings):
    """Each field is an environment variable of the same name in capitals."""

    model_config = SettingsConfigDict(env_file=".env", frozen=True, extra="ignore", env_ignore_empty=True)

    launchdarkly_access_token: SecretStr | None = Field(
        None,
        description="An access token with the Reader role, from LaunchDarkly ─► Settings ─► Authorization.",
    )
    launchdarkly_api_host: str = Field(
        "https://app.launchdarkly.com",
        pattern=r"^https?://([A-Za-z0-9-]+\.)*[A-Za-z0-9-]+(:[1-9]\d{0,4})?/?$",
        json_schema_extra={"must": "be an address without a path, for example https://app.launchdarkly.com"},
        description="LaunchDarkly's address, without a path.",
    )
    slack_bot_token: SecretStr | None = Field(
        None, description="The bot token (xoxb-…): the app's page at Slack, OAuth & Permissions."
    )
    slack_app_token: SecretStr | None = Field(
        None, description="For Socket Mode: an app-level token (xapp-…) with connections:write, Basic Information."
    )
    slack_signing_secret: SecretStr | None = Field(
        None, description="For HTTP: the signing secret, Basic Information. It proves that a request is from Slack."
    )
    slack_api_url: str = Field(
        "https://slack.com/api/",
        pattern=r"^https?://.+/$",
        json_schema_extra={"must": "be an address that ends in a slash, for example https://slack.com/api/"},
        description="Slack's API.",
    )
    database_url: str = Field(
        "sqlite:///insights-bot.db", description="SQLite in one process, or postgresql://… for several."
    )
    port: int = Field(3000, ge=0, le=65535, description="Where Slack's requests, health and metrics are served.")
    http_max_connections: int = Field(
        500, ge=1, le=100_000, description="How many connections to that port may be open; one more closes an idle one."
    )
    http_request_timeout_seconds: float = Field(
        10, gt=0, le=SECONDS_PER_DAY, description="How long a connection to that port may take to send a request."
    )
    readiness_cache_seconds: float = Field(
        10,
        ge=0,
        le=SECONDS_PER_DAY,
        description="How long /readyz reports what Slack last answered, before it is asked again.",
    )
    log_level: str = Field(
        "INFO",
        pattern=r"^(DEBUG|INFO|WARNING|ERROR)$",
        json_schema_extra={"must": "be DEBUG, INFO, WARNING or ERROR"},
        description="How much is logged.",
    )
    allowed_channels: str = Field("", description="Ids of the channels that may ask, with commas; empty: all.")
    allowed_users: str = Field("", description="Ids of the people who may ask, with commas; empty: all.")
    allowed_projects: str = Field("", description="Keys of the projects that may be asked about; empty: all.")
    allowed_schedule_managers: str = Field(
        "", description="Ids of the people (U…) and groups (S…) who may change what comes by the clock; empty: all."
    )
    default_project: str = Field(
        "",
        pattern=r"^$|^[A-Za-z0-9][A-Za-z0-9._-]*/[A-Za-z0-9][A-Za-z0-9._-]*$",
        json_schema_extra={"must": "look like project/environment, for example web/production"},
        description="The project/environment of a question that names none.",
    )
    time_zone: str = Field("UTC", description="The IANA time zone in which times are read and said.")
    launchdarkly_connect_timeout_seconds: float = Field(
        3, gt=0, le=SECONDS_PER_DAY, description="How long connecting to LaunchDarkly may take."
    )
    launchdarkly_read_timeout_seconds: float = Field(
        12, gt=0, le=SECONDS_PER_DAY, description="How long LaunchDarkly may be silent."
    )
    answer_timeout_seconds: float = Field(
        20, gt=0, le=SECONDS_PER_DAY, description="How long an answer may take, with all attempts."
    )
    launchdarkly_retry_base_seconds: float = Field(
        0.2,
        ge=0,
        le=60,
        description="How long a failed request to LaunchDarkly waits for the next; later ones longer.",
    )
    launchdarkly_cache_seconds: float = Field(
        30, ge=0, le=SECONDS_PER_DAY, description="How long one answer serves for the same question."
    )

    progress_notice_seconds: float = Field(
        1, gt=0, le=SECONDS_PER_DAY, description="After how long a word says that the answer is on its way."
    )
    shutdown_grace_seconds: float = Field(
        30, ge=0, le=SECONDS_PER_DAY, description="How long the end waits for answers under way."
    )
    socket_mode_ping_seconds: float = Field(
        5, gt=0, le=SECONDS_PER_DAY, description="How often Socket Mode checks that its socket is not deaf."
    )

    socket_mode_idle_timeout_seconds: float = Field(
        600, gt=0, le=SECONDS_PER_DAY, description="After how long a silence Socket Mode replaces its socket."
    )

    catch_up_window_seconds: float = Field(
        3600,
        gt=0,
        le=SECONDS_PER_DAY,
        description="How late a digest may be delivered; after that it is left out, and that is said.",
    )
    schedule_jitter_seconds: float = Field(
        60, ge=0, le=3600, description="Over how long those are spread that are due in the same minute."
    )
    job_lease_seconds: float = Field(
        300,
        gt=0,
        le=SECONDS_PER_DAY,
        description="After how long the work of a process that is gone is taken up by another.",
    )
    delivery_retry_base_seconds: float = Field(
        10,
        gt=0,
        le=SECONDS_PER_DAY,
        description="How long a first failed delivery waits for the next attempt; later ones longer.",
    )
    post_confirm_seconds: float = Field(
        10,
        ge=0,
        le=SECONDS_PER_DAY,
        description="How long a message that may be posted is looked for before it is posted again.",
    )
    sqlite_lock_timeout_seconds: float = Field(
        10,
        ge=0,
        le=SECONDS_PER_DAY,
        description="How long the start waits for another process on the same SQLite file to end.",
    )
    scheduler_poll_seconds: float = Field(5, gt=0, le=SECONDS_PER_DAY, description="How often is looked what is due.")
    watch_poll_seconds: float = Field(
        300, ge=30, le=SECONDS_PER_DAY, description="How often a watch looks for something new."
    )
    max_watch_alerts_per_hour: int = Field(
        6, ge=1, le=1000, description="How many messages of a watch an hour may hold; what is more becomes one summary."
    )
    queue_poll_seconds: float = Field(1, gt=0, le=60, description="How often a worker looks for work.")
    max_concurrent_deliveries: int = Field(
        8, ge=1, le=1000, description="How many deliveries a process works on at once."
    )
    max_deliveries_per_minute: int = Field(
        200, ge=1, le=1_000_000, description="How many deliveries all processes together begin in a minute, at most."
    )
    channel_message_interval_seconds: float = Field(
        1, ge=0, le=60, description="The time between two messages in one channel."
    )
    charts_retry_seconds: float = Field(
        7 * SECONDS_PER_DAY,
        ge=0,
        le=365 * SECONDS_PER_DAY,
        description="How long a workspace that refused charts is spared them.",
    )

    @field_validator("launchdarkly_access_token")
    @classmethod
    def _not_an_sdk_key(cls, token: SecretStr | None) -> SecretStr | None:
        if (token and not (value := token.get_secret_value()).isascii()) or (token and any(c.isspace() for c in value)):
            raise ValueError("must have no spaces and no special characters")
        if token and value.startswith(("sdk-", "mob-")):
            raise ValueError("must be an access token, not an SDK key")
        return token

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            parse_zone(name)
        except ValueError:
            raise ValueError("must be an IANA time zone, for example Europe/Berlin") from None
        return name

    def missing(self, *, serves_slack: bool = True) -> dict[str, Misconfigured]:
        """Return what the bot in Slack lacks, by setting. A worker, which only runs schedules, serves no Slack."""
        required = ("launchdarkly_access_token", "slack_bot_token")
        problems = {name: missing_setting(name) for name in required if getattr(self, name) is None}
        if serves_slack and not self.socket_mode and self.slack_signing_secret is None:
            problems["slack_app_token"] = missing_slack_mode()
        if not serves_slack and self.database_url.startswith("sqlite"):
            todo = "Let DATABASE_URL name one, or do all in one process: insights-bot run."
            problems["database_url"] = Misconfigured("A worker of its own needs PostgreSQL.", todo)
        return problems

    @property
    def socket_mode(self) -> bool:
        """Whether the bot connects to Slack by Socket Mode, and so needs no address of its own."""
        return self.slack_app_token is not None

    def secret(self, name: str) -> str:
        """Return a secret in the clear; empty if it isn't set."""
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


def parse_zone(name: str) -> ZoneInfo:
    """Return a time zone by its IANA name; raise ValueError if there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"{name!r} is no time zone; an IANA name such as Europe/Berlin is") from None


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
        raise Misconfigured("The file .env is not UTF-8 text.", "Save it as such, or remove it.") from None
    except ValidationError as invalid:
        errors = invalid.errors(include_input=False, include_url=False)
    problems = {str(error["loc"][0]): _misconfigured(str(error["loc"][0]), error) for error in errors}
    return Settings(**overrides | {name: Settings.model_fields[name].default for name in problems}), problems


def setting_description(name: str) -> str:
    """Return a setting's meaning, and where to get its value."""
    return Settings.model_fields[name].description or ""


def missing_setting(name: str) -> Misconfigured:
    """Return the problem of a missing setting."""
    return Misconfigured(f"{name.upper()} is not set.", setting_description(name))


def missing_slack_mode() -> Misconfigured:
    """Return the problem of a bot with neither an app token nor a signing secret."""
    todo = f"{setting_description('slack_app_token')} {setting_description('slack_signing_secret')}"
    return Misconfigured("Neither SLACK_APP_TOKEN nor SLACK_SIGNING_SECRET is set.", todo)


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
