"""The turns of an agent: the model speaks, its tools are called, until it has an answer that fits.

Written once as a generator that yields what is to be waited for: a `Request` of the host, or what a tool that
is `async` gave. Plain code and coroutines each drive it in their own way.
"""

import asyncio
from collections.abc import Awaitable, Callable, Generator, Mapping
from json import loads
from typing import Any

from ._call_errors import AgentFailed
from ._calls import Request
from ._errors import Cancelled, Failed
from ._llm import Reply, ToolCall, turn_request
from ._output import Output
from ._schema import InvalidAnswer, InvalidInput, Problem
from ._span import Span
from ._text import bounded, clean, encode
from ._tool import Tool

__all__ = ["Asked", "Conversation"]

Asked = Request[Reply] | Awaitable[Any]

REPAIRS = 2
"""How often a model is told that its answer does not fit."""

_ERROR = 1_000
_RESULT_BYTES = 32 * 1024
_MESSAGES_BYTES = 192 * 1024
"""All messages stay below what one call may say: 256 KiB, unless a run is given more."""

_SHORT = 400


class Conversation:
    """One run of an agent."""

    def __init__(
        self,
        name: str,
        model: str,
        tools: Mapping[str, Tool[..., Any]],
        messages: list[dict[str, Any]],
        output: Output | None,
        max_turns: int,
        settings: dict[str, Any],
    ) -> None:
        self.turns = 0
        self.tool_calls = 0
        self._name = name
        self._model = model
        self._tools = tools
        self._documents = [tool.document() for tool in tools.values()]
        self._messages = messages
        self._output = output
        self._max_turns = max_turns
        self._settings = settings

    def answer(self) -> Generator[Asked, Any, Any]:
        """Yields what is to be waited for, and returns the answer of the model; raises `AgentFailed`."""
        repairs = 0
        while self.turns < self._max_turns:
            self.turns += 1
            reply: Reply = yield self._request()
            self._messages.append(_assistant(reply))
            if reply.tool_calls:
                for call in reply.tool_calls:
                    yield from self._call(call)
                continue
            if reply.finish_reason == "content_filter":
                raise self._failed("refused", "the model's server held its answer back")
            if self._output is None:
                return reply.text
            try:
                return self._output.read(reply.text)
            except InvalidAnswer as wrong:
                repairs += 1
                if repairs > REPAIRS:
                    raise self._failed("output", f"its answer does not fit: {wrong}") from wrong
                self._messages.append({"role": "user", "content": _repair(wrong, reply)})
        raise self._failed("turns", f"it has no answer after {self._max_turns} turns")

    def _request(self) -> Request[Reply]:
        _shorten(self._messages)
        return turn_request(
            self._model,
            self._messages,
            self._documents,
            self._output,
            reads_output=False,
            **self._settings,
        )

    def _call(self, call: ToolCall) -> Generator[Asked, Any, None]:
        """Calls one tool and keeps its answer. What it raises is its answer, too."""
        self.tool_calls += 1
        try:
            with Span(f"tool:{call.name}", {"arguments": bounded(call.arguments, _ERROR)}, None):
                tool = self._tool(call.name)
                result = _beside_no_loop(tool.function, tool.signature.bind(_arguments(call.arguments)))
                if hasattr(result, "__await__"):
                    result = yield result
                content = result if isinstance(result, str) else encode(tool.signature.dump(result))
        except (Cancelled, Failed):
            raise
        except Exception as error:
            content = _told(error)
        content = _cut(clean(content), _RESULT_BYTES)
        self._messages.append({"role": "tool", "tool_call_id": call.id, "content": content})

    def _tool(self, name: str) -> Tool[..., Any]:
        tool = self._tools.get(name)
        if tool is None:
            raise LookupError(f"there is no tool {name[:80]!r}; there is {', '.join(self._tools) or 'none'}")
        return tool

    def _failed(self, reason: str, message: str) -> AgentFailed:
        hint = (
            "Give it more max_turns, or say in its instructions when to stop" if reason == "turns" else None
        )
        return AgentFailed(
            f"the agent {self._name!r} failed: {message}",
            hint=hint,
            retryable=reason != "refused",
            details={"agent": self._name, "reason": reason, "turns": self.turns},
        )


def _beside_no_loop(function: Callable[..., Any], arguments: dict[str, Any]) -> Any:
    """Calls a function that may wait, also where an event loop runs: that stands still then."""
    loop = asyncio._get_running_loop()
    if loop is None:
        return function(**arguments)
    asyncio._set_running_loop(None)
    try:
        return function(**arguments)
    finally:
        asyncio._set_running_loop(loop)


def _arguments(text: str) -> Any:
    if not text.strip():
        return {}
    try:
        return loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidInput([Problem("input", f"is not JSON: {error}")]) from None


def _assistant(reply: Reply) -> dict[str, Any]:
    """The reply as the model is reminded of it."""
    message: dict[str, Any] = {"role": "assistant", "content": reply.text}
    if reply.tool_calls:
        message["tool_calls"] = [
            {"id": call.id, "name": call.name, "arguments": _object_or_text(call.arguments)}
            for call in reply.tool_calls
        ]
    return message


def _object_or_text(text: str) -> Any:
    try:
        value = _arguments(text)
        encode(value)
    except (ValueError, RecursionError):
        return text
    return value if isinstance(value, dict) else text


def _repair(wrong: InvalidAnswer, reply: Reply) -> str:
    cut_off = " It was cut off: make it shorter." if reply.finish_reason == "length" else ""
    return (
        f"That answer does not fit the schema.{cut_off} {bounded(str(wrong), _ERROR)}\n"
        "Answer again with JSON that fits the schema, and nothing else."
    )


def _told(error: Exception) -> str:
    """An error as the model is told of it: what it is and what it says, and nothing of where."""
    try:
        message = bounded(str(error), _ERROR)
    except Exception:
        message = ""
    code = getattr(error, "sluice_code", None)
    kind = code if isinstance(code, str) and code != "exception" else type(error).__name__
    return encode({"error": kind, "message": message})


def _shorten(messages: list[dict[str, Any]]) -> None:
    """Cuts the oldest answers of tools until all messages have room in one call."""
    size = len(clean(encode(messages)).encode())
    for index, message in enumerate(messages):
        if size <= _MESSAGES_BYTES:
            return
        if message["role"] == "tool":
            before = len(encode(message).encode())
            messages[index] = message = {**message, "content": _cut(message["content"], _SHORT)}
            size -= before - len(encode(message).encode())


def _cut(text: str, limit: int) -> str:
    """At most about `limit` bytes, with a mark where something was cut."""
    data = text.encode()
    if len(data) <= limit:
        return text
    return f"{data[:limit].decode(errors='ignore')}… ({len(data) - limit:,} more bytes were cut)"
