"""`flow.step`: a named part of a flow, as a `with` block or as a decorator, tried again where asked.

Each attempt is a span of its own. What is not worth trying again is never tried again: a refusal, a
failure that says of itself that it is not retryable, a cancellation.
"""

import functools
import inspect
import random
from collections.abc import Callable, Coroutine, Iterable, Mapping
from typing import Any, TypeVar, cast, overload

from ._budget import ATTRIBUTE, budget_members
from ._excerpt import FILE
from ._operations import pause, sleep
from ._span import Span
from ._uses import encode_uses

__all__ = ["Step", "step"]

F = TypeVar("F", bound=Callable[..., Any])

_LONGEST_DELAY = 3600.0
_MOST_DOUBLINGS = 20

Errors = type[BaseException] | tuple[type[BaseException], ...]


class Step(Span):
    """What `flow.step(...)` gives: enter it, or put it above a function."""

    __slots__ = ("_backoff", "_retries", "_retry_on", "_unnamed")

    def __init__(
        self,
        name: str | None,
        attributes: dict[str, Any],
        uses: str | None,
        retries: int,
        backoff: float,
        retry_on: Errors,
    ) -> None:
        super().__init__("step" if name is None else name, attributes, uses)
        self._unnamed = name is None
        self._retries = retries
        self._backoff = backoff
        self._retry_on = retry_on

    def __enter__(self) -> "Step":
        if self._unnamed:
            raise TypeError('a step needs a name: with flow.step("name"):')
        if self._retries:
            raise TypeError(
                f"the block of step {self.name!r} cannot be run again: put the work into a function "
                "with @flow.step(retries=...) above it"
            )
        super().__enter__()
        return self

    async def __aenter__(self) -> "Step":
        return self.__enter__()

    def __call__(self, function: F) -> F:
        """The function as a step: each call of it is one."""
        if not callable(function):
            raise TypeError(f"a step is a function or a `with` block, not {function!r:.80}")
        if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
            raise TypeError(
                f"`{function.__name__}` is a generator, which runs when it is read: "
                "open the step inside of it with `with flow.step(...)`"
            )
        if self._unnamed:
            self.name = getattr(function, "__name__", "step")
            self._unnamed = False
        code = getattr(inspect.unwrap(function), "__code__", None)
        if code is not None and code.co_filename == FILE:
            self._line = code.co_firstlineno
        wrapper = self._wrap_coroutine if inspect.iscoroutinefunction(function) else self._wrap
        return cast(F, wrapper(function))

    def _wrap(self, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def attempts(*args: Any, **kwargs: Any) -> Any:
            number = 1
            while True:
                try:
                    with self._attempt(number):
                        return function(*args, **kwargs)
                except self._retry_on as error:
                    if not self._again(error, number):
                        raise
                pause(self._delay(number))
                number += 1

        return attempts

    def _wrap_coroutine(
        self, function: Callable[..., Coroutine[Any, Any, Any]]
    ) -> Callable[..., Coroutine[Any, Any, Any]]:
        @functools.wraps(function)
        async def attempts(*args: Any, **kwargs: Any) -> Any:
            number = 1
            while True:
                try:
                    with self._attempt(number):
                        return await function(*args, **kwargs)
                except self._retry_on as error:
                    if not self._again(error, number):
                        raise
                delay = self._delay(number)
                if delay > 0:
                    await sleep.start(delay)
                number += 1

        return attempts

    def _attempt(self, number: int) -> Span:
        if not self._retries:
            return Span(self.name, self._attributes, self._uses, line=self._line)
        attributes = {**self._attributes, "attempt": number}
        return Span(self.name, attributes, self._uses, number, self._line)

    def _again(self, error: BaseException, number: int) -> bool:
        if number > self._retries:
            return False
        return getattr(error, "retryable", True) is not False

    def _delay(self, number: int) -> float:
        """Doubles with each attempt; between half and all of it, so that many do not come back at once."""
        if not self._backoff:
            return 0.0
        longest = self._backoff * float(2 ** min(number - 1, _MOST_DOUBLINGS))
        return min(longest, _LONGEST_DELAY) * (0.5 + random.random() / 2)


@overload
def step(function: F, /) -> F: ...


@overload
def step(
    name: str | None = None,
    /,
    *,
    uses: Iterable[str] | None = None,
    retries: int = 0,
    backoff: float = 0.0,
    retry_on: Errors = Exception,
    budget: Mapping[str, Any] | None = None,
    **attributes: Any,
) -> Step: ...


def step(
    name: Any = None,
    /,
    *,
    uses: Iterable[str] | None = None,
    retries: int = 0,
    backoff: float = 0.0,
    retry_on: Errors = Exception,
    budget: Mapping[str, Any] | None = None,
    **attributes: Any,
) -> Any:
    """A named part of the flow, shown as a span with `attributes`.

    `with flow.step("load", source=url) as step:` opens it, also with `async with`; `@flow.step` or
    `@flow.step("load")` makes each call of a function one, named after it unless a name is given.

    `uses` narrows what calls inside may do. A decorated function is tried again up to `retries` times
    after the first attempt, when it raises one of `retry_on`; before each, a wait of about `backoff`
    seconds, doubled each time, at most an hour. `flow.attempt` counts from 1. `budget` is what models inside
    may take, each attempt anew: `{"tokens": 8_000, "cost": 0.25}`, in dollars.
    """
    if budget is not None:
        # First, so that it is there whatever has to be cut.
        attributes = {ATTRIBUTE: budget_members(budget), **attributes}
    if name is None:
        name = attributes.pop("name", None)
    elif type(name) is not str and callable(name):
        return Step(None, attributes, None, 0, 0.0, Exception)(name)
    if retries or backoff:
        _check(retries, backoff)
    return Step(name, attributes, None if uses is None else encode_uses(uses), retries, backoff, retry_on)


def _check(retries: object, backoff: object) -> None:
    if type(retries) is not int or retries < 0:
        raise ValueError(f"retries is a whole number from 0, not {retries!r}")
    if not isinstance(backoff, int | float) or not 0 <= backoff < float("inf"):
        raise ValueError(f"backoff is a number of seconds from 0, not {backoff!r}")
