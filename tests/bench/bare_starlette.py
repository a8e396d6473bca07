"""The smallest Slack app over HTTP: it verifies the signature, and responds with 200."""

from slack_sdk.signature import SignatureVerifier
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


def app(signing_secret: str) -> Starlette:
    """Create the app."""
    verifier = SignatureVerifier(signing_secret)

    async def typed(request: Request) -> Response:
        body, headers = await request.body(), request.headers
        signed = headers["X-Slack-Request-Timestamp"], headers["X-Slack-Signature"]
        return Response(status_code=200 if verifier.is_valid(body, *signed) else 401)

    return Starlette(routes=[Route("/slack/events", typed, methods=["POST"])])
