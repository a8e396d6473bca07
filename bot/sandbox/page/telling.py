"""The workspace in the page's words: what the person at the keyboard would see of it."""

from typing import Any

from bot.sandbox.page.stage import Stage
from bot.sandbox.page.travel import Travel
from bot.sandbox.slack import Message, Slack
from bot.sandbox.slack.chain import View
from bot.sandbox.slack.workspace import Channel

Json = dict[str, Any]

ME = "U1"


def workspace(slack: Slack) -> Json:
    users = {user.id: {"name": user.real_name, "bot": user.is_bot} for user in slack.users.values()}
    return {
        "team": slack.team.name,
        "me": ME,
        "users": users,
        "channels": [_channel(slack, channel) for channel in channels(slack)],
    }


def channels(slack: Slack) -> list[Channel]:
    """Those that she can see, by name; conversations come last."""
    found = [one for one in slack.channels.values() if one.with_user in ("", ME)]
    return sorted(found, key=lambda channel: (bool(channel.with_user), channel.is_archived, channel.name))


def _channel(slack: Slack, channel: Channel) -> Json:
    bot = next((user.real_name for user in slack.users.values() if user.is_bot), "")
    alone = bool(channel.with_user)
    name = bot if alone else channel.name
    sign = "🔒" if channel.is_private else "#"
    asks = f"Message {'' if alone else '#'}{name} or type /insights"
    return {
        "id": channel.id,
        "name": name,
        "sign": "●" if alone else "🗄" if channel.is_archived else sign,
        "title": name if alone else f"{sign} {name}",
        "about": _about(channel),
        "placeholder": "This channel is archived" if channel.is_archived else asks,
        "conversation": alone,
        "archived": channel.is_archived,
    }


def _about(channel: Channel) -> str:
    if channel.is_archived:
        return "Archived"
    if channel.with_user:
        return "Between you and the app"
    if not channel.is_member:
        return "Insights is not in this channel: /invite brings it in"
    return "Shared with Quayside Partners" if channel.is_ext_shared else ""


def messages(slack: Slack) -> list[Message]:
    """All that she can read, the oldest first."""
    spoken = [message for channel in channels(slack) for message in channel.messages]
    return sorted([*spoken, *slack.ephemeral.get(ME, [])], key=lambda message: message.ts)


def message(said: Message) -> Json:
    told = said.told()
    return {
        "channel": said.channel,
        "ts": said.ts,
        "user": said.user,
        "bot": bool(said.bot),
        "at": said.at.timestamp(),
        "text": said.text,
        "blocks": told.get("blocks", []),
        "payload": {"text": said.text, **({"blocks": said.blocks} if said.blocks else {})},
        "thread": said.thread_ts,
        "alone": bool(said.to),
        "edited": bool(said.versions) and not said.to,
    }


def view(shown: View) -> Json:
    return {"id": shown.id, "body": shown.body, "errors": shown.errors}


def views(slack: Slack) -> list[Json]:
    return [view(shown) for shown in slack.views if shown.open and shown.user == ME]


def stage(on: Stage, travel: Travel) -> Json:
    """All but the time, which is never the same."""
    return {
        "weather": dict(on.weather),
        "charts": on.slack.charts,
        "busy": travel.busy,
        "said": travel.said,
        "failed": travel.failed,
    }
