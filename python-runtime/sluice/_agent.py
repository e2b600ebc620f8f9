"""`agent(...)`: a model with instructions and tools, which works on its own until it has an answer.

Each turn is an `llm` call of the host, which holds the keys, the budget and the record; each tool is a step.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Mapping
from typing import Any, TypeVar, overload

from ._budget import budget_members
from ._calls import CALLS, Request, would_block
from ._conversation import Asked, Conversation, Wait
from ._prompt import Prompt, output_of, prompts_of, settings_of, text_of
from ._span import Span
from ._text import bounded_repr
from ._tool import Tool, tools_of

__all__ = ["Agent", "agent"]

T = TypeVar("T")

_DEFAULT_MODEL = "default"


class Agent:
    """A model with instructions and tools; `run` asks it."""

    def __init__(
        self,
        name: str,
        model: str | None,
        instructions: str,
        tools: Mapping[str, Tool[..., Any]],
        max_turns: int,
        budget: dict[str, int],
        settings: dict[str, Any],
    ) -> None:
        self.name = name
        self.instructions = instructions
        self.tools = tuple(tools.values())
        self.max_turns = max_turns
        self._model = model
        self._tools = tools
        self._budget = budget
        self._settings = settings

    @overload
    def run(self, prompt: str | Prompt, *, output: type[T]) -> T: ...

    @overload
    def run(self, prompt: str | Prompt, *, output: Any = None) -> Any: ...

    def run(self, prompt: str | Prompt, *, output: Any = None) -> Any:
        """Asks the model until it has an answer: an `output` where that is given, else what it says.

        Tools are called as it wants, one after another. An answer that is no `output` is given back to it,
        with what is wrong, twice. Raises `AgentFailed` where it comes to no answer, and what a call of a
        model may fail with: `BudgetExceeded`, `ModelFailed` and their like.
        """
        if asyncio._get_running_loop() is not None:
            raise would_block("run(...) of an agent", "`await` start(...) of it")
        return _finished(self._answer(prompt, output, _wait))

    @overload
    def start(self, prompt: str | Prompt, *, output: type[T]) -> asyncio.Task[T]: ...

    @overload
    def start(self, prompt: str | Prompt, *, output: Any = None) -> asyncio.Task[Any]: ...

    def start(self, prompt: str | Prompt, *, output: Any = None) -> asyncio.Task[Any]:
        """The same as a task of the event loop that runs: several agents work at once in a coroutine."""
        if asyncio._get_running_loop() is None:
            raise RuntimeError("start(...) of an agent is for coroutines: call run(...) in plain code")
        answering = self._answer(prompt, output, _wait_in_loop)
        return asyncio.create_task(answering, name=f"agent:{self.name}")

    async def _answer(self, prompt: str | Prompt, output: Any, wait: Wait) -> Any:
        text = text_of(prompt, "the prompt of an agent")
        said = settings_of(text, self.instructions)
        model: str = self._model or said.get("model") or _DEFAULT_MODEL
        settings: dict[str, Any] = {
            name: said[name] for name in ("temperature", "max_output_tokens") if name in said
        }
        settings |= {**self._settings, "agent": {"name": self.name, **self._budget}}
        messages = [{"role": "system", "content": str(self.instructions)}] if self.instructions else []
        messages.append({"role": "user", "content": str(text)})
        answer = output_of(output, text, self.instructions)
        conversation = Conversation(self.name, model, self._tools, messages, answer, self.max_turns, settings)
        with Span(f"agent:{self.name}", self._attributes(text, model), None) as span:
            try:
                return await conversation.answer(wait)
            finally:
                span.set(turns=conversation.turns, tool_calls=conversation.tool_calls)

    def _attributes(self, text: str, model: str) -> dict[str, Any]:
        attributes: dict[str, Any] = {"model": model}
        prompts = prompts_of(text, self.instructions)
        if len(prompts) > 1:
            attributes["sluice.instructions"] = prompts[1].name
            attributes["sluice.instructions.digest"] = prompts[1].digest
        if prompts:
            attributes |= {"sluice.prompt": prompts[0].name, "sluice.prompt.digest": prompts[0].digest}
        return attributes

    def __repr__(self) -> str:
        return f"<agent {self.name!r}>"


Agent.__module__ = "sluice"


def agent(
    name: str,
    *,
    model: str | None = None,
    instructions: str | Prompt = "",
    tools: Iterable[Tool[..., Any] | Callable[..., Any]] = (),
    max_turns: int = 10,
    budget: Mapping[str, Any] | None = None,
    max_output_tokens: int | None = None,
    temperature: float | None = None,
) -> Agent:
    """An agent: a model that the tenant has under the name `model`, with instructions and tools.

    Where `model` is not given, the prompt says it, or it is `default`. `max_turns` bounds how often the
    model is asked for one answer, `budget` what the agent may take: `{"tokens": 8_000, "cost": 0.25}`, in
    dollars.
    """
    if not isinstance(name, str) or not name:
        raise TypeError(f"the name of an agent is a text, not {bounded_repr(name)}")
    if type(max_turns) is not int or max_turns < 1:
        raise ValueError(f"max_turns is a whole number from 1, not {bounded_repr(max_turns)}")
    settings = {"max_output_tokens": max_output_tokens, "temperature": temperature}
    return Agent(
        name,
        model,
        text_of(instructions, "the instructions of an agent"),
        tools_of(tools),
        max_turns,
        {} if budget is None else budget_members(budget),
        {key: value for key, value in settings.items() if value is not None},
    )


def _finished(answering: Coroutine[Any, Any, T]) -> T:
    """What a coroutine returns that waits by `_wait` alone, and so never gives control away."""
    try:
        answering.send(None)
    except StopIteration as ended:
        answer: T = ended.value
        return answer
    answering.close()
    raise RuntimeError("an agent waits where no event loop runs")


async def _wait(asked: Asked) -> Any:
    """Waits for what is asked, in plain code."""
    if isinstance(asked, Request):
        future = CALLS.start(asked)
        CALLS.wait(future)
        return future.result()
    from ._loop import Loop

    with asyncio.Runner(loop_factory=Loop) as runner:
        return runner.run(_wait_in_loop(asked))


async def _wait_in_loop(asked: Asked) -> Any:
    """Awaits what is asked."""
    return await (CALLS.start(asked) if isinstance(asked, Request) else asked)
