"""`@tool`: a function that a model may call, told by its docstring and its type hints."""

import re
from collections.abc import Callable, Iterable
from types import FunctionType
from typing import Any, Generic, ParamSpec, TypeVar

from ._schema import Signature
from ._text import bounded_repr

__all__ = ["Tool", "tool", "tools_of"]

P = ParamSpec("P")
R = TypeVar("R")

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


class Tool(Generic[P, R]):
    """A function that a model may call; still a function to everyone else."""

    def __init__(self, function: Callable[P, R]) -> None:
        self.function = function
        self.name: str = function.__name__
        if not _NAME.fullmatch(self.name):
            raise TypeError(
                f"the name of a tool has 1 to 64 letters, digits and _, unlike {bounded_repr(self.name, 80)}"
            )
        self.description = (function.__doc__ or "").strip()
        self.__name__ = self.name
        self.__doc__ = function.__doc__
        self.__wrapped__ = function
        self._signature: Signature | None = None

    @property
    def signature(self) -> Signature:
        if self._signature is None:
            self._signature = Signature.of(self.function)
        return self._signature

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        return self.function(*args, **kwargs)

    def document(self) -> dict[str, Any]:
        """What the model is told about it."""
        return {"name": self.name, "description": self.description, "input": self.signature.input_schema()}

    def __repr__(self) -> str:
        return f"<tool {self.name!r}>"


Tool.__module__ = "sluice"


def tool(function: Callable[P, R]) -> Tool[P, R]:
    """Makes a function one that a model may call; its docstring and hints are what the model reads.

    It may be `async`. What it raises goes back to the model as its answer, and the model goes on;
    `flow.Failed` ends the agent and the flow.
    """
    plain: Any = function
    while hasattr(plain, "__wrapped__"):
        plain = plain.__wrapped__
    if not isinstance(plain, FunctionType):
        raise TypeError(
            f"a tool is a function written with `def`, and {bounded_repr(function, 80)} is none: "
            "write one, with `@tool` above it"
        )
    return Tool(function)


def tools_of(tools: Iterable[Tool[..., Any] | Callable[..., Any]]) -> dict[str, Tool[..., Any]]:
    """The tools by name, in their order; raises `ValueError` where two have the same name."""
    if not isinstance(tools, Iterable):
        raise TypeError(f"tools are a list of functions, not {bounded_repr(tools, 80)}")
    named: dict[str, Tool[..., Any]] = {}
    for each in tools:
        made = each if isinstance(each, Tool) else tool(each)
        if made.name in named:
            raise ValueError(f"two tools are called {made.name!r}")
        named[made.name] = made
    return named
