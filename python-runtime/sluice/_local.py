"""The door under plain CPython: what a developer's machine can do without a host.

Spans are counted and nothing else, logs go to `logging`, sleeps are real, every other call is
refused with `not_available`. The functions are those of `_sluice.pyi`.
"""

import json
import logging
import os
import time

__all__ = [
    "Refused",
    "call_cancel",
    "call_next",
    "call_start",
    "due_ms",
    "entropy",
    "log",
    "now_ms",
    "progress",
    "span_end",
    "span_set",
    "span_start",
]

_SLEEP = 0
_KINDS = ("sleep", "rpc", "http", "llm", "flow", "ask", "kv", "secret", "artifact")
_LEVELS = (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR)

_logger = logging.getLogger("sluice.flow")
_sleep = time.sleep
_spans = 0
_calls = 0
_due: dict[int, float] = {}


class Refused(Exception):
    """`call_start` failed. `args[0]` is the failure as JSON text."""


def span_start(parent: int, name: str, attributes: str, uses: str | None, /) -> int:
    global _spans
    _spans += 1
    return _spans


def span_end(span: int, status: int, failure: str | None, /) -> None:
    pass


def span_set(span: int, attributes: str, /) -> None:
    pass


def progress(span: int, done: int, total: int | None, /) -> None:
    pass


def log(span: int, level: int, message: str, attributes: str, /) -> None:
    _logger.log(_LEVELS[level], "%s%s", message, "" if attributes == "{}" else f" {attributes}")


def call_start(span: int, kind: int, arguments: str, attachment: bytes, /) -> int:
    global _calls
    if kind != _SLEEP:
        raise Refused(_failure("not_available", f"nobody is here to do a call of kind `{_KINDS[kind]}`"))
    _calls += 1
    _due[_calls] = time.monotonic() + json.loads(arguments)["duration_ms"] / 1000
    return _calls


def call_next(timeout_ms: int | None, /) -> list[tuple[int, bool, str, bytes]]:
    now = time.monotonic()
    wait = min(_due.values(), default=now) - now
    if timeout_ms is not None:
        wait = min(wait, timeout_ms / 1000) if _due else timeout_ms / 1000
    if wait > 0:
        _sleep(wait)
        now = time.monotonic()
    complete = sorted((at, call) for call, at in _due.items() if at <= now)
    for _, call in complete:
        del _due[call]
    return [(call, True, "null", b"") for _, call in complete]


def call_cancel(call: int, /) -> None:
    _due.pop(call, None)


def due_ms(call: int, /) -> int:
    at = _due.get(call)
    return 0 if at is None else max(0, int((at - time.monotonic()) * 1000) + 1)


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def entropy() -> int:
    return int.from_bytes(os.urandom(8), "little")


def _failure(code: str, message: str) -> str:
    return json.dumps(
        {
            "version": 1,
            "kind": "call_error",
            "code": code,
            "message": message,
            "hint": "Run the flow with `sluice run`: a host answers its calls",
            "retryable": False,
            "details": {},
        }
    )
