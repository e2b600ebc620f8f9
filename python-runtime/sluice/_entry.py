"""What the guest's two exports call: `describe` a source, `run` one flow of it.

Both always return: whatever the flow's code raises becomes the error object of docs/errors.md. A
source is the module `flow`, in `sys.modules` while it is used, so that everything in Python which
looks a module up by name finds it.
"""

import asyncio
import linecache
import marshal
import random
import sys
from json import loads
from types import CodeType, CoroutineType, ModuleType
from typing import Any

from . import _host
from ._calls import CALLS
from ._describe import describe as describe_source
from ._errors import FlowAmbiguous, FlowMissing, FlowNotFound
from ._failure import failure_of
from ._flow import Flow, flows_of
from ._loop import Loop
from ._nearest import nearest
from ._schema import InvalidInput, Problem
from ._text import clean, encode

__all__ = ["MODULE", "describe", "run"]

MODULE = "flow"
FILE = "flow.py"
_ONLY_AST = 0x400  # ast.PyCF_ONLY_AST
_MOST_TOLD = 8


def describe(source: str, clients: str) -> tuple[bool, str, bytes]:
    """The description document and the compiled module, or the error object.

    `clients` is a JSON object: the modules of `hero_rpc` that the source may import, as texts.
    """
    loading = True
    before = sys.modules.get(MODULE)
    try:
        tree = compile(source, FILE, "exec", _ONLY_AST, dont_inherit=True)
        code = compile(tree, FILE, "exec", dont_inherit=True)
        modules = {name: _client(name, text) for name, text in loads(clients).items()}
        _install(modules)
        namespace = _load(source, code)
        loading = False
        document = describe_source(source, tree, list(flows_of(namespace).values()))
        return True, clean(encode(document)), marshal.dumps((code, modules))
    except BaseException as error:
        return False, _failure(error, source, loading), b""
    finally:
        _end(before)


def run(flow: str, source: str, code: bytes, input: str) -> tuple[bool, str]:
    """The output of one run as JSON, or the error object. `code` is what `describe` made, or empty."""
    loading = True
    before = sys.modules.get(MODULE)
    try:
        random.seed(_host.entropy())
        if code:
            module, modules = marshal.loads(code)
            _install(modules)
        else:
            module = compile(source, FILE, "exec", dont_inherit=True)
        namespace = _load(source, module)
        loading = False
        chosen = _choose(flow, namespace)
        signature = chosen.signature
        value = chosen.function(**signature.bind(_parse(input)))
        if type(value) is CoroutineType:
            with asyncio.Runner(loop_factory=Loop) as runner:
                value = runner.run(value)
        return True, encode(signature.dump(value))
    except BaseException as error:
        return False, _failure(error, source, loading)
    finally:
        _end(before)


def _client(name: str, text: str) -> CodeType:
    return compile(text, f"hero_rpc.{name}.py", "exec", dont_inherit=True)


def _install(clients: dict[str, CodeType]) -> None:
    if clients:
        import hero_rpc

        for name, code in clients.items():
            hero_rpc._install(name, code)


class SourceLoader:
    """Gives tracebacks and `inspect` the source when, and only when, they ask."""

    __slots__ = ("_source",)

    def __init__(self, source: str) -> None:
        self._source = source

    def get_source(self, name: str) -> str:
        return self._source


def _load(source: str, code: CodeType) -> dict[str, Any]:
    module = ModuleType(MODULE)
    namespace = module.__dict__
    namespace["__file__"] = FILE
    namespace["__loader__"] = SourceLoader(source)
    sys.modules[MODULE] = module
    linecache.cache.pop(FILE, None)
    exec(code, namespace)
    return namespace


def _choose(name: str, namespace: dict[str, Any]) -> Flow[..., Any]:
    flows = flows_of(namespace)
    if name:
        chosen = flows.get(name)
        if chosen is not None:
            return chosen
    elif len(flows) == 1:
        return next(iter(flows.values()))
    if not flows:
        raise FlowMissing(
            "the source has no flow",
            hint="Write `from sluice import flow`, and `@flow` above the function that is to run",
        )
    names = list(flows)
    told = ", ".join(names[:_MOST_TOLD])
    if len(names) > _MOST_TOLD:
        told += f" and {len(names) - _MOST_TOLD} more"
    if name:
        close = nearest(name, names)
        raise FlowNotFound(
            f"the source has no flow {name!r}; it has {told}",
            hint=f"Did you mean {close!r}?" if close else None,
            details={"flow": name, "flows": names},
        )
    raise FlowAmbiguous(
        f"the source has {len(names)} flows: {told}", hint="Say which one to run", details={"flows": names}
    )


def _parse(input: str) -> Any:
    try:
        return loads(input)
    except ValueError as error:
        raise InvalidInput([Problem("input", f"is not JSON: {error}")]) from None
    except RecursionError:
        raise InvalidInput([Problem("input", "is nested too deeply")]) from None


def _failure(error: BaseException, source: str, loading: bool) -> str:
    try:
        failure = failure_of(error, source, loading=loading)
        span = getattr(error, "sluice_span", None)
        if type(span) is int:
            failure["span"], failure["step"] = span, error.sluice_step  # type: ignore[attr-defined]
        return clean(encode(failure))
    except BaseException as wrong:
        return encode(
            {
                "version": 1,
                "kind": "flow_error",
                "code": "exception",
                "message": f"{type(error).__name__}, which cannot be told: {type(wrong).__name__}",
                "exception": None,
                "retryable": False,
            }
        )


def _end(before: ModuleType | None) -> None:
    """Leaves nothing open and nothing unsaid. `before` is the flow that runs this one, as tests do."""
    if CALLS:
        CALLS.cancel_all()
    clients = sys.modules.get("hero_rpc")
    if clients is not None:
        clients._forget()
    if before is None:
        sys.modules.pop(MODULE, None)
    else:
        sys.modules[MODULE] = before
    for stream in (sys.__stdout__, sys.__stderr__):
        try:
            if stream is not None:
                stream.flush()
        except (OSError, ValueError):
            continue
