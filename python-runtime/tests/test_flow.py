"""`@flow`: what it makes of a function, and where it keeps it."""

import asyncio
import json

import pytest
from scripted import recorded

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
        ("rpc:", "Write it as in 'rpc:calendar.event_list'"),
        ("llm", "Write it as in 'llm:default'"),
        ("http://api.example.com/v1", "Write 'http:api.example.com'"),
        ("http:https://api.example.com:8443", "Write 'http:api.example.com:8443'"),
        ("https://API.example.com", "Write 'http:api.example.com'"),
        ("http:API.example.com/v1", "Write 'http:api.example.com/v1'"),
        ("ask:bob", "Write 'ask'"),
    ],
)
def test_a_word_that_is_no_capability_says_what_would_be_one(word, why):
    with pytest.raises(UsesInvalid) as caught:
        flow(uses=[word])
    assert why in caught.value.hint


@pytest.mark.parametrize(
    ("word", "why"),
    [
        ("rpc:a b", "its target has a character"),
        ("rpc:a*b", "may only stand at its end"),
        ('rpc:a","kv:b', "its target has a character"),
        ("rpc:" + "é" * 255, "longer than 512 bytes"),
        ("http:" + "a" * 64, "its host is no name"),
        ("http:a..example", "its host is no name"),
        ("http:[::0001]", "its host is no name"),
        ("http:a.example:0", "a port is a number"),
        ("http:a.example:65536", "a port is a number"),
        ("http:a.example/a*b", "a star that is not at its end"),
        ("http:a.example/é", "its path has a character"),
        ("rpc:a.b()", "there is no bound"),
        ("rpc:a.b(to", "is closed by"),
        ("rpc:a.b(to)", "a bound is `name=value`"),
        ("rpc:a.b(to=)", "a bound is `name=value`"),
        ("rpc:a.b(to=a|)", "a bound is `name=value`"),
        ("rpc:a.b(to=50%)", "a bound is `name=value`"),
        ("rpc:a.b(to=%ff)", "a bound is `name=value`"),
        ("rpc:a.b(to=\ud800)", "a bound is `name=value`"),
        ("rpc:a.b?ask", "after `.` stands `approve`"),
        ("ask?approve", "asks a person as it is"),
        ("http:a.example(body=x)", "calls of the kind `http` have method"),
        ("secret:A(to=x)", "have nothing that can be bound"),
    ],
)
def test_a_malformed_word_says_what_is_wrong(word, why):
    with pytest.raises(UsesInvalid, match=why):
        flow(uses=[word])


@pytest.mark.parametrize(
    "word",
    [
        "rpc:*",
        "rpc:mail.send(to=*@ours.example|root,cc=%28x%29%C3%A9,order.amount=1)?approve",
        "rpc:pay.*?approve",
        "http:*",
        "http:*.example.com/v1/*(method=GET|HEAD)",
        "http:internal.example:8443",
        "http:10.0.0.1/a%20b;c=d",
        "http:[2001:db8::1]:8443/",
        "kv:notes(operation=get|list,key=day/*)",
        "artifact:report.csv(operation=read)",
        "ask",
        "ask(assignee=ada)",
        "flow:square(n=1)",
    ],
)
def test_words_may_have_bounds_ports_and_paths(word):
    space = module(f"@flow(uses=[{word!r}])\ndef f(): pass\n")
    assert space["f"].uses == (word,)
    with recorded() as host, flow.step("narrow", uses=[word]):
        assert host.events[0][-1] == json.dumps([word], ensure_ascii=False)


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
