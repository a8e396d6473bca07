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
LINES = ("scores web/production", "events web/production", "flag one-key web/production")
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
    rng = _rng("scores")
    return _encode(
        {
            "period": {"startTime": NOW - 7 * DAY, "endTime": NOW},
            "lastPeriod": {"startTime": NOW - 14 * DAY, "endTime": NOW - 7 * DAY},
            "scores": {name: _compared(rng, parts) for name, parts in SCORES.items()},
            "_links": {"self": _link("/api/v2/engineering-insights/insights/scores")},
        }
    )


@cache
def events(count: int) -> bytes:
    """A page of flag events."""
    path = "/api/v2/engineering-insights/flag-events"
    items = [_event(number) for number in range(count)]
    links = {"self": _link(path), "next": _link(f"{path}?after={items[-1]['id']}")}
    return _encode({"totalCount": count * 7, "items": items, "_links": links})


@cache
def flag(environments: int) -> bytes:
    """One flag of a project with so many environments."""
    keys = [environment_key(number) for number in range(environments)]
    return _encode(_flag() | {"environments": {key: _environment(key) for key in keys}})


@cache
def flag_in_environment(key: str) -> bytes:
    """The same flag, asked for one environment."""
    return _encode(_flag() | {"environments": {key: _environment(key)}})


@cache
def catalog(count: int) -> bytes:
    """A project's list of flags, each with the summary of one environment; the events are theirs."""
    items = [
        _flag() | {"key": _event(number)["flagKey"], "environments": {"production": _summarized(f"flag {number}")}}
        for number in range(count)
    ]
    return _encode({"totalCount": count, "items": items, "_links": {"self": _link("/api/v2/flags/web")}})


def _summarized(key: str) -> Json:
    """Return an environment as a list has it: without its targeting."""
    left_out = ("targets", "contextTargets", "rules", "fallthrough", "prerequisites")
    return {name: value for name, value in _environment(key).items() if name not in left_out}


def bodies() -> dict[str, bytes]:
    """Return the replies that `LINES` need, by path."""
    environments = [{"key": environment_key(n), "name": environment_key(n)} for n in range(5)]
    return {
        "/api/v2/engineering-insights/insights/scores": scores(),
        "/api/v2/engineering-insights/flag-events": events(20),
        "/api/v2/flags/web/one-key": flag_in_environment("production"),
        "/api/v2/flags/web": catalog(100),
        "/api/v2/flags/mobile": catalog(100),
        "/api/v2/projects/web/environments": json.dumps({"items": environments}).encode(),
    }


def environment_key(number: int) -> str:
    """The first environment is called production."""
    return f"team-{number:03}" if number else "production"


def _compared(rng: Random, components: tuple[str, ...]) -> Json:
    now, before = (rng.randint(1, 100) for _ in range(2))
    return _score(now, components) | {"diffVsLastPeriod": now - before, "lastPeriod": _score(before, components)}


def _score(score: int, components: tuple[str, ...]) -> Json:
    low, high, indicator = next(band for band in BANDS if score >= band[0])
    result: Json = {"score": score, "indicator": indicator, "indicatorRange": {"min": low, "max": high}}
    return result | ({"aggregateOf": list(components)} if components else {})


def _event(number: int) -> Json:
    rng = _rng(f"event {number}")
    return {
        "id": str(UUID(int=rng.getrandbits(128))),
        "projectId": _id(_rng("project")),
        "projectKey": "web",
        "environmentId": _id(_rng("production")),
        "environmentKey": "production",
        "flagKey": _key(rng),
        "eventType": rng.choice(("on", "off", "updated", "rolloutUpdated")),
        "eventTime": NOW - number * 1_733_000,
        "description": f"Updated the {rng.choice(WORDS)} rollout of {rng.choice(VARIATIONS)} in production",
        "auditLogEntryId": _id(rng),
        "member": _person(rng) | {"id": _id(rng)},
        "actions": ["updateRules", "updateFallthrough"],
        "impact": _impact(rng),
        **({"experiments": _experiments(rng)} if number % 8 == 0 else {}),
    }


def _impact(rng: Random) -> Json:
    counts = [{"value": name, "before": rng.randint(0, 90_000), "after": rng.randint(0, 90_000)} for name in VARIATIONS]
    return {
        "size": rng.choice(("none", "small", "medium", "large")),
        "percentage": round(rng.random() * 100, 2),
        "reason": "evaluations",
        "evaluationsSummary": {"variations": counts},
    }


def _experiments(rng: Random) -> Json:
    key = _key(rng)
    path = f"/api/v2/projects/web/environments/production/experiments/{key}"
    iteration = {"id": str(UUID(int=rng.getrandbits(128))), "status": "running", "startedAt": NOW - 9 * DAY}
    links = {"self": _link(path), "parent": _link(path.rpartition("/")[0])}
    experiment = {"key": key, "name": f"Does {key} help?", "iteration": iteration | {"_links": links}, "_links": links}
    return {"totalCount": 1, "items": [experiment]}


def _flag() -> Json:
    """A flag without its environments."""
    rng = _rng("flag")
    path = "/api/v2/flags/web/one-key"
    member = _id(rng)
    return {
        "name": "One key for all doors",
        "kind": "multivariate",
        "description": "Shows the new basket beside the list instead of on a page of its own",
        "key": "one-key",
        "_version": 41,
        "creationDate": NOW - 200 * DAY,
        "includeInSnippet": True,
        "clientSideAvailability": {"usingMobileKey": False, "usingEnvironmentId": True},
        "variations": [_variation(rng, name) for name in VARIATIONS],
        "temporary": True,
        "tags": ["basket", "growth", "q4"],
        "_links": {"self": _link(path), "parent": _link("/api/v2/flags/web")},
        "maintainerId": member,
        "_maintainer": _person(rng)
        | {"_id": member, "role": "writer", "_links": {"self": _link(f"/api/v2/members/{member}")}},
        "goalIds": [],
        "experiments": {"baselineIdx": 0, "items": [{"metricKey": "basket-completed", "environments": ["production"]}]},
        "customProperties": {"jira.issues": {"name": "Jira issues", "value": ["SHOP-1234", "SHOP-1250"]}},
        "archived": False,
        "deprecated": False,
        "defaults": {"onVariation": 0, "offVariation": 2},
        "stale": {"readyForCodeRemoval": False, "readyToArchive": False},
    }


def _variation(rng: Random, name: str) -> Json:
    return {
        "_id": str(UUID(int=rng.getrandbits(128))),
        "value": name,
        "name": name.title(),
        "description": f"The {name} basket",
    }


def _environment(key: str) -> Json:
    """A flag's configuration in one environment: three to ten rules, two to forty-five targets."""
    rng = _rng(key)
    rules = [_rule(rng) for _ in range(rng.randint(3, 10))]
    targets = [_target(rng, variation, "user") for variation in range(2)]
    devices = [_target(rng, variation, "device") for variation in range(rng.randint(0, 1))]
    return {
        "on": rng.random() < 0.8,
        "archived": False,
        "salt": _id(rng),
        "sel": _id(rng),
        "lastModified": NOW - rng.randint(1, 90) * DAY,
        "version": rng.randint(1, 400),
        "targets": targets,
        "contextTargets": devices,
        "rules": rules,
        "fallthrough": _rollout(rng),
        "offVariation": 2,
        "prerequisites": [{"key": _key(rng), "variation": 0} for _ in range(rng.randint(0, 2))],
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


def _rule(rng: Random) -> Json:
    """One rule in four rolls out, the others serve one variation."""
    served = _rollout(rng) if rng.random() < 0.25 else {"variation": rng.randrange(3)}
    return {
        "_id": str(UUID(int=rng.getrandbits(128))),
        "clauses": [_clause(rng) for _ in range(rng.randint(1, 3))],
        "trackEvents": False,
        "description": f"{rng.choice(WORDS).title()} for {rng.choice(ATTRIBUTES)}",
        **served,
    }


def _rollout(rng: Random) -> Json:
    share = rng.randrange(0, 100_000, 1000)
    weights = [{"variation": 0, "weight": share}, {"variation": 1, "weight": 100_000 - share}]
    return {"rollout": {"variations": weights, "contextKind": "user", "bucketBy": "key"}}


def _clause(rng: Random) -> Json:
    return {
        "_id": str(UUID(int=rng.getrandbits(128))),
        "attribute": rng.choice(ATTRIBUTES),
        "op": rng.choice(OPERATORS),
        "values": [_key(rng) for _ in range(rng.randint(1, 8))],
        "contextKind": "user",
        "negate": rng.random() < 0.2,
    }


def _target(rng: Random, variation: int, kind: str) -> Json:
    values = [f"{kind}-{rng.randrange(10**8):08}" for _ in range(rng.randint(1, 15))]
    return {"values": values, "variation": variation, "contextKind": kind}


def _person(rng: Random) -> Json:
    first, last = (
        rng.choice(("Ada", "Grace", "Linus", "Barbara")),
        rng.choice(("Kettle", "Okafor", "Lindqvist", "Marsh")),
    )
    return {"email": f"{first}.{last}@example.com".lower(), "firstName": first, "lastName": last}


def _key(rng: Random) -> str:
    return f"{rng.choice(WORDS)}-{rng.choice(WORDS)}-{rng.randrange(1000)}"


def _id(rng: Random) -> str:
    return f"{rng.getrandbits(96):024x}"


def _link(href: str) -> Json:
    return {"href": href, "type": "application/json"}


def _rng(seed: str) -> Random:
    return Random(seed)  # noqa: S311 - no secret, only the same in every run


def _encode(reply: Json) -> bytes:
    return json.dumps(reply, separators=(",", ":")).encode()
