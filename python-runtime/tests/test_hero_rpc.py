"""Clients as a run gets them: installed, imported once, and theirs alone."""

import contextlib
import re
import sys

import pytest
from scripted import Fails, answering

import hero_rpc
from hero_rpc import RpcError, _installed
from hero_rpc._load import Loaders
from hero_rpc._record import Record
from sluice import CapabilityDenied, InvalidAnswer, InvalidOutput
from sluice._schema.problems import Mismatch

CLIENT = '''
from __future__ import annotations
from hero_rpc._client import Client as _Client
from hero_rpc._errors import RpcError as _RpcError
from hero_rpc._record import Record as _Record
from sluice._calls import Operation as _Operation
from sluice._calls import Request as _Request

class Missing(_RpcError):
    """Missing."""

_rpc = _Client("my-notes", __name__, {7: Missing})

class Note(_Record):
    """A note."""
    text: str
    from_: str | None = None
    size: float = 1.0
    __wire__ = (
        ("text", "text", "str", True), ("from", "from_", "str", False), ("size", "size", "float", False),
    )

@_Operation
def get(*, id: int, like: Note | None = None) -> _Request[Note]:
    """One note."""
    return _rpc("get", {"id": id}, {"like": like}, ("record", "Note"))

@_Operation
def add(a: int, b: int | None = None, c: int | None = None) -> _Request[int]:
    """Adds."""
    return _rpc.by_position("add", (a, b, c), 1, "int")
'''


@contextlib.contextmanager
def with_notes():
    hero_rpc._install("notes", compile(CLIENT, "notes.py", "exec"))
    try:
        yield
    finally:
        _installed.forget()


@with_notes()
def test_a_client_is_executed_when_it_is_first_imported():
    assert "hero_rpc.notes" not in sys.modules
    from hero_rpc import notes

    assert notes is sys.modules["hero_rpc.notes"] is hero_rpc.notes


@with_notes()
def test_a_call_is_sent_and_its_answer_loaded():
    from hero_rpc import notes

    with answering({"text": "a", "more": 1}, {"text": "b", "from": "x", "size": 2}, 3) as host:
        assert notes.get(id=1) == notes.Note(text="a")
        like = notes.Note(text="c", from_="y")
        assert notes.get.start(id=2, like=like).result() == notes.Note(text="b", from_="x", size=2.0)
        assert notes.add(1) == 3
    assert [arguments for _, arguments, _ in host.asked] == [
        {"service": "my-notes", "method": "get", "params": {"id": 1}},
        {
            "service": "my-notes",
            "method": "get",
            "params": {"id": 2, "like": {"text": "c", "from": "y", "size": 1.0}},
        },
        {"service": "my-notes", "method": "add", "params": [1]},
    ]


@with_notes()
def test_an_answer_of_another_shape_names_the_place():
    from hero_rpc import notes

    with (
        answering({"text": 7}),
        pytest.raises(InvalidAnswer, match=r"my-notes\.get\(\)\.text: expected") as wrong,
    ):
        notes.get(id=1)
    assert "sluice services refresh my-notes" in wrong.value.hint


@with_notes()
def test_what_the_service_refuses_has_a_class_by_its_code():
    from hero_rpc import notes

    refusals = [
        Fails("rpc_failed", "gone", details={"code": code, "message": "gone", "data": [1]})
        for code in (7, 8, -32601)
    ]
    with answering(*refusals, Fails("capability_denied", details={"capability": "rpc:my-notes.get"})):
        with pytest.raises(notes.Missing, match="gone") as refused:
            notes.get(id=1)
        assert (refused.value.code, refused.value.data) == (7, [1])
        with pytest.raises(RpcError) as other:
            notes.get(id=1)
        assert (type(other.value), other.value.code) == (RpcError, 8)
        with pytest.raises(hero_rpc.MethodNotFound):
            notes.get(id=1)
        with pytest.raises(CapabilityDenied):
            notes.get(id=1)


@with_notes()
def test_what_cannot_be_sent_says_so():
    from hero_rpc import notes

    with answering(), pytest.raises(InvalidOutput, match="params"):
        notes.get(id=object())
    holds_itself = []
    holds_itself.append(holds_itself)
    with answering(), pytest.raises(InvalidOutput, match="nested too deeply"):
        notes.get(id=holds_itself)


@with_notes()
def test_a_service_that_is_not_there_names_the_near_ones():
    with pytest.raises(ImportError) as unknown:
        from hero_rpc import note  # noqa: F401
    assert (unknown.value.name, unknown.value.hint) == ("hero_rpc.note", "Did you mean `notes`?")
    with pytest.raises(ImportError) as other:
        hero_rpc.calendar  # noqa: B018
    assert other.value.hint == "The services are notes"


def test_without_any_client_services_have_no_types():
    with answering(5) as host:
        assert hero_rpc.anything.add(a=1) == 5
    assert host.asked[0][1] == {"service": "anything", "method": "add", "params": {"a": 1}}
    assert hero_rpc.anything is hero_rpc.anything


def test_what_a_service_without_types_refuses_has_its_class():
    refusals = [
        Fails("rpc_failed", "gone", details={"code": code, "message": "gone", "data": [1]})
        for code in (7, -32601)
    ]
    with answering(*refusals):
        with pytest.raises(RpcError, match="gone") as refused:
            hero_rpc.anything.get(id=1)
        assert (type(refused.value), refused.value.code, refused.value.data) == (RpcError, 7, [1])
        with pytest.raises(hero_rpc.MethodNotFound):
            hero_rpc.anything.get(id=1)


def test_a_service_without_types_takes_every_name_and_objects_of_others():
    class Note(Record):
        __wire__ = (("from", "from_", "str", True), ("size", "size", "float", False))
        size = None

    with answering([{"id": 1}], None) as host:
        assert hero_rpc.Service("my-mail")["folder.list"](like=Note(from_="x"), to=None) == [{"id": 1}]
        assert hero_rpc.anything.get.start(self=1, method="x").result() is None
    assert [arguments for _, arguments, _ in host.asked] == [
        {"service": "my-mail", "method": "folder.list", "params": {"like": {"from": "x"}, "to": None}},
        {"service": "anything", "method": "get", "params": {"self": 1, "method": "x"}},
    ]


@pytest.mark.parametrize("name", ["a.b", "_client", "", "a b", "x" + chr(0)])
def test_only_words_are_names(name):
    with pytest.raises(ValueError, match="cannot be the name"):
        hero_rpc._install(name, compile("", "notes.py", "exec"))


@pytest.mark.parametrize(
    ("table", "value", "loaded"),
    [
        ("int", 3.0, 3),
        ("float", 3, 3.0),
        ("null", None, None),
        (("list", "any"), [1, None], [1, None]),
        (("map", "int"), {"a": 1}, {"a": 1}),
        (("tuple", "int", "str"), [1, "a"], (1, "a")),
        (("tuple",), [], ()),
        (("choice", 1, "a", True), True, True),
        (("union", "float", "int"), 3, 3),
        (("union", "float", "null"), 3, 3.0),
        (("union", ("list", "int"), ("list", "str")), ["a"], ["a"]),
    ],
)
def test_tables_say_how_values_are_loaded(table, value, loaded):
    found = Loaders({}).of(table)(value)
    assert (type(found), found) == (type(loaded), loaded)


def test_of_several_objects_the_most_alike_is_taken_at_once():
    either = ("union", ("record", "Sum"), ("record", "Product"), ("map", "int"))

    class Sum(Record):
        __wire__ = (("left", "left", either, True), ("kind", "kind", ("choice", "sum"), True))

    class Product(Record):
        __wire__ = (("left", "left", either, True), ("kind", "kind", ("choice", "product"), True))

    load = Loaders({"Sum": Sum, "Product": Product}).of(either)
    value = {"one": 1}
    for _ in range(40):  # two ways at each level would be more than anybody can wait for
        value = {"kind": "product", "left": value}
    loaded = load(value)
    for _ in range(40):
        assert type(loaded) is Product
        loaded = loaded.left
    assert loaded == {"one": 1}


@pytest.mark.parametrize(
    ("table", "value", "why"),
    [
        ("int", True, "expected a whole number, got true"),
        ("int", 1.5, "expected a whole number"),
        ("float", 10**400, "expected a number, got a very large number"),
        ("str", None, "expected a string, got null"),
        (("choice", 1), True, "expected one of 1, got true"),
        (("choice", "a"), [], "expected one of 'a', got an empty list"),
        (("tuple", "int"), [1, 2], "expected a list of 1"),
        (("list", "int"), [1, "x"], r"\[1\]: expected a whole number"),
        (("map", "int"), {"a": {}}, r"\.a: expected a whole number"),
        (("union", "int", "null"), "x", "fits none of what it may be: expected a whole number"),
    ],
)
def test_what_does_not_fit_says_where_and_why(table, value, why):
    with pytest.raises(Mismatch) as wrong:
        Loaders({}).of(table)(value)
    (problem,) = wrong.value.problems
    assert re.search(why, f"{problem.path}: {problem.message}")
