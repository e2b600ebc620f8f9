"""Spans as the guest sees them: which one is current, and opening and ending them.

The host stops a run that uses a span which is not open, and ends a span's open children with it. So
nothing here ever hands on a span that ended, or whose ancestor ended: work that outlived its step
belongs to the nearest step that is still open.
"""

from asyncio import CancelledError
from contextlib import suppress
from contextvars import ContextVar, Token
from types import TracebackType
from typing import Any

from . import _host
from ._codes import KINDS
from ._text import NAME_LIMIT, bounded, bounded_repr, clean, encode, encode_attributes

__all__ = ["ROOT", "Span", "current_attempt", "current_id"]

ROOT = 0
"""The run itself."""

_OK, _FAILED, _CANCELLED = 0, 1, 2
_MESSAGE_LIMIT = 1024
_U64 = (1 << 64) - 1


class Span:
    """A context manager that is open between `__enter__` and `__exit__`, once."""

    __slots__ = ("_attributes", "_line", "_parent", "_token", "_uses", "attempt", "ended", "id", "name")

    def __init__(
        self, name: str, attributes: dict[str, Any], uses: str | None, attempt: int = 0, line: int = 0
    ) -> None:
        if type(name) is not str:
            raise TypeError(f"the name of a step is a string, not {bounded_repr(name)}")
        self.name = name if len(name) <= NAME_LIMIT else bounded(name, NAME_LIMIT)
        self.attempt = attempt
        self.ended = False
        self.id = ROOT
        self._attributes = attributes
        self._uses = uses
        self._line = line
        self._parent: Span | None = None

    def set(self, /, **attributes: Any) -> None:
        """Sets attributes; a key that is set again takes the new value. Ignored once the step ended."""
        if not self.id:
            self._attributes = {**self._attributes, **attributes}
        elif attributes and _nearest_open(self) is self:
            _host.span_set(self.id, encode_attributes(attributes))

    def progress(self, done: float, total: float | None = None) -> None:
        """Says how far the step has come: `done` of `total` units of your choice."""
        if self.id and _nearest_open(self) is self:
            _host.progress(self.id, _count(done), None if total is None else _count(total))

    def __enter__(self) -> "Span":
        if self.id:
            raise RuntimeError(
                f"the step {self.name!r} is entered a second time: write flow.step(...) at each `with`"
            )
        parent = _current.get()
        parent_id = ROOT
        if parent is not None and (parent := _nearest_open(parent)) is not None:
            parent_id = parent.id
            self._parent = parent
            if not self.attempt:
                self.attempt = parent.attempt
        attributes = self._attributes
        text = encode_attributes(attributes) if attributes else "{}"
        self.id = _host.span_start(parent_id, self.name, text, self._uses, self._line)
        self._token: Token[Span | None] = _current.set(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(ValueError):  # a generator that another task closes
            _current.reset(self._token)
        is_open = _nearest_open(self) is self
        self.ended = True
        if error is None:
            if is_open:
                _host.span_end(self.id, _OK, None)
            return
        if not hasattr(error, "sluice_span"):
            with suppress(Exception):
                error.sluice_span, error.sluice_step = self.id, self.path()  # type: ignore[attr-defined]
        if not is_open:
            return
        if isinstance(error, (CancelledError, GeneratorExit)):
            _host.span_end(self.id, _CANCELLED, None)
        else:
            _host.span_end(self.id, _FAILED, _brief(error))

    async def __aenter__(self) -> "Span":
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, trace)

    def path(self) -> list[str]:
        """The names from the outermost step to this one."""
        names = []
        span: Span | None = self
        while span is not None:
            names.append(span.name)
            span = span._parent
        names.reverse()
        return names


_current: ContextVar[Span | None] = ContextVar("sluice_span", default=None)


def current_id() -> int:
    """The span that calls and logs belong to now; always one that is open."""
    span = _current.get()
    if span is None or (span := _nearest_open(span)) is None:
        return ROOT
    return span.id


def current_attempt() -> int:
    """Which attempt of the innermost step with `retries` this is; 1 where there is none."""
    span = _current.get()
    return (span.attempt if span is not None else 0) or 1


def _nearest_open(span: Span) -> Span | None:
    nearest: Span | None = span
    above: Span | None = span
    while above is not None:
        if above.ended:
            nearest = above._parent
        above = above._parent
    return nearest


def _count(number: float) -> int:
    try:
        return min(max(int(number), 0), _U64)
    except (ValueError, OverflowError):
        return 0


def _brief(error: BaseException) -> str:
    """The error object of a span: who and what. Frames and causes are in the error of the run."""
    kind = type(error)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    try:
        message = bounded(str(error), _MESSAGE_LIMIT)
    except Exception:
        message = ""
    code = getattr(error, "sluice_code", None)
    if type(code) is not str or code not in KINDS:
        code = "exception"
    return clean(
        encode(
            {
                "version": 1,
                "kind": KINDS[code],
                "code": code,
                "message": message,
                "exception": name,
            }
        )
    )
