"""Parser: a line of text ─► tokens ─► ParsedLine, and back to the canonical line; for questions and commands alike.

Tokenizing undoes what keyboards and Slack change, and handles quotes, dashes and `name=value`. All mistakes of a line
are reported at once, together with a corrected line."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any

from bot.errors import InvalidLine
from bot.lines.param_types import InvalidValue, ListOf, closest_match, correct_typo
from bot.lines.spec import AnySpec, ParamField, Params
from bot.messages.humanize import join_with_and
from bot.messages.mrkdwn import unescape

MAX_QUOTED_CHARS = 60  # of the typed text, when a mistake quotes it

Registry = Mapping[str, AnySpec]  # every question and command, by name
Defaults = Mapping[str, str]  # values for parameters that a line omits, by short name: project, env, app

# Phones turn "…", '…' and -- into typographic signs, and Slack turns names and addresses into <…|label>.
_QUOTES = str.maketrans({"“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "‘": "'", "’": "'", "‚": "'", "\u00a0": " "})
_LONG_DASH = re.compile(r"(?<!\S)[—–](?=\w)")
_LABELED_LINK = re.compile(r"<[@#!]?[^<>|\s]*\|([^<>|]*)>|<((?:https?:|mailto:)[^<>|\s]+)>")

# Possessive, so that no line can cause catastrophic backtracking.
_WORD = re.compile(r"""(?>[^\s"']+|"[^"]*"|'[^']*'|["'])++""")
_QUOTED = re.compile(r""""([^"]*)"|'([^']*)\'""")
_NAMED_VALUE = re.compile(r"(?:--?)?([A-Za-z][\w-]*)=(.*)", re.DOTALL)
_OPTION = re.compile(r"--?([A-Za-z][\w-]*)")
_SHARE = "share"  # the option that asks to post the answer in the channel; the only one that never takes a value
_HELP_WORDS = ("", "help", "?")
_NOUNS = {"env": "environment"}  # parameters whose name isn't an English word


@dataclass(frozen=True, slots=True)
class Token:
    """A bare word (no name), a named value, or an option without a value (`--share`)."""

    name: str
    value: str | None


def tokenize(text: str) -> list[Token]:
    """Split a line into tokens; `name=value`, `--name=value` and `--name value` are equivalent."""
    raw_tokens = _WORD.findall(normalize_line(text))
    tokens: list[Token] = []
    while raw_tokens:
        raw = raw_tokens.pop(0)
        if named := _NAMED_VALUE.fullmatch(raw):
            tokens.append(Token(named[1], _unquote(named[2])))
        elif option := _OPTION.fullmatch(raw):
            takes_value = raw_tokens and option[1].lower() != _SHARE and not _is_named(raw_tokens[0])
            tokens.append(Token(option[1], _unquote(raw_tokens.pop(0)) if takes_value else None))
        else:
            tokens.append(Token("", _unquote(raw)))
    return tokens


def _is_named(raw: str) -> bool:
    return bool(_NAMED_VALUE.fullmatch(raw) or _OPTION.fullmatch(raw))


def help_topics(tokens: list[Token]) -> list[str] | None:
    """Return the words that a line requests help for, which may be none; None if it requests no help."""
    words = [(token.value or token.name).lower() for token in tokens] or [""]
    if words[0] not in _HELP_WORDS and words[1:2] != ["help"]:
        return None
    return [word for word in words if word not in _HELP_WORDS]


def first_word(line: str) -> str:
    """Return the word that a line begins with, which may name a question or command."""
    return line.strip().partition(" ")[0].lower()


def remove_share_option(tokens: list[Token]) -> tuple[list[Token], bool]:
    """Return the tokens without `--share`, and whether it was among them."""
    remaining = [token for token in tokens if token.value is not None or token.name.lower() != _SHARE]
    return remaining, len(remaining) < len(tokens)


def normalize_line(text: str) -> str:
    """Undo typographic quotes and dashes, non-breaking spaces, Slack's links and its escapes."""
    unlinked = _LABELED_LINK.sub(lambda match: match[1] or match[2] or "", text)
    dashed = _LONG_DASH.sub("--", unescape(unlinked).translate(_QUOTES))
    return re.sub("[—–]", "-", dashed).strip()


def _unquote(word: str) -> str:
    return _QUOTED.sub(lambda match: match[1] if match[1] is not None else match[2], word)


@dataclass(frozen=True)
class ParsedLine:
    """A valid line: its question or command, and the parameters."""

    spec: AnySpec
    params: Params
    saved_question: "ParsedLine | None" = None  # the question that a command saves, as in `every`

    @property
    def canonical(self) -> str:
        """The normal form of the line. Lines that mean the same share it, and it parses to the same params."""
        return self.spec.line(dict(self.params))


def parse(text: str, registry: Registry, defaults: Defaults | None = None) -> ParsedLine:
    """Parse a line. Defaults fill what a question omits; a command must be complete itself."""
    return parse_tokens(tokenize(text), registry, defaults)


def parse_tokens(tokens: list[Token], registry: Registry, defaults: Defaults | None = None) -> ParsedLine:
    """Parse a line that is split into tokens already."""
    name_token, *arg_tokens = tokens or [Token("", "")]
    typed = name_token.value or name_token.name
    spec = registry.get(typed.lower())
    line_parser = _LineParser(spec or _closest_spec(typed, registry))
    if spec is None:
        line_parser.report_corrected(str(InvalidValue(_unknown_word_message(typed), line_parser.spec.name)))
    if line_parser.spec.params.question_field:
        arg_tokens = line_parser.parse_saved_question(arg_tokens, registry, defaults)
    line_parser.parse_params(arg_tokens)
    if line_parser.spec.is_question:
        line_parser.apply_defaults(defaults or {})
    try:
        return line_parser.build()
    except InvalidLine as invalid:
        if spec is None and not invalid.corrected:  # other text, whose first word only resembles a command
            raise _unknown_line(typed, registry) from None
        raise


def _closest_spec(typed: str, registry: Registry) -> AnySpec:
    suggestion = correct_typo(typed, registry)
    if suggestion is None:
        raise _unknown_line(typed, registry)
    return registry[suggestion]


def _unknown_line(typed: str, registry: Registry) -> InvalidLine:
    """Build the error for an unknown name. It lists only questions, since trying a command would change something."""
    questions = join_with_and([name for name, spec in registry.items() if spec.is_question])
    return InvalidLine((f"{_unknown_word_message(typed)}. The questions are {questions}.",), is_complete=False)


def _unknown_word_message(typed: str) -> str:
    return f"I don't know “{typed[:MAX_QUOTED_CHARS]}”"


@dataclass
class _LineParser:
    """The state of one parse: the values so far, and the mistakes.

    The corrected line either fixes a mistake or drops the part that is wrong."""

    spec: AnySpec
    values: dict[str, Any] = field(default_factory=dict)
    mistakes: list[str] = field(default_factory=list)
    is_complete: bool = True  # whether the corrected line dropped nothing
    has_gaps: bool = False  # whether the saved question needs something filled in
    seen: set[str] = field(default_factory=set)
    saved_question: ParsedLine | None = None

    def __post_init__(self) -> None:
        self.fields: dict[str, ParamField] = {f.field_name: f for f in self.spec.params.fields()}
        self.fields_by_name = {
            _normalize_name(name): f for f in self.fields.values() for name in (f.api_name, f.short_name) if name
        }

    def report_corrected(self, mistake: str) -> None:
        """Record a mistake that the corrected line fixes."""
        self.mistakes.append(mistake)

    def report_dropped(self, mistake: str) -> None:
        """Record a mistake whose text the corrected line omits."""
        self.mistakes.append(mistake)
        self.is_complete = False

    def parse_params(self, tokens: list[Token]) -> None:
        """Consume the words after the name. All that fit no parameter are reported as one mistake.

        `project/env` comes first, so that no other word is taken for the environment.
        """
        ordered = sorted(tokens, key=lambda token: bool(token.name) or "/" not in (token.value or ""))
        surplus = [token.value or "" for token in ordered if not self._consume(token)]
        if surplus:
            self.report_dropped(f"“{' '.join(surplus)[:MAX_QUOTED_CHARS]}” isn't an option for {self.spec.name}.")

    def _consume(self, token: Token) -> bool:
        if token.name:
            self._consume_named(token)
            return True
        return self._consume_positional(token.value or "")

    def parse_saved_question(self, tokens: list[Token], registry: Registry, defaults: Defaults | None) -> list[Token]:
        """Consume the leading parameters and the whole question after them; no tokens remain."""
        for name in self.spec.params.positional:
            tokens = self._consume_leading(self.fields[name], tokens)
        if tokens:
            questions = {name: spec for name, spec in registry.items() if spec.is_question}
            line: str | None = None
            try:
                self.saved_question = parse_tokens(tokens, questions, defaults)
                line = self.saved_question.canonical
            except InvalidLine as invalid:
                self.mistakes += invalid.mistakes
                self.is_complete = self.is_complete and invalid.is_complete
                self.has_gaps = invalid.has_gaps
                line = invalid.corrected or None
            self._set_parsed(self.fields[self.spec.params.question_field], line)
        return []

    def _set_parsed(self, param: ParamField, value: Any) -> None:
        """Set a value that is already parsed; None leaves a placeholder in the corrected line."""
        self.seen.add(param.field_name)
        if value is not None:
            self.values[param.field_name] = value

    def _consume_leading(self, param: ParamField, tokens: list[Token]) -> list[Token]:
        """Consume a parameter before a question: one word, or as many as its type recognizes."""
        recognizes = getattr(param.param_type, "recognizes", None)
        leading = (
            list(takewhile(lambda token: not token.name and recognizes(token.value), tokens))
            if recognizes
            else tokens[:1]
        )
        if leading:
            self._set_from_text(param, " ".join(token.value or "" for token in leading))
        return tokens[len(leading) :]

    def _consume_named(self, token: Token) -> None:
        param = self.fields_by_name.get(_normalize_name(token.name)) or self._closest_param(token.name)
        if param is None:
            return
        if token.value is None and param.param_type.hint == "yes or no":
            self._set_from_text(param, "yes")
        elif not token.value:
            self.report_dropped(_missing_value(param))
        else:
            self._set_from_text(param, token.value)

    def _closest_param(self, name: str) -> ParamField | None:
        """Return the parameter that was probably meant, and record the mistake."""
        short_names = [f.short_name for f in self.fields.values()]
        suggestion = closest_match(name, short_names)
        problem = f"{self.spec.name} has no option “{name[:MAX_QUOTED_CHARS]}”"
        if suggestion is None:
            self.report_dropped(f"{problem}. It takes {join_with_and(short_names)}.")
            return None
        self.report_corrected(str(InvalidValue(problem, suggestion)))
        return self.fields_by_name[_normalize_name(suggestion)]

    def _consume_positional(self, word: str) -> bool:
        """Consume `project/env`, or a value for the next positional parameter."""
        if "/" in word and {"project", "env"} <= self.fields.keys():
            self._consume_project_env(word)
            return True
        unfilled = next((name for name in self.spec.params.positional if self._accepts_positional(name)), None)
        if unfilled:
            self._set_from_text(self.fields[unfilled], word)
        return unfilled is not None

    def _consume_project_env(self, word: str) -> None:
        """Consume `project/env`, and further ones if the line takes several. A bare key is of the same project."""
        more = self.fields.get(self.spec.params.more_field)
        first, *others = word.split(",") if more else [word]
        project, _, env = first.partition("/")
        if more and "env" in self.seen:
            others = [first, *others]
        else:
            self._set_from_text(self.fields["project"], project)
            self._set_from_text(self.fields["env"], env)
        if more and others:
            self._set_from_text(more, ",".join(name if "/" in name else f"{project}/{name}" for name in others))

    def _accepts_positional(self, name: str) -> bool:
        """Return whether a bare word can fill this parameter: lists accept more than one."""
        return name not in self.seen or isinstance(self.fields[name].param_type, ListOf)

    def _set_from_text(self, param: ParamField, word: str) -> None:
        """Parse and set a value. On a mistake, set the suggested value instead, for the corrected line."""
        try:
            value = self._parse_value(param, word)
        except InvalidValue as invalid:
            # The corrected line shows a required parameter without a suggestion in capitals, to be filled in.
            mistake = invalid.describe(param.short_name)
            if invalid.suggestion or param.required:
                self.report_corrected(mistake)
            else:
                self.report_dropped(mistake)
            value = param.param_type.read(invalid.suggestion) if invalid.suggestion else None
        if value is not None:
            self._add_value(param, value)
        self.seen.add(param.field_name)

    def _parse_value(self, param: ParamField, word: str) -> Any:
        if not word:
            raise InvalidValue(_missing_value(param).removesuffix("."))
        return param.param_type.read(word)

    def _add_value(self, param: ParamField, value: Any) -> None:
        """Set a value. A repeated list parameter is extended; for any other, a different value is a mistake."""
        if param.field_name in self.values and isinstance(param.param_type, ListOf):
            value = tuple(dict.fromkeys((*self.values[param.field_name], *value)))
        elif self.values.get(param.field_name, value) != value:
            self.report_dropped(f"{param.short_name} is set twice.")
        self.values[param.field_name] = value

    def apply_defaults(self, defaults: Defaults) -> None:
        """Fill omitted parameters. The default environment and application don't apply to another project."""
        other_project = self.values.get("project", defaults.get("project")) != defaults.get("project")
        for name, word in defaults.items():
            if name in self.fields and name not in self.seen and not (other_project and name in ("env", "app")):
                self._set_from_text(self.fields[name], word)

    def build(self) -> ParsedLine:
        """Return the parsed line, or raise InvalidLine with every mistake."""
        missing = [f for f in self.fields.values() if f.required and f.field_name not in self.seen]
        if missing:
            self.mistakes.append(self._missing_message(missing))
        params = None if missing or self.seen - self.values.keys() else self._validate_params()
        if params is None or self.mistakes:
            raise self._invalid_line()
        return ParsedLine(self.spec, params, self.saved_question)

    def _missing_message(self, missing: Sequence[ParamField]) -> str:
        """Ask for the parameters that a line lacks."""
        if self.spec.is_question:
            return f"Which {join_with_and([_NOUNS.get(f.short_name, f.short_name) for f in missing])}?"
        return f"Missing: {join_with_and([f.description for f in missing])}."

    def _invalid_line(self) -> InvalidLine:
        """Build the error. A command is offered only if nothing was dropped, or it would do something else."""
        can_correct = self.is_complete or self.spec.is_question
        corrected = self.spec.line(self.values) if can_correct else ""
        return InvalidLine(
            tuple(self.mistakes),
            corrected=corrected,
            is_complete=self.is_complete,
            has_gaps=self.has_gaps or any(map(self._has_gap, self.fields.values())),
            topic=self.spec.name,
        )

    def _has_gap(self, param: ParamField) -> bool:
        value = self.values.get(param.field_name)
        return (param.required and value is None) or (isinstance(value, tuple) and param.placeholder in value)

    def _validate_params(self) -> Params:
        """Build the params and record the mistakes in how they combine."""
        params: Params = self.spec.params.model_validate(self.values)
        mistakes = list(params.check())
        for mistake in mistakes:
            self.report_dropped(mistake)
        self.values = params.corrected_values() if mistakes else self.values
        return params


def _missing_value(param: ParamField) -> str:
    return f"{param.short_name} needs a value: {param.param_type.hint}."


def _normalize_name(name: str) -> str:
    """Fold the spelling variants of a name: case, dashes, underscores."""
    return name.lower().replace("-", "").replace("_", "")
