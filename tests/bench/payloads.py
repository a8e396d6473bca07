"""What LaunchDarkly sends, field for field as its API describes it, in the sizes that large accounts have.

Everything is drawn from seeds, so that it is the same in every run; an environment is the same in every project too."""

import json
from functools import cache
from random import Random
from typing import Any
from uuid import UUID

Json = dict[str, Any]

DAY = 86_400_000
NOW = 1_795_186_800_000
WORDS = ("checkout", "search", "basket", "invoice", "delivery", "profile", "pricing", "upload", "banner", "session")
ATTRIBUTES = ("country", "plan", "email", "appVersion", "segmentMatch", "betaTester", "accountAge", "platform")
OPERATORS = ("in", "startsWith", "endsWith", "contains", "matches", "semVerGreaterThan", "lessThan", "segmentMatch")
VARIATIONS = ("control", "compact", "guided")
SCORES = {
    "overall": ("velocity", "risk", "efficiency"),
    "velocity": ("deploymentFrequency", "leadTime"),
    "risk": ("deploymentFailureRate", "impactSize"),
    "efficiency": ("experimentationCoverage", "flagHealth"),
    "deploymentFrequency": (),
    "leadTime": (),
    "deploymentFailureRate": (),
    "impactSize": (),
    "experimentationCoverage": (),
    "flagHealth": (),
    "creationRatio": (),
}
BANDS = ((90, 100, "excellent"), (70, 89, "good"), (40, 69, "fair"), (0, 39, "needsAttention"))


@cache
def scores() -> bytes:
    """The scores of one environment."""
    chance = _chance("scores")
    return _sent(
        {
            "period": {"startTime": NOW - 7 * DAY, "endTime": NOW},
            "lastPeriod": {"startTime": NOW - 14 * DAY, "endTime": NOW - 7 * DAY},
            "scores": {name: _compared(chance, parts) for name, parts in SCORES.items()},
            "_links": {"self": _link("/api/v2/engineering-insights/insights/scores")},
        }
    )


@cache
def events(count: int) -> bytes:
    """A page of flag events."""
    path = "/api/v2/engineering-insights/flag-events"
    items = [_event(number) for number in range(count)]
    links = {"self": _link(path), "next": _link(f"{path}?after={items[-1]['id']}")}
    return _sent({"totalCount": count * 7, "items": items, "_links": links})


@cache
def flag(environments: int) -> bytes:
    """One flag of a project with so many environments."""
    keys = [environment_key(number) for number in range(environments)]
    return _sent(_flag() | {"environments": {key: _environment(key) for key in keys}})


@cache
def filtered(key: str) -> bytes:
    """The same flag, asked for one environment."""
    return _sent(_flag() | {"environments": {key: _environment(key)}})


def environment_key(number: int) -> str:
    """The first environment is called production."""
    return f"team-{number:03}" if number else "production"


def _compared(chance: Random, parts: tuple[str, ...]) -> Json:
    now, before = (chance.randint(1, 100) for _ in range(2))
    return _score(now, parts) | {"diffVsLastPeriod": now - before, "lastPeriod": _score(before, parts)}


def _score(score: int, parts: tuple[str, ...]) -> Json:
    low, high, indicator = next(band for band in BANDS if score >= band[0])
    told: Json = {"score": score, "indicator": indicator, "indicatorRange": {"min": low, "max": high}}
    return told | ({"aggregateOf": list(parts)} if parts else {})


def _event(number: int) -> Json:
    chance = _chance(f"event {number}")
    return {
        "id": str(UUID(int=chance.getrandbits(128))),
        "projectId": _id(_chance("project")),
        "projectKey": "web",
        "environmentId": _id(_chance("production")),
        "environmentKey": "production",
        "flagKey": _key(chance),
        "eventType": chance.choice(("on", "off", "updated", "rolloutUpdated")),
        "eventTime": NOW - number * 1_733_000,
        "description": f"Updated the {chance.choice(WORDS)} rollout of {chance.choice(VARIATIONS)} in production",
        "auditLogEntryId": _id(chance),
        "member": _person(chance) | {"id": _id(chance)},
        "actions": ["updateRules", "updateFallthrough"],
        "impact": _impact(chance),
        **({"experiments": _experiments(chance)} if number % 8 == 0 else {}),
    }


def _impact(chance: Random) -> Json:
    counts = [
        {"value": name, "before": chance.randint(0, 90_000), "after": chance.randint(0, 90_000)} for name in VARIATIONS
    ]
    return {
        "size": chance.choice(("none", "small", "medium", "large")),
        "percentage": round(chance.random() * 100, 2),
        "reason": "evaluations",
        "evaluationsSummary": {"variations": counts},
    }


def _experiments(chance: Random) -> Json:
    key = _key(chance)
    path = f"/api/v2/projects/web/environments/production/experiments/{key}"
    iteration = {"id": str(UUID(int=chance.getrandbits(128))), "status": "running", "startedAt": NOW - 9 * DAY}
    links = {"self": _link(path), "parent": _link(path.rpartition("/")[0])}
    experiment = {"key": key, "name": f"Does {key} help?", "iteration": iteration | {"_links": links}, "_links": links}
    return {"totalCount": 1, "items": [experiment]}


def _flag() -> Json:
    """A flag without its environments."""
    chance = _chance("flag")
    path = "/api/v2/flags/web/one-key"
    member = _id(chance)
    return {
        "name": "One key for all doors",
        "kind": "multivariate",
        "description": "Shows the new basket beside the list instead of on a page of its own",
        "key": "one-key",
        "_version": 41,
        "creationDate": NOW - 200 * DAY,
        "includeInSnippet": True,
        "clientSideAvailability": {"usingMobileKey": False, "usingEnvironmentId": True},
        "variations": [_variation(chance, name) for name in VARIATIONS],
        "temporary": True,
        "tags": ["basket", "growth", "q4"],
        "_links": {"self": _link(path), "parent": _link("/api/v2/flags/web")},
        "maintainerId": member,
        "_maintainer": _person(chance)
        | {"_id": member, "role": "writer", "_links": {"self": _link(f"/api/v2/members/{member}")}},
        "goalIds": [],
        "experiments": {"baselineIdx": 0, "items": [{"metricKey": "basket-completed", "environments": ["production"]}]},
        "customProperties": {"jira.issues": {"name": "Jira issues", "value": ["SHOP-1234", "SHOP-1250"]}},
        "archived": False,
        "deprecated": False,
        "defaults": {"onVariation": 0, "offVariation": 2},
        "stale": {"readyForCodeRemoval": False, "readyToArchive": False},
    }


def _variation(chance: Random, name: str) -> Json:
    return {
        "_id": str(UUID(int=chance.getrandbits(128))),
        "value": name,
        "name": name.title(),
        "description": f"The {name} basket",
    }


def _environment(key: str) -> Json:
    """A flag's configuration in one environment: three to ten rules, two to forty-five targets."""
    chance = _chance(key)
    rules = [_rule(chance) for _ in range(chance.randint(3, 10))]
    targets = [_target(chance, variation, "user") for variation in range(2)]
    devices = [_target(chance, variation, "device") for variation in range(chance.randint(0, 1))]
    return {
        "on": chance.random() < 0.8,
        "archived": False,
        "salt": _id(chance),
        "sel": _id(chance),
        "lastModified": NOW - chance.randint(1, 90) * DAY,
        "version": chance.randint(1, 400),
        "targets": targets,
        "contextTargets": devices,
        "rules": rules,
        "fallthrough": _rollout(chance),
        "offVariation": 2,
        "prerequisites": [{"key": _key(chance), "variation": 0} for _ in range(chance.randint(0, 2))],
        "_site": {"href": f"/web/{key}/features/one-key", "type": "text/html"},
        "_environmentName": key.replace("-", " ").title(),
        "trackEvents": False,
        "trackEventsFallthrough": False,
        "_summary": {
            "variations": {str(n): _summary(n, rules, targets, devices) for n in range(3)},
            "prerequisites": 0,
        },
    }


def _summary(variation: int, rules: list[Json], targets: list[Json], devices: list[Json]) -> Json:
    return {
        "rules": sum(rule.get("variation") == variation for rule in rules),
        "nullRules": 0,
        "targets": sum(len(target["values"]) for target in targets if target["variation"] == variation),
        "contextTargets": sum(len(target["values"]) for target in devices if target["variation"] == variation),
        **({"isOff": True} if variation == 2 else {"rollout": 50_000}),
    }


def _rule(chance: Random) -> Json:
    """One rule in four rolls out, the others serve one variation."""
    served = _rollout(chance) if chance.random() < 0.25 else {"variation": chance.randrange(3)}
    return {
        "_id": str(UUID(int=chance.getrandbits(128))),
        "clauses": [_clause(chance) for _ in range(chance.randint(1, 3))],
        "trackEvents": False,
        "description": f"{chance.choice(WORDS).title()} for {chance.choice(ATTRIBUTES)}",
        **served,
    }


def _rollout(chance: Random) -> Json:
    share = chance.randrange(0, 100_000, 1000)
    weights = [{"variation": 0, "weight": share}, {"variation": 1, "weight": 100_000 - share}]
    return {"rollout": {"variations": weights, "contextKind": "user", "bucketBy": "key"}}


def _clause(chance: Random) -> Json:
    return {
        "_id": str(UUID(int=chance.getrandbits(128))),
        "attribute": chance.choice(ATTRIBUTES),
        "op": chance.choice(OPERATORS),
        "values": [_key(chance) for _ in range(chance.randint(1, 8))],
        "contextKind": "user",
        "negate": chance.random() < 0.2,
    }


def _target(chance: Random, variation: int, kind: str) -> Json:
    values = [f"{kind}-{chance.randrange(10**8):08}" for _ in range(chance.randint(1, 15))]
    return {"values": values, "variation": variation, "contextKind": kind}


def _person(chance: Random) -> Json:
    first, last = (
        chance.choice(("Ada", "Grace", "Linus", "Barbara")),
        chance.choice(("Kettle", "Okafor", "Lindqvist", "Marsh")),
    )
    return {"email": f"{first}.{last}@example.com".lower(), "firstName": first, "lastName": last}


def _key(chance: Random) -> str:
    return f"{chance.choice(WORDS)}-{chance.choice(WORDS)}-{chance.randrange(1000)}"


def _id(chance: Random) -> str:
    return f"{chance.getrandbits(96):024x}"


def _link(href: str) -> Json:
    return {"href": href, "type": "application/json"}


def _chance(seed: str) -> Random:
    return Random(seed)  # noqa: S311 - no secret, only the same in every run


def _sent(reply: Json) -> bytes:
    return json.dumps(reply, separators=(",", ":")).encode()
