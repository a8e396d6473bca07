"""A request: its route, what the route may read, its parameters, pages and errors.

Parameters are validated against the `Query` of the route. Unknown ones are ignored, as everywhere in
LaunchDarkly's API.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Generic, Literal, Self, TypeVar, get_origin
from urllib.parse import urlencode

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError
from pydantic.alias_generators import to_camel
from pydantic_core import ErrorDetails
from starlette.datastructures import QueryParams
from starlette.responses import JSONResponse, Response

from bot.sandbox.launchdarkly.company import Company, Environment, Flag, Project
from bot.sandbox.launchdarkly.event_generator import DAY_MILLIS, HOUR_MILLIS, MIN_FLAG_AGE_DAYS, MINUTE_MILLIS
from bot.sandbox.launchdarkly.history import HISTORY_WEEKS, History, Window, millis

Json = dict[str, Any]
DOCUMENTED_ERRORS = {
    400: ("invalid_request", "Invalid request body"),
    401: ("unauthorized", "Invalid access token"),
    403: ("forbidden", "Forbidden. Access to the requested resource was denied."),
    404: ("not_found", "Invalid resource identifier"),
    405: ("method_not_allowed", "Method not allowed"),
    429: ("rate_limited", "You've exceeded the API rate limit. Try again later."),
}
Feature = Literal["insights", "code references", "audit log", "stale verdicts"]
FEATURE_PATHS: Mapping[str, Feature] = {
    "/api/v2/engineering-insights/": "insights",
    "/api/v2/code-refs/": "code references",
    "/api/v2/auditlog": "audit log",
}
BETA_REQUIRED_MESSAGE = "This API is in beta. To use it, your request must include the header `LD-API-Version: beta`."


@dataclass(frozen=True)
class RequestContext:
    """The company at one moment.

    `only_rfc3339` and `only_millis` exist because it isn't known which time format the real deployments chart takes.
    """

    company: Company
    history: History
    now: datetime
    only_rfc3339: bool = False
    only_millis: bool = False
    missing: frozenset[Feature] = frozenset()  # what the account's plan, or the token, doesn't include

    def check_access(self, path: str) -> None:
        """Refuse an endpoint that belongs to a missing feature."""
        if any(path.startswith(start) and feature in self.missing for start, feature in FEATURE_PATHS.items()):
            raise ApiError(403)

    @property
    def millis(self) -> int:
        return millis(self.now)

    def days_ago(self, days: int) -> int:
        """Convert a number of days in the company's file to a time. Old dates stay the same for twelve weeks."""
        step = HISTORY_WEEKS * 7 * DAY_MILLIS if days > MIN_FLAG_AGE_DAYS else DAY_MILLIS
        return self.millis // step * step - days * DAY_MILLIS + 10 * HOUR_MILLIS

    def last_requested(self, flag: Flag, environment: Environment) -> int | None:
        """Return when an application last asked for a flag: minutes ago if it is in use, None if never."""
        match flag.status_at(environment.key):
            case "active" | "launched":
                return self.millis - sum(flag.key.encode()) % 45 * MINUTE_MILLIS
            case "inactive" if flag.evaluated is not None:
                return self.days_ago(flag.evaluated)
            case _:
                return None

    def project(self, key: str) -> Project:
        project = self.company.project(key)
        if project is None:
            raise not_found()
        return project

    def project_env(self, project_key: str, environment_key: str) -> tuple[Project, Environment]:
        project = self.project(project_key)
        environment = project.environment(environment_key)
        if environment is None:
            raise not_found()
        return project, environment

    def window(self, since: int | None, until: int | None) -> Window:
        """Return a time window: seven days by default, and never more than the history covers."""
        full = Window.full(self.now)
        since = self.millis - 7 * DAY_MILLIS if since is None else since
        until = self.millis if until is None else until
        return Window(max(since, full.since), min(until, full.until))


class ApiError(Exception):
    """An error response. Without a body, it carries the one that is documented for its status."""

    def __init__(
        self, status: int, body: Mapping[str, object] | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(status)
        self.status = status
        self.body = body
        self.headers = headers

    def response(self) -> Response:
        code, message = DOCUMENTED_ERRORS[self.status]
        return JSONResponse(self.body or {"code": code, "message": message}, self.status, self.headers)


def not_found() -> ApiError:
    """Return the error for an unknown resource."""
    return ApiError(404)


def beta_required() -> ApiError:
    """Return the error for a missing beta header, as seen live: a message without a code."""
    return ApiError(403, {"message": BETA_REQUIRED_MESSAGE})


def invalid_request(reasons: Mapping[str, str]) -> ApiError:
    """Return the error for invalid parameters, with a reason for each."""
    errors = [{"attribute": attribute, "reason": reason} for attribute, reason in reasons.items()]
    return ApiError(400, {"code": "invalid_request", "message": "validation failed", "errors": errors})


def _split_commas(value: object) -> object:
    return frozenset(filter(None, value.split(","))) if isinstance(value, str) else value


Key = Annotated[str, StringConstraints(min_length=1)]
Keys = Annotated[frozenset[str], BeforeValidator(_split_commas)]  # a comma-separated list


class Query(BaseModel):
    """A route's parameters: LaunchDarkly's names in snake case. A `tuple` field is a parameter that may repeat."""

    model_config = ConfigDict(alias_generator=to_camel, frozen=True)

    @classmethod
    def read(cls, path_params: Mapping[str, str], query_params: QueryParams) -> Self:
        repeated = {name for name, field in cls.model_fields.items() if get_origin(field.annotation) is tuple}
        try:
            return cls.model_validate(
                {**query_params, **{name: query_params.getlist(name) for name in repeated}, **path_params}
            )
        except ValidationError as error:
            raise _validation_error(error) from None


AnyQuery = TypeVar("AnyQuery", bound=Query)


@dataclass(frozen=True)
class RouteSpec(Generic[AnyQuery]):
    """A route, as a module of `routes/` declares it."""

    path: str  # with Starlette's path parameters
    query_model: type[AnyQuery]
    handler: Callable[[RequestContext, AnyQuery], Json]
    beta: bool = False  # whether the beta header is required


class EnvironmentQuery(Query):
    """The parameters that most insights endpoints share."""

    project_key: Key
    environment_key: Key
    application_key: Keys = frozenset()


def _validation_error(error: ValidationError) -> ApiError:
    return invalid_request({str(detail["loc"][0]): _reason(detail) for detail in error.errors()})


def _reason(detail: ErrorDetails) -> str:
    limits = detail.get("ctx", {})
    match detail["type"]:
        case "missing" | "string_too_short":
            return "must be present"
        case "literal_error":
            return f"must be one of {limits['expected']}"
        case "int_parsing" | "int_from_float":
            return "must be an integer"
        case "less_than_equal":
            return f"must be no greater than {limits['le']}"
        case "greater_than_equal":
            return f"must be no less than {limits['ge']}"
        case _:
            return "is invalid"


class PageQuery(Query):
    """The parameters of a list. Only flags have a documented maximum page size; it applies to every list here."""

    limit: int = Field(20, ge=1, le=100)
    offset: int = Field(0, ge=0)
    filter: str = ""

    def filters(self, *known: str) -> dict[str, str]:
        """Parse the filter's fields. An unknown field is an error rather than ignored."""
        filters = dict(part.partition(":")[::2] for part in self.filter.split(",") if part)
        if not filters.keys() <= set(known):
            raise invalid_request({"filter": "is invalid"})
        return filters


def page(path: str, items: Sequence[Any], query: PageQuery) -> tuple[Sequence[Any], Json]:
    """Return the items of a page, and the fields around them."""
    last = max(len(items) - 1, 0) // query.limit * query.limit
    offsets = {"self": query.offset}
    if query.offset:
        offsets |= {"first": 0, "prev": max(query.offset - query.limit, 0)}
    if query.offset + query.limit < len(items):
        offsets |= {"next": query.offset + query.limit, "last": last}
    links = {name: _link(path, query.limit, offset) for name, offset in offsets.items()}
    return items[query.offset : query.offset + query.limit], {"totalCount": len(items), "_links": links}


def _link(path: str, limit: int, offset: int) -> Json:
    return {"href": f"{path}?{urlencode({'limit': limit, 'offset': offset})}", "type": "application/json"}


def matches(query: str, *texts: str) -> bool:
    """Return whether any text contains the query, case-insensitively."""
    return any(query.lower() in text.lower() for text in texts)
