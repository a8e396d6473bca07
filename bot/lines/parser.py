"""A line of text ─► its name and arguments ─► a Query, and back to the canonical line; for questions and orders alike.

All mistakes of a line are found in one go, and a corrected line is offered with them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any

from bot.errors import Mistyped
from bot.lines.param_types import Mistake, Several, misspelled, nearest
from bot.lines.params import Field, Query
from bot.lines.spec import AnySpoken
from bot.lines.tokenizer import Word, words

MAX_QUOTED = 60  # characters of what was typed that are repeated

Register = Mapping[str, AnySpoken]  # all that can be typed, by name
Defaults = Mapping[str, str]  # what a line leaves out, by the names that people type: project, env, app


@dataclass(frozen=True)
class Understood:
    """A line that was understood."""

    spoken: AnySpoken
    query: Query
    saved: "Understood | None" = None  # the question that an order keeps

    @property
    def canonical(self) -> str:
        """The one form that all lines of this meaning have: parsing it gives the same query."""
        return self.spoken.line(dict(self.query))


def parse(text: str, register: Register, defaults: Defaults | None = None) -> Understood:
    """What a line means. A question may leave out what has a default; an order says all itself."""
    name, *rest = words(text) or [Word("", "")]
    typed = name.value or name.name
    spoken = register.get(typed.lower())
    reading = _Reading(spoken or _meant(typed, register))
    if spoken is None:
        reading.mend(str(Mistake(_dont_know(typed), reading.spoken.name)))
    if reading.spoken.query.saves:
        rest = reading.take_question(rest, register, defaults)
    reading.take(rest)
    if reading.spoken.is_question:
        reading.fill(defaults or {})
    try:
        return reading.finish()
    except Mistyped as mistyped:
        if spoken is None and not mistyped.corrected:  # it only begins with a word that looks like an order
            raise _unknown_line(typed, register) from None
        raise


def _meant(typed: str, register: Register) -> AnySpoken:
    meant = misspelled(typed, register)
    if meant is None:
        raise _unknown_line(typed, register)
    return register[meant]


def _unknown_line(typed: str, register: Register) -> Mistyped:
    """A line that nobody can read. Only questions are named: an order is nothing to try."""
    questions = ", ".join(name for name, spoken in register.items() if spoken.is_question)
    return Mistyped((f"{_dont_know(typed)}; I can answer {questions}.",), complete=False)


def _dont_know(typed: str) -> str:
    return f"I don't know “{typed[:MAX_QUOTED]}”"


@dataclass
class _Reading:
    """A line while it is read: what is known of it so far, and what is wrong with it.

    A mistake is mended, or what was mistaken is dropped from the corrected line."""

    spoken: AnySpoken
    values: dict[str, Any] = field(default_factory=dict)
    mistakes: list[str] = field(default_factory=list)
    complete: bool = True  # whether nothing was dropped
    seen: set[str] = field(default_factory=set)
    saved: Understood | None = None

    def __post_init__(self) -> None:
        self.fields: dict[str, Field] = {f.field: f for f in self.spoken.query.fields()}
        self.names = {_bare(name): f for f in self.fields.values() for name in (f.name, f.short) if name}

    def mend(self, mistake: str) -> None:
        """Note a mistake that the corrected line puts right."""
        self.mistakes.append(mistake)

    def drop(self, mistake: str) -> None:
        """Note a mistake that leaves something out of the corrected line."""
        self.mistakes.append(mistake)
        self.complete = False

    def take(self, rest: list[Word]) -> None:
        """The words of the line after its name. Those that fit nowhere are one mistake together."""
        surplus = [word.value or "" for word in rest if not self._took(word)]
        if surplus:
            self.drop(f"“{' '.join(surplus)[:MAX_QUOTED]}” isn't an option of {self.spoken.name}.")

    def _took(self, word: Word) -> bool:
        if word.name:
            self._named(word)
            return True
        return self._took_bare(word.value or "")

    def take_question(self, rest: list[Word], register: Register, defaults: Defaults | None) -> list[Word]:
        """A whole question and what stands before it; what is left of the line is nothing."""
        for name in self.spoken.query.words:
            rest = self._before(self.fields[name], rest)
        if rest:
            questions = {name: spoken for name, spoken in register.items() if spoken.is_question}
            asked: str | None = None
            try:
                self.saved = parse(" ".join(word.text for word in rest), questions, defaults)
                asked = self.saved.canonical
            except Mistyped as mistyped:
                self.mistakes += mistyped.mistakes
                self.complete = self.complete and mistyped.complete
                asked = mistyped.corrected or None
            self._put(self.fields[self.spoken.query.saves], asked)
        return []

    def _put(self, known: Field, value: Any) -> None:
        """A value that needs no reading; without one, it stands there to be filled in."""
        self.seen.add(known.field)
        if value is not None:
            self.values[known.field] = value

    def _before(self, known: Field, rest: list[Word]) -> list[Word]:
        """What stands before a question: one word, or as many as its kind knows."""
        knows = getattr(known.kind, "knows", None)
        taken = list(takewhile(lambda word: not word.name and knows(word.value), rest)) if knows else rest[:1]
        if taken:
            self._set(known, " ".join(word.value or "" for word in taken))
        return rest[len(taken) :]

    def _named(self, word: Word) -> None:
        known = self.names.get(_bare(word.name)) or self._near(word.name)
        if known is None:
            return
        if word.value is None and known.kind.allowed == "yes or no":
            self._set(known, "yes")
        elif not word.value:
            self.drop(f"{known.short} needs a value: {known.kind.allowed}.")
        else:
            self._set(known, word.value)

    def _near(self, name: str) -> Field | None:
        """The parameter that was probably meant."""
        shorts = [f.short for f in self.fields.values()]
        meant = nearest(name, shorts)
        says = f"There is no parameter “{name[:MAX_QUOTED]}”"
        if meant is None:
            self.drop(f"{says}; there are {', '.join(shorts)}.")
            return None
        self.mend(str(Mistake(says, meant)))
        return self.names[_bare(meant)]

    def _took_bare(self, word: str) -> bool:
        """A place, or the next thing that this question takes without a name."""
        project, slash, env = word.partition("/")
        if slash and {"project", "env"} <= self.fields.keys():
            self._set(self.fields["project"], project)
            self._set(self.fields["env"], env)
            return True
        free = next((name for name in self.spoken.query.words if self._takes(name)), None)
        if free:
            self._set(self.fields[free], word)
        return free is not None

    def _takes(self, name: str) -> bool:
        """Whether a bare word can fill this: once, or as often as one likes where there may be several."""
        return name not in self.seen or isinstance(self.fields[name].kind, Several)

    def _set(self, known: Field, word: str) -> None:
        """A value for a parameter; what can be put right is, so that it stands in the corrected line."""
        try:
            value = self._value(known, word)
        except Mistake as mistake:
            sure = mistake.meant or known.required  # which stands in the corrected line in capitals, to be filled in
            (self.mend if sure else self.drop)(f"{known.short}: {mistake}")
            value = known.kind.read(mistake.meant) if mistake.meant else None
        if value is not None:
            self._keep(known, value)
        self.seen.add(known.field)

    def _value(self, known: Field, word: str) -> Any:
        if not word:
            raise Mistake(f"a value is missing; say {known.kind.allowed}")
        return known.kind.read(word)

    def _keep(self, known: Field, value: Any) -> None:
        """A second value joins the first where there may be several, and is a mistake elsewhere."""
        if known.field in self.values and isinstance(known.kind, Several):
            value = tuple(dict.fromkeys((*self.values[known.field], *value)))
        elif self.values.get(known.field, value) != value:
            self.drop(f"{known.short} is given twice.")
        self.values[known.field] = value

    def fill(self, defaults: Defaults) -> None:
        """What the line leaves out. A project's environment is no default for another project."""
        elsewhere = self.values.get("project", defaults.get("project")) != defaults.get("project")
        for name, word in defaults.items():
            if name in self.fields and name not in self.seen and not (elsewhere and name in ("env", "app")):
                self._set(self.fields[name], word)

    def finish(self) -> Understood:
        """The line, if there is nothing to say against it."""
        missing = [f for f in self.fields.values() if f.required and f.field not in self.seen]
        self.mistakes += [f"{f.short} is missing: {f.meaning}." for f in missing]
        query = None if missing or self.seen - self.values.keys() else self._checked()
        if query is None or self.mistakes:
            raise self._mistyped()
        return Understood(self.spoken, query, self.saved)

    def _mistyped(self) -> Mistyped:
        """A question is offered as far as it was understood; an order only whole, or it would do something else."""
        offered = self.complete or self.spoken.is_question
        corrected = self.spoken.line(self.values) if offered else ""
        return Mistyped(tuple(self.mistakes), corrected=corrected, complete=self.complete, topic=self.spoken.name)

    def _checked(self) -> Query:
        """The query, with what is wrong between its parameters; of one that cannot be read nobody knows."""
        query: Query = self.spoken.query.model_validate(self.values)
        wrong = list(query.check())
        for mistake in wrong:
            self.drop(mistake)
        self.values = query.instead() if wrong else self.values
        return query


def _bare(name: str) -> str:
    """A name without what people vary: capitals, dashes, underscores."""
    return name.lower().replace("-", "").replace("_", "")
