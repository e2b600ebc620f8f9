"""Operations over the real door, in a run that was granted nothing. Plain CPython has no grants."""

import pytest

from sluice import CallInvalid, CapabilityDenied, agent, flow


@pytest.mark.parametrize(
    ("ask", "capability"),
    [
        (lambda: flow.kv("notes").get("a"), "kv:notes"),
        (lambda: flow.kv("notes").set("a", {"b": 1}, ttl=1), "kv:notes"),
        (lambda: flow.kv("notes").delete("a"), "kv:notes"),
        (lambda: flow.kv("notes").list("a", after="ab", limit=3), "kv:notes"),
        (lambda: flow.kv("notes").compare_and_set("a", None, 1), "kv:notes"),
        (lambda: flow.artifact("report.txt", "text"), "artifact:report.txt"),
        (lambda: flow.artifact.read.start("report.txt"), "artifact:report.txt"),
        (lambda: flow.ask("Pay?", to="ada", timeout=5), "ask"),
        (lambda: flow.invoke("square", n=3), "flow:square"),
        (lambda: flow.secret("API_KEY"), "secret:API_KEY"),
        (lambda: flow.llm("Hello."), "llm:default"),
        (lambda: agent("judge", model="small", budget={"tokens": 5}).run("Hello."), "llm:small"),
    ],
)
def test_what_is_well_formed_and_not_granted_is_refused(ask, capability):
    with pytest.raises(CapabilityDenied) as caught:
        ask()
    assert caught.value.capability == capability


@pytest.mark.parametrize(
    "ask",
    [
        lambda: flow.sleep(366 * 86_400),
        lambda: flow.kv("").get("a"),
        lambda: flow.kv("not*es").get("a"),
        lambda: flow.artifact("", "text"),
        lambda: flow.invoke(""),
    ],
)
def test_what_is_malformed_is_refused_before_grants_are_looked_at(ask):
    with pytest.raises(CallInvalid):
        ask()
