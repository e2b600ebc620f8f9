"""The door under plain CPython: what a developer's machine can do without a host.

Spans are counted and nothing else, logs go to `logging`, sleeps are real, the key-value store and
artifacts are in memory, every other call is refused with `not_available`. The functions are those of
`_sluice.pyi`.
"""

import json
import logging
import os
import time

from . import _local_store

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
_NEEDS_HOST = "Run the flow with `sluice run`: a host answers its calls"
_LEVELS = (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR)

_logger = logging.getLogger("sluice.flow")
_sleep = time.sleep
_spans = 0
_calls = 0
_due: dict[int, float] = {}
_complete: list[tuple[int, bool, str, bytes]] = []


class Refused(Exception):
    """`call_start` failed. `args[0]` is the failure as JSON text."""


def span_start(parent: int, name: str, attributes: str, uses: str | None, line: int = 0, /) -> int:
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
    word, members = _KINDS[kind], json.loads(arguments)
    if kind != _SLEEP and word not in _local_store.KINDS:
        raise Refused(_failure("not_available", f"nobody is here to do a call of kind `{word}`"))
    _calls += 1
    if kind == _SLEEP:
        _due[_calls] = time.monotonic() + members["duration_ms"] / 1000
        return _calls
    try:
        _complete.append((_calls, True, *_local_store.perform(word, members, attachment)))
    except _local_store.Unable as wrong:
        _complete.append((_calls, False, _failure("call_invalid", str(wrong), hint=None), b""))
    return _calls


def call_next(timeout_ms: int | None, /) -> list[tuple[int, bool, str, bytes]]:
    if _complete:
        done = _complete.copy()
        _complete.clear()
        return done
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


def _failure(code: str, message: str, hint: str | None = _NEEDS_HOST) -> str:
    return json.dumps(
        {
            "version": 1,
            "kind": "call_error",
            "code": code,
            "message": message,
            "hint": hint,
            "retryable": False,
            "details": {},
        }
    )
