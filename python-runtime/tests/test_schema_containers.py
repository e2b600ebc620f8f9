"""Lists, tuples, sets, mappings, unions and choices."""

import collections
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum, IntEnum
from typing import Annotated, Any, Literal, NewType, Optional

import pytest

from sluice._schema import InvalidInput, InvalidOutput, UnsupportedHint, adapter


class Color(Enum):
    RED = "red"
    BLUE = "blue"


class Level(IntEnum):
    LOW = 1
    HIGH = 2


class Shape(Enum):
    DOT = (0, 0)
    LINE = (0, 1)


@dataclass
class Circle:
    radius: float
    kind: Literal["circle"] = "circle"


@dataclass
class Square:
    side: float
    kind: Literal["square"] = "square"


Cents = NewType("Cents", int)


def problems(hint, plain):
    with pytest.raises(InvalidInput) as caught:
        adapter(hint).load(plain)
    return [(problem.path, problem.message) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("hint", "plain", "value"),
    [
        (list, [1, "a"], [1, "a"]),
        (list[int], [1, 2], [1, 2]),
        (typing.List, [1], [1]),  # noqa: UP006
        (Sequence[int], [1], [1]),
        (collections.deque[int], [1], collections.deque([1])),
        (tuple, [1, "a"], (1, "a")),
        (tuple[int, ...], [1, 2], (1, 2)),
        (tuple[int, str], [1, "a"], (1, "a")),
        (tuple[()], [], ()),
        (set[str], ["a", "b"], {"a", "b"}),
        (frozenset[int], [1, 2], frozenset({1, 2})),
        (dict, {"a": 1}, {"a": 1}),
        (dict[str, list[int]], {"a": [1]}, {"a": [1]}),
        (dict[int, str], {"1": "a"}, {1: "a"}),
        (dict[date, int], {"2026-11-21": 1}, {date(2026, 11, 21): 1}),
        (dict[Color, int], {"red": 1}, {Color.RED: 1}),
        (dict[Level, int], {"2": 1}, {Level.HIGH: 1}),
        (dict[bool, int], {"true": 1}, {True: 1}),
        (Mapping[str, int], {"a": 1}, {"a": 1}),
        (collections.Counter[str], {"a": 1}, collections.Counter(a=1)),
        (Optional[int], None, None),  # noqa: UP045
        (int | str, "3", "3"),
        (int | str, 3, 3),
        (str | float, 3, 3.0),
        (list[int | None], [1, None], [1, None]),
        (date | int, "2026-11-21", date(2026, 11, 21)),
        (Literal["a", 1, None], 1, 1),
        (Literal["a", 1, None], None, None),
        (Color, "red", Color.RED),
        (Level, 2, Level.HIGH),
        (Shape, "LINE", Shape.LINE),
        (Literal[Color.RED], "red", Color.RED),
        (Circle | Square, {"side": 1.0, "kind": "square"}, Square(1.0)),
        (Cents, 5, 5),
        (Annotated[int, "in cents", 7], 5, 5),
    ],
)
def test_goes_both_ways(hint, plain, value):
    loaded = adapter(hint).load(plain)
    assert loaded == value
    assert type(loaded) is type(value)
    assert adapter(hint).dump(value) == plain


def test_one_and_true_and_one_point_zero_are_told_apart():
    assert adapter(Literal[1, True]).load(True) is True
    assert type(adapter(Literal[1]).load(1.0)) is int
    assert problems(Literal[1], True) == [("value", "expected 1, got true")]
    assert problems(bool | str, 1) == [("value", "expected true or false or a string, got the number 1")]


def test_each_item_has_its_place():
    assert problems(dict[str, list[int]], {"a": [1, "x"], "b c": [None], "d": 3}) == [
        ("value.a[1]", "expected an integer, got the string 'x'"),
        ("value['b c'][0]", "expected an integer, got null"),
        ("value.d", "expected a list, got the number 3"),
    ]
    assert problems(tuple[int, str], [1]) == [("value", "expected 2 values, got 1")]
    assert problems(tuple[int, str], ["a", 1]) == [
        ("value[0]", "expected an integer, got the string 'a'"),
        ("value[1]", "expected a string, got the number 1"),
    ]
    assert problems(set[int], [1, 1]) == [("value", "expected each value once, got some of them twice")]
    assert problems(dict[int, int], {"x": 1}) == [
        ("value.x", "expected the digits of an integer as name, got 'x'")
    ]


def test_at_most_twenty_problems_are_told():
    assert len(problems(list[int], ["x"] * 1000)) == 20


def test_a_choice_says_what_there_is_and_what_was_meant():
    with pytest.raises(InvalidInput) as caught:
        adapter(Color).load("bleu")
    assert str(caught.value) == "value: expected one of 'red', 'blue', got the string 'bleu'"
    assert caught.value.hint == "Did you mean 'blue'?"


def test_a_union_says_what_was_tried():
    assert problems(Circle | Square, {"size": 1}) == [
        (
            "value",
            "an object fits none of: a Circle (size: is not a member); a Square (size: is not a member)",
        )
    ]
    assert problems(Optional[Circle], {"radius": "x"}) == [  # noqa: UP045
        ("value.radius", "expected a number, got the string 'x'")
    ]


def test_output_is_written_by_the_type_of_each_value():
    value = {
        1: Color.RED,
        date(2026, 11, 21): {3, 1, 2},
        "when": datetime(2026, 11, 21),
        None: (Circle(1.0), b"x", collections.deque([1])),
        "level": Level.HIGH,
        "range": range(3),
        "keys": {"a": 1}.keys(),
    }
    assert adapter(Any).dump(value) == {
        "1": "red",
        "2026-11-21": [1, 2, 3],
        "when": "2026-11-21T00:00:00",
        "null": [{"radius": 1.0, "kind": "circle"}, "eA==", [1]],
        "level": 2,
        "range": [0, 1, 2],
        "keys": ["a"],
    }


@pytest.mark.parametrize(
    ("value", "path", "message", "hint"),
    [
        (
            [1, {"a": float("nan")}],
            "value[1].a",
            "nan has no form in JSON",
            "Use None for a number that is not there",
        ),
        (
            (n for n in ()),
            "value",
            "a value of type `generator` cannot be written as JSON",
            "Wrap it in list(...)",
        ),
        (
            {"f": len},
            "value.f",
            "a value of type `builtin_function_or_method` cannot be written as JSON",
            "Call it, and return what it returns",
        ),
        (
            {(1, 2): 1},
            "value[a value of type `tuple`]",
            "a `tuple` cannot be the name of a member",
            "Use strings as keys",
        ),
        ({1: 1, "1": 2}, "value['1']", "two keys of the mapping are both named '1' in JSON", None),
    ],
)
def test_output_that_json_does_not_have(value, path, message, hint):
    with pytest.raises(InvalidOutput) as caught:
        adapter(Any).dump(value)
    (problem,) = caught.value.problems
    assert (problem.path, problem.message, problem.hint) == (path, message, hint)


def test_a_value_that_holds_itself_is_refused():
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(InvalidOutput) as caught:
        adapter(Any).dump(endless)
    assert str(caught.value) == "value: is nested too deeply, or holds itself"


def test_output_must_fit_the_hint():
    with pytest.raises(InvalidOutput) as caught:
        adapter(list[int]).dump(iter([1]))
    assert caught.value.problems[0].hint == "Wrap it in list(...)"
    with pytest.raises(InvalidOutput) as caught:
        adapter(dict[str, int]).dump({"a": "x", "b": None})
    assert [problem.path for problem in caught.value.problems] == ["value.a", "value.b"]


@pytest.mark.parametrize("hint", [Callable[[], int], complex, type, typing.TypeVar("T"), list[complex], 3])
def test_hints_without_a_form_are_refused(hint):
    with pytest.raises(UnsupportedHint) as caught:
        adapter(hint)
    assert "has no form in JSON" in str(caught.value)
    assert caught.value.hint is not None
    assert caught.value.hint.startswith("Supported are str, int")


def test_literals_without_a_form_are_refused():
    with pytest.raises(UnsupportedHint) as caught:
        adapter(Literal[b"x"])
    assert str(caught.value) == "the literal `b'x'` has no form in JSON"


def test_schemas():
    def plain(hint):
        schema = adapter(hint).schema()
        del schema["$schema"]
        return schema

    assert plain(list) == {"type": "array"}
    assert plain(list[int]) == {"type": "array", "items": {"type": "integer"}}
    assert plain(set[int]) == {"type": "array", "items": {"type": "integer"}, "uniqueItems": True}
    assert plain(tuple[int, str]) == {
        "type": "array",
        "prefixItems": [{"type": "integer"}, {"type": "string"}],
        "items": False,
        "minItems": 2,
        "maxItems": 2,
    }
    assert plain(dict[str, int]) == {"type": "object", "additionalProperties": {"type": "integer"}}
    assert plain(dict[int, Any]) == {"type": "object", "propertyNames": {"pattern": "^[+-]?[0-9]+$"}}
    assert plain(dict[Color, Any]) == {"type": "object", "propertyNames": {"enum": ["red", "blue"]}}
    assert plain(int | None) == {"anyOf": [{"type": "integer"}, {"type": "null"}]}
    assert plain(Literal["a"]) == {"const": "a"}
    assert plain(Level) == {"enum": [1, 2]}
    assert plain(Annotated[int, "in cents"]) == {"type": "integer", "description": "in cents"}
