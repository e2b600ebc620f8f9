"""Models with tools: `@tool` tells a model about a function, `agent(...).run(...)` asks the model.

A turn of a model is one `llm` call of the host, which holds the keys, the budget and the record.
"""

from collections.abc import Callable, Iterable
from typing import Any, Generic, ParamSpec, TypeVar, overload

from ._operations import llm
from ._schema import InvalidAnswer, Signature, adapter
from ._text import bounded_repr

__all__ = ["Agent", "Tool", "agent", "tool"]

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")


class Tool(Generic[P, R]):
    """A function that a model may call; still a function to everyone else."""

    def __init__(self, function: Callable[P, R]) -> None:
        self.function = function
        self.name: str = function.__name__
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


def tool(function: Callable[P, R]) -> Tool[P, R]:
    """Makes a function one that a model may call; its docstring and hints are what the model reads."""
    if not callable(function) or not hasattr(function, "__name__"):
        raise TypeError(f"@tool stands above a function, not above {bounded_repr(function, 80)}")
    return Tool(function)


class Agent:
    """A model with instructions and tools."""

    def __init__(self, name: str, model: str, instructions: str, tools: tuple[Tool[..., Any], ...]) -> None:
        self.name = name
        self.model = model
        self.instructions = instructions
        self.tools = tools

    @overload
    def run(self, prompt: str, *, output: type[T]) -> T: ...

    @overload
    def run(self, prompt: str, *, output: None = None) -> Any: ...

    def run(self, prompt: str, *, output: Any = None) -> Any:
        """Asks the model and returns its answer: an `output` where that is given, else what it says."""
        shape = None if output is None else adapter(output)
        messages = [{"role": "system", "content": self.instructions}] if self.instructions else []
        messages.append({"role": "user", "content": prompt})
        answer = llm(
            self.model,
            messages,
            [each.document() for each in self.tools],
            None if shape is None else shape.schema(),
        )
        return answer if shape is None else shape.load(answer, "answer", raises=InvalidAnswer)

    def __repr__(self) -> str:
        return f"<agent {self.name!r}>"


def agent(
    name: str,
    *,
    model: str = "default",
    instructions: str = "",
    tools: Iterable[Tool[..., Any] | Callable[..., Any]] = (),
) -> Agent:
    """An agent: a model that the tenant has under the name `model`, with instructions and tools."""
    return Agent(
        name, model, instructions, tuple(each if isinstance(each, Tool) else tool(each) for each in tools)
    )
