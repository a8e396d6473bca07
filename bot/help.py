"""Help: the first screen, all commands on one page, and a page for each of them."""

from collections.abc import Iterator, Sequence

from bot.errors import InvalidLine
from bot.lines.param_types import closest_match
from bot.lines.parser import Defaults, Registry, parse
from bot.lines.spec import AnySpec, ParamField
from bot.messages.message import Message
from bot.messages.renderer import Renderer
from bot.questions.base import View
from bot.questions.catalog import MAIN_ENVIRONMENT

COMMANDS_TOPIC = "commands"  # the page with all of them
COMMANDS_LABEL = "All commands"
GROUPS = ("Ask", "Schedules", "Alerts", "Settings")
FIRST_QUESTIONS = (("This week", "digest"), ("Recent changes", "events"), ("Flags to clean up", "cleanup"))
# What opens a form, the command that it writes, and the line that it starts with
FIRST_FORMS = (
    ("Schedule a report", "schedule", "every", "every monday 9:00 digest"),
    ("Set up alerts", "alerts", "watch", "watch on events"),
)
GREETING_FORMS = (("Schedule a Monday digest", *FIRST_FORMS[0][1:]), FIRST_FORMS[1])
EXAMPLE_PROJECT_ENV = "web/production"
MAX_QUOTED_CHARS = 60
TOPIC_SIMILARITY = 0.7

# Slack's limits of a menu: https://docs.slack.dev/reference/block-kit/composition-objects/option-object
MAX_CHOICES = 100
MAX_LABEL_CHARS = 75


class ProjectChoice(View):
    """A project/environment in the menu, and the line that makes it the default."""

    label: str
    line: str


class ProjectMenu(View):
    """The menu that sets a channel's default project and environment."""

    choices: tuple[ProjectChoice, ...]
    chosen: ProjectChoice | None


class FirstButton(View):
    """A button of the first screen: it asks a question, or opens a form that starts with its line."""

    label: str
    line: str
    does: str = "ask"


class GreetingView(View):
    default: str  # the default project/environment, if any
    apps: str
    forms: tuple[FirstButton, ...]
    projects: ProjectMenu


class FirstScreenView(View):
    default: str  # the default project/environment, if any
    apps: str
    problem: str  # why the default is unknown
    project_env: str  # what the questions below are about; empty to show none
    buttons: tuple[FirstButton, ...]
    projects: ProjectMenu


class CommandHelp(View):
    """A question or command in the list of all."""

    usage: str
    summary: str


class HelpGroup(View):
    name: str
    commands: tuple[CommandHelp, ...]


class CommandsView(View):
    groups: tuple[HelpGroup, ...]


class ParameterHelp(View):
    """A parameter of a question or command."""

    name: str
    theirs: str
    meaning: str
    allowed: str
    default: str


class UsageView(View):
    name: str
    summary: str
    usage: str
    parameters: tuple[ParameterHelp, ...]
    examples: tuple[str, ...]
    line: str  # a question that needs no more than the channel's default


class HelpPages:
    """Render the pages of help."""

    def __init__(self, registry: Registry, renderer: Renderer) -> None:
        self._registry = registry
        self._renderer = renderer

    def topic(self, words: list[str]) -> str:
        """Return the first word that there is a page for, or "" for the first screen.

        Raise InvalidLine if no word has a page.
        """
        known = [word for word in words if word in self._registry or word == COMMANDS_TOPIC]
        if words and not known:
            raise self._unknown_topic(" ".join(words))
        return known[0] if known else ""

    def _unknown_topic(self, typed: str) -> InvalidLine:
        nearest = closest_match(typed, list(self._registry), TOPIC_SIMILARITY)
        hint = f" Did you mean {nearest}?" if nearest else ""
        mistake = f"There's no question or command “{typed[:MAX_QUOTED_CHARS]}”.{hint}"
        return InvalidLine((mistake,), topic=nearest or COMMANDS_TOPIC)

    def page(self, topic: str, defaults: Defaults) -> Message:
        """Render the page of a topic, other than the first screen."""
        if topic == COMMANDS_TOPIC:
            return self._renderer.render("notices/commands", view=CommandsView(groups=self._groups()))
        view = _usage_view(self._registry[topic], defaults, self._shortest_line(self._registry[topic], defaults))
        return self._renderer.render("notices/usage", view=view)

    def _groups(self) -> tuple[HelpGroup, ...]:
        specs = self._registry.values()
        return tuple(
            HelpGroup(name=group, commands=tuple(_command_help(spec) for spec in specs if spec.group == group))
            for group in GROUPS
        )

    def _shortest_line(self, spec: AnySpec, defaults: Defaults) -> str:
        """Return the question with nothing but the defaults; empty if it needs more."""
        if not (spec.is_question and defaults):
            return ""
        try:
            return parse(spec.name, self._registry, defaults).canonical
        except InvalidLine:
            return ""

    def first_screen(
        self, defaults: Defaults, project_envs: Sequence[str], *, has_menu: bool, problem: str = ""
    ) -> Message:
        """Render the first screen. Without a default, its buttons are about one of the known environments."""
        default = _project_env(defaults)
        project_env = default or _main(project_envs)
        view = FirstScreenView(
            default=default,
            apps=_apps(defaults),
            problem=problem,
            project_env=project_env,
            buttons=(*_first_questions(project_env), *self._first_forms(project_env, has_forms=has_menu)),
            projects=_project_menu(project_envs if has_menu else (), default),
        )
        return self._renderer.render("notices/first_screen", view=view)

    def first_buttons(
        self, defaults: Defaults, project_envs: Sequence[str], named: str, *, has_menu: bool
    ) -> tuple[FirstButton, ...]:
        """Return the buttons of the first screen, for a line that I can't read, about the environment that it names."""
        project_env = named or _project_env(defaults) or _main(project_envs)
        forms = self._first_forms(project_env, has_forms=has_menu)
        commands = FirstButton(label=COMMANDS_LABEL, line=f"help {COMMANDS_TOPIC}")
        return (*_first_questions(project_env), *forms, commands)

    def greeting(self, defaults: Defaults, project_envs: Sequence[str]) -> Message:
        """Render the greeting for a channel. Without a default, its forms ask for a project."""
        default = _project_env(defaults)
        view = GreetingView(
            default=default,
            apps=_apps(defaults),
            forms=tuple(FirstButton(label=label, line=line, does=does) for label, does, _, line in GREETING_FORMS),
            projects=_project_menu(project_envs, default),
        )
        return self._renderer.render("notices/greeting", view=view)

    def _first_forms(self, project_env: str, *, has_forms: bool) -> Iterator[FirstButton]:
        """Yield the buttons for schedules and alerts. Where no form can be opened, they explain the command."""
        for label, does, name, line in FIRST_FORMS:
            if has_forms:
                yield FirstButton(label=label, line=f"{line} {project_env}".rstrip(), does=does)
            elif name in self._registry:
                yield FirstButton(label=label, line=f"help {name}")


def _first_questions(project_env: str) -> Iterator[FirstButton]:
    for label, name in FIRST_QUESTIONS if project_env else ():
        yield FirstButton(label=label, line=f"{name} {project_env}")


def _project_env(defaults: Defaults) -> str:
    return f"{defaults['project']}/{defaults['env']}" if defaults else ""


def _apps(defaults: Defaults) -> str:
    return defaults.get("app", "").replace(",", ", ")


def _project_menu(project_envs: Sequence[str], default: str) -> ProjectMenu:
    choices = tuple(ProjectChoice(label=pair, line=f"use {pair}") for pair in _fitting(project_envs))
    return ProjectMenu(choices=choices, chosen=next((choice for choice in choices if choice.label == default), None))


def _main(project_envs: Sequence[str]) -> str:
    """Return the first production environment, else the first of all, if any."""
    return next((pair for pair in project_envs if pair.endswith(f"/{MAIN_ENVIRONMENT}")), next(iter(project_envs), ""))


def _fitting(project_envs: Sequence[str]) -> list[str]:
    return [pair for pair in project_envs if len(pair) <= MAX_LABEL_CHARS][:MAX_CHOICES]


def _command_help(spec: AnySpec) -> CommandHelp:
    return CommandHelp(usage=" ".join(_positional_usage(spec)), summary=spec.summary)


def _usage_view(spec: AnySpec, defaults: Defaults, line: str) -> UsageView:
    return UsageView(
        name=spec.name,
        summary=spec.summary,
        usage=usage_line(spec),
        parameters=tuple(map(_parameter_help, spec.params.fields())),
        examples=tuple(_localize(example, _project_env(defaults)) for example in spec.examples),
        line=line,
    )


def _localize(example: str, project_env: str) -> str:
    """Put the default into an example, so that it can be typed as it is."""
    words = example.split(" ")
    return " ".join(project_env if project_env and word == EXAMPLE_PROJECT_ENV else word for word in words)


def _parameter_help(field: ParamField) -> ParameterHelp:
    default = "" if field.required or field.default is None else field.param_type.write(field.default)
    return ParameterHelp(
        name=field.short_name,
        theirs=field.api_name,
        meaning=field.description,
        allowed=field.param_type.hint,
        default="required" if field.required else default,
    )


def usage_line(spec: AnySpec) -> str:
    """Return a line's usage: required parts, and optional ones in brackets."""
    name, *placeholders = _positional_usage(spec)
    question = placeholders.pop() if spec.params.question_field else ""
    shown = {*spec.params.positional, "project", "env", spec.params.question_field}
    options = [f"[{field.short_name}=…]" for field in spec.params.fields() if field.field_name not in shown]
    return " ".join(filter(None, [name, *placeholders, *options, question]))


def _positional_usage(spec: AnySpec) -> list[str]:
    """Return a line's name and the parts that need no name."""
    fields = {field.field_name: field for field in spec.params.fields()}
    names = [name for name in (*spec.params.positional, spec.params.question_field) if name in fields and name != "env"]
    placeholders = {name: _placeholder(fields[name].short_name, fields[name]) for name in names}
    question = placeholders.pop(spec.params.question_field, "")
    project_env = _placeholder("project/env", fields["project"]) if "project" in fields else ""
    return [spec.name, *filter(None, [*placeholders.values(), project_env, question])]


def _placeholder(word: str, field: ParamField) -> str:
    return f"<{word}>" if field.required else f"[{word}]"
