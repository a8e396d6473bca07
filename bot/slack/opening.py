"""The door, made of all that answers. It is imported last: it knows everything that takes long to import."""

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from bot.answer import Answers
from bot.settings import zone
from bot.slack.calls import TROUBLES, client
from bot.slack.delivery import Delivery
from bot.slack.door import Door
from bot.slack.forms import Forms
from bot.slack.parts import Parts
from bot.slack.people import Allowed, People
from bot.store import Store


def door(
    parts: Parts, answers: Answers, store: Store, slack: AsyncWebClient, session: aiohttp.ClientSession, team: str
) -> Door:
    """The door of the bot in this *team*."""
    settings = parts.settings
    return Door(
        team=team,
        answers=answers,
        store=store,
        people=People(client(settings, session, TROUBLES), zone(settings.time_zone), parts.now),
        allowed=Allowed(
            settings.listed("allowed_channels"), settings.listed("allowed_users"), settings.listed("allowed_projects")
        ),
        delivery=Delivery(slack, session, Forms(store, parts.now), parts.metrics),
        metrics=parts.metrics,
        now=parts.now,
        defaults=settings.defaults,
        patience=settings.word_seconds,
    )
