"""A flag in LaunchDarkly's format, alone or in a list: its identity, maintainer and lifecycle."""

from collections.abc import Iterator

from bot.sandbox.launchdarkly.company import Flag, Person, Project, Variation, object_id
from bot.sandbox.launchdarkly.context import Json, RequestContext


def flag_json(flag: Flag, project: Project, ctx: RequestContext, expand: frozenset[str]) -> Json:
    """Return all of a flag except its environments."""
    return {
        **_identity_fields(flag, ctx),
        **_maintainer_fields(flag, ctx),
        **_lifecycle_fields(flag, project, ctx),
        **_migration_fields(flag, expand),
    }


def _identity_fields(flag: Flag, ctx: RequestContext) -> Json:
    self, parent = f"/api/v2/flags/{flag.project}/{flag.key}", f"/api/v2/flags/{flag.project}"
    return {
        "key": flag.key,
        "name": flag.name,
        "description": flag.description,
        "kind": "boolean" if isinstance(flag.variations[0].value, bool) else "multivariate",
        "temporary": flag.temporary,
        "tags": list(flag.tags),
        "variations": [_variation_json(flag, index, one) for index, one in enumerate(flag.variations)],
        "variationJsonSchema": None,  # undocumented, but in every real response
        "defaults": {"onVariation": 0, "offVariation": len(flag.variations) - 1},
        "experiments": {"baselineIdx": 0, "items": list(_experiments(flag, ctx))},
        "clientSideAvailability": {"usingMobileKey": flag.project == "mobile", "usingEnvironmentId": True},
        "includeInSnippet": True,
        "customProperties": {},
        "goalIds": [],
        "_links": {name: _link(href) for name, href in (("self", self), ("parent", parent))},
    }


def _variation_json(flag: Flag, index: int, variation: Variation) -> Json:
    """Omit an empty name or description, as LaunchDarkly does."""
    texts = {"name": variation.name, "description": variation.description}
    identity = object_id("variation", flag.project, flag.key, str(index))
    return {"_id": identity, "value": variation.value} | {name: text for name, text in texts.items() if text}


def _experiments(flag: Flag, ctx: RequestContext) -> Iterator[Json]:
    if flag.experiment is not None:
        project = ctx.project(flag.project)
        yield {"metricKey": flag.experiment.metric, "environments": [one.key for one in project.environments[:1]]}


def _maintainer_fields(flag: Flag, ctx: RequestContext) -> Json:
    team = ctx.company.team(flag.maintainer.removeprefix("team:"))
    if team is not None:
        link = {"self": _link(f"/api/v2/teams/{team.key}")}
        return {
            "maintainerTeamKey": team.key,
            "_maintainerTeam": {"key": team.key, "name": team.name, "_links": link},
        }
    person = ctx.company.person(flag.maintainer)
    return (
        {} if person is None else {"maintainerId": object_id("member", person.key), "_maintainer": _member_json(person)}
    )


def _member_json(person: Person) -> Json:
    identity = object_id("member", person.key)
    names = {"firstName": person.first} | ({"lastName": person.last} if person.last else {})
    links = {"self": _link(f"/api/v2/members/{identity}")}
    return {"_id": identity, "email": person.email, "role": person.role, "_links": links, **names}


def _lifecycle_fields(flag: Flag, project: Project, ctx: RequestContext) -> Json:
    fields: Json = {
        "_version": 1 + flag.created // 9,
        "creationDate": ctx.days_ago(flag.created),
        "archived": flag.archived,
        "deprecated": flag.deprecated is not None,
    }
    if flag.archived:
        fields["archivedDate"] = ctx.history.archived_at(project, flag, ctx.now)
    if flag.deprecated is not None:
        fields["deprecatedDate"] = ctx.days_ago(flag.deprecated)
    if flag.ready_for_code_removal or flag.ready_to_archive:
        fields["stale"] = {
            "readyForCodeRemoval": flag.ready_for_code_removal,
            "readyToArchive": flag.ready_to_archive,
        }
    return fields


def _migration_fields(flag: Flag, expand: frozenset[str]) -> Json:
    if not flag.stages:
        return {}
    settings = {"contextKind": "user", "stageCount": flag.stages}
    return {"_purpose": "migration"} | ({"migrationSettings": settings} if "migrationSettings" in expand else {})


def _link(href: str) -> Json:
    return {"href": href, "type": "application/json"}
