"""A Slack app as one writes it with Bolt alone: its ASGI adapter with its defaults, and one command.

It takes the settings that the bot takes, and imports no more than it needs: how soon it is there is measured too."""

import os

import uvicorn
from slack_bolt.adapter.asgi.async_handler import AsyncSlackRequestHandler as Requests
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient


def app(token: str, signing_secret: str, api: str) -> Requests:
    """The whole of it."""
    bolt = AsyncApp(client=AsyncWebClient(token, base_url=api), signing_secret=signing_secret)

    @bolt.command("/insights")
    async def typed(ack: AsyncAck) -> None:
        await ack()

    return Requests(bolt, path="/slack/events")


def main() -> None:
    """Serves it until the process is told to end."""
    env = os.environ
    bolt_app = app(env["SLACK_BOT_TOKEN"], env["SLACK_SIGNING_SECRET"], env["SLACK_API_URL"])
    uvicorn.run(bolt_app, host="127.0.0.1", port=int(env["PORT"]), log_level="warning")


if __name__ == "__main__":
    main()
