"""`use`: set a channel's default project, environment and applications."""

from collections.abc import Iterator
from typing import Annotated, cast

from bot.commands.base import Command, CommandContext
from bot.errors import TRANSIENT_FAILURES
from bot.lines.param_types import InvalidValue, Key, Keys
from bot.lines.spec import Parameter, Params, bot_param
from bot.questions.base import View
from bot.questions.catalog import Catalog
from bot.questions.key_correction import KeyProblem, check_keys, keys_in_project


class _ClearKeywordType:
    """The word `nothing`, which clears the defaults."""

    hint = "nothing"

    def read(self, word: str) -> str:
        if word.lower() != self.hint:
            raise InvalidValue(f"“{word[:60]}” isn't a project/environment such as web/production")
        return self.hint

    def write(self, value: str) -> str:
        return value


class UseParams(Params):
    positional = ("nothing",)

    nothing: Annotated[str | None, _ClearKeywordType(), bot_param("clears the defaults")] = None
    project: Annotated[Key | None, Parameter("projectKey", "default project")] = None
    env: Annotated[Key | None, Parameter("environmentKey", "default environment")] = None
    app: Annotated[Keys | None, Parameter("applicationKey", "default applications")] = None

    def check(self) -> Iterator[str]:
        chosen = self.project or self.env or self.app
        if self.nothing and chosen:
            yield "Use either nothing or a project/environment, not both."
        elif chosen and not (self.project and self.env):
            yield "Give a project and an environment together, for example web/production."


class UseView(View):
    project_env: str
    apps: str
    changed: bool
    unchecked: str


async def execute(params: UseParams, ctx: CommandContext) -> UseView:
    """Set the defaults if LaunchDarkly knows them, clear them, or only show them."""
    channel_key, by = (ctx.caller.team, ctx.caller.channel), ctx.caller.user
    params, unchecked = await _check_keys(params, ctx.catalog)
    chosen = {
        f.short_name: f.param_type.write(value) for f in params.fields()[1:] if (value := getattr(params, f.field_name))
    }
    if params.nothing:
        await ctx.store.channel_defaults.clear(*channel_key, by=by, at=ctx.now)
    elif chosen:
        await ctx.store.channel_defaults.put(*channel_key, chosen, by=by, at=ctx.now)
    saved_defaults = await ctx.store.channel_defaults.get(*channel_key)
    project_env = f"{saved_defaults['project']}/{saved_defaults['env']}" if saved_defaults else ""
    return UseView(
        project_env=project_env,
        apps=saved_defaults.get("app", "").replace(",", ", "),
        changed=bool(params.nothing or chosen),
        unchecked=unchecked,
    )


async def _check_keys(params: UseParams, catalog: Catalog) -> tuple[UseParams, str]:
    """Return the params in LaunchDarkly's own spelling, and why they couldn't be checked. Raise for an unknown key."""
    try:
        checked = await check_keys(params, keys_in_project(params), catalog)
        unknown = checked.problem
        if (
            unknown and unknown.field == "project" and unknown.corrected
        ):  # the corrected project may have other environments
            unknown = _merge_unknown(
                unknown, (await check_keys(unknown.corrected, keys_in_project(unknown.corrected), catalog)).problem
            )
    except TRANSIENT_FAILURES as error:
        return params, error.summary
    if unknown:
        raise unknown.unknown_key(COMMAND.button_line)
    return cast(UseParams, checked.params), " ".join(checked.unlistable)


def _merge_unknown(first: KeyProblem, second: KeyProblem | None) -> KeyProblem:
    """Combine two unknown keys, one sentence after the other."""
    if second is None:
        return first
    return KeyProblem(first.field, f"{first.text} {second.text}", second.corrected, second.choices)


COMMAND = Command[UseParams, UseView](
    group="Settings",
    name="use",
    summary="Set this channel's default project and environment",
    examples=("use web/production", "use web/production app=storefront", "use", "use nothing"),
    params=UseParams,
    view=UseView,
    execute=execute,
)
