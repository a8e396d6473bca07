"""Error responses: a status, and the body that LaunchDarkly documents for it."""

from collections.abc import Mapping

from starlette.responses import JSONResponse, Response

DOCUMENTED_ERRORS = {
    400: ("invalid_request", "Invalid request body"),
    401: ("unauthorized", "Invalid access token"),
    403: ("forbidden", "Forbidden. Access to the requested resource was denied."),
    404: ("not_found", "Invalid resource identifier"),
    405: ("method_not_allowed", "Method not allowed"),
    429: ("rate_limited", "You've exceeded the API rate limit. Try again later."),
}
BETA_REQUIRED_MESSAGE = "This API is in beta. To use it, your request must include the header `LD-API-Version: beta`."


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
