"""What an agent is to answer with: schemas, repairs, prompts."""

from dataclasses import dataclass, field
from typing import Literal

import pytest
from models import says, wants
from scripted import answering, recorded

from sluice import AgentFailed, InvalidAnswer, agent, prompt, tool
from sluice._output import Output


@dataclass
class Verdict:
    risk: int
    reason: str = ""


@dataclass
class Tree:
    name: str
    children: list["Tree"] = field(default_factory=list)


@tool
def lookup(order_id: int) -> dict:
    """Fetch one order."""
    return {"order_id": order_id}


def schema_of(hint):
    """The schema that the model is told."""
    with answering(says("0")) as host, pytest.raises(AgentFailed):
        agent("a", max_turns=1).run("Go.", output=hint)
    return host.asked[0][1]["output"]


def test_an_output_is_of_its_type():
    with answering(wants(("lookup", {"order_id": 7})), says('{"risk": 3}')) as host:
        verdict = agent("judge", tools=[lookup]).run("Judge.", output=Verdict)
    assert verdict == Verdict(3)
    for _, arguments, _ in host.asked:
        assert arguments["output"]["type"] == "object"
        assert arguments["output"]["properties"].keys() == {"risk", "reason"}


def test_a_text_needs_no_schema():
    with answering(says("Fine.")) as host:
        assert agent("a").run("Go.", output=str) == "Fine."
    assert host.asked[0][1]["output"] is None


def test_the_root_of_a_schema_is_an_object_written_out():
    plain = schema_of(Verdict)
    assert "$ref" not in plain
    assert "$defs" not in plain
    tree = schema_of(Tree)
    assert tree["type"] == "object"
    assert tree["properties"]["children"]["items"] == {"$ref": "#/$defs/Tree"}
    assert tree["$defs"].keys() == {"Tree"}
    listed = schema_of(list[Verdict])
    assert listed["properties"]["answer"] == {"type": "array", "items": {"$ref": "#/$defs/Verdict"}}
    assert listed["required"] == ["answer"]
    assert listed["$defs"].keys() == {"Verdict"}


@pytest.mark.parametrize(
    ("hint", "text", "value"),
    [
        (list[int], '{"answer": [1, 2]}', [1, 2]),
        (list[int], "[1, 2]", [1, 2]),
        (Literal["yes", "no"], '{"answer": "yes"}', "yes"),
        (dict[str, int], '{"answer": 1}', {"answer": 1}),
        (Verdict, '```json\n{"risk": 3}\n```', Verdict(3)),
        (Verdict, '\n```\n{"risk": 3}```\n', Verdict(3)),
        (Verdict, ' {"risk": 3}', Verdict(3)),
        (int | None, '{"answer": null}', None),
    ],
)
def test_words_are_read(hint, text, value):
    assert Output(hint).read(text) == value


@pytest.mark.parametrize("text", ["", "Fine.", '{"risk": "3"}', "{}", "[" * 100_000])
def test_words_that_do_not_fit_are_refused(text):
    with pytest.raises(InvalidAnswer):
        Output(Verdict).read(text)


def test_a_model_may_mend_its_answer():
    with recorded() as spans, answering(says("3"), says('{"risk": "3"}'), says('{"risk": 3}')) as host:
        assert agent("judge").run("Judge.", output=Verdict) == Verdict(3)
    said = [message["content"] for message in host.asked[-1][1]["messages"] if message["role"] == "user"]
    _, first, second = said
    assert "does not fit the schema" in first
    assert "answer.risk: expected an integer, got the string '3'" in second
    assert spans.named("set") == [(1, {"turns": 3, "tool_calls": 0})]


def test_a_model_that_was_cut_off_is_told():
    with answering(says('{"risk": 3', finish_reason="length"), says('{"risk": 3}')) as host:
        agent("judge").run("Judge.", output=Verdict)
    assert "It was cut off" in host.asked[-1][1]["messages"][-1]["content"]


def test_an_answer_is_mended_twice_at_most():
    with answering(*[says("no")] * 5) as host, pytest.raises(AgentFailed, match="is not JSON") as caught:
        agent("judge").run("Judge.", output=Verdict)
    assert len(host.asked) == 3
    assert caught.value.reason == "output"
    assert type(caught.value.__cause__) is InvalidAnswer


def test_repairs_are_turns():
    with answering(*[says("no")] * 5) as host, pytest.raises(AgentFailed) as caught:
        agent("judge", max_turns=2).run("Judge.", output=Verdict)
    assert len(host.asked) == 2
    assert caught.value.reason == "turns"


JUDGE = prompt(
    """
    ---
    name: judge-order
    model: small
    temperature: 0.2
    output: list[Verdict]
    ---
    Judge order {{ order_id }}.
    """
)
RULES = prompt("---\nmodel: large\n---\nYou judge orders.", name="rules")


def test_a_prompt_says_what_is_asked_and_how():
    with recorded() as spans, answering(says('[{"risk": 3}]')) as host:
        assert agent("judge").run(JUDGE.render(order_id=7)) == [Verdict(3)]
    [(_, arguments, _)] = host.asked
    assert (arguments["model"], arguments["temperature"]) == ("small", 0.2)
    assert arguments["messages"] == [{"role": "user", "content": "Judge order 7."}]
    [(_, _, _, attributes, _)] = spans.named("start")
    assert attributes == {
        "model": "small",
        "sluice.prompt": "judge-order",
        "sluice.prompt.digest": JUDGE.digest,
    }


def test_instructions_are_a_prompt_too():
    with recorded() as spans, answering(says("ok"), says('{"risk": 1}')) as host:
        agent("judge", instructions=RULES).run("Judge.")
        agent("judge", instructions=RULES, model="own").run(JUDGE.render(order_id=7), output=Verdict)
    (_, first, _), (_, second, _) = host.asked
    assert first["messages"][0] == {"role": "system", "content": "You judge orders."}
    assert (first["model"], second["model"]) == ("large", "own")
    one, other = (attributes for _, _, _, attributes, _ in spans.named("start"))
    assert (one["sluice.prompt"], one["sluice.prompt.digest"]) == ("rules", RULES.digest)
    assert (other["sluice.prompt"], other["sluice.instructions"]) == ("judge-order", "rules")
    assert other["sluice.instructions.digest"] == RULES.digest
