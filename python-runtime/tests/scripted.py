"""A host for tests, in place of the real one: its clock is virtual, and it keeps the host's rules.

As the host would, it refuses a span that is not open; here that is an `AssertionError`.
"""

import contextlib
import json
from collections.abc import Iterator
from typing import Any

from sluice import _host, _span
from sluice._calls import CALLS, KINDS, Calls

_FUNCTIONS = ("span_start", "span_end", "span_set", "progress", "log")


class ScriptedHost:
    """Sleeps complete when the clock reaches them; the clock moves only while somebody waits.

    Whatever is asked is in `asked`: kind, arguments, attachment; `under` has the span of each. Calls that
    are no sleeps are answered with what is next in `answers`: (ok, value, attachment).
    """

    Refused = _host.Refused

    def __init__(self) -> None:
        self.now = 1_000_000
        self.events: list[tuple[Any, ...]] = []
        self.open: dict[int, int | None] = {0: None}
        self.pending: dict[int, int] = {}
        self.waits: list[int | None] = []
        self.cancelled: list[int] = []
        self.refusal: dict[str, Any] | None = None
        self.asked: list[tuple[str, dict[str, Any], bytes]] = []
        self.under: list[int] = []
        self.answers: list[tuple[bool, Any, bytes]] = []
        self._answered: dict[int, tuple[bool, Any, bytes]] = {}
        self._spans = 0
        self._calls = 0

    def span_start(self, parent: int, name: str, attributes: str, uses: str | None, line: int = 0, /) -> int:
        assert parent in self.open, f"the parent {parent} of {name!r} is not open"
        assert isinstance(json.loads(attributes), dict)
        self._spans += 1
        self.open[self._spans] = parent
        self.events.append(("start", self._spans, parent, name, json.loads(attributes), uses))
        return self._spans

    def span_end(self, span: int, status: int, failure: str | None, /) -> None:
        assert span in self.open, f"span {span} is not open"
        assert (status == 1) == (failure is not None)
        self._close(span)
        self.events.append(("end", span, status, None if failure is None else json.loads(failure)))

    def _close(self, span: int) -> None:
        for child in [child for child, parent in self.open.items() if parent == span]:
            self._close(child)
        del self.open[span]

    def span_set(self, span: int, attributes: str, /) -> None:
        assert span in self.open
        self.events.append(("set", span, json.loads(attributes)))

    def progress(self, span: int, done: int, total: int | None, /) -> None:
        assert span in self.open
        self.events.append(("progress", span, done, total))

    def log(self, span: int, level: int, message: str, attributes: str, /) -> None:
        assert span in self.open
        message.encode()
        self.events.append(("log", span, level, message, json.loads(attributes)))

    def now_ms(self) -> int:
        return self.now

    def call_start(self, span: int, kind: int, arguments: str, attachment: bytes, /) -> int:
        if self.refusal is not None:
            raise self.Refused(json.dumps(self.refusal))
        self._calls += 1
        members = json.loads(arguments)
        self.asked.append((KINDS[kind], members, attachment))
        self.under.append(span)
        self.pending[self._calls] = self.now + members.get("duration_ms", 0)
        if KINDS[kind] != "sleep" and self.answers:
            self._answered[self._calls] = self.answers.pop(0)
        return self._calls

    def call_next(self, timeout_ms: int | None, /) -> list[tuple[int, bool, str, bytes]]:
        self.waits.append(timeout_ms)
        assert len(self.waits) < 10_000, "it spins"
        due = min(self.pending.values(), default=None)
        limit = None if timeout_ms is None else self.now + timeout_ms
        if due is None or (limit is not None and due > limit):
            self.now = self.now if limit is None else limit
            return []
        self.now = max(self.now, due)
        complete = sorted((at, call) for call, at in self.pending.items() if at <= self.now)
        for _, call in complete:
            del self.pending[call]
        return [self._completion(call) for _, call in complete]

    def _completion(self, call: int) -> tuple[int, bool, str, bytes]:
        ok, value, attachment = self._answered.pop(call, (True, None, b""))
        return call, ok, json.dumps(value), attachment

    def call_cancel(self, call: int, /) -> None:
        self.pending.pop(call, None)
        self.cancelled.append(call)

    def due_ms(self, call: int, /) -> int:
        return 1

    def spans(self) -> list[tuple[str, int]]:
        """Name and status of each span, in the order in which they ended."""
        names = {event[1]: event[3] for event in self.events if event[0] == "start"}
        return [(names[event[1]], event[2]) for event in self.events if event[0] == "end"]

    def named(self, kind: str) -> list[tuple[Any, ...]]:
        """The events of one kind, without the kind."""
        return [event[1:] for event in self.events if event[0] == kind]


@contextlib.contextmanager
def recorded() -> Iterator[ScriptedHost]:
    """Spans and logs go to a scripted host meanwhile, where no span is open yet."""
    host = ScriptedHost()
    before = {name: getattr(_host, name) for name in _FUNCTIONS}
    for name in _FUNCTIONS:
        setattr(_host, name, getattr(host, name))
    outside = _span._current.set(None)
    try:
        yield host
    finally:
        _span._current.reset(outside)
        for name, function in before.items():
            setattr(_host, name, function)


@contextlib.contextmanager
def answering(*answers: Any) -> Iterator[ScriptedHost]:
    """The operations of `flow` go to a scripted host meanwhile, which gives these answers in turn.

    An answer is a value, a pair of a value and its attachment, or `Fails`.
    """
    host = ScriptedHost()
    for answer in answers:
        if isinstance(answer, Fails):
            host.answers.append((False, answer.failure, b""))
        else:
            value, attachment = answer if isinstance(answer, tuple) else (answer, b"")
            host.answers.append((True, value, attachment))
    before, CALLS.host = CALLS.host, host
    try:
        yield host
    finally:
        CALLS.host = before


class Fails:
    """An answer that is a failure."""

    def __init__(self, code: str, message: str = "no", **members: Any) -> None:
        self.failure = {"code": code, "message": message, **members}


def scripted_calls() -> tuple[ScriptedHost, Calls]:
    """Calls over a host of their own."""
    host = ScriptedHost()
    return host, Calls(host)
