"""The turns of an agent: the model speaks, its tools are called, until it has an answer that fits.

Written once as a coroutine. How it waits is given to it, for a `Request` of the host or what a tool that is
`async` gave: plain code waits at once, and the coroutine never gives control away then.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
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

__all__ = ["Asked", "Conversation", "Wait"]

Asked = Request[Reply] | Awaitable[Any]
Wait = Callable[[Asked], Awaitable[Any]]

REPAIRS = 2
"""How often a model is told that its answer does not fit."""

_ERROR = 1_000
_RESULT_BYTES = 32 * 1024
_REQUEST_BYTES = 192 * 1024
"""Messages, tools and schema stay below what one call may say: 256 KiB, unless a run is given more."""

_SHORT = 400
_MARK_BYTES = 48
_CUT = "cut"
_HINTS = {
    "turns": "Give it more max_turns, or say in its instructions when to stop",
    "too_long": "Let its tools find what matters in a long text, or give parts of it to several agents",
}


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
        self._given = len(messages)
        self._output = output
        self._max_turns = max_turns
        self._settings = settings

    async def answer(self, wait: Wait) -> Any:
        """The answer of the model; raises `AgentFailed`."""
        repairs = 0
        while self.turns < self._max_turns:
            self.turns += 1
            reply: Reply = await wait(self._request())
            self._messages.append(_assistant(reply))
            if reply.tool_calls:
                for call in reply.tool_calls:
                    await self._call(call, wait)
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
        self._shorten()
        return turn_request(
            self._model,
            self._messages,
            self._documents,
            self._output,
            reads_output=False,
            **self._settings,
        )

    async def _call(self, call: ToolCall, wait: Wait) -> None:
        """Calls one tool and keeps its answer. What it raises is its answer, too."""
        self.tool_calls += 1
        try:
            with Span(f"tool:{call.name}", {"arguments": bounded(call.arguments, _ERROR)}, None):
                tool = self._tool(call.name)
                result = _beside_no_loop(tool.function, tool.signature.bind(_arguments(call.arguments)))
                if hasattr(result, "__await__"):
                    result = await wait(result)
                content = result if isinstance(result, str) else encode(tool.signature.dump(result))
        except (Cancelled, Failed):
            raise
        except Exception as error:
            content = _told(error)
        content = _cut(content, _RESULT_BYTES)
        self._messages.append({"role": "tool", "tool_call_id": call.id, "content": content})

    def _tool(self, name: str) -> Tool[..., Any]:
        tool = self._tools.get(name)
        if tool is None:
            raise LookupError(f"there is no tool {name[:80]!r}; there is {', '.join(self._tools) or 'none'}")
        return tool

    def _shorten(self) -> None:
        """Cuts what was said so far until everything has room in one call: the last turn last, answers of
        tools before what the model said, the oldest first.

        Instructions and prompt stay as they are. Raises `AgentFailed` where nothing more can be cut.
        """
        told = _size([self._documents, None if self._output is None else self._output.schema])
        size = told + _size(self._messages)
        if size <= _REQUEST_BYTES:
            return
        roles = [message["role"] for message in self._messages]
        last = len(roles) - 1 - roles[::-1].index("assistant") if "assistant" in roles else 0
        said = range(self._given, len(roles))
        for index in sorted(said, key=lambda index: (index >= last, roles[index] != "tool")):
            message = self._messages[index]
            self._messages[index] = short = _short(message)
            size -= _size(message) - _size(short)
            if size <= _REQUEST_BYTES:
                return
        raise self._failed(
            "too_long",
            f"what its model is told has {size:,} bytes, and one call takes {_REQUEST_BYTES:,} at most; "
            f"its tools have {told:,}, its instructions and prompt {_size(self._messages[: self._given]):,}, "
            "and nothing else can be cut any more",
        )

    def _failed(self, reason: str, message: str) -> AgentFailed:
        return AgentFailed(
            f"the agent {self._name!r} failed: {message}",
            hint=_HINTS.get(reason),
            retryable=reason in ("turns", "output"),
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


class _Cut(str):
    """A text of which the end is cut away; `whole` is how many bytes it had before it was first cut."""

    __slots__ = ("whole",)
    whole: int


def _cut(text: str, limit: int) -> str:
    """At most `limit` bytes, the last of them a mark where something was cut."""
    data = clean(text).encode()
    if len(data) <= limit:
        return text if isinstance(text, _Cut) else clean(text)
    whole = text.whole if isinstance(text, _Cut) else len(data)
    kept = data[: limit - _MARK_BYTES].decode(errors="ignore")
    cut = _Cut(f"{kept}… ({whole - len(kept.encode()):,} more bytes were cut)")
    cut.whole = whole
    return cut


def _short(message: dict[str, Any]) -> dict[str, Any]:
    """The message with each text in it cut."""
    short = {**message, "content": _cut(message["content"], _SHORT)}
    if "tool_calls" in message:
        short["tool_calls"] = [
            {**call, "arguments": _short_arguments(call["arguments"])} for call in message["tool_calls"]
        ]
    return short


def _short_arguments(arguments: Any) -> Any:
    """Arguments that are an object stay one: servers refuse a call of a tool that is none."""
    if isinstance(arguments, str):
        return _cut(arguments, _SHORT)
    if _size(arguments) <= _SHORT or isinstance(arguments.get(_CUT), _Cut):
        return arguments
    return {_CUT: _cut(encode(arguments), _SHORT)}


def _size(value: Any) -> int:
    """How many bytes it has as JSON."""
    return len(clean(encode(value)).encode())
