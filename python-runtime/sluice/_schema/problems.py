"""What is wrong with a value, and where.

A shape raises `Mismatch` about the value it was given; whoever holds that value puts its own step
in front (`under`), so that no path is built while all is well.
"""

from collections.abc import Iterable
from dataclasses import dataclass

LIMIT = 20
"""How many problems of one value are told; a reader mends the first ones and tries again."""


@dataclass(slots=True)
class Problem:
    """One thing that is wrong: where (`input.items[2].price`), what, and what to do about it."""

    path: str
    message: str
    hint: str | None = None

    def __str__(self) -> str:
        text = f"{self.path}: {self.message}"
        return f"{text}. {self.hint}" if self.hint else text


class Mismatch(Exception):
    """A value is not of the shape."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(problems)
        self.problems = problems


class UnsupportedHint(TypeError):
    """A type hint that has no form in JSON, or a name in a hint that cannot be found."""

    sluice_kind = "source_error"
    sluice_code = "source_invalid"
    retryable = False

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


class InvalidInput(ValueError):
    """A document does not fit the flow's input; `problems` says each thing, at most twenty."""

    sluice_kind = "input_error"
    sluice_code = "input_invalid"
    retryable = False

    def __init__(self, problems: list[Problem], what: str = "the input") -> None:
        problems = [Problem(_short(one.path), one.message, one.hint) for one in problems]
        super().__init__(_sentence(problems, what))
        self.problems = problems
        self.hint = _only_hint(problems)
        self.details = _details(problems)


class InvalidAnswer(InvalidInput):
    """What was answered to a call is not of the type that the flow asked for."""

    sluice_code = "answer_invalid"


class InvalidOutput(TypeError):
    """A value cannot be written as the flow's output; `problems` says each thing, at most twenty."""

    sluice_kind = "flow_error"
    sluice_code = "output_invalid"
    retryable = False

    def __init__(self, problems: list[Problem], what: str = "the output") -> None:
        problems = [Problem(_short(one.path), one.message, one.hint) for one in problems]
        super().__init__(_sentence(problems, what))
        self.problems = problems
        self.hint = _only_hint(problems)
        self.details = _details(problems)


for _public in (InvalidAnswer, InvalidInput, InvalidOutput, UnsupportedHint):
    _public.__module__ = "sluice"


def mismatch(message: str, hint: str | None = None) -> Mismatch:
    """A mismatch of the value itself."""
    return Mismatch([Problem("", message, hint)])


def expected(what: str, value: object, hint: str | None = None) -> Mismatch:
    """A mismatch of a value that is something else altogether."""
    return mismatch(f"expected {what}, got {told(value)}", hint)


def under(step: str, problems: Iterable[Problem]) -> list[Problem]:
    """The same problems, seen from one level above."""
    return [Problem(step + problem.path, problem.message, problem.hint) for problem in problems]


def member(key: str) -> str:
    """The step of a path to a member of an object."""
    return f".{key}" if key.isidentifier() and len(key) <= 60 else f"[{quoted(key)}]"


def quoted(text: str) -> str:
    """A text in quotes, cut to what a message can bear."""
    return repr(text if len(text) <= 60 else f"{text[:57]}...")


def told(value: object) -> str:
    """What a value is, in the words of JSON where it has them."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if type(value) is str:
        return f"the string {quoted(value)}"
    if type(value) is int:
        return f"the number {value}" if -(10**18) < value < 10**18 else "a very large number"
    if type(value) is float:
        return f"the number {value!r}"
    if type(value) is list:
        return "an empty list" if not value else "a list"
    if type(value) is dict:
        return "an empty object" if not value else "an object"
    return f"a value of type `{type(value).__name__}`"


def _short(path: str) -> str:
    return path if len(path) <= 400 else f"{path[:200]}…{path[-200:]}"


def _sentence(problems: list[Problem], what: str) -> str:
    if len(problems) == 1:
        return f"{problems[0].path}: {problems[0].message}"
    lines = "".join(f"\n  {problem}" for problem in problems)
    return f"{what} has {len(problems)} problems:{lines}"


def _only_hint(problems: list[Problem]) -> str | None:
    return problems[0].hint if len(problems) == 1 else None


def _details(problems: list[Problem]) -> dict[str, object]:
    return {
        "problems": [
            {"path": problem.path, "message": problem.message, "hint": problem.hint} for problem in problems
        ]
    }
