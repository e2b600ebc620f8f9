"""Calls: what a flow asks of the host, and the futures of the answers.

Every operation has two forms: call it and wait, or `.start(...)` it and get a `Future`. All waiting
goes through one `Calls`, so whoever waits also delivers what completes for others.
"""

import asyncio
import math
from collections.abc import Callable, Generator, Mapping
from datetime import timedelta
from json import loads
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar, overload

from . import _host
from ._errors import CallFailed, CallInvalid, Cancelled, call_failed
from ._span import current_id
from ._text import bounded_repr, clean, encode

__all__ = [
    "CALLS",
    "Calls",
    "Future",
    "Method",
    "Operation",
    "Request",
    "length_ms",
    "timeout_ms",
    "would_block",
]

P = ParamSpec("P")
S = TypeVar("S")
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

KINDS = ("sleep", "rpc", "http", "llm", "flow", "ask", "kv", "secret", "artifact")
_NUMBERS = {kind: number for number, kind in enumerate(KINDS)}


class Request(Generic[T_co]):
    """One call as it goes to the host, and how to read its answer (`value`, `attachment`)."""

    __slots__ = ("arguments", "attachment", "kind", "read")

    def __init__(
        self,
        kind: str,
        arguments: dict[str, Any],
        read: Callable[[Any, bytes], T_co],
        attachment: bytes = b"",
    ) -> None:
        self.kind = kind
        self.arguments = arguments
        self.read = read
        self.attachment = attachment

    def failed(self, failure: Mapping[str, object]) -> CallFailed:
        """The exception for an error object that the host gave as the outcome."""
        return call_failed(failure)


class Future(Generic[T_co]):
    """The answer of a call, now or later. `result()` in plain code, `await` in a coroutine."""

    __slots__ = (
        "_calls",
        "_done",
        "_error",
        "_outcome",
        "_request",
        "_value",
        "_waiters",
        "call",
        "kind",
    )

    def __init__(self, calls: "Calls", call: int, request: Request[T_co]) -> None:
        self.call = call
        self.kind = request.kind
        self._calls = calls
        self._request = request
        self._done = False
        self._outcome: tuple[bool, str, bytes] | None = None
        self._value: Any = None
        self._error: BaseException | None = None
        self._waiters: list[asyncio.Future[None]] | None = None

    def __repr__(self) -> str:
        state = "pending" if not self._done else "cancelled" if self.cancelled() else "done"
        return f"<{self.kind} call {self.call}, {state}>"

    def done(self) -> bool:
        """Whether `result` answers at once."""
        return self._done

    def cancelled(self) -> bool:
        """Whether it was given up with `cancel`."""
        return isinstance(self._error, asyncio.CancelledError)

    def cancel(self) -> bool:
        """Gives the call up; false where it is complete already. `result` then raises `CancelledError`."""
        if self._done:
            return False
        self._calls.forget(self.call)
        self._error = asyncio.CancelledError(f"the {self.kind} call was cancelled")
        self._settle(None)
        return True

    def result(self, timeout: float | None = None) -> T_co:
        """Waits for the answer. Raises what the call failed with, or `TimeoutError`.

        In a coroutine an answer that is not there yet is awaited instead; waiting for it here would
        stop every other task, so that raises `RuntimeError`.
        """
        if not self._done:
            if asyncio._get_running_loop() is not None:
                raise would_block(f"result() of a {self.kind} call", "`await` the future itself")
            self._calls.wait(self, timeout)
        return self._answer()

    def __await__(self) -> Generator[Any, None, T_co]:
        if not self._done:
            loop = asyncio.get_running_loop()
            if getattr(loop, "calls", None) is not self._calls:
                yield from self._poll().__await__()
                return self._answer()
            waiter: asyncio.Future[None] = loop.create_future()
            if self._waiters is None:
                self._waiters = []
            self._waiters.append(waiter)
            try:
                yield from waiter
            except asyncio.CancelledError:
                self.cancel()
                raise
        return self._answer()

    async def _poll(self) -> None:
        """Waits in an event loop that knows nothing of calls."""
        try:
            while not self._done:
                await asyncio.sleep(self._calls.host.due_ms(self.call) / 1000)
                self._calls.poll()
        except asyncio.CancelledError:
            self.cancel()
            raise

    def _settle(self, outcome: tuple[bool, str, bytes] | None) -> None:
        self._done = True
        self._outcome = outcome
        if self._waiters is not None:
            for waiter in self._waiters:
                if not waiter.done():
                    waiter.set_result(None)
            self._waiters = None

    def _answer(self) -> T_co:
        if self._outcome is not None:
            ok, text, attachment = self._outcome
            self._outcome = None
            if ok:
                try:
                    self._value = self._request.read(loads(text), attachment)
                except Exception as error:
                    self._error = error
            else:
                self._error = self._request.failed(loads(text))
        if self._error is not None:
            raise self._error
        return self._value  # type: ignore[no-any-return]


class Calls:
    """The calls that are not complete yet, over one host."""

    def __init__(self, host: Any) -> None:
        self.host = host
        self._pending: dict[int, Future[Any]] = {}

    def __len__(self) -> int:
        return len(self._pending)

    def start(self, request: Request[T]) -> Future[T]:
        """Asks the host. A refusal is raised here: nothing has happened then."""
        try:
            arguments = clean(encode(request.arguments))
        except (TypeError, ValueError, RecursionError) as error:
            raise CallInvalid(
                f"the arguments of the {request.kind} call cannot be written as JSON: {error}"
            ) from None
        try:
            call = self.host.call_start(current_id(), _NUMBERS[request.kind], arguments, request.attachment)
        except self.host.Refused as refused:
            raise request.failed(loads(refused.args[0])) from None
        future = Future(self, call, request)
        self._pending[call] = future
        return future

    def wait(self, future: Future[Any], timeout: float | None = None) -> None:
        """Returns when the future is done; raises `TimeoutError`."""
        if timeout is None:
            while not future._done:
                self.next(None)
            return
        deadline = self.host.now_ms() + timeout_ms(timeout)
        while not future._done:
            left = deadline - self.host.now_ms()
            self.next(max(0, left))
            if left <= 0 and not future._done:
                raise TimeoutError(f"no answer to the {future.kind} call within {timeout} seconds")

    def wait_any(self, futures: list[Future[T]]) -> None:
        """Returns when one of the futures is done."""
        while not any(future._done for future in futures):
            self.next(None)

    def poll(self) -> None:
        """Delivers what is complete already."""
        if self._pending:
            self.deliver(self.host.call_next(0))

    def next(self, timeout: int | None) -> None:
        """Waits for completions at most `timeout` milliseconds and delivers them."""
        completions = self.host.call_next(timeout)
        if completions:
            self.deliver(completions)
        elif timeout is None:
            # The host waits for nothing: what is pending here ended with a span it belonged to.
            for future in list(self._pending.values()):
                future._error = Cancelled(f"the {future.kind} call ended with the step that it belonged to")
                future._settle(None)
            self._pending.clear()

    def deliver(self, completions: list[tuple[int, bool, str, bytes]]) -> None:
        """Hands completions to their futures, in their order."""
        for call, ok, text, attachment in completions:
            future = self._pending.pop(call, None)
            if future is not None:
                future._settle((ok, text, attachment))

    def forget(self, call: int) -> None:
        """Gives one call up."""
        self._pending.pop(call, None)
        self.host.call_cancel(call)

    def cancel_all(self) -> None:
        """Gives up all that is pending."""
        for future in list(self._pending.values()):
            future.cancel()


CALLS = Calls(_host)
"""The calls of this run."""


class Operation(Generic[P, T]):
    """An operation of the host in its two forms, from a function that makes the request."""

    def __init__(self, request: Callable[P, Request[T]]) -> None:
        self._request = request
        self.__name__ = request.__name__
        self.__doc__ = request.__doc__

    def __repr__(self) -> str:
        return f"<operation {self.__name__}>"

    def __call__(self, /, *args: P.args, **kwargs: P.kwargs) -> T:
        if asyncio._get_running_loop() is not None:
            raise would_block(f"calling {self.__name__}(...)", f"`await` {self.__name__}.start(...)")
        future = CALLS.start(self._request(*args, **kwargs))
        CALLS.wait(future)
        return future.result()

    def start(self, /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Starts it and returns at once."""
        return CALLS.start(self._request(*args, **kwargs))


class Method(Generic[S, P, T]):
    """An operation that belongs to an object, from a method that makes the request."""

    def __init__(self, request: Callable[Concatenate[S, P], Request[T]]) -> None:
        self._request: Any = request
        self.__doc__ = request.__doc__

    @overload
    def __get__(self, owner: None, kind: type, /) -> "Method[S, P, T]": ...

    @overload
    def __get__(self, owner: S, kind: type, /) -> Operation[P, T]: ...

    def __get__(self, owner: Any, kind: type, /) -> Any:
        return self if owner is None else Operation(self._request.__get__(owner))


def timeout_ms(seconds: float) -> int:
    """Whole milliseconds that last at least `seconds`; noise of floats below a microsecond is dropped."""
    return max(0, int(seconds * 1000 + 0.999))


def length_ms(what: str, length: float | timedelta) -> int:
    """The same for a length of time as flows give it; raises `TypeError` or `ValueError`."""
    seconds = length.total_seconds() if isinstance(length, timedelta) else length
    if not isinstance(seconds, int | float):
        raise TypeError(f"{what} is a number of seconds or a timedelta, not {bounded_repr(length)}")
    if not 0 <= seconds < math.inf:
        raise ValueError(f"{what} is a number of seconds from 0, not {length!r}")
    return timeout_ms(seconds)


def would_block(what: str, instead: str) -> RuntimeError:
    """What to raise where waiting would stop an event loop."""
    return RuntimeError(f"in a coroutine, {what} would stop every other task: {instead}")
