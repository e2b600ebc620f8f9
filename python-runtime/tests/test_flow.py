"""`@flow`: what it makes of a function, and where it keeps it."""

import asyncio

import pytest

from sluice import Flow, flow
from sluice._errors import FlowNameTaken, UsesInvalid
from sluice._flow import flows_of


def module(source: str) -> dict:
    namespace: dict = {"__name__": "a_flow_module"}
    exec(compile("from sluice import flow\n" + source, "flow.py", "exec"), namespace)
    return namespace


def test_a_flow_stays_a_function():
    space = module('@flow\ndef add(a, b=2):\n    "Adds."\n    return a + b\n')
    add = space["add"]
    assert isinstance(add, Flow)
    assert add(1) == 3
    assert add(1, b=5) == 6
    assert (add.__name__, add.__doc__) == ("add", "Adds.")


def test_a_coroutine_flow_stays_a_coroutine_function():
    space = module("@flow\nasync def answer():\n    return 42\n")
    assert space["answer"].is_async
    assert asyncio.run(space["answer"]()) == 42


def test_the_name_of_a_flow_is_its_function_s_with_hyphens():
    assert list(flows_of(module("@flow\ndef plan_the_week(): pass\n"))) == ["plan-the-week"]


def test_a_given_name_is_taken_as_it_is():
    space = module("@flow(name='plan_week', uses=['rpc:calendar.*', 'ask'])\ndef f(): pass\n")
    assert space["f"].name == "plan_week"
    assert space["f"].uses == ("rpc:calendar.*", "ask")


def test_flows_stand_in_the_order_of_the_source():
    space = module("@flow\ndef b(): pass\n@flow()\ndef a(): pass\n@flow(name='c')\ndef x(): pass\n")
    assert list(flows_of(space)) == ["b", "a", "c"]
    assert [each.line for each in flows_of(space).values()] == [2, 4, 6]


def test_each_module_has_flows_of_its_own():
    one, two = module("@flow\ndef same(): pass\n"), module("@flow\ndef same(): pass\n")
    assert flows_of(one)["same"] is not flows_of(two)["same"]


def test_two_flows_of_one_name_are_refused():
    with pytest.raises(FlowNameTaken) as caught:
        module("@flow\ndef hello(): pass\n@flow(name='hello')\ndef other(): pass\n")
    assert "line 2" in str(caught.value)
    assert "line 4" in str(caught.value)
    assert caught.value.code == "flow_name_taken"


def test_a_module_that_is_loaded_again_may_name_its_flows_again():
    space = module("")
    code = compile("from sluice import flow\n@flow\ndef hello(): pass\n", "flow.py", "exec")
    exec(code, space)
    exec(code, space)
    assert list(flows_of(space)) == ["hello"]


def test_a_step_may_be_a_flow():
    space = module("@flow\n@flow.step\ndef work(n: int) -> int:\n    return n\n")
    assert flows_of(space)["work"].signature.bind({"n": 3}) == {"n": 3}
    assert space["work"](n=4) == 4


@pytest.mark.parametrize(
    ("word", "why"),
    [
        ("rcp:calendar.x", "'rpc:calendar.x'"),
        ("sleep", "Kinds are"),
        ("rpc:", "Write it as"),
        ("ask:bob", "Write 'ask'"),
    ],
)
def test_a_word_that_is_no_capability_says_what_would_be_one(word, why):
    with pytest.raises(UsesInvalid) as caught:
        flow(uses=[word])
    assert why in caught.value.hint


@pytest.mark.parametrize("word", ["rpc:a b", "rpc:a*b", "http:" + "a" * 300, 'rpc:a","kv:b'])
def test_a_word_with_a_malformed_target_is_refused(word):
    with pytest.raises(UsesInvalid):
        flow(uses=[word])


def test_uses_as_one_text_is_refused_with_the_list_to_write():
    with pytest.raises(UsesInvalid) as caught:
        flow(uses="rpc:calendar.event_list")
    assert caught.value.hint == "Write uses=['rpc:calendar.event_list']"


def test_only_a_function_can_be_a_flow():
    with pytest.raises(TypeError, match="stands above a function"):
        flow(3)


def test_a_flow_is_found_by_the_signature_of_its_function():
    space = module("@flow\ndef hello(name: str = 'world') -> str:\n    return name\n")
    signature = space["hello"].signature
    assert signature.bind({}) in ({}, {"name": "world"})
    assert signature.input_schema()["properties"]["name"]["type"] == "string"
    assert space["hello"].signature is signature
