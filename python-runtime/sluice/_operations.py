"""The operations of `flow`: what a flow can ask of the host, each as one function that makes the request.

Arguments are those of docs/calls.md. What the host does not grant raises `CapabilityDenied`, what it
cannot do raises `NotAvailable`.
"""

import math
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from ._calls import CALLS, Future, Operation, Request, timeout_ms
from ._schema import adapter

__all__ = [
    "artifact",
    "ask",
    "call_flow",
    "invoke",
    "kv",
    "llm",
    "map_flow",
    "pause",
    "rpc_request",
    "sleep",
]


def _nothing(value: Any, attachment: bytes) -> None:
    return None


def _same(value: Any, attachment: bytes) -> Any:
    return value


def _sleep_request(seconds: float | timedelta) -> Request[None]:
    if isinstance(seconds, timedelta):
        seconds = seconds.total_seconds()
    if not 0 <= seconds < math.inf:
        raise ValueError(f"the length of a sleep is a number of seconds from 0, not {seconds!r}")
    return Request("sleep", {"duration_ms": timeout_ms(seconds)}, _nothing)


@Operation
def sleep(seconds: float | timedelta) -> Request[None]:
    """Waits for a time, rounded up to a millisecond."""
    return _sleep_request(seconds)


def pause(seconds: float) -> None:
    """Waits, also where an event loop runs, which then stands still: what `time.sleep` means."""
    if seconds > 0:
        future = CALLS.start(_sleep_request(seconds))
        CALLS.wait(future)
        future.result()
    elif not seconds >= 0:
        raise ValueError("sleep length must be non-negative")


def rpc_request(service: str, method: str, params: Mapping[str, Any]) -> Request[Any]:
    """The request for a method of a hero_rpc service."""
    return Request(
        "rpc",
        {"service": service, "method": method, "params": adapter(object).dump(dict(params), "params")},
        _same,
    )


@Operation
def llm(model: str, messages: list[dict[str, Any]], tools: list[dict[str, Any]], output: Any) -> Request[Any]:
    """One turn of a model; `output` is the JSON Schema of the answer, or None for text."""
    arguments = {"model": model, "messages": messages, "tools": tools, "output": output}
    return Request("llm", arguments, _same)


@Operation
def ask(
    question: str,
    answer: Any = bool,
    *,
    details: Mapping[str, Any] | None = None,
    timeout: float | None = None,
) -> Request[Any]:
    """Asks a person, or whoever answers for one, for an `answer`: of any type that a flow can take."""
    shape = adapter(answer)
    arguments: dict[str, Any] = {
        "question": question,
        "schema": shape.schema(),
        "details": adapter(object).dump(dict(details or {}), "details"),
    }
    if timeout is not None:
        arguments["timeout_ms"] = timeout_ms(timeout)
    return Request("ask", arguments, lambda value, attachment: shape.load(value, "answer"))


def call_flow(flow: object, input: Mapping[str, Any]) -> Request[Any]:
    """The request for a run of another flow, given by its name or as itself."""
    name = flow if isinstance(flow, str) else getattr(flow, "name", None)
    if not isinstance(name, str):
        raise TypeError(f"a flow is called by its name, not by {flow!r:.80}")
    return Request("flow", {"flow": name, "input": adapter(object).dump(dict(input), "input")}, _same)


@Operation
def invoke(flow: object, /, **input: Any) -> Request[Any]:
    """Runs another flow in a sandbox of its own and returns its output."""
    return call_flow(flow, input)


def map_flow(flow: object, inputs: Iterable[Mapping[str, Any]], *, at_once: int | None = None) -> list[Any]:
    """Runs a flow once for each input, `at_once` at a time, and returns the outputs in order.

    The first failure gives up what still runs and is raised.
    """
    if at_once is not None and at_once < 1:
        raise ValueError(f"at_once is at least 1, not {at_once}")
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


class kv:
    """A space of the key-value store: `flow.kv("notes").get("title")`. Values are JSON."""

    def __init__(self, space: str) -> None:
        def get(key: str) -> Request[Any]:
            """The value of a key; None where there is none."""
            return self._request("get", key=key)

        def set(key: str, value: Any) -> Request[Any]:
            """Sets the value of a key."""
            return self._request("set", key=key, value=adapter(object).dump(value, "value"))

        def delete(key: str) -> Request[Any]:
            """Removes a key."""
            return self._request("delete", key=key)

        self.space = space
        self.get = Operation(get)
        self.set = Operation(set)
        self.delete = Operation(delete)

    def _request(self, operation: str, **members: Any) -> Request[Any]:
        return Request("kv", {"space": self.space, "operation": operation, **members}, _same)


@Operation
def artifact(name: str, content: bytes | str, *, media_type: str | None = None) -> Request[Any]:
    """Keeps bytes with the run under a name, for whoever looks at it later."""
    if isinstance(content, str):
        body, kind = content.encode(), "text/plain; charset=utf-8"
    else:
        body, kind = bytes(content), "application/octet-stream"
    return Request("artifact", {"name": name, "media_type": media_type or kind}, _same, body)
