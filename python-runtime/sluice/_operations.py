"""The operations of `flow` that stand alone, each as one function that makes the request.

Arguments are those of docs/calls.md. What the host does not grant raises `CapabilityDenied`, what it
cannot do raises `NotAvailable`.
"""

import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from ._calls import CALLS, Operation, Request, length_ms
from ._schema import InvalidAnswer, adapter
from ._text import bounded_repr

__all__ = ["ask", "pause", "sleep", "sleep_until"]


def _nothing(value: Any, attachment: bytes) -> None:
    return None


def _sleep_request(seconds: float | timedelta) -> Request[None]:
    return Request("sleep", {"duration_ms": length_ms("the length of a sleep", seconds)}, _nothing)


@Operation
def sleep(seconds: float | timedelta) -> Request[None]:
    """Waits for a time of at most a year, rounded up to a millisecond. A long one holds no memory."""
    return _sleep_request(seconds)


@Operation
def sleep_until(when: datetime) -> Request[None]:
    """Waits until a time, which has a time zone; not at all where it has passed."""
    if when.utcoffset() is None:
        raise ValueError("a time to wait for has a time zone: datetime(2027, 1, 1, tzinfo=UTC)")
    return _sleep_request(max(0.0, when.timestamp() - time.time()))


def pause(seconds: float) -> None:
    """Waits, also where an event loop runs, which then stands still: what `time.sleep` means."""
    if seconds > 0:
        future = CALLS.start(_sleep_request(seconds))
        CALLS.wait(future)
        future.result()
    elif not seconds >= 0:
        raise ValueError("sleep length must be non-negative")


@Operation
def ask(
    question: str,
    answer: Any = bool,
    *,
    details: Mapping[str, Any] | None = None,
    to: str | None = None,
    timeout: float | timedelta | None = None,
) -> Request[Any]:
    """Asks a person, or whoever answers for one, for an `answer`: of any type that a flow can take.

    `details` is shown beside the question. `to` says who may answer: anybody of the tenant where it
    is None. Raises `CallTimedOut`, a `TimeoutError`, when there is no answer within `timeout`: seconds
    or a timedelta, at most a year; None waits for ever.
    """
    if not isinstance(question, str):
        raise TypeError(f"a question is a text, not {bounded_repr(question)}")
    shape = adapter(answer)
    arguments: dict[str, Any] = {
        "question": question,
        "schema": shape.schema(),
        "details": adapter(object).dump(dict(details or {}), "details"),
    }
    if to is not None:
        arguments["assignee"] = to
    if timeout is not None:
        arguments["timeout_ms"] = length_ms("the timeout of a question", timeout)
    return Request(
        "ask", arguments, lambda value, attachment: shape.load(value, "answer", raises=InvalidAnswer)
    )
