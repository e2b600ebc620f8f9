"""Runs generated clients: over a socket to the demo calendar, and with answers that are scripted.

    calls.py FOLDER SOCKET

The host of these tests performs calls of the calendar with Python's own HTTP client.
"""

import asyncio
import copy
import dataclasses
import gc
import http.client
import importlib
import json
import marshal
import pickle
import runpy
import socket
import sys
import time
from pathlib import Path
from typing import Any

import hero_rpc
from hero_rpc import InvalidParams, MethodNotFound, RpcError, _installed
from sluice import CapabilityDenied, InvalidAnswer, NotAvailable
from sluice._calls import CALLS
from sluice._schema import Signature, adapter

FOLDER, SOCKET = Path(sys.argv[1]), sys.argv[2]


class Connection(http.client.HTTPConnection):
    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(SOCKET)


class Host:
    """Performs calls at once; those of other services are answered with what is next in `answers`."""

    Refused = RuntimeError

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.answers: list[Any] = []
        self.done: list[tuple[int, bool, str, bytes]] = []
        self.connection = Connection("localhost")

    def call_start(self, span: int, kind: int, arguments: str, attachment: bytes, /) -> int:
        asked = json.loads(arguments)
        self.asked.append(asked)
        call = len(self.asked)
        answer = (
            self.call(asked) if asked["service"] == "calendar" and not self.answers else self.answers.pop(0)
        )
        if "error" in answer:
            failure = {
                "code": "rpc_failed",
                "kind": "call_error",
                "message": answer["error"]["message"],
                "details": {"data": None, **answer["error"]},
            }
            answer = {"failure": failure}
        if "failure" in answer:
            self.done.append((call, False, json.dumps(answer["failure"]), b""))
        else:
            self.done.append((call, True, json.dumps(answer["result"]), b""))
        return call

    def call(self, asked: dict[str, Any]) -> Any:
        request = {"jsonrpc": "2.0", "id": 1, "method": asked["method"], "params": asked["params"]}
        self.connection.request("POST", "/rpc", json.dumps(request), {"Content-Type": "application/json"})
        return json.loads(self.connection.getresponse().read())

    def call_next(self, timeout_ms: int | None, /) -> list[tuple[int, bool, str, bytes]]:
        done, self.done = self.done, []
        return done

    def call_cancel(self, call: int, /) -> None:
        pass

    def due_ms(self, call: int, /) -> int:
        return 0


HOST = Host()
CALLS.host = HOST


def raises(kind: type[BaseException], act: Any, holds: str = "") -> Any:
    try:
        act()
    except kind as error:
        if holds in str(error):
            return error
        raise
    raise AssertionError(f"{kind.__name__} was not raised")


def scripted(act: Any, result: Any) -> Any:
    HOST.answers.append({"result": result})
    return act()


def without_clients() -> None:
    from hero_rpc import anything

    assert isinstance(anything, hero_rpc.Service)
    HOST.answers.append({"result": 7})
    assert anything.some_method(a=1) == 7
    assert HOST.asked[-1] == {"service": "anything", "method": "some_method", "params": {"a": 1}}
    HOST.answers.append({"error": {"code": -32601, "message": "no such method"}})
    raises(MethodNotFound, lambda: anything.some_method(), "no such method")


def install() -> None:
    for path in sorted((FOLDER / "services").glob("*.py")):
        if path.stem != "__init__" and not path.stem.startswith("hostile"):
            hero_rpc._install(path.stem, compile(path.read_text(encoding="utf-8"), path.name, "exec"))


def imports() -> None:
    assert "hero_rpc.calendar" not in sys.modules
    from hero_rpc import calendar

    assert sys.modules["hero_rpc.calendar"] is calendar is hero_rpc.calendar
    assert importlib.import_module("hero_rpc.calendar") is calendar
    importlib.import_module("hero_rpc.petstore")

    assert hero_rpc.petstore.Pet.__module__ == "hero_rpc.petstore"
    from hero_rpc import simple_math  # noqa: F401

    error = raises(ImportError, lambda: hero_rpc.calender)
    assert (error.name, error.hint) == ("hero_rpc.calender", "Did you mean `calendar`?")
    raises(ImportError, lambda: importlib.import_module("hero_rpc.calender"))
    raises(AttributeError, lambda: hero_rpc._calendar)
    raises(ValueError, lambda: hero_rpc._install("a.b", compile("", "a.b", "exec")))


def calendar_service() -> None:
    from hero_rpc import calendar

    assert calendar.event_list(day="2026-11-21") == []
    event = calendar.event_new(
        title="Tea", day="2026-11-21", attendees=[calendar.Attendee(name="Ada", mail="ada@ours.example")]
    )
    assert event.title == "Tea"
    assert event.notes is None
    assert event.status == "planned"
    assert event.attendees == [calendar.Attendee(name="Ada", mail="ada@ours.example")]
    assert HOST.asked[-1]["params"] == {
        "title": "Tea",
        "day": "2026-11-21",
        "attendees": [{"name": "Ada", "mail": "ada@ours.example", "required": True}],
    }
    assert calendar.event_get(id=event.id) == event
    assert calendar.event_list.start(day="2026-11-21").result() == [event]
    assert calendar.event_update(id=event.id, notes="green").notes == "green"
    error = raises(calendar.EventNotFound, lambda: calendar.event_get(id="none"), "No such event")
    assert isinstance(error, RpcError)
    assert error.code == -32004
    assert error.data == {"id": "none"}
    assert error.message == "No such event"
    assert error.sluice_code == "rpc_failed"
    raises(calendar.DayInvalid, lambda: calendar.event_new(title="x", day="soon"))
    assert calendar.play_start().state == "playing"
    assert HOST.asked[-1]["params"] == {"speed": 1.0}
    assert calendar.play_stop() is True
    assert calendar.event_delete(id=event.id) is True
    raises(TypeError, lambda: calendar.event_get("x"))
    assert "No such event" not in (calendar.event_get.__doc__ or "")
    assert "EventNotFound: Event not found (code -32004)" in (calendar.event_get.__doc__ or "")

    async def gathered() -> list[Any]:
        return await asyncio.gather(*(calendar.event_list.start() for _ in range(3)))

    assert asyncio.run(gathered()) == [[], [], []]


def built_in_flows() -> None:
    flows = Path(__file__).parents[4] / "flows"
    plan_week = runpy.run_path(str(flows / "calendar_service.py"))["plan_week"]
    made = plan_week(title="Walk", day="2026-11-22")
    assert made["created"]
    assert plan_week.signature.dump(made)["event"]["title"] == "Walk"
    assert plan_week(title="Walk", day="2026-11-22") == {"created": False}
    capability = "rpc:calendar.event_delete"
    denied = {"code": "capability_denied", "message": "no", "details": {"capability": capability}}
    HOST.answers.append({"failure": denied})
    refused = runpy.run_path(str(flows / "refused.py"))["refused"]
    assert refused(event_id=made["event"].id) == capability


def failures() -> None:
    from hero_rpc import calendar, petstore

    for code, kind in (
        (-32601, MethodNotFound),
        (-32602, InvalidParams),
        (9, RpcError),
        (100, petstore.PetsBusy),
    ):
        HOST.answers.append({"error": {"code": code, "message": "no"}})
        assert type(raises(RpcError, petstore.list_pets)) is kind
    HOST.answers.append({"failure": {"code": "not_available", "message": "nobody"}})
    raises(NotAvailable, petstore.list_pets)
    denied = {
        "code": "capability_denied",
        "message": "no",
        "details": {"capability": "rpc:calendar.event_delete"},
    }
    HOST.answers.append({"failure": denied})
    error = raises(CapabilityDenied, lambda: calendar.event_delete(id="x"))
    assert error.capability == "rpc:calendar.event_delete"


def shapes() -> None:
    from hero_rpc import api_with_examples as api
    from hero_rpc import link_example, params_by_name, petstore, simple_math

    assert scripted(lambda: simple_math.addition(1, 2), 3) == 3
    assert HOST.asked[-1]["params"] == [1, 2]
    assert scripted(lambda: simple_math.subtraction(None, b=2), 3) == 3.0
    assert HOST.asked[-1]["params"] == [None, 2]
    assert scripted(petstore.list_pets, [{"id": 1, "name": "a", "more": {}}]) == [
        petstore.Pet(id=1, name="a")
    ]
    assert HOST.asked[-1] == {"service": "petstore", "method": "list_pets", "params": {}}
    user = {"id": 1, "name": "Ada", "list": True}
    assert scripted(link_example.user, user).name == "Ada"
    assert scripted(lambda: link_example.user_.get(id=1), user).list is True
    assert HOST.asked[-1]["method"] == "user.get"
    repository = {"id": 1, "owner": user, "size": [1, 2], "labels": {"a": "b"}}
    (loaded,) = scripted(lambda: link_example.user_.repository.list(owner=1), [repository])
    assert loaded.size == (1, 2.0)
    assert loaded.owner.id == 1
    assert loaded.labels == {"a": "b"}
    found = scripted(
        lambda: params_by_name.findUser(userId=None),
        {"self": "s", "class": "a", "first-name": "x", "first_name": "y", "parent": {"parent": None}},
    )
    assert HOST.asked[-1]["params"] == {"userId": None, "from": '"here"\\', "self": False}
    assert (found.self_, found.class_, found.first_name_, found.first_name) == ("s", "a", "x", "y")
    assert found.parent.parent is None
    square = scripted(
        lambda: api.get_shape(shape=api.Circle(kind="circle", radius=1)), {"kind": "square", "side": 2}
    )
    assert square == api.Square(kind="square", side=2.0)
    assert HOST.asked[-1]["params"] == {"shape": {"kind": "circle", "radius": 1}}
    assert scripted(lambda: api.get_shape(shape="x"), None) is None
    tree = scripted(api.tree, {"value": ["a", 1], "children": [{"value": "b", "children": []}]})
    assert tree.children[0].value == "b"
    assert tree.value == ["a", 1]
    for answer, place in (
        (
            [{"id": "x", "name": "a"}],
            "petstore.list_pets()[0].id: expected a whole number, got the string 'x'",
        ),
        ([{"id": 1}], "petstore.list_pets()[0].name: is missing"),
        ([{"id": 1, "name": None}], "petstore.list_pets()[0].name: expected a string, got null"),
        ({}, "petstore.list_pets(): expected a list, got an empty object"),
    ):
        raises(InvalidAnswer, lambda answer=answer: scripted(petstore.list_pets, answer), place)
    raises(
        InvalidAnswer, lambda: scripted(lambda: api.get_shape(shape="x"), {"kind": "cube"}), "fits none of"
    )


def records() -> None:
    from hero_rpc import calendar, petstore

    Attendee = calendar.Attendee
    ada = Attendee(name="Ada")
    assert "__dataclass_fields__" not in Attendee.__dict__, "nobody asked for its fields yet"
    assert repr(ada) == "Attendee(name='Ada', mail=None, required=True)"
    assert ada == Attendee(name="Ada", mail=None) != Attendee(name="Bo")
    assert ada != 7
    assert dataclasses.is_dataclass(ada)
    assert dataclasses.is_dataclass(Attendee)
    assert [field.name for field in dataclasses.fields(Attendee)] == ["name", "mail", "required"]
    assert dataclasses.asdict(ada) == {"name": "Ada", "mail": None, "required": True}
    assert dataclasses.replace(ada, name="Bo").name == "Bo"
    assert pickle.loads(pickle.dumps(ada)) == copy.deepcopy(ada) == ada
    raises(TypeError, Attendee, "lacks the member 'name'")
    raises(TypeError, lambda: Attendee(name="a", nam="b"), "no member 'nam'")
    raises(TypeError, lambda: hash(ada))

    def planned(pet: petstore.Pet) -> list[petstore.Pet]:
        return [pet]

    signature = Signature.of(planned, {"petstore": petstore})
    arguments = signature.bind({"pet": {"id": 1, "name": "a"}})
    assert arguments == {"pet": petstore.Pet(id=1, name="a")}
    assert signature.dump(planned(**arguments)) == [{"id": 1, "name": "a", "tag": None}]
    assert adapter(object).dump({"event": ada})["event"]["name"] == "Ada"
    assert adapter(Attendee).schema()["$defs"]["Attendee"]["required"] == ["name"]


def measured() -> None:
    code = compile((FOLDER / "services/large.py").read_text(encoding="utf-8"), "large.py", "exec")
    marshalled = marshal.dumps(code)
    best: dict[str, float] = {}
    for _ in range(10):
        _installed.forget()
        gc.collect()
        started = time.perf_counter()
        unmarshalled = marshal.loads(marshalled)
        loaded = time.perf_counter()
        hero_rpc._install("large", unmarshalled)
        importlib.import_module("hero_rpc.large")
        done = time.perf_counter()
        for name, seconds in (("unmarshal", loaded - started), ("import", done - loaded)):
            best[name] = min(best.get(name, 9.0), seconds)
    from hero_rpc import large

    started = time.perf_counter()
    fields = [
        dataclasses.fields(kind)
        for name, kind in vars(large).items()
        if name.startswith("Thing") and hasattr(kind, "__wire__")
    ]
    each = (time.perf_counter() - started) / len(fields)
    print(
        f"600 methods and 300 objects: {len(marshalled) // 1024} KiB of code, unmarshalled in "
        f"{best['unmarshal'] * 1000:.2f} ms and executed in {best['import'] * 1000:.2f} ms; the fields of an "
        f"object, where somebody asks, {each * 1e6:.0f} us"
    )


for check in (
    without_clients,
    install,
    imports,
    calendar_service,
    built_in_flows,
    failures,
    shapes,
    records,
    measured,
):
    check()
