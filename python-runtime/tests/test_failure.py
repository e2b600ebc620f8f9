"""The error object, for errors of every kind."""

import asyncio
import json

import pytest

from sluice._errors import CapabilityDenied, Failed, NotInSandbox, call_failed
from sluice._failure import failure_of
from sluice._schema import Signature

MEMBERS = {
    "version",
    "kind",
    "code",
    "message",
    "exception",
    "hint",
    "retryable",
    "frames",
    "notes",
    "cause",
    "cause_kind",
    "group",
    "details",
}


def run(source, *args, loading=False):
    """The failure of `main` of a source, or of its module."""
    names = {"__name__": "a_flow"}
    try:
        exec(compile(source, "flow.py", "exec", dont_inherit=True), names)
        names["main"](*args)
    except BaseException as error:
        failure = failure_of(error, source, loading=loading)
    else:
        raise AssertionError("nothing was raised")
    json.dumps(failure, allow_nan=False).encode()
    assert failure.keys() == MEMBERS
    return failure


def fail(error):
    try:
        raise error
    except BaseException as raised:
        return failure_of(raised, None)


def test_an_exception():
    failure = run("import json\ndef main():\n    json.loads('{')\n")
    assert failure["version"] == 1
    assert (failure["kind"], failure["code"]) == ("flow_error", "exception")
    assert failure["exception"] == "json.decoder.JSONDecodeError"
    assert failure["message"].startswith("Expecting property name enclosed in double quotes")
    assert failure["retryable"] is False
    assert failure["cause"] is None
    own = [frame for frame in failure["frames"] if frame["own"]]
    assert [(frame["function"], frame["line"]) for frame in own] == [("main", 3)]
    inner = failure["frames"][-1]
    assert not inner["own"]
    assert inner["excerpt"] is None
    assert inner["locals"] == {}


def test_a_frame_has_range_excerpt_and_locals():
    source = 'x = 1\n\ndef main(order):\n    é = "ä"; got = order["custmer_id"]\n    return got\n'
    failure = run(source, {"customer_id": 7})
    frame = failure["frames"][-1]
    assert frame == {
        "file": "flow.py",
        "function": "main",
        "line": 4,
        "column": 20,
        "end_line": 4,
        "end_column": 39,
        "own": True,
        "excerpt": {
            "first_line": 2,
            "lines": ["", "def main(order):", '    é = "ä"; got = order["custmer_id"]', "    return got"],
        },
        "locals": {"order": "{'customer_id': 7}", "é": "'ä'"},
    }
    assert failure["hint"] == "Did you mean 'customer_id'?"
    assert failure["message"] == "'custmer_id'"


def test_the_sdk_is_left_out_of_frames():
    failure = run("from sluice._schema import adapter\ndef main():\n    adapter(int).load('x')\n")
    assert [frame["function"] for frame in failure["frames"] if frame["file"] == "flow.py"] == ["main"]
    assert not [frame for frame in failure["frames"] if "_schema" in frame["file"]]


def test_the_sdk_is_shown_where_there_is_nothing_else():
    try:
        Signature.of(lambda name: None).bind({})
    except ValueError as error:
        error.__traceback__ = error.__traceback__.tb_next
        failure = failure_of(error, None)
    assert [frame["function"] for frame in failure["frames"]] == ["Signature.bind"]


def test_failed_carries_what_its_author_gave():
    error = Failed("no stock", details={"sku": "A1", "left": {1}, "odd": object}, retryable=True)
    failure = fail(error)
    assert (failure["kind"], failure["code"]) == ("flow_error", "flow_failed")
    assert failure["exception"] == "sluice.Failed"
    assert failure["retryable"] is True
    assert failure["details"] == {"sku": "A1", "left": [1], "odd": "<class 'object'>"}


def test_a_failure_of_a_call_keeps_what_the_host_said():
    error = call_failed(
        {
            "kind": "capability_denied",
            "code": "capability_denied",
            "message": "not granted",
            "hint": "grant it",
            "details": {"capability": "rpc:calendar.event_delete"},
        }
    )
    assert isinstance(error, CapabilityDenied)
    assert error.capability == "rpc:calendar.event_delete"
    failure = fail(error)
    assert (failure["kind"], failure["code"]) == ("capability_denied", "capability_denied")
    assert (failure["hint"], failure["message"]) == ("grant it", "not granted")
    assert failure["details"] == {"capability": "rpc:calendar.event_delete"}


def test_input_and_output():
    def main(count: int) -> int: ...

    with pytest.raises(ValueError, match="count") as caught:
        Signature.of(main).bind({"count": "3"})
    failure = fail(caught.value)
    assert (failure["kind"], failure["code"]) == ("input_error", "input_invalid")
    assert failure["details"] == {
        "problems": [
            {"path": "input.count", "message": "expected an integer, got the string '3'", "hint": None}
        ]
    }
    with pytest.raises(TypeError, match="integer") as caught:
        Signature.of(main).dump("3")
    failure = fail(caught.value)
    assert (failure["kind"], failure["code"]) == ("flow_error", "output_invalid")
    assert failure["exception"] == "sluice.InvalidOutput"


def test_not_in_sandbox_is_an_os_error():
    failure = fail(NotInSandbox("no files", hint="take the text"))
    assert (failure["kind"], failure["code"]) == ("flow_error", "not_in_sandbox")
    assert (failure["message"], failure["hint"]) == ("no files", "take the text")
    assert isinstance(NotInSandbox("x"), OSError)


def test_a_code_that_nobody_knows_is_an_exception():
    class Odd(Exception):
        sluice_kind = "platform_error"
        sluice_code = "surprise"

    failure = fail(Odd("x"))
    assert (failure["kind"], failure["code"]) == ("flow_error", "exception")


def test_causes_contexts_and_notes():
    failure = run(
        "def main():\n"
        "    try:\n"
        "        try:\n"
        "            1 / 0\n"
        "        except ZeroDivisionError:\n"
        "            raise KeyError('k')\n"
        "    except KeyError as error:\n"
        "        new = ValueError('v')\n"
        "        new.add_note('while adding up')\n"
        "        raise new from error\n"
    )
    assert failure["notes"] == ["while adding up"]
    assert (failure["cause"]["exception"], failure["cause_kind"]) == ("KeyError", "cause")
    context = failure["cause"]["cause"]
    assert (context["exception"], failure["cause"]["cause_kind"]) == ("ZeroDivisionError", "context")
    assert "version" not in context
    assert (
        run("def main():\n    try: 1/0\n    except Exception: raise KeyError(1) from None\n")["cause"] is None
    )


def test_chains_that_go_round_or_are_long():
    one, two = ValueError("one"), ValueError("two")
    one.__cause__, two.__cause__ = two, one
    failure = failure_of(one, None)
    assert failure["cause"]["message"] == "two"
    assert failure["cause"]["cause"] is None

    error = ValueError(0)
    for number in range(100):
        outer = ValueError(number)
        outer.__cause__ = error
        error = outer
    depth, inner = 0, failure_of(error, None)
    while inner is not None:
        depth, inner = depth + 1, inner["cause"]
    assert depth == 8


def test_groups():
    failure = fail(ExceptionGroup("two", [ValueError("a"), ExceptionGroup("in", [KeyError("b")])]))
    assert [member["exception"] for member in failure["group"]] == ["ValueError", "ExceptionGroup"]
    assert failure["group"][1]["group"][0]["message"] == "'b'"
    many = fail(ExceptionGroup("many", [ValueError(number) for number in range(100)]))
    assert len(many["group"]) == 16


def test_a_syntax_error():
    source = 'x = 1\nname = "é" + total(\ny = 2\n'
    failure = run(source)
    assert (failure["kind"], failure["code"]) == ("source_error", "source_invalid")
    assert failure["exception"] == "SyntaxError"
    assert failure["message"] == "'(' was never closed"
    assert failure["hint"] == "Correct line 2 of the source"
    (frame,) = failure["frames"]
    assert (frame["line"], frame["column"], frame["end_line"], frame["end_column"]) == (2, 19, 2, 20)
    assert frame["excerpt"] == {"first_line": 1, "lines": ["x = 1", 'name = "é" + total(', "y = 2"]}


def test_a_syntax_error_of_other_text_is_an_exception():
    failure = run("def main():\n    compile('1 +', 'formula', 'eval')\n")
    assert (failure["kind"], failure["code"]) == ("flow_error", "exception")
    assert failure["frames"][-1]["function"] == "main"


def test_a_module_that_raises_while_it_loads():
    failure = run("1 / 0\n", loading=True)
    assert (failure["kind"], failure["code"]) == ("source_error", "source_invalid")
    assert failure["exception"] == "ZeroDivisionError"
    failure = run("import requests\n", loading=True)
    assert (failure["kind"], failure["code"]) == ("source_error", "import_unavailable")


def test_recursion_shows_both_ends():
    failure = run("def down(n):\n    return down(n + 1)\ndef main():\n    down(0)\n")
    assert failure["exception"] == "RecursionError"
    assert len(failure["frames"]) == 32
    assert "down" in failure["frames"][-1]["function"]
    assert "main" in [frame["function"] for frame in failure["frames"][:4]]
    assert failure["hint"].startswith("A function calls itself without end")


@pytest.mark.parametrize(
    ("error", "kind", "code", "hint"),
    [
        (MemoryError(), "flow_error", "exception", "Work through the data in parts"),
        (SystemExit(3), "flow_error", "exception", "To end a flow, return from it"),
        (KeyboardInterrupt(), "flow_error", "exception", "To end a flow, return from it"),
        (asyncio.CancelledError(), "flow_error", "exception", None),
    ],
)
def test_errors_beside_exceptions(error, kind, code, hint):
    failure = fail(error)
    assert (failure["kind"], failure["code"]) == (kind, code)
    assert failure["message"]
    if hint is None:
        assert failure["hint"] is None
    else:
        assert failure["hint"].startswith(hint)


def test_hostile_exceptions_cannot_prevent_a_failure():
    class Mute(Exception):
        def __str__(self):
            raise RuntimeError("no text")

        def __getattribute__(self, name):
            raise RuntimeError("no attributes")

    failure = fail(Mute())
    assert failure["message"] == "<its text cannot be had: RuntimeError>"
    assert failure["exception"].endswith("Mute")

    class Loud(Exception):
        hint = 3
        details = "none"
        sluice_code = ()
        __notes__ = ("not", "a", "list")

    failure = fail(Loud("x" * 100_000 + "\ud800"))
    assert len(failure["message"]) <= 4_000
    assert (failure["hint"], failure["details"], failure["notes"]) == (None, {}, [])


def test_a_failure_is_bounded_as_a_whole():
    def tree(depth):
        if not depth:
            return Failed("x" * 5000, details={"é": "é" * 100_000, "n": list(range(20_000)), "kept": 1})
        return ExceptionGroup("é" * 5000, [tree(depth - 1) for _ in range(4)])

    failure = fail(tree(3))
    assert len(json.dumps(failure, ensure_ascii=False).encode()) <= 128 * 1024
    assert failure["group"]
    failure = fail(Failed("x", details={"long": "é" * 100_000, "kept": 1}))
    assert failure["details"] == {"long": "'" + "é" * 198 + "…", "kept": 1}


def test_surrogates_do_not_get_through():
    failure = run("def main(text):\n    raise ValueError(text)\n", "a\ud800b")
    assert failure["message"] == "a?b"
    assert failure["frames"][-1]["locals"] == {"text": "'a\\ud800b'"}
