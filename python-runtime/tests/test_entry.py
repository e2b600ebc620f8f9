"""`describe` and `run` as the guest's exports call them."""

import contextvars
import json
import sys

import pytest

from sluice import _entry

HELLO = '''
from sluice import flow

@flow
def hello(name: str = "world") -> str:
    """Greet someone by name."""
    with flow.step("compose"):
        return f"Hello, {name}!"
'''

RETRIES = """
from sluice import flow

@flow.step(retries=3, backoff=0.001)
def flaky(attempts_needed: int) -> int:
    if flow.attempt < attempts_needed:
        raise ConnectionError(f"attempt {flow.attempt} of {attempts_needed}")
    return flow.attempt

@flow(name="retries")
def retries(attempts_needed: int = 3) -> int:
    return flaky(attempts_needed)
"""

CONCURRENT = """
import asyncio
from sluice import flow

@flow(name="concurrent-plain")
def plain(count: int = 10) -> int:
    with flow.step("fan out", count=count):
        sleeping = [flow.sleep.start(0.01) for _ in range(count)]
        for nap in sleeping:
            nap.result()
    return count

@flow(name="concurrent-async")
async def coroutine(count: int = 10) -> int:
    async def nap(number):
        async with flow.step(f"nap {number}"):
            await asyncio.sleep(0.01)
        return number

    async with asyncio.timeout(5):
        naps = await asyncio.gather(*(nap(number) for number in range(count)))
    return len(naps)
"""


def run(source, input="{}", flow="", compiled=False):
    code = b""
    if compiled:
        described, document, code = _entry.describe(source, "{}")
        assert described, document
    # A run begins outside of every step, also where the tests themselves run in one.
    succeeded, text = contextvars.Context().run(_entry.run, flow, source, code, input)
    return succeeded, json.loads(text)


def failure(source, input="{}", flow=""):
    succeeded, document = run(source, input, flow)
    assert not succeeded, document
    assert document["version"] == 1
    return document


@pytest.mark.parametrize("compiled", [False, True])
def test_hello(compiled):
    assert run(HELLO, compiled=compiled) == (True, "Hello, world!")
    assert run(HELLO, '{"name": "Zoë"}', compiled=compiled) == (True, "Hello, Zoë!")


def test_retries():
    assert run(RETRIES) == (True, 3)
    told = failure(RETRIES, '{"attempts_needed": 5}')
    assert (told["exception"], told["message"]) == ("ConnectionError", "attempt 4 of 5")
    assert told["step"] == ["flaky"]


@pytest.mark.parametrize("name", ["concurrent-plain", "concurrent-async"])
def test_concurrent_calls(name):
    assert run(CONCURRENT, '{"count": 3}', name) == (True, 3)


def test_describe_tells_the_flows_and_runs_none():
    described, document, code = _entry.describe(HELLO + "    raise SystemExit\n", "{}")
    assert described
    flows = json.loads(document)["flows"]
    assert [(each["name"], each["summary"], each["steps"]) for each in flows] == [
        ("hello", "Greet someone by name.", ["compose"])
    ]
    assert isinstance(code, bytes)


def test_a_source_that_does_not_compile():
    for told in (failure("def x(:"), json.loads(_entry.describe("def x(:", "{}")[1])):
        assert (told["kind"], told["code"]) == ("source_error", "source_invalid")
        assert told["frames"][-1]["line"] == 1


def test_a_module_that_raises():
    source = HELLO + "\nprint(1 / 0)\n"
    for told in (failure(source), json.loads(_entry.describe(source, "{}")[1])):
        assert (told["kind"], told["code"]) == ("source_error", "source_invalid")
        assert told["exception"] == "ZeroDivisionError"


def test_a_module_that_exits():
    assert failure("raise SystemExit(3)")["exception"] == "SystemExit"


def test_the_flow_is_chosen():
    told = failure(CONCURRENT)
    assert told["code"] == "flow_ambiguous"
    assert told["details"]["flows"] == ["concurrent-plain", "concurrent-async"]
    told = failure(CONCURRENT, flow="concurrent-asinc")
    assert (told["code"], told["hint"]) == ("flow_not_found", "Did you mean 'concurrent-async'?")
    assert failure("x = 1")["code"] == "flow_missing"
    assert failure("x = 1", flow="hello")["code"] == "flow_missing"


def test_a_flow_of_another_module_is_not_the_source_s():
    assert failure("import json\nfrom sluice import flow")["code"] == "flow_missing"


@pytest.mark.parametrize("input", ["{", "", "[" * 100_000, "[]", '{"name": 3}', '{"nme": "x"}', "NaN"])
def test_an_input_that_does_not_fit(input):
    told = failure(HELLO, input)
    assert (told["kind"], told["code"]) == ("input_error", "input_invalid")


@pytest.mark.parametrize(
    "value", ['float("nan")', '"\\ud800"', "{1: object()}", "{'a': float('inf')}", "10 ** 5000"]
)
def test_an_output_that_json_cannot_hold(value):
    told = failure(f"from sluice import flow\n@flow\ndef f():\n    return {value}\n")
    assert told["code"] == "output_invalid"


def test_the_output_is_compact_and_not_escaped():
    source = "from sluice import flow\n@flow\ndef f():\n    return {'ä': [1, 2.5, None]}\n"
    assert _entry.run("", source, b"", "{}") == (True, '{"ä":[1,2.5,null]}')


@pytest.mark.parametrize(
    "what", ["SystemExit(1)", "KeyboardInterrupt()", "GeneratorExit()", "BaseException('x')"]
)
def test_nothing_gets_past(what):
    told = failure(f"from sluice import flow\n@flow\ndef f():\n    raise {what}\n")
    assert told["exception"] == what.partition("(")[0]


def test_an_error_whose_text_fails_is_told_all_the_same():
    source = (
        "from sluice import flow\nclass E(Exception):\n    def __str__(self): raise RecursionError\n"
        "@flow\ndef f():\n    raise E\n"
    )
    assert failure(source)["exception"] == "flow.E"


def test_endless_recursion_is_an_error_of_the_flow():
    told = failure("from sluice import flow\n@flow\ndef f():\n    def g(): g()\n    g()\n")
    assert told["exception"] == "RecursionError"


def test_the_module_can_be_looked_up_while_it_runs_and_is_gone_after():
    source = """
from __future__ import annotations
import inspect, pickle, sys, typing
from dataclasses import dataclass, field
from sluice import flow

@dataclass
class Item:
    name: str
    tags: list[str] = field(default_factory=list)

@flow
def f(item: Item) -> list:
    assert sys.modules[__name__].Item is Item
    assert pickle.loads(pickle.dumps(item)) == item
    hints = typing.get_type_hints(Item)
    return [inspect.getsource(Item).splitlines()[1], str(hints["tags"]), __name__, __file__]
"""
    assert run(source, '{"item": {"name": "pen"}}') == (True, ["class Item:", "list[str]", "flow", "flow.py"])
    assert getattr(sys.modules.get("flow"), "Item", None) is None


def test_a_main_guard_does_not_run():
    assert run(HELLO + "\nif __name__ == '__main__':\n    raise SystemExit\n") == (True, "Hello, world!")


def test_runs_draw_other_numbers():
    source = "import random\nfrom sluice import flow\n@flow\ndef f():\n    return random.random()\n"
    assert run(source) != run(source)


def test_unfinished_work_is_given_up():
    source = """
import asyncio
from sluice import flow

@flow
async def f():
    asyncio.create_task(asyncio.sleep(100))
    flow.sleep.start(100)
    return 1
"""
    assert run(source) == (True, 1)
    assert len(_entry.CALLS) == 0


def test_a_flow_that_waits_for_nothing_is_a_deadlock():
    source = (
        "import asyncio\nfrom sluice import flow\n@flow\nasync def f():\n    await asyncio.Event().wait()\n"
    )
    told = failure(source)
    assert told["code"] == "deadlock"
    assert "f in line 5 of flow.py" in told["message"]


def test_an_error_says_in_which_step_it_happened():
    source = """
from sluice import flow
@flow
def f():
    with flow.step("outer"), flow.step("inner"):
        {}["x"]
"""
    assert failure(source)["step"] == ["outer", "inner"]


def test_agents_and_tools_ask_the_host():
    source = '''
from sluice import agent, flow, tool

@tool
def lookup(order_id: int) -> dict:
    """Fetch one order."""
    return {"order_id": order_id}

@flow
def f() -> list:
    return [lookup(3), lookup.document()["name"], lookup.document()["description"]]

@flow
def g() -> str:
    return agent("judge", tools=[lookup]).run("Judge.", output=str)
'''
    assert run(source, flow="f") == (True, [{"order_id": 3}, "lookup", "Fetch one order."])
    assert failure(source, flow="g")["code"] in ("capability_denied", "not_available")
