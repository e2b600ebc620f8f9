"""A flow's function between its input and its output."""

import functools
import sys
import types
from dataclasses import dataclass
from typing import Annotated, Any

import pytest

from sluice._schema import InvalidInput, InvalidOutput, Signature, UnsupportedHint


def hello(name: str = "world") -> str:
    return f"Hello, {name}!"


def plan(title: str, *, count: Annotated[int, "how many"], tags: list[str] = []) -> None:  # noqa: B006
    """Plan it.

    Args:
        title: what it is called,
            in short.
        count: not shown, for the hint says it.
        tags (list): words: any.

    Returns:
        title: nothing of that.
    """


def untyped(a, b=None):
    return a


def module(source):
    """The names of a module whose annotations are text."""
    made = sys.modules["a_flow"] = types.ModuleType("a_flow")
    names = vars(made)
    exec(
        compile("from __future__ import annotations\n" + source, "flow.py", "exec", dont_inherit=True), names
    )
    return names


def refused(function, document):
    with pytest.raises(InvalidInput) as caught:
        Signature.of(function).bind(document)
    return [str(problem) for problem in caught.value.problems]


def test_binds_and_dumps():
    signature = Signature.of(hello, globals())
    assert signature.bind({}) == {}
    assert signature.bind({"name": "Ann"}) == {"name": "Ann"}
    assert signature.dump("x") == "x"
    assert Signature.of(plan).bind({"title": "a", "count": 1.0}) == {"title": "a", "count": 1}
    assert Signature.of(untyped).bind({"a": [1]}) == {"a": [1]}


def test_all_problems_of_an_input():
    assert refused(plan, {"titel": "a", "tags": [1]}) == [
        "input.titel: is not a parameter. Did you mean 'title'?",
        "input.tags[0]: expected a string, got the number 1",
        "input.title: is missing: expected a string",
        "input.count: is missing: expected an integer",
    ]
    assert refused(lambda: None, {"a": 1}) == ["input.a: is not a parameter. There are no parameters"]
    for document in (None, [], "x"):
        assert refused(hello, document)[0].startswith("input: expected an object with a member for each")


def test_messages():
    with pytest.raises(InvalidInput) as caught:
        Signature.of(hello).bind({"nmae": "Ann"})
    assert str(caught.value) == "input.nmae: is not a parameter"
    assert caught.value.hint == "Did you mean 'name'?"
    assert caught.value.details == {
        "problems": [{"path": "input.nmae", "message": "is not a parameter", "hint": "Did you mean 'name'?"}]
    }
    with pytest.raises(InvalidInput) as caught:
        Signature.of(plan).bind({"title": 1})
    assert str(caught.value) == (
        "the input has 2 problems:\n"
        "  input.title: expected a string, got the number 1\n"
        "  input.count: is missing: expected an integer"
    )


def test_output_by_hint_and_by_value():
    with pytest.raises(InvalidOutput) as caught:
        Signature.of(hello).dump(3)
    assert str(caught.value) == "output: expected a string, got the number 3"
    with pytest.raises(InvalidOutput) as caught:
        Signature.of(plan).dump({})
    assert caught.value.problems[0].path == "output"
    assert Signature.of(untyped).dump({"a": (1, {2})}) == {"a": [1, [2]]}
    with pytest.raises(InvalidOutput) as caught:
        Signature.of(untyped).dump({"items": [{"price": float("nan")}]})
    assert str(caught.value) == "output.items[0].price: nan has no form in JSON"


def test_input_schema():
    assert Signature.of(plan).input_schema() == {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": {
            "title": {"type": "string", "description": "what it is called, in short."},
            "count": {"type": "integer", "description": "how many"},
            "tags": {
                "type": "array",
                "items": {"type": "string"},
                "description": "words: any.",
                "default": [],
            },
        },
        "required": ["title", "count"],
        "additionalProperties": False,
    }
    assert Signature.of(plan).output_schema() == {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "null",
    }
    assert Signature.of(untyped).input_schema()["properties"] == {"a": {}, "b": {"default": None}}


def test_hints_that_are_text():
    names = module(
        "from dataclasses import dataclass\n"
        "from typing import Annotated, NotRequired, TypedDict\n"
        "@dataclass\n"
        "class Node:\n"
        "    value: int\n"
        "    next: Node | None = None\n"
        "class Movie(TypedDict):\n"
        "    title: str\n"
        "    year: NotRequired[int]\n"
        "def main(node: Node, movies: list[Movie], n: Annotated[int, 'how many'] = 1)"
        " -> dict[str, Node]: ...\n"
    )
    signature = Signature.of(names["main"], names)
    Node = names["Node"]
    bound = signature.bind({"node": {"value": 1, "next": {"value": 2}}, "movies": [{"title": "M"}]})
    assert bound == {"node": Node(1, Node(2)), "movies": [{"title": "M"}]}
    assert signature.dump({"a": Node(1)}) == {"a": {"value": 1, "next": None}}
    schema = signature.input_schema()
    assert schema["$defs"]["Movie"]["required"] == ["title"]
    assert schema["properties"]["n"]["description"] == "how many"


def test_hints_that_are_text_see_local_names():
    @dataclass
    class Local:
        value: int

    def main(one: "Local", many: "list[Local]"): ...

    assert Signature.of(main, locals()).bind({"one": {"value": 1}, "many": []}) == {
        "one": Local(1),
        "many": [],
    }


def test_a_name_that_is_not_defined():
    def main(order: "Ordr"): ...  # noqa: F821

    with pytest.raises(UnsupportedHint) as caught:
        Signature.of(main).bind({})
    assert str(caught.value) == (
        "parameter `order` of `main`: the type hint `Ordr` uses the name `Ordr`, which is not defined"
    )
    assert caught.value.hint == "Import it, or define it at the top level of the module"


def test_hints_without_a_form_name_the_parameter():
    def main(path: complex) -> complex: ...

    with pytest.raises(UnsupportedHint) as caught:
        Signature.of(main).input_schema()
    assert str(caught.value) == "parameter `path` of `main`: the type `complex` has no form in JSON"
    with pytest.raises(UnsupportedHint) as caught:
        Signature.of(main).output_schema()
    assert str(caught.value) == "the return value of `main`: the type `complex` has no form in JSON"


def test_parameters_that_an_input_cannot_name():
    def positional(a, /): ...

    def variadic(*args): ...

    for function, what in ((positional, "the positional-only parameter `a`"), (variadic, "*args")):
        with pytest.raises(UnsupportedHint) as caught:
            Signature.of(function).bind({})
        assert what in str(caught.value)
    with pytest.raises(UnsupportedHint):
        Signature.of(functools.partial(hello))


def test_keywords_take_any_member():
    def main(a: int, **more: str): ...

    signature = Signature.of(main)
    assert signature.bind({"a": 1, "b": "x"}) == {"a": 1, "b": "x"}
    assert refused(main, {"a": 1, "b": 2}) == ["input.b: expected a string, got the number 2"]
    assert signature.input_schema()["additionalProperties"] == {"type": "string"}


def test_sees_through_decorators():
    @functools.wraps(hello)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return hello(*args, **kwargs)

    assert Signature.of(wrapper).bind({"name": "Ann"}) == {"name": "Ann"}


def test_aliases():
    if sys.version_info < (3, 12):
        return
    names = module("type Json = dict[str, Json] | list[Json] | str\ndef main(doc: Json) -> Json: ...\n")
    signature = Signature.of(names["main"], names)
    assert signature.bind({"doc": {"a": ["b"]}}) == {"doc": {"a": ["b"]}}
    assert refused(names["main"], {"doc": {"a": [1]}})[0].startswith("input.doc.a[0]: expected")
    assert signature.input_schema()["properties"]["doc"] == {"$ref": "#/$defs/Json"}
    assert signature.dump({"a": ["b"]}) == {"a": ["b"]}


def test_deep_nesting_is_a_problem_and_no_crash():
    @dataclass
    class Deep:
        next: "Deep | None" = None

    def main(deep: Deep): ...

    document: dict[str, Any] = {}
    for _ in range(100_000):
        document = {"next": document}
    with pytest.raises(InvalidInput) as caught:
        Signature.of(main, locals()).bind({"deep": document})
    assert str(caught.value) == "input: is nested too deeply"
    while document:
        document = document.get("next", {})
