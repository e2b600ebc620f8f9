"""What an error object says to do next."""

import sys

import pytest
from models import says
from scripted import answering

from sluice._failure import failure_of


def hint_of(body, setup=""):
    source = f"{setup}\ndef main():\n" + "".join(f"    {line}\n" for line in body.splitlines())
    names = {"__name__": "a_flow"}
    exec(compile(source, "flow.py", "exec", dont_inherit=True), names)
    try:
        names["main"]()
    except BaseException as error:
        return failure_of(error, source)["hint"]
    raise AssertionError("nothing was raised")


@pytest.mark.parametrize(
    ("body", "hint"),
    [
        ("order = {'customer_id': 1}\norder['custmer_id']", "Did you mean 'customer_id'?"),
        ("order = {'a': {'total': 1}}\norder['a']['totl']", "Did you mean 'total'?"),
        ("orders = [{'total': 1}]\nat = 0\norders[at]['totl']", "Did you mean 'total'?"),
        ("order = {'customer_id': 1}\norder.pop('custmer_id')", "Did you mean 'customer_id'?"),
        ("order = {'customer_id': 1}\ndel order['custmer_id']", "Did you mean 'customer_id'?"),
        ("order = {'a': 1, 'b': 2}\norder['zzz']", "The keys are 'a', 'b'"),
        ("order = {}\norder['zzz']", "The mapping is empty"),
        ("order = {n: 1 for n in range(12)}\norder['3']", "The keys are of type int: 3 is there"),
        ("order = {'3': 1}\norder[3]", "The keys are of type str: '3' is there"),
        ("made = lambda: {'total': 1}\nmade()['totl']", None),
        ("items = [1, 2, 3]\nitems[3]", "The list has 3 items: its last index is 2"),
        ("items = []\nitems[0]", "The list is empty"),
        ("total = 1\nreturn totl", "Did you mean 'total'?"),
        ("return json.dumps(1)", "Add `import json`"),
        ("return joson.dumps(1)", "Did you mean 'json'? Add `import json`"),
        ("return lenn([])", "Did you mean 'len'?"),
        ("return dataclass", "Add `from dataclasses import dataclass`"),
        ("x += 1", "`x` is assigned in this function, so it is local to it; assign it before this line"),
        ("return 'a'.uper()", "Did you mean 'upper'?"),
        (
            "import re\nfound = re.match('a', 'b')\nreturn found.group()",
            "`found` is None here; check it before this line",
        ),
        ("order = {'total': 1}\nreturn order.total", "It is a dict: write ['total']"),
        ("import jsn", "Did you mean 'json'?"),
        ("return http.get('https://example.com')", "Add `from sluice import http`"),
        (
            "import http\nhttp.get('https://example.com')",
            "Write `from sluice import http`: the standard module of that name sends no requests",
        ),
        ("from collections import Conter", "Did you mean 'Counter'?"),
        ("import yaml", "Use json or tomllib: the sandbox has no YAML"),
        (
            "import frobnicate_zz",
            "The sandbox has the standard library, `sluice` and `hero_rpc`; nothing else can be installed",
        ),
        (
            "async def work(): ...\nwork().total",
            "It is a coroutine that was not awaited: write `await` before the call that made it",
        ),
        (
            "async def work(): ...\nwork()['total']",
            "It is a coroutine that was not awaited: write `await` before the call that made it",
        ),
        ("raise SystemExit", "To end a flow, return from it; to end it as failed, raise flow.Failed('why')"),
    ],
)
def test_hint(body, hint):
    assert hint_of(body) == hint


def test_arguments_that_a_function_does_not_have():
    setup = "def send(subject, text): ...\nclass Mail:\n    def __init__(self, subject): ..."
    for body in ("send(subjct='a', text='b')", "Mail(subjct='a')"):
        hint = hint_of(body, setup)
        # From 3.13 on Python says it in the message.
        assert hint == (None if sys.version_info >= (3, 13) else "Did you mean 'subject'?")
    assert hint_of("send(colour='a')", setup) == "The parameters are subject, text"


def test_what_an_exception_carries_comes_first():
    setup = "class Mine(KeyError):\n    hint = 'call support'"
    assert hint_of("raise Mine('a')", setup) == "call support"


def test_mistakes_with_the_sdk():
    setup = "from sluice import flow"
    assert (
        hint_of("with flow.step:\n    pass", setup) == 'A step needs a name: write `with flow.step("name"):`'
    )
    assert hint_of("flow.log('x')", setup).startswith("Say how grave it is: flow.log.info('...')")
    assert hint_of("flow.stepp('x')", setup) == "Did you mean 'step'?"
    step = "@flow.step\ndef load(): ...\n"
    assert hint_of("with load:\n    pass", f"{setup}\n{step}") == (
        "A function that is decorated with @flow.step is called; `with` takes flow.step('name') itself"
    )


def test_a_refusal_inside_of_another_error():
    setup = "from sluice._errors import NotInSandbox\nfrom urllib.error import URLError"
    assert (
        hint_of("raise URLError(NotInSandbox('no sockets', hint='call a service'))", setup)
        == "call a service"
    )


FROM = "from sluice import Agent, agent, flow, http, prompt, tool"
URL = "'https://api.example.com'"


@pytest.mark.parametrize(
    ("body", "hint"),
    [
        (f"http.get({URL}, auth=('a', 'b'))", "Say who asks in headers={'Authorization'"),
        (f"http.post({URL}, files={{}})", "Send the bytes as data="),
        (f"http.post({URL}, content=b'')", "A body is data=, or json="),
        (f"http.get({URL}, cookies={{}})", "Write them into headers={'Cookie'"),
        (f"http.get({URL}, follow_redirects=True)", "Did you mean 'allow_redirects'?"),
        (f"http.get({URL}, verify=False)", "Leave it out: the host makes the connections"),
        (f"http.get({URL}, stream=True)", "Leave it out: an answer comes whole"),
        (f"http.post({URL}, {{}})", "Only the URL stands alone"),
        (f"http.get({URL}, json={{}})", "The parameters are url, params, headers, timeout"),
        ("http.Session()", "http.client('https://api.example.com'"),
        ("http.AsyncClient()", "http.client('https://api.example.com'"),
        ("http.exceptions", "Catch http.HttpStatusError"),
        ("http.HTTPError", "Catch http.HttpStatusError"),
        ("Agent('openai:gpt')", "Write agent('name'"),
        ("agent('a', system_prompt='x')", "Did you mean 'instructions'?"),
        ("agent('a', output_type=int)", "Say it where the agent is asked"),
        ("agent('a', max_steps=3)", "Did you mean 'max_turns'?"),
        ("agent('a').run_sync('x')", "It is run(...)"),
        ("agent('a').run('x', int)", "The type of the answer is output="),
        ("agent('a').run('x', output_type=int)", "The type of the answer is output="),
        ("agent('a').tool", "Tools are given when it is made"),
        ("tool()", "Write @tool alone above the function"),
        ("flow.llm('x', system='y')", "It is a message: flow.llm(["),
        ("flow.llm(prompt='x')", "The parameters are messages, model"),
        ("flow.ask('x', choices=[])", "The parameters are question, answer"),
        ("flow.agent('a')", "It stands beside `flow`"),
        ("flow.run('a')", "Another flow is run with flow.invoke"),
        ("flow.environ", "A flow has no environment"),
        ("flow.progress(1)", "That is the step's"),
        ("flow.invoke('a', {})", "The input is given by name"),
        ("flow.kv.get('a')", "Name the space first"),
        ("flow.kv('a')['b']", "Write .get(key)"),
        ("flow.kv('a').put('b', 1)", "Did you mean 'set'?"),
        ("flow.log.info('%s', 3)", "Values go by name"),
        ("flow.log.exception('x')", "Write flow.log.error"),
        ("prompt('Judge {{ x }}.')(x=1)", "Values go in by name: .render("),
        ("prompt('Judge {{ x }}.').format(x=1)", "Values go in by name: .render("),
        ("import os\nos.environ['API_KEY']", "A flow has no environment"),
        ("import openai", "Use `from sluice import agent`"),
        ("from dateutil.parser import parse", "Use datetime and zoneinfo"),
    ],
)
def test_habits_from_elsewhere(body, hint):
    found = hint_of(body, FROM)
    if found is None and hint.startswith("The parameters"):
        # From 3.13 on Python may say in the message what was meant.
        assert sys.version_info >= (3, 13)
    else:
        assert found.startswith(hint)


@pytest.mark.parametrize(
    ("body", "hint"),
    [
        ("http.get({url}).body", "The body is whole"),
        ("http.get({url}).is_success", "Did you mean 'ok'?"),
        ("http.get.start({url}).text", "It is a call that was started"),
    ],
)
def test_habits_with_answers(body, hint):
    served = {"status": 200, "url": "https://api.example.com/", "headers": []}
    with answering(served):
        assert hint_of(body.format(url=URL), FROM).startswith(hint)


def test_a_started_call_is_no_coroutine():
    setup = f"""{FROM}
import asyncio
from sluice._loop import Loop
async def work():
    await asyncio.create_task(flow.sleep.start(1))
"""
    run = "with asyncio.Runner(loop_factory=Loop) as runner:\n    runner.run(work())"
    with answering():
        assert hint_of(run, setup).startswith("A call that was started is under way")


def test_habits_with_models():
    with answering(says("yes"), says("yes")):
        assert hint_of("agent('a').run('Go.').output", FROM).startswith("run(...) of an agent gives")
        assert hint_of("flow.llm('Hi.').content", FROM).startswith("What the model said is .text")
