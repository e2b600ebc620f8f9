"""Plain Python objects whose method calls are steps."""

import functools
import inspect
from typing import Any, TypeVar, cast

from sluice._calls import Operation
from sluice._step import step

__all__ = ["instrument"]

T = TypeVar("T")

_DUNDERS = (
    "__aenter__",
    "__aexit__",
    "__call__",
    "__contains__",
    "__delitem__",
    "__enter__",
    "__exit__",
    "__getitem__",
    "__iter__",
    "__len__",
    "__setitem__",
)
"""Python looks these up on the class, where `__getattr__` is not asked."""


def instrument(target: T, name: str | None = None) -> T:
    """A stand-in for an object: each call of a public method is a step `NAME.method`.

    `name` is that of the object's class, or of the module, where it is None. What the methods answer is
    handed on as it is. Methods that are operations of the host already have spans of their own.
    """
    if name is None:
        name = getattr(target, "__name__", None) or type(target).__name__
    kind = type(target)
    known = {word for base in kind.__mro__ for word in vars(base)}
    handed_on = {word: _hand_on(word) for word in _DUNDERS if word in known}
    stand_in = type(kind.__name__, (_Instrumented,), {"__slots__": (), **handed_on})
    return cast(T, stand_in(target, str(name).rpartition(".")[2]))


class _Instrumented:
    """Hands everything on to the object behind, and puts steps around the calls of its methods."""

    __slots__ = ("__wrapped__", "_instrument_name", "_instrument_steps")

    def __init__(self, target: Any, name: str) -> None:
        object.__setattr__(self, "__wrapped__", target)
        object.__setattr__(self, "_instrument_name", name)
        object.__setattr__(self, "_instrument_steps", {})

    def __getattr__(self, name: str) -> Any:
        value = getattr(self.__wrapped__, name)
        if name.startswith("_") or not _is_traced(value):
            return value
        known = self._instrument_steps.get(name)
        if known is None or known.__wrapped__ != value:
            known = _as_step(value, f"{self._instrument_name}.{name}")
            self._instrument_steps[name] = known
        return known

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self.__wrapped__, name, value)

    def __delattr__(self, name: str) -> None:
        delattr(self.__wrapped__, name)

    def __repr__(self) -> str:
        return f"<instrumented {self.__wrapped__!r}>"

    def __dir__(self) -> list[str]:
        return dir(self.__wrapped__)

    def __eq__(self, other: object) -> bool:
        return bool(self.__wrapped__ == getattr(other, "__wrapped__", other))

    def __hash__(self) -> int:
        return hash(self.__wrapped__)

    def __bool__(self) -> bool:
        return bool(self.__wrapped__)


def _is_traced(value: Any) -> bool:
    """Methods; but no generators, which run while they are read, in whatever step that is."""
    if not callable(value) or inspect.isclass(value) or isinstance(value, Operation):
        return False
    return not (inspect.isgeneratorfunction(value) or inspect.isasyncgenfunction(value))


def _as_step(method: Any, name: str) -> Any:
    if inspect.iscoroutinefunction(method):

        @functools.wraps(method)
        async def traced_coroutine(*args: Any, **kwargs: Any) -> Any:
            async with step(name):
                return await method(*args, **kwargs)

        return traced_coroutine

    @functools.wraps(method)
    def traced(*args: Any, **kwargs: Any) -> Any:
        with step(name):
            return method(*args, **kwargs)

    return traced


def _hand_on(dunder: str) -> Any:
    def handed_on(self: _Instrumented, *args: Any, **kwargs: Any) -> Any:
        return getattr(self.__wrapped__, dunder)(*args, **kwargs)

    return handed_on
