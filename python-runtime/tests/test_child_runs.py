"""Runs of other flows: their outputs, and their failures as those of the run that asked."""

import asyncio
from dataclasses import dataclass

import pytest
from scripted import Fails, answering

from sluice import CallFailed, ChildFailed, InvalidAnswer, flow
from sluice._child_runs import call_flow
from sluice._errors import call_failed
from sluice._failure import failure_of
from sluice._loop import Loop

CHILD = {
    "version": 1,
    "kind": "flow_error",
    "code": "exception",
    "message": "'custmer_id'",
    "exception": "KeyError",
    "hint": "Did you mean 'customer_id'?",
    "retryable": False,
    "span": 3,
    "step": ["load"],
    "frames": [
        {
            "file": "flow.py",
            "function": "load",
            "line": 10,
            "column": 20,
            "end_line": 10,
            "end_column": 39,
            "own": True,
            "excerpt": {"first_line": 9, "lines": ["a", "b"]},
            "locals": {"order": "{'customer_id': 7}"},
        }
    ],
    "notes": ["a note"],
    "cause": {"kind": "limit_exceeded", "code": "limit_memory", "message": "too much"},
    "cause_kind": "context",
    "group": [],
    "details": {"n": 1},
}
DETAILS = {"run": "run_01j0000000000000000000000", "flow": "child"}


@dataclass
class Total:
    sum: int
    names: list[str]


@flow(name="total-of-tests")
def total(n: int) -> Total:
    return Total(n, [])


@flow(name="plain-of-tests")
def plain(n):
    return n


def failed(failure=CHILD):
    return Fails("child_failed", "the run of `child` failed", details=DETAILS, cause=failure)


def uncaught(error):
    try:
        raise error
    except ChildFailed as raised:
        return failure_of(raised, None)


def test_a_child_is_called_by_its_name():
    with answering({"sum": 3, "names": []}) as host:
        assert flow.invoke("total-of-tests", n=3) == {"sum": 3, "names": []}
    assert host.asked == [("flow", {"flow": "total-of-tests", "input": {"n": 3}}, b"")]


def test_a_child_that_is_given_as_itself_returns_what_it_returns():
    with answering({"sum": 3, "names": ["a"]}, 5) as host:
        assert flow.invoke(total, n=3) == Total(3, ["a"])
        assert flow.invoke.start(plain, n=5).result() == 5
    assert [arguments["flow"] for _, arguments, _ in host.asked] == ["total-of-tests", "plain-of-tests"]


def test_an_output_of_another_type_is_no_answer():
    with answering({"sum": "3", "names": []}), pytest.raises(InvalidAnswer, match=r"output.sum"):
        flow.invoke(total, n=3)


def test_inputs_may_hold_dataclasses():
    with answering() as host:
        flow.invoke("other", given=Total(1, ["a"]))
    assert host.asked[0][1]["input"] == {"given": {"sum": 1, "names": ["a"]}}


def test_what_is_no_flow_cannot_be_called():
    with pytest.raises(TypeError, match="by its name"):
        call_flow(7, {})


def test_many_children_return_in_order():
    with answering(1, 2, 3) as host:
        assert flow.map("square", [{"n": n} for n in (1, 2, 3)], at_once=2) == [1, 2, 3]
    assert [arguments["input"] for _, arguments, _ in host.asked] == [{"n": 1}, {"n": 2}, {"n": 3}]
    with answering({"sum": 3, "names": []}):
        assert flow.map(total, [{"n": 3}]) == [Total(3, [])]


def test_the_first_failure_of_many_children_is_raised():
    with answering(1, failed(), 3), pytest.raises(ChildFailed):
        flow.map("square", [{"n": 1}, {"n": 2}, {"n": 3}])


def test_many_children_do_not_stop_an_event_loop():
    async def main():
        flow.map("square", [{"n": 1}])

    with (
        answering() as host,
        asyncio.Runner(loop_factory=Loop) as runner,
        pytest.raises(RuntimeError, match=r"flow\.invoke\.start"),
    ):
        runner.run(main())
    assert host.asked == []


def test_a_child_that_failed_says_whose_failure_it_is():
    with answering(failed()), pytest.raises(ChildFailed) as caught:
        flow.invoke("child")
    error = caught.value
    assert (error.run, error.flow, error.code) == (DETAILS["run"], "child", "child_failed")
    assert error.failure == CHILD
    assert isinstance(error, CallFailed)


def test_a_child_that_failed_may_say_nothing():
    error = call_failed({"code": "child_failed"})
    assert isinstance(error, ChildFailed)
    assert (error.run, error.flow, error.failure) == ("", "", {})
    assert uncaught(error)["cause"] is None


def test_the_failure_of_a_child_is_the_cause_of_its_parents():
    failure = uncaught(call_failed(failed().failure))
    assert (failure["kind"], failure["code"], failure["details"]) == ("call_error", "child_failed", DETAILS)
    cause = failure["cause"]
    assert failure["cause_kind"] == "cause"
    for member in ("kind", "code", "message", "exception", "hint", "frames", "notes", "details"):
        assert cause[member] == CHILD[member], member
    assert not {"version", "span", "step"} & cause.keys()
    assert cause["cause_kind"] == "context"
    assert cause["cause"]["message"] == "too much"


def test_codes_of_the_host_are_not_said_again_by_a_guest():
    failure = uncaught(call_failed(failed({"code": "limit_memory", "message": "too much"}).failure))
    assert (failure["cause"]["kind"], failure["cause"]["code"]) == ("flow_error", "exception")


def test_what_a_flow_raised_from_a_failed_child_keeps_its_own_cause():
    error = ChildFailed("no", failure=CHILD)
    error.__cause__ = ValueError("mine")
    assert uncaught(error)["cause"]["exception"] == "ValueError"


@pytest.mark.parametrize(
    "wrong",
    [
        {"code": 7, "message": None, "frames": "x", "notes": 3, "group": [1, None], "details": []},
        {"frames": [{"line": -1, "column": True, "excerpt": [1], "locals": 3}, None]},
        {"frames": [{"line": 2**40, "excerpt": {"first_line": "1"}}], "cause": 3, "cause_kind": []},
        {"details": {"x": {1, 2}}},
    ],
)
def test_a_failure_that_a_flow_made_up_cannot_be_malformed(wrong):
    failure = uncaught(ChildFailed("no", failure=wrong))
    cause = failure["cause"]
    if cause is None:
        return
    assert isinstance(cause["message"], str)
    for frame in cause["frames"]:
        assert isinstance(frame["file"], str)
        assert frame["line"] is None
        assert frame["excerpt"] is None
        assert frame["locals"] == {}
    assert cause["cause"] is None
    assert cause["group"] == []


def test_failures_of_children_of_children_are_bounded():
    failure = {"code": "exception", "message": "x" * 50_000, "notes": ["n"] * 5_000}
    for _ in range(30):
        failure = {"code": "child_failed", "message": "m" * 5_000, "cause": failure, "group": [failure]}
    told = uncaught(ChildFailed("no", failure=failure))
    depth = 0
    while told["cause"] is not None:
        told, depth = told["cause"], depth + 1
    assert 1 <= depth <= 8
