"""Agents: their turns, their tools, their steps, and how they end."""

import asyncio
import json

import pytest
from models import says, wants
from scripted import Fails, answering, recorded

from sluice import (
    AgentFailed,
    BudgetExceeded,
    Cancelled,
    CapabilityDenied,
    Failed,
    agent,
    flow,
    prompt,
    tool,
)
from sluice._failure import failure_of
from sluice._loop import Loop

OK, FAILED, CANCELLED = 0, 1, 2


@tool
def lookup(order_id: int, detailed: bool = False) -> dict:
    """Fetch one order."""
    return {"order_id": order_id, "detailed": detailed}


@tool
def greet(name: str) -> str:
    """Greet somebody."""
    return f"Hello, {name}!"


@tool
async def count(upto: int) -> list[int]:
    """Count slowly."""
    await asyncio.sleep(0)
    await flow.sleep.start(0.001)
    return list(range(upto))


def raising(error):
    """A tool that raises this."""

    @tool
    def fail() -> None:
        raise error

    return fail


def messages(host, turn=-1):
    """The messages of a turn that was asked for."""
    turns = [arguments for kind, arguments, _ in host.asked if kind == "llm"]
    return turns[turn]["messages"]


def told_of(call, tools):
    """What a model is told in answer to one call of a tool."""
    with answering(wants(call), says("done")) as host:
        assert agent("a", tools=tools).run("Go.") == "done"
    answer = messages(host)[-1]
    assert (answer["role"], answer["tool_call_id"]) == ("tool", "call_1")
    return answer["content"]


def test_an_agent_without_tools_asks_once():
    with recorded() as spans, answering(says("Fine.")) as host:
        assert agent("judge", instructions="You judge.").run("Judge this.") == "Fine."
    [(kind, arguments, _)] = host.asked
    assert kind == "llm"
    assert arguments == {
        "model": "default",
        "messages": [
            {"role": "system", "content": "You judge."},
            {"role": "user", "content": "Judge this."},
        ],
        "tools": [],
        "output": None,
        "agent": {"name": "judge"},
    }
    assert spans.named("start") == [(1, 0, "agent:judge", {"model": "default"}, None)]
    assert spans.named("set") == [(1, {"turns": 1, "tool_calls": 0})]
    assert host.under == [1]


def test_what_an_agent_may_take_goes_with_each_turn():
    judge = agent("judge", model="small", budget={"tokens": 8_000, "cost": 0.25}, temperature=0.5)
    with answering(says("ok")) as host:
        judge.run("Go.")
    [(_, arguments, _)] = host.asked
    assert (arguments["model"], arguments["temperature"]) == ("small", 0.5)
    assert arguments["agent"] == {"name": "judge", "tokens": 8_000, "cost_micros": 250_000}


def test_tools_are_called_in_order_and_answered():
    with (
        recorded() as spans,
        answering(wants(("lookup", {"order_id": 7}), ("greet", {"name": "Ada"})), says("done")) as host,
        flow.step("outer"),
    ):
        assert agent("a", tools=[lookup, greet]).run("Go.") == "done"
    assert messages(host, 1)[1:] == [
        {
            "role": "assistant",
            "content": "",
            "tool_calls": [
                {"id": "call_1", "name": "lookup", "arguments": {"order_id": 7}},
                {"id": "call_2", "name": "greet", "arguments": {"name": "Ada"}},
            ],
        },
        {"role": "tool", "tool_call_id": "call_1", "content": '{"order_id":7,"detailed":false}'},
        {"role": "tool", "tool_call_id": "call_2", "content": "Hello, Ada!"},
    ]
    assert [(name, parent) for _, parent, name, _, _ in spans.named("start")] == [
        ("outer", 0),
        ("agent:a", 1),
        ("tool:lookup", 2),
        ("tool:greet", 2),
    ]
    assert host.under == [2, 2]
    assert spans.named("set") == [(2, {"turns": 2, "tool_calls": 2})]


def test_a_plain_function_and_a_tool_that_calls_the_host_will_do():
    def note(text: str) -> None:
        """Keep a note."""
        flow.kv("notes").set("a", text)

    with recorded() as spans, answering(wants(("note", {"text": "x"})), None, says("done")) as host:
        assert agent("a", tools=[note]).run("Go.") == "done"
    assert [kind for kind, _, _ in host.asked] == ["llm", "kv", "llm"]
    tool_span = next(span for span, _, name, _, _ in spans.named("start") if name == "tool:note")
    assert host.under == [1, tool_span, 1]
    assert messages(host)[-1]["content"] == "null"


def test_async_tools_are_awaited():
    assert told_of(("count", {"upto": 3}), [count]) == "[0,1,2]"


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (("lookup", {"order_id": "7"}), "input_invalid", "input.order_id: expected an integer"),
        (("lookup", {}), "input_invalid", "order_id"),
        (("lookup", {"order_id": 7, "x": 1}), "input_invalid", "input.x"),
        (("lookup", "{order"), "input_invalid", "input: is not JSON"),
        (("lookup", "[1]"), "input_invalid", "an object with a member for each parameter"),
        (("lokup", {}), "LookupError", "there is no tool 'lokup'; there is lookup"),
    ],
)
def test_a_call_that_does_not_fit_is_answered(call, error, message):
    told = json.loads(told_of(call, [lookup]))
    assert told["error"] == error
    assert message in told["message"]


def test_arguments_that_are_no_object_come_back_as_they_were():
    with answering(wants(("lookup", "{order"), ("lookup", "")), says("done")) as host:
        agent("a", tools=[lookup]).run("Go.")
    assistant = next(message for message in messages(host) if message["role"] == "assistant")
    assert [call["arguments"] for call in assistant["tool_calls"]] == ["{order", {}]


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ValueError("no such order"), {"error": "ValueError", "message": "no such order"}),
        (
            CapabilityDenied("kv:a is not granted"),
            {"error": "capability_denied", "message": "kv:a is not granted"},
        ),
        (ZeroDivisionError(), {"error": "ZeroDivisionError", "message": ""}),
    ],
)
def test_what_a_tool_raises_goes_back_to_the_model(error, told):
    assert json.loads(told_of(("fail", {}), [raising(error)])) == told


def test_the_step_of_a_tool_that_raises_has_failed():
    with recorded() as spans, answering(wants(("fail", {})), says("done")):
        agent("a", tools=[raising(ValueError("no"))]).run("Go.")
    assert spans.spans() == [("tool:fail", FAILED), ("agent:a", OK)]


@pytest.mark.parametrize(
    "error", [Cancelled("over"), Failed("enough"), KeyboardInterrupt(), asyncio.CancelledError()]
)
def test_what_ends_a_flow_ends_the_agent(error):
    with recorded() as spans, answering(wants(("fail", {}))) as host, pytest.raises(type(error)) as caught:
        agent("a", tools=[raising(error)]).run("Go.")
    assert caught.value is error
    assert len(host.asked) == 1
    assert [name for name, _ in spans.spans()] == ["tool:fail", "agent:a"]


def test_a_long_answer_of_a_tool_is_cut():
    @tool
    def read() -> str:
        return "é" * 100_000

    told = told_of(("read", {}), [read])
    assert len(told.encode()) < 33_000
    assert told.endswith("more bytes were cut)")


def test_a_conversation_stays_below_what_one_call_may_say():
    @tool
    def read() -> str:
        return "x" * 32_000

    turns = [wants(("read", {})) for _ in range(9)]
    with answering(*turns, says("done")) as host:
        assert agent("a", tools=[read]).run("Go.") == "done"
    assert all(len(json.dumps(arguments)) < 200_000 for _, arguments, _ in host.asked)
    assert "(31,648 more bytes were cut)" in messages(host)[2]["content"]
    answers = [len(message["content"]) for message in messages(host) if message["role"] == "tool"]
    assert len(answers) == 9
    assert answers[0] < 500
    assert answers[-1] == 32_000


def test_what_was_cut_is_cut_once_and_says_what_it_was():
    @tool
    def read(size: int) -> str:
        return "x" * size

    turns = [wants(("read", {"size": size})) for size in (100_000, *[32_000] * 12)]
    with answering(*turns, says("done")) as host:
        agent("a", tools=[read], max_turns=20).run("Go.")
    first = [messages(host, turn)[2]["content"] for turn in range(1, 14)]
    assert first[0].endswith("x… (67,280 more bytes were cut)")
    assert first[-1] == f"{'x' * 352}… (99,648 more bytes were cut)"
    assert len({text for text in first if len(text) <= 400}) == 1


def test_what_the_model_says_and_sends_is_cut_too():
    @tool
    def write(page: str, title: str = "") -> str:
        return "kept"

    page = 'a "page"\n' * 4_000
    turns = [says("y" * 30_000, ("write", {"page": page, "title": "é\ud800"})) for _ in range(7)]
    with answering(*turns, wants(("write", "{" * 50_000)), says("done")) as host:
        assert agent("a", instructions="You write.", tools=[write]).run("Go.") == "done"
    assert all(len(json.dumps(arguments)) < 200_000 for _, arguments, _ in host.asked)
    told = messages(host)
    assert [message["content"] for message in told[:2]] == ["You write.", "Go."]
    assistants = [message for message in told if message["role"] == "assistant"]
    assert len(assistants[0]["content"]) == len("y" * 352 + "… (29,648 more bytes were cut)")
    [call] = assistants[0]["tool_calls"]
    assert (call["id"], call["name"], call["arguments"].keys()) == ("call_1", "write", {"cut"})
    assert call["arguments"]["cut"].startswith('{"page":"a ')
    assert assistants[-2]["tool_calls"][0]["arguments"]["page"] == page
    assert assistants[-1]["tool_calls"][0]["arguments"] == "{" * 50_000


def test_the_last_turn_is_cut_last():
    @tool
    def read(text: str = "") -> str:
        return "x" * 32_000

    turns = [wants(("read", {"text": "z" * 25_000})) for _ in range(6)]
    with answering(*turns, says("done")) as host:
        agent("a", tools=[read]).run("Go.")
    *_, call, answer = messages(host)
    assert len(call["tool_calls"][0]["arguments"]["text"]) == 25_000
    assert len(answer["content"]) == 32_000


@pytest.mark.parametrize("where", ["prompt", "instructions", "tools"])
def test_what_cannot_be_cut_ends_the_agent(where):
    long = "x" * 200_000

    @tool
    def read() -> str:
        return "short"

    if where == "tools":
        read.description = long
    asking = agent("a", tools=[read], instructions=long if where == "instructions" else "")
    with answering() as host, pytest.raises(AgentFailed, match="bytes, and one call takes 196,608") as caught:
        asking.run(long if where == "prompt" else "Go.")
    assert host.asked == []
    assert (caught.value.reason, caught.value.retryable) == ("too_long", False)
    assert "several agents" in caught.value.hint


def test_turns_come_to_an_end():
    with (
        recorded() as spans,
        answering(*[wants(("lookup", {"order_id": 7}))] * 3) as host,
        pytest.raises(AgentFailed) as caught,
    ):
        agent("a", tools=[lookup], max_turns=3).run("Go.")
    assert len(host.asked) == 3
    error = caught.value
    assert (error.code, error.reason, error.retryable) == ("agent_failed", "turns", True)
    assert error.details == {"agent": "a", "reason": "turns", "turns": 3}
    assert str(error) == "the agent 'a' failed: it has no answer after 3 turns"
    assert spans.spans()[-1] == ("agent:a", FAILED)
    failure = failure_of(error, None)
    assert (failure["code"], failure["kind"], failure["exception"]) == (
        "agent_failed",
        "call_error",
        "sluice.AgentFailed",
    )


def test_an_answer_that_was_held_back_is_none():
    with answering(says("", finish_reason="content_filter")), pytest.raises(AgentFailed) as caught:
        agent("a").run("Go.")
    assert (caught.value.reason, caught.value.retryable) == ("refused", False)


def test_a_failure_of_the_model_is_the_agents():
    failed = Fails("budget_exceeded", "used up", details={"level": "agent"})
    with recorded() as spans, answering(failed), pytest.raises(BudgetExceeded) as caught:
        agent("a").run("Go.")
    assert caught.value.level == "agent"
    assert spans.spans() == [("agent:a", FAILED)]


def test_agents_work_at_once_in_coroutines():
    @tool
    def read(key: str) -> str:
        """Waits, as plain tools do."""
        return flow.kv("notes").get(key)

    async def main():
        with pytest.raises(RuntimeError, match=r"`await` start"):
            agent("a").run("Go.")
        one, other = agent("one", tools=[read, count]), agent("other")
        return await asyncio.gather(one.start("Go."), other.start("Go."))

    turn = wants(("read", {"key": "a"}), ("count", {"upto": 2}))
    with recorded() as spans, answering(turn, says("other"), "kept", says("one")) as host:
        with asyncio.Runner(loop_factory=Loop) as runner:
            assert runner.run(main()) == ["one", "other"]
        assert [message["content"] for message in messages(host)[-2:]] == ["kept", "[0,1]"]
    parents = {name: parent for _, parent, name, _, _ in spans.named("start")}
    assert parents["agent:one"] == parents["agent:other"] == 0
    assert [status for _, status in spans.spans()] == [OK] * 4


def test_an_agent_that_is_cancelled_gives_up_what_it_waits_for():
    @tool
    async def nap() -> None:
        await flow.sleep.start(1_000)

    async def main():
        async with asyncio.timeout(5):
            await agent("a", tools=[nap]).start("Go.")

    with recorded() as spans, answering(wants(("nap", {}))) as host:
        with asyncio.Runner(loop_factory=Loop) as runner, pytest.raises(TimeoutError):
            runner.run(main())
        assert host.cancelled == [2]
    assert spans.spans() == [("tool:nap", CANCELLED), ("agent:a", CANCELLED)]


def test_start_is_for_coroutines():
    with pytest.raises(RuntimeError, match="run"):
        agent("a").start("Go.")


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda: agent(""), TypeError),
        (lambda: agent("a", max_turns=0), ValueError),
        (lambda: agent("a", max_turns=True), ValueError),
        (lambda: agent("a", tools=[lookup, lookup]), ValueError),
        (lambda: agent("a", tools=[lambda: 1]), TypeError),
        (lambda: agent("a", tools=[3]), TypeError),
        (lambda: agent("a", tools=lookup), TypeError),
        (lambda: agent("a", tools=[Failed]), TypeError),
        (lambda: agent("a", tools=[flow.sleep]), TypeError),
        (lambda: agent("a", instructions=3), TypeError),
        (lambda: agent("a", instructions=prompt("Judge {{ x }}.")), TypeError),
        (lambda: agent("a").run(3), TypeError),
        (lambda: agent("a", budget={"token": 3}), ValueError),
    ],
)
def test_what_is_no_agent(make, error):
    with answering() as host, pytest.raises(error):
        make()
    assert host.asked == []
