"""The description of a source: its flows, and what would go wrong."""

import ast
import json

import pytest

from sluice._describe import describe
from sluice._flow import flows_of
from sluice._unavailable import FILES


def description(source):
    names = {"__name__": "a_flow"}
    exec(compile(source, "flow.py", "exec", dont_inherit=True), names)
    document = describe(source, ast.parse(source), list(flows_of(names).values()))
    assert document.keys() == {"version", "flows", "problems"}
    json.dumps(document, allow_nan=False)
    return document


def problems(body):
    """What is found in a source with one flow; nothing of it runs but the definitions."""
    source = "from sluice import flow\n@flow\ndef main():\n" + "".join(
        f"    {line}\n" for line in body.splitlines()
    )
    return description(source)["problems"]


def test_a_flow():
    document = description(
        "from sluice import flow\n"
        "\n"
        "@flow(name='plan-week', uses=['rpc:calendar.*', 'ask'])\n"
        "async def plan_week(title: str, count: int = 3) -> dict[str, int]:\n"
        '    """Plan the\n'
        "    week.\n"
        "\n"
        "    At length.\n"
        "\n"
        "    Args:\n"
        "        title: what for.\n"
        '    """\n'
        "    return {}\n"
    )
    assert document["version"] == 1
    assert document["problems"] == []
    (flow,) = document["flows"]
    assert flow.pop("input") == {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": {
            "title": {"type": "string", "description": "what for."},
            "count": {"type": "integer", "default": 3},
        },
        "required": ["title"],
        "additionalProperties": False,
    }
    assert flow.pop("output") == {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "additionalProperties": {"type": "integer"},
    }
    assert flow == {
        "name": "plan-week",
        "function": "plan_week",
        "line": 3,
        "summary": "Plan the week.",
        "doc": "Plan the\nweek.\n\nAt length.\n\nArgs:\n    title: what for.",
        "uses": ["rpc:calendar.*", "ask"],
        "steps": [],
        "is_async": True,
    }


def test_a_flow_without_anything():
    (flow,) = description("from sluice import flow\n@flow\ndef bare(a): pass\n")["flows"]
    assert (flow["summary"], flow["doc"], flow["uses"], flow["steps"]) == ("", "", [], [])
    assert flow["input"]["properties"] == {"a": {}}
    assert flow["is_async"] is False


def test_steps_in_the_order_of_the_source():
    document = description(
        "import sluice\n"
        "from sluice import flow as f\n"
        "@f.step(retries=3)\n"
        "def flaky(): pass\n"
        "@f.step('named')\n"
        "def other():\n"
        "    with f.step('inside'): pass\n"
        "@f.step\n"
        "def unused(): pass\n"
        "def helper():\n"
        "    with sluice.flow.step('in helper'): helper()\n"
        "@f\n"
        "async def main(n):\n"
        "    with f.step('outer', n=n) as step:\n"
        "        flaky()\n"
        "        async with f.step(name='keyword'): pass\n"
        "        with f.step(f'nap {n}'): pass\n"
        "    if n:\n"
        "        helper()\n"
        "    list(map(other, [1]))\n"
        "    with f.step('outer'): pass\n"
    )
    assert document["flows"][0]["steps"] == ["outer", "flaky", "keyword", "in helper", "named", "inside"]


def test_flows_in_order_and_none():
    document = description("from sluice import flow\n@flow\ndef b(): pass\n@flow\ndef a(): pass\n")
    assert [flow["name"] for flow in document["flows"]] == ["b", "a"]
    (problem,) = description("x = 1\n")["problems"]
    assert (problem["severity"], problem["code"]) == ("error", "flow_missing")
    assert problem["hint"].startswith("Write `from sluice import flow`")


class OneName:
    """Two flows of one name cannot be made with the decorator, which refuses the second."""

    def __init__(self, flow, line):
        self.name, self.function, self.uses, self.signature = "same", flow.function, flow.uses, flow.signature
        self.line = line


def test_a_name_that_is_taken():
    source = "from sluice import flow\n@flow\ndef a(): pass\n@flow\ndef b(): pass\n"
    names = {"__name__": "a_flow"}
    exec(compile(source, "flow.py", "exec", dont_inherit=True), names)
    made = list(flows_of(names).values())
    document = describe(source, ast.parse(source), [OneName(made[0], 2), OneName(made[1], 4)])
    (problem,) = document["problems"]
    assert (problem["severity"], problem["code"], problem["line"]) == ("error", "flow_name_taken", 4)
    assert problem["message"] == "two flows are called `same`: on line 2 and on line 4"


def test_hints_without_a_form():
    document = description("from sluice import flow\n@flow\ndef main(a: complex) -> complex: pass\n")
    assert [
        (problem["severity"], problem["code"], problem["message"]) for problem in document["problems"]
    ] == [
        (
            "error",
            "source_invalid",
            "flow `main`: parameter `a` of `main`: the type `complex` has no form in JSON",
        ),
        (
            "error",
            "source_invalid",
            "flow `main`: the return value of `main`: the type `complex` has no form in JSON",
        ),
    ]
    assert document["flows"][0]["input"] == {"type": "object"}


def test_a_problem_has_its_range():
    (problem,) = problems('é = "ä"; open("x.txt")')
    assert problem == {
        "severity": "warning",
        "code": "not_in_sandbox",
        "message": "`open(...)` does not work in the sandbox",
        "hint": FILES,
        "line": 4,
        "column": 14,
        "end_line": 4,
        "end_column": 27,
    }


@pytest.mark.parametrize(
    ("body", "code", "message", "hint"),
    [
        (
            "import requests",
            "import_unavailable",
            "`requests` is not in the sandbox",
            "Use `from sluice import http`",
        ),
        ("import jsn", "import_unavailable", "`jsn` is not in the sandbox", "Did you mean 'json'?"),
        (
            "from frobnicate_zz import x",
            "import_unavailable",
            "`frobnicate_zz` is not in",
            "The sandbox has the",
        ),
        ("from . import x", "import_unavailable", "a relative import", "Put the code into the same file"),
        (
            "import subprocess",
            "import_unavailable",
            "`subprocess` can be imported, and does not work",
            "Do it in",
        ),
        (
            "import ctypes.util",
            "import_unavailable",
            "`ctypes.util` is not in the sandbox",
            "The sandbox runs no",
        ),
        ("input('name?')", "not_in_sandbox", "`input(...)` does not work", "Take it as a parameter"),
        (
            "import threading as t\nt.Thread(target=print)",
            "not_in_sandbox",
            "`threading.Thread(...)`",
            "Start op",
        ),
        ("from os import system\nsystem('ls')", "not_in_sandbox", "`os.system(...)`", "Do it in Python"),
        (
            "import pathlib\npathlib.Path('x').read_text()",
            "not_in_sandbox",
            "`.read_text(...)`",
            "Take the text",
        ),
        (
            "flow.step('load')",
            "step_not_entered",
            "this step is made and never entered",
            "Write `with flow.step(",
        ),
        (
            "flow.Failed('no')",
            "failure_not_raised",
            "this failure is made and never raised",
            "Write `raise flow.F",
        ),
        (
            "return flow.Failed('no')",
            "failure_not_raised",
            "this failure is made and never raised",
            "Write `rai",
        ),
        (
            "with flow.step('x', uses=['rcp:a.b']): pass",
            "uses_invalid",
            "'rcp:a.b' is not a capability: there is",
            "Did you mean 'rpc:a.b'?",
        ),
    ],
)
def test_finds(body, code, message, hint):
    (problem,) = problems(body)
    assert problem["code"] == code
    assert problem["severity"] == ("error" if code == "uses_invalid" else "warning")
    assert problem["message"].startswith(message)
    assert problem["hint"].startswith(hint)
    assert problem["line"] == 3 + len(body.splitlines())


@pytest.mark.parametrize(
    "body",
    [
        "import json, sqlite3, xml.etree.ElementTree\nfrom hero_rpc import calendar\nimport asyncio",
        "try:\n    import numpy\nexcept ImportError:\n    numpy = None",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import pandas",
        "open = print\nopen('x')",
        "def input(x): ...\ninput('x')",
        "document.read_text()",
        "with flow.step('x'):\n    pass",
        "raise flow.Failed('no')",
        "error = flow.Failed('no')\nraise error",
        "@flow.step('x')\ndef inner(): ...",
        "step = flow.step('x')\nwith step: pass",
        "with flow.step('x', uses=['rpc:calendar.*', 'ask', 'secret:GITHUB_TOKEN']): pass",
    ],
)
def test_is_silent(body):
    assert problems(body) == []


def test_problems_stand_in_the_order_of_the_source():
    found = problems("flow.Failed('x')\nimport requests\nopen('x')\nflow.step('y')")
    assert [problem["line"] for problem in found] == [4, 5, 6, 7]
