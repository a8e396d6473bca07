"""A Slack app with Bolt alone: its ASGI adapter with its defaults, and one command.

It takes the bot's settings and imports no more than it needs, since its startup is measured too."""

import os

import uvicorn
from slack_bolt.adapter.asgi.async_handler import AsyncSlackRequestHandler as Requests
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient


def app(token: str, signing_secret: str, api: str) -> Requests:
    """Create the app."""
    bolt = AsyncApp(client=AsyncWebClient(token, base_url=api), signing_secret=signing_secret)

    @bolt.command("/insights")
    async def typed(ack: AsyncAck) -> None:
        await ack()

    return Requests(bolt, path="/slack/events")


def main() -> None:
    """Serve it until the process is stopped."""
    env = os.environ
    bolt_app = app(env["SLACK_BOT_TOKEN"], env["SLACK_SIGNING_SECRET"], env["SLACK_API_URL"])
    uvicorn.run(bolt_app, host="127.0.0.1", port=int(env["PORT"]), log_level="warning")


if __name__ == "__main__":
    main()
