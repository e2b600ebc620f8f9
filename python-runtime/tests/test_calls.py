"""Operations and the futures of their answers, over a scripted host."""

import asyncio
import time

import pytest
from scripted import scripted_calls

from sluice import (
    CallFailed,
    CallInvalid,
    CallTimedOut,
    Cancelled,
    CapabilityDenied,
    ChildFailed,
    NotAvailable,
    OutcomeUnknown,
    flow,
)
from sluice._calls import Request
from sluice._loop import Loop


def sleep_of(calls, ms, answer=None):
    return calls.start(Request("sleep", {"duration_ms": ms}, lambda value, attachment: answer))


def run(calls, coroutine):
    with asyncio.Runner(loop_factory=lambda: Loop(calls)) as runner:
        return runner.run(coroutine)


def test_a_future_has_its_answer_after_waiting():
    host, calls = scripted_calls()
    future = sleep_of(calls, 100, "done")
    assert not future.done()
    assert future.result() == "done"
    assert future.done()
    assert host.now == 1_000_100


def test_whoever_waits_delivers_to_the_others():
    host, calls = scripted_calls()
    slow, fast = sleep_of(calls, 200), sleep_of(calls, 100)
    slow.result()
    assert fast.done()
    waits = len(host.waits)
    fast.result()
    assert len(host.waits) == waits
    assert len(calls) == 0


def test_calls_that_are_started_wait_together():
    host, calls = scripted_calls()
    for future in [sleep_of(calls, 100) for _ in range(10)]:
        future.result()
    assert host.now == 1_000_100


def test_a_result_may_be_waited_for_a_while_only():
    host, calls = scripted_calls()
    future = sleep_of(calls, 500)
    with pytest.raises(TimeoutError):
        future.result(timeout=0.2)
    assert host.now == 1_000_200
    assert not future.done()
    assert future.result(timeout=1) is None


def test_a_cancelled_call_is_given_up_at_the_host():
    host, calls = scripted_calls()
    future = sleep_of(calls, 500)
    assert future.cancel()
    assert not future.cancel()
    assert (future.done(), future.cancelled(), host.cancelled) == (True, True, [1])
    with pytest.raises(asyncio.CancelledError):
        future.result()


def test_a_complete_call_cannot_be_cancelled():
    host, calls = scripted_calls()
    future = sleep_of(calls, 1)
    future.result()
    assert not future.cancel()
    assert host.cancelled == []


def test_a_completion_of_an_unknown_call_is_left_alone():
    _, calls = scripted_calls()
    future = sleep_of(calls, 5)
    calls.deliver([(999, True, "null", b"")])
    assert not future.done()


def test_the_answer_is_read_with_its_attachment():
    _, calls = scripted_calls()
    future = calls.start(Request("http", {}, lambda value, attachment: (value["status"], attachment)))
    calls.deliver([(future.call, True, '{"status": 200}', b"body")])
    assert future.result() == (200, b"body")
    assert future.result() == (200, b"body")


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("capability_denied", CapabilityDenied),
        ("not_available", NotAvailable),
        ("call_invalid", CallInvalid),
        ("cancelled", Cancelled),
        ("call_timed_out", CallTimedOut),
        ("child_failed", ChildFailed),
        ("outcome_unknown", OutcomeUnknown),
        ("quota_exceeded", CallFailed),
        ("limit_depth", CallFailed),
        ("rpc_failed", CallFailed),
    ],
)
def test_a_failed_call_raises_by_its_code(code, kind):
    _, calls = scripted_calls()
    future = sleep_of(calls, 5)
    calls.deliver([(future.call, False, f'{{"code": "{code}", "message": "no", "hint": "do"}}', b"")])
    with pytest.raises(CallFailed) as caught:
        future.result()
    assert type(caught.value) is kind
    assert (caught.value.code, str(caught.value), caught.value.hint) == (code, "no", "do")
    assert not caught.value.retryable


def test_a_refusal_is_raised_where_the_call_is_started():
    host, calls = scripted_calls()
    host.refusal = {
        "kind": "capability_denied",
        "code": "capability_denied",
        "message": "not granted",
        "hint": "Grant rpc:calendar.event_delete",
        "details": {"capability": "rpc:calendar.event_delete"},
    }
    with pytest.raises(CapabilityDenied) as caught:
        sleep_of(calls, 5)
    assert caught.value.capability == "rpc:calendar.event_delete"
    assert caught.value.hint == "Grant rpc:calendar.event_delete"
    assert caught.value.__cause__ is None
    assert len(calls) == 0


def test_arguments_that_json_cannot_hold_are_refused_before_the_host_sees_them():
    host, calls = scripted_calls()
    with pytest.raises(CallInvalid):
        calls.start(Request("rpc", {"params": {1, 2}}, lambda value, attachment: None))
    assert host.pending == {}


def test_a_call_that_the_host_has_dropped_fails_instead_of_hanging():
    host, calls = scripted_calls()
    future = sleep_of(calls, 5)
    host.pending.clear()
    with pytest.raises(Cancelled):
        future.result()


def test_coroutines_await_futures():
    host, calls = scripted_calls()

    async def main():
        return await asyncio.gather(sleep_of(calls, 300, "a"), sleep_of(calls, 100, "b"))

    assert run(calls, main()) == ["a", "b"]
    assert host.now == 1_000_300


def test_many_tasks_may_await_one_future():
    _, calls = scripted_calls()

    async def wait(future):
        return await future

    async def main():
        future = sleep_of(calls, 10, "x")
        return await asyncio.gather(wait(future), wait(future))

    assert run(calls, main()) == ["x", "x"]


def test_a_cancelled_task_gives_its_call_up():
    host, calls = scripted_calls()

    async def main():
        async with asyncio.timeout(0.1):
            await sleep_of(calls, 60_000)

    with pytest.raises(TimeoutError):
        run(calls, main())
    assert host.cancelled == [1]
    assert host.now == 1_000_100


def test_waiting_inside_an_event_loop_says_to_await():
    _, calls = scripted_calls()

    async def main():
        future = sleep_of(calls, 10)
        with pytest.raises(RuntimeError, match="`await`"):
            future.result()
        with pytest.raises(RuntimeError, match=r"`await` sleep.start"):
            flow.sleep(1)
        await future
        return future.result()

    assert run(calls, main()) is None


@pytest.mark.parametrize("seconds", [-1, float("nan"), float("inf")])
def test_a_sleep_has_a_length(seconds):
    with pytest.raises(ValueError, match="the length of a sleep"):
        flow.sleep.start(seconds)


def test_sleeps_of_the_real_host_run_at_once():
    began = time.monotonic()
    for nap in [flow.sleep.start(0.05) for _ in range(10)]:
        nap.result()
    assert 0.04 <= time.monotonic() - began < 0.4


def test_the_loop_of_asyncio_awaits_sleeps_of_the_real_host():
    async def main():
        await asyncio.gather(*(flow.sleep.start(0.05) for _ in range(10)))
        async with asyncio.timeout(0.05):
            await flow.sleep.start(30)

    began = time.monotonic()
    with pytest.raises(TimeoutError):
        asyncio.run(main())
    assert time.monotonic() - began < 1


@pytest.mark.parametrize(
    "ask",
    [
        lambda: flow.ask("Pay?", bool, details={"amount": 3}, timeout=5),
        lambda: flow.invoke("square", n=3),
        lambda: flow.map("square", [{"n": 1}, {"n": 2}], at_once=1),
    ],
)
def test_what_nobody_granted_or_serves_is_refused_by_an_exception(ask):
    with pytest.raises(CallFailed) as caught:
        ask()
    assert type(caught.value) in (CapabilityDenied, NotAvailable)


def test_services_are_clients():
    from hero_rpc import calendar

    with pytest.raises(CallFailed) as caught:
        calendar.event_delete(id="7")
    assert type(caught.value) in (CapabilityDenied, NotAvailable)
    assert repr(calendar) == "<service 'calendar'>"
    with pytest.raises(AttributeError):
        _ = calendar._private
