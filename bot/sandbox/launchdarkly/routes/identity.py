"""Whose token it is: a service token with the Reader role, which LaunchDarkly doesn't report here.

Every field is optional; only those whose values are documented or obvious are present.
https://launchdarkly.com/docs/api/other/get-caller-identity
"""

from bot.sandbox.launchdarkly.request import Json, RequestContext
from bot.sandbox.launchdarkly.request import Query as AnyQuery

PATH = "/api/v2/caller-identity"
BETA = False
ACCOUNT_ID = "5f2a9c0b7d3e41860a9b1c01"


class Query(AnyQuery):
    pass


def reply(ctx: RequestContext, query: Query) -> Json:
    return {
        "accountId": ACCOUNT_ID,
        "tokenId": "65c1e0d94b7a2f0012d3e4f5",
        "tokenName": "insights-bot",
        "serviceToken": True,
    }
