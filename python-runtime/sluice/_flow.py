"""`flow`: the decorator that makes a function a flow, and the names that a flow works with.

A module's flows stand in its global `__flows__`, by name, in the order of the source. A decorated
function stays a function to whoever calls it.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar, overload

from . import _artifact, _child_runs, _kv, _operations
from ._calls import Method, Request
from ._errors import Failed, FlowNameTaken
from ._log import Log
from ._schema import Signature
from ._span import current_attempt
from ._step import step
from ._text import bounded_repr
from ._uses import parse_uses

if TYPE_CHECKING:
    from ._llm import Reply
    from ._prompt import Prompt
    from ._secret import Secret
    from ._tool import Tool
    from .http import Client

__all__ = ["Flow", "flow", "flows_of"]

P = ParamSpec("P")
R = TypeVar("R")

_REGISTRY = "__flows__"
_COROUTINE = 0x80  # inspect.CO_COROUTINE


if TYPE_CHECKING:

    class _static(Generic[R]):
        """`staticmethod`, which to checkers of types has no overloads."""

        def __init__(self, function: R) -> None: ...

        def __get__(self, owner: object, kind: type, /) -> R: ...

else:
    _static = staticmethod


class Flow(Generic[P, R]):
    """A flow: its name, what it asks for, and the function."""

    def __init__(self, function: Callable[P, R], name: str, uses: tuple[str, ...]) -> None:
        plain: Any = function
        while hasattr(plain, "__wrapped__"):
            plain = plain.__wrapped__
        self.name = name
        self.function = function
        self.uses = uses
        self.line: int = plain.__code__.co_firstlineno
        self.is_async = bool(plain.__code__.co_flags & _COROUTINE)
        self._plain = plain
        self._signature: Signature | None = None
        self.__name__: str = plain.__name__
        self.__qualname__: str = plain.__qualname__
        self.__module__ = plain.__module__
        self.__doc__ = plain.__doc__
        self.__wrapped__ = function

    @property
    def signature(self) -> Signature:
        """What goes in and what comes out; worked out when it is first needed."""
        if self._signature is None:
            self._signature = Signature.of(self._plain, self._plain.__globals__)
        return self._signature

    @property
    def namespace(self) -> dict[str, Any]:
        """The globals of the module that the flow was written in."""
        namespace: dict[str, Any] = self._plain.__globals__
        return namespace

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        return self.function(*args, **kwargs)

    def __repr__(self) -> str:
        return f"<flow {self.name!r}>"


def flows_of(namespace: dict[str, Any]) -> dict[str, Flow[..., Any]]:
    """The flows of a module by name, in the order of its source."""
    flows: dict[str, Flow[..., Any]] = namespace.get(_REGISTRY, {})
    return flows


class FlowDecorator:
    """The one object named `flow`: `@flow`, and `flow.step`, `flow.log`, `flow.sleep` and their like."""

    __slots__ = ()

    Failed = Failed
    artifact = _artifact.artifact
    ask = _operations.ask
    invoke = _child_runs.invoke
    kv = _kv.kv
    log = Log()
    map = staticmethod(_child_runs.map_flow)
    sleep = _operations.sleep
    sleep_until = _operations.sleep_until
    step = _static(step)

    @property
    def http(self) -> "Client":
        """What `from sluice import http` gives: `flow.http.get(url)` and its like; needs `http:HOST`."""
        from .http._client import PLAIN

        return PLAIN

    @Method
    def llm(
        self,
        messages: "str | Prompt | Iterable[Mapping[str, Any]]",
        *,
        model: str | None = None,
        tools: "Iterable[Tool[..., Any] | Callable[..., Any]]" = (),
        output: Any = None,
        max_output_tokens: int | None = None,
        temperature: float | None = None,
    ) -> "Request[Reply]":
        """One turn of a model; needs `llm:MODEL`. An `agent` goes on by itself, with tools, until it is done.

        `messages` is what a user says, or a list as in docs/calls.md. `model` is the tenant's name for one:
        `default` where neither this nor the prompt says it. Raises `InvalidAnswer` where the reply is no
        `output`, and `BudgetExceeded`, `ModelNotFound`, `ModelFailed`, `RateLimited`, `CallTimedOut`.
        """
        from ._llm import llm_request

        return llm_request(messages, model, tools, output, max_output_tokens, temperature)

    @Method
    def secret(self, name: str) -> "Request[Secret]":
        """The secret that the tenant has under a name; needs `secret:NAME`.

        Gives a reference, never the value. Raises `SecretNotFound`.
        """
        from ._secret import secret_request

        return secret_request(name)

    @property
    def attempt(self) -> int:
        """Which attempt of the innermost step with `retries` this is, from 1."""
        return current_attempt()

    @overload
    def __call__(self, function: Callable[P, R], /) -> Flow[P, R]: ...

    @overload
    def __call__(
        self, /, *, name: str | None = None, uses: Iterable[str] = ()
    ) -> Callable[[Callable[P, R]], Flow[P, R]]: ...

    def __call__(self, function: Any = None, /, *, name: str | None = None, uses: Iterable[str] = ()) -> Any:
        """Makes a function a flow: `@flow`, or `@flow(name="plan-week", uses=["rpc:calendar.*"])`.

        It is called by `name`, or by the function's name with `-` for `_`. `uses` asks for
        capabilities; the host grants them. Raises `FlowNameTaken` where the module has one of that
        name already.
        """
        if function is not None:
            return _register(function, None, ())
        if name is not None and (not isinstance(name, str) or not name):
            raise TypeError(f"the name of a flow is a text, not {bounded_repr(name)}")
        words = parse_uses(uses) if uses != () else ()
        return lambda function: _register(function, name, words)

    def __repr__(self) -> str:
        return "<flow>"


def _register(function: Any, name: str | None, uses: tuple[str, ...]) -> Flow[..., Any]:
    plain = function
    while hasattr(plain, "__wrapped__"):
        plain = plain.__wrapped__
    if not callable(function) or not hasattr(plain, "__code__"):
        raise TypeError(f"@flow stands above a function, not above {bounded_repr(function, 80)}")
    made: Flow[..., Any] = Flow(function, name or plain.__name__.strip("_").replace("_", "-"), uses)
    flows = plain.__globals__.setdefault(_REGISTRY, {})
    other = flows.get(made.name)
    if other is not None and (other.line, other.__qualname__) != (made.line, made.__qualname__):
        raise FlowNameTaken(
            f"two flows are called {made.name!r}: `{other.__qualname__}` in line {other.line} "
            f"and `{made.__qualname__}` in line {made.line}",
            hint=f"Give one of them another name: @flow(name={made.name + '-2'!r})",
        )
    flows[made.name] = made
    return made


flow = FlowDecorator()
