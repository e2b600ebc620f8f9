"""`flow.llm`: one turn of a model."""

from dataclasses import dataclass
from decimal import Decimal

import pytest
from models import says, wants
from scripted import Fails, answering

from sluice import (
    BudgetExceeded,
    CallFailed,
    InvalidAnswer,
    ModelFailed,
    ModelNotFound,
    RateLimited,
    Reply,
    ToolCall,
    Usage,
    flow,
    prompt,
    tool,
)


@dataclass
class Verdict:
    risk: int
    reason: str


@tool
def lookup(order_id: int) -> dict:
    """Fetch one order.

    Args:
        order_id: its number.
    """
    return {"order_id": order_id}


def test_one_turn():
    with answering(says("Hello.")) as host:
        reply = flow.llm("Hi.")
    assert reply == Reply("Hello.", (), Usage(10, 5, 30), "stop", "served-1")
    assert (reply.usage.tokens, reply.usage.cost) == (15, Decimal("0.00003"))
    assert host.asked == [
        (
            "llm",
            {
                "model": "default",
                "messages": [{"role": "user", "content": "Hi."}],
                "tools": [],
                "output": None,
            },
            b"",
        )
    ]


def test_everything_can_be_said():
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi."}]
    with answering(wants(("lookup", {"order_id": 7}))) as host:
        reply = flow.llm.start(
            messages, model="small", tools=[lookup], output=Verdict, max_output_tokens=100, temperature=0
        ).result()
    assert reply.tool_calls == (ToolCall("call_1", "lookup", '{"order_id": 7}'),)
    assert (reply.text, reply.output) == ("", None)
    [(_, arguments, _)] = host.asked
    assert (arguments["model"], arguments["messages"]) == ("small", messages)
    assert (arguments["max_output_tokens"], arguments["temperature"]) == (100, 0)
    [told] = arguments["tools"]
    assert told.keys() == {"name", "description", "input"}
    assert told["name"] == "lookup"
    assert told["input"]["properties"]["order_id"] == {"type": "integer", "description": "its number."}
    assert arguments["output"]["properties"].keys() == {"risk", "reason"}


def test_an_output_is_read_or_refused():
    with answering(says('{"risk": 3, "reason": "new"}'), says("not JSON")):
        assert flow.llm("Judge.", output=Verdict).output == Verdict(3, "new")
        with pytest.raises(InvalidAnswer, match="answer: is not JSON"):
            flow.llm("Judge.", output=Verdict)


def test_a_step_asks_again_for_an_answer_that_does_not_fit():
    @flow.step(retries=1)
    def judge():
        return flow.llm("Judge.", output=Verdict).output

    with answering(says("not JSON"), says('{"risk": 3, "reason": "new"}')):
        assert judge() == Verdict(3, "new")


def test_a_prompt_says_which_model():
    judge = prompt("---\nmodel: small\ntemperature: 0.5\n---\nJudge {{ what }}.")
    with answering(says("ok"), says("ok")) as host:
        flow.llm(judge.render(what="this"))
        flow.llm(judge.render(what="this"), model="large", temperature=0)
    (_, first, _), (_, second, _) = host.asked
    assert (first["model"], first["temperature"]) == ("small", 0.5)
    assert (second["model"], second["temperature"]) == ("large", 0)
    assert first["messages"] == [{"role": "user", "content": "Judge this."}]


def test_a_prompt_says_what_is_answered():
    with answering(says('{"risk": 3, "reason": "new"}')) as host:
        assert flow.llm(prompt("---\noutput: Verdict\n---\nJudge.")).output == Verdict(3, "new")
    assert host.asked[0][1]["messages"] == [{"role": "user", "content": "Judge."}]


def test_a_model_without_a_price_costs_nobody_knows_what():
    reply = says("ok")
    reply["usage"]["cost_micros"] = None
    with answering(reply):
        assert flow.llm("Hi.").usage.cost is None


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("budget_exceeded", BudgetExceeded),
        ("model_not_found", ModelNotFound),
        ("model_failed", ModelFailed),
        ("model_rate_limited", RateLimited),
    ],
)
def test_each_failure_has_its_class(code, kind):
    with answering(Fails(code, details={"level": "step"})), pytest.raises(CallFailed) as caught:
        flow.llm("Hi.")
    assert type(caught.value) is kind
    assert caught.value.code == code
    assert getattr(caught.value, "level", "step") == "step"
