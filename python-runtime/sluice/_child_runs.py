"""Runs of other flows: `flow.invoke` and `flow.map`. A child has a sandbox of its own, and at most its
parent's grants."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ._calls import CALLS, Future, Operation, Request, would_block
from ._schema import Signature, adapter
from ._text import bounded_repr

__all__ = ["call_flow", "invoke", "map_flow"]


def call_flow(flow: object, input: Mapping[str, Any]) -> Request[Any]:
    """The request for a run of another flow, given by its name or as itself.

    The output of a flow that is given as itself is of the type that it returns; by name it is what
    JSON holds.
    """
    name = flow if isinstance(flow, str) else getattr(flow, "name", None)
    if not isinstance(name, str):
        raise TypeError(f"a flow is called by its name, not by {flow!r:.80}")
    if not isinstance(input, Mapping):
        raise TypeError(f"the input of a flow is a mapping of its parameters, not {bounded_repr(input)}")
    arguments = {"flow": name, "input": adapter(object).dump(dict(input), "input")}
    return Request("flow", arguments, _reader(flow))


def _reader(flow: object) -> Callable[[Any, bytes], Any]:
    signature = getattr(flow, "signature", None)
    if isinstance(signature, Signature):
        return lambda value, attachment: signature.load(value)
    return lambda value, attachment: value


@Operation
def invoke(flow: object, /, **input: Any) -> Request[Any]:
    """Runs another flow in a sandbox of its own and returns its output.

    `flow` is its name, or the flow itself where it stands in the same source: then the output is of
    the type that it returns. Raises `ChildFailed` where the child does not succeed.
    """
    return call_flow(flow, input)


def map_flow(flow: object, inputs: Iterable[Mapping[str, Any]], *, at_once: int | None = None) -> list[Any]:
    """Runs a flow once for each input, `at_once` at a time, and returns the outputs in order.

    The first failure gives up what still runs and is raised: `ChildFailed` as of `flow.invoke`.
    """
    if at_once is not None and at_once < 1:
        raise ValueError(f"at_once is at least 1, not {at_once}")
    if asyncio._get_running_loop() is not None:
        raise would_block("map(...)", "`await asyncio.gather(...)` of `flow.invoke.start(...)`")
    requests = [call_flow(flow, each) for each in inputs]
    futures: list[Future[Any]] = []
    running: list[Future[Any]] = []
    try:
        for request in requests:
            if at_once is not None and len(running) >= at_once:
                CALLS.wait_any(running)
                running = _settled(running)
            future = CALLS.start(request)
            futures.append(future)
            running.append(future)
        while running:
            CALLS.wait_any(running)
            running = _settled(running)
    except BaseException:
        for future in running:
            future.cancel()
        raise
    return [future.result() for future in futures]


def _settled(running: list[Future[Any]]) -> list[Future[Any]]:
    for future in running:
        if future.done():
            future.result()
    return [future for future in running if not future.done()]
