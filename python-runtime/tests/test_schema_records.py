"""Dataclasses, TypedDicts and named tuples."""

from collections import namedtuple
from dataclasses import InitVar, dataclass, field
from datetime import datetime
from typing import Annotated, NamedTuple, NotRequired, Required, TypedDict

import pytest

from sluice._schema import InvalidInput, InvalidOutput, UnsupportedHint, adapter


@dataclass
class Item:
    """What is sold.

    Attributes:
        price: in cents,
            without tax.
    """

    price: int
    tags: list[str] = field(default_factory=list)
    note: Annotated[str, "for the buyer"] = ""


@dataclass
class Order:
    items: list[Item]
    at: datetime | None = None
    total: int = field(init=False, default=0)

    def __post_init__(self):
        if not self.items:
            raise ValueError("an order has at least one item")
        self.total = sum(item.price for item in self.items)


@dataclass
class Tree:
    value: int
    children: "list[Tree]" = field(default_factory=list)


@dataclass(frozen=True, kw_only=True, slots=True)
class Frozen:
    a: int
    b: int = 2


class Movie(TypedDict):
    title: str
    year: NotRequired[int]


class Partial(TypedDict, total=False):
    a: Required[int]
    b: str


class Point(NamedTuple):
    x: int
    y: int = 0


Pair = namedtuple("Pair", ["left", "right"])


def problems(hint, plain):
    with pytest.raises(InvalidInput) as caught:
        adapter(hint).load(plain)
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("hint", "plain", "value"),
    [
        (Item, {"price": 1, "tags": ["a"], "note": "x"}, Item(1, ["a"], "x")),
        (Tree, {"value": 1, "children": [{"value": 2, "children": []}]}, Tree(1, [Tree(2)])),
        (Frozen, {"a": 1, "b": 2}, Frozen(a=1)),
        (Movie, {"title": "M", "year": 1931}, {"title": "M", "year": 1931}),
        (Movie, {"title": "M"}, {"title": "M"}),
        (Partial, {"a": 1}, {"a": 1}),
        (Point, {"x": 1, "y": 2}, Point(1, 2)),
        (Pair, {"left": 1, "right": [2]}, Pair(1, [2])),
    ],
)
def test_goes_both_ways(hint, plain, value):
    loaded = adapter(hint).load(plain)
    assert loaded == value
    assert type(loaded) is type(value)
    assert adapter(hint).dump(value) == plain


def test_defaults_and_computed_members():
    order = adapter(Order).load({"items": [{"price": 5}]})
    assert order == Order([Item(5)])
    assert adapter(Order).dump(order) == {
        "items": [{"price": 5, "tags": [], "note": ""}],
        "at": None,
        "total": 5,
    }
    assert problems(Order, {"items": [{"price": 5}], "total": 7}) == [
        "value.total: is not a member. The members are items, at"
    ]


def test_all_problems_are_told_with_their_places():
    assert problems(Order, {"items": [{"price": "x"}, {}, {"price": 1, "tgs": []}], "att": 1}) == [
        "value.items[0].price: expected an integer, got the string 'x'",
        "value.items[1].price: is missing: expected an integer",
        "value.items[2].tgs: is not a member. Did you mean 'tags'?",
        "value.att: is not a member. Did you mean 'at'?",
    ]


def test_a_refusal_of_the_class_is_a_problem():
    assert problems(Order, {"items": []}) == ["value: Order refused it: an order has at least one item"]


def test_typed_dicts_have_exactly_their_keys():
    assert problems(Movie, {"titel": "M"}) == [
        "value.titel: is not a member. Did you mean 'title'?",
        "value.title: is missing: expected a string",
    ]
    assert problems(Partial, {"b": "x"}) == ["value.a: is missing: expected an integer"]
    with pytest.raises(InvalidOutput) as caught:
        adapter(Movie).dump({"year": "x", "yeer": 1})
    assert [str(problem) for problem in caught.value.problems] == [
        "value.yeer: is not a key of Movie. Did you mean 'year'?",
        "value.title: is missing",
        "value.year: expected an integer, got the string 'x'",
    ]


def test_output_names_the_member():
    with pytest.raises(InvalidOutput) as caught:
        adapter(list[Item]).dump([Item(1), Item("x")])
    assert str(caught.value) == "value[1].price: expected an integer, got the string 'x'"
    with pytest.raises(InvalidOutput) as caught:
        adapter(Item).dump({"price": 1})
    assert str(caught.value) == "value: expected a `Item`, got an object"


def test_schema_of_a_dataclass():
    schema = adapter(Order).schema()
    assert schema["$ref"] == "#/$defs/Order"
    assert schema["$defs"]["Item"] == {
        "description": "What is sold.",
        "type": "object",
        "properties": {
            "price": {"type": "integer", "description": "in cents, without tax."},
            "tags": {"type": "array", "items": {"type": "string"}, "default": []},
            "note": {"type": "string", "description": "for the buyer", "default": ""},
        },
        "required": ["price"],
        "additionalProperties": False,
    }
    assert schema["$defs"]["Order"] == {
        "type": "object",
        "properties": {
            "items": {"type": "array", "items": {"$ref": "#/$defs/Item"}},
            "at": {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}], "default": None},
            "total": {"type": "integer", "readOnly": True},
        },
        "required": ["items"],
        "additionalProperties": False,
    }


def test_a_default_that_cannot_be_shown_is_left_out():
    @dataclass
    class Odd:
        made: list = field(default_factory=lambda: 1 // 0)
        absent: int = None

    members = adapter(Odd).schema()["$defs"]["Odd"]["properties"]
    assert members == {"made": {"type": "array"}, "absent": {"type": "integer"}}


def test_schema_of_a_record_that_holds_itself():
    schema = adapter(Tree).schema()
    assert schema["$defs"]["Tree"]["properties"]["children"]["items"] == {"$ref": "#/$defs/Tree"}


def test_two_records_of_one_name_stand_apart():
    def make(hint):
        @dataclass
        class Thing:
            value: hint

        return Thing

    schema = adapter(tuple[make(int), make(str)]).schema()
    assert schema["$defs"].keys() == {"Thing", "Thing2"}


def test_schema_of_a_typed_dict_and_a_named_tuple():
    assert adapter(Movie).schema()["$defs"]["Movie"]["required"] == ["title"]
    assert adapter(Point).schema()["$defs"]["Point"] == {
        "type": "object",
        "properties": {"x": {"type": "integer"}, "y": {"type": "integer", "default": 0}},
        "required": ["x"],
        "additionalProperties": False,
    }


def test_a_member_without_a_form_is_named():
    @dataclass
    class Bad:
        ok: int
        lock: complex

    with pytest.raises(UnsupportedHint) as caught:
        adapter(Bad).schema()
    assert str(caught.value) == "`Bad.lock`: the type `complex` has no form in JSON"

    @dataclass
    class Init:
        seed: InitVar[int]

    with pytest.raises(UnsupportedHint) as caught:
        adapter(Init).load({"seed": 1})
    assert str(caught.value) == "`Init.seed` is an InitVar, which a document cannot hold"
