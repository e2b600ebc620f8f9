"""`flow.llm`: one turn of a model. The host holds the keys, the budget and the record."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ._calls import Request
from ._output import Output
from ._prompt import Prompt, output_of, settings_of
from ._schema import InvalidAnswer, adapter
from ._text import bounded_repr, encode
from ._tool import Tool, tools_of

__all__ = ["Reply", "ToolCall", "Usage", "llm_request", "turn_request"]


@dataclass(frozen=True, slots=True)
class Usage:
    """What a turn took. `cost_micros` is in millionths of a dollar; None where the model has no price."""

    input_tokens: int
    output_tokens: int
    cost_micros: int | None = None

    @property
    def tokens(self) -> int:
        """Both together."""
        return self.input_tokens + self.output_tokens

    @property
    def cost(self) -> Decimal | None:
        """In dollars."""
        return None if self.cost_micros is None else Decimal(self.cost_micros) / 1_000_000


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool that the model wants to be called. `arguments` is its text: JSON, or what it took for that."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What a model said in one turn.

    `output` is the answer as the type that was asked for; None where none was, or where the model wants
    tools to be called first. `finish_reason` is the server's word: `stop`, `length`, `tool_calls`,
    `content_filter`.
    """

    text: str
    tool_calls: tuple[ToolCall, ...]
    usage: Usage
    finish_reason: str
    model: str
    output: Any = None


for _public in (Reply, ToolCall, Usage):
    _public.__module__ = "sluice"


def llm_request(
    messages: str | Prompt | Iterable[Mapping[str, Any]],
    model: str | None,
    tools: Iterable[Tool[..., Any] | Callable[..., Any]],
    output: Any,
    max_output_tokens: int | None,
    temperature: float | None,
) -> Request[Reply]:
    """The request of `flow.llm`."""
    if isinstance(messages, Prompt):
        messages = messages.render()
    said, answer = settings_of(messages), output_of(output, messages)
    if isinstance(messages, str):
        messages = [{"role": "user", "content": str(messages)}]
    messages = list(messages)
    for each in messages:
        if not isinstance(each, Mapping):
            raise TypeError(
                'messages are a text, a prompt, or a list of {"role": "user", "content": "..."}, '
                f"not of {bounded_repr(each)}"
            )
    return turn_request(
        model or said.get("model") or "default",
        adapter(object).dump(messages, "messages"),
        [each.document() for each in tools_of(tools).values()],
        answer,
        max_output_tokens=max_output_tokens or said.get("max_output_tokens"),
        temperature=said.get("temperature") if temperature is None else temperature,
    )


def turn_request(
    model: str,
    messages: list[dict[str, Any]],
    tools: list[dict[str, Any]],
    output: Output | None,
    *,
    reads_output: bool = True,
    **more: Any,
) -> Request[Reply]:
    """The request for one turn; of `more`, what is None is left out."""
    arguments = {
        "model": model,
        "messages": messages,
        "tools": tools,
        "output": None if output is None else output.schema,
        **{name: value for name, value in more.items() if value is not None},
    }

    def read(value: Any, attachment: bytes) -> Reply:
        calls = tuple(
            ToolCall(str(call["id"]), str(call["name"]), _text(call["arguments"]))
            for call in value.get("tool_calls") or ()
        )
        text = value.get("content") or ""
        usage = value["usage"]
        return Reply(
            text,
            calls,
            Usage(usage["input_tokens"], usage["output_tokens"], usage.get("cost_micros")),
            value["finish_reason"],
            value["model"],
            _read(output, text) if output is not None and reads_output and not calls else None,
        )

    return Request("llm", arguments, read)


def _read(output: Output, text: str) -> Any:
    try:
        return output.read(text)
    except InvalidAnswer as wrong:
        # A model may say something else the next time.
        wrong.retryable = True
        raise


def _text(arguments: Any) -> str:
    return arguments if isinstance(arguments, str) else encode(arguments)
