"""What an error object says to do next."""

import sys

import pytest

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
