"""What each operation asks of the host, and what it makes of the answer. docs/calls.md has both."""

import asyncio
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

import pytest
from scripted import Fails, answering

from sluice import Artifact, CallTimedOut, InvalidAnswer, flow
from sluice._loop import Loop


@dataclass
class Decision:
    approve: bool
    reason: str = ""


def asked(host):
    """What was asked, without the attachments."""
    return [(kind, arguments) for kind, arguments, _ in host.asked]


def test_a_value_is_read():
    notes = flow.kv("notes")
    with answering({"pages": 3}, None, None) as host:
        assert notes.get("book") == {"pages": 3}
        assert notes.get("book") is None
        assert notes.get("book", default=7) == 7
    assert asked(host) == [("kv", {"space": "notes", "operation": "get", "key": "book"})] * 3


def test_false_is_a_value():
    with answering(False, 0) as host:
        assert flow.kv("notes").get("seen", True) is False
        assert flow.kv("notes").get("count", 1) == 0
    assert len(host.asked) == 2


def test_a_value_is_written():
    with answering() as host:
        assert flow.kv("notes").set("verdict", Decision(True)) is None
        flow.kv("notes").set("a", 1, ttl=1.5)
        flow.kv("notes").set("a", 1, ttl=timedelta(minutes=1))
    write = {"space": "notes", "operation": "set"}
    assert asked(host) == [
        ("kv", {**write, "key": "verdict", "value": {"approve": True, "reason": ""}}),
        ("kv", {**write, "key": "a", "value": 1, "ttl_ms": 1_500}),
        ("kv", {**write, "key": "a", "value": 1, "ttl_ms": 60_000}),
    ]


def test_none_is_no_value():
    with answering(True) as host:
        assert flow.kv("notes").set("a", None) is None
    assert asked(host) == [("kv", {"space": "notes", "operation": "delete", "key": "a"})]


def test_a_value_is_removed():
    with answering(True, False) as host:
        assert flow.kv("notes").delete("a") is True
        assert flow.kv("notes").delete("a") is False
    assert asked(host) == [("kv", {"space": "notes", "operation": "delete", "key": "a"})] * 2


def test_values_are_listed_in_order():
    with answering([["b", 1], ["a", {"x": 2}]], []) as host:
        assert list(flow.kv("notes").list().items()) == [("b", 1), ("a", {"x": 2})]
        assert flow.kv("notes").list("day/", after="day/3", limit=10) == {}
    every = {"space": "notes", "operation": "list"}
    assert asked(host) == [
        ("kv", {**every, "prefix": ""}),
        ("kv", {**every, "prefix": "day/", "after": "day/3", "limit": 10}),
    ]


def test_a_value_is_compared_and_set():
    with answering(True, False) as host:
        assert flow.kv("notes").compare_and_set("a", None, Decision(True), ttl=1) is True
        assert flow.kv("notes").compare_and_set("a", 1, None) is False
    both = {"space": "notes", "operation": "compare_and_set", "key": "a"}
    decision = {"approve": True, "reason": ""}
    assert asked(host) == [
        ("kv", {**both, "expected": None, "value": decision, "ttl_ms": 1_000}),
        ("kv", {**both, "expected": 1, "value": None}),
    ]


@pytest.mark.parametrize(
    ("act", "told"),
    [
        (lambda: flow.sleep("5"), "the length of a sleep is a number of seconds or a timedelta, not '5'"),
        (lambda: flow.ask(bool), "a question is a text, not <class 'bool'>"),
        (lambda: flow.map("square", [1]), "the input of a flow is a mapping of its parameters, not 1"),
        (lambda: flow.llm({"role": "user", "content": "Hi."}), "messages are a text, a prompt, or a list"),
        (lambda: flow.llm([("user", "Hi.")]), "not of .'user', 'Hi.'."),
        (lambda: flow.llm("Hi.", tools=[Decision]), "a tool is a function written with `def`"),
        (lambda: flow.llm("Hi.", tools=[flow.sleep]), "and <operation sleep> is none"),
    ],
)
def test_what_is_of_the_wrong_type_says_so(act, told):
    with answering() as host, pytest.raises(TypeError, match=told):
        act()
    assert host.asked == []


@pytest.mark.parametrize("ttl", [-1, float("nan"), timedelta(seconds=-1)])
def test_a_ttl_has_a_length(ttl):
    with answering() as host, pytest.raises(ValueError, match="the ttl of a value"):
        flow.kv("notes").set("a", 1, ttl=ttl)
    assert host.asked == []


def test_every_operation_of_a_space_can_be_started():
    notes = flow.kv("notes")
    with answering(1, None, True, [], True):
        futures = [
            notes.get.start("a"),
            notes.set.start("a", 1),
            notes.delete.start("a"),
            notes.list.start(),
            notes.compare_and_set.start("a", 1, 2),
        ]
        assert [future.result() for future in futures] == [1, None, True, {}, True]


def test_coroutines_await_values():
    async def main():
        with pytest.raises(RuntimeError, match=r"`await` get.start"):
            flow.kv("notes").get("a")
        return await asyncio.gather(flow.kv("notes").get.start("a"), flow.kv("notes").get.start("b"))

    with answering(1, 2), asyncio.Runner(loop_factory=Loop) as runner:
        assert runner.run(main()) == [1, 2]


def test_an_artifact_is_written():
    kept = {"name": "r.txt", "media_type": "text/plain; charset=utf-8", "size_bytes": 3, "digest": "ab"}
    with answering(kept, kept, kept) as host:
        assert flow.artifact("r.txt", "hé") == Artifact(**kept)
        flow.artifact("r.txt", b"\x00", media_type="image/png")
        flow.artifact.start("r.txt", bytearray(b"\x01")).result()
    write = {"name": "r.txt", "operation": "write"}
    assert host.asked == [
        ("artifact", {**write, "media_type": "text/plain; charset=utf-8"}, "hé".encode()),
        ("artifact", {**write, "media_type": "image/png"}, b"\x00"),
        ("artifact", {**write, "media_type": "application/octet-stream"}, b"\x01"),
    ]


@pytest.mark.parametrize("content", [5, {"a": 1}, None])
def test_only_texts_and_bytes_are_content(content):
    with answering() as host, pytest.raises(TypeError, match="the content of an artifact is a text or bytes"):
        flow.artifact("r.txt", content)
    assert host.asked == []


def test_an_artifact_is_read():
    with answering(({"name": "r.txt"}, b"abc"), ({"name": "r.txt"}, b"")) as host:
        assert flow.artifact.read("r.txt") == b"abc"
        assert flow.artifact.read.start("r.txt").result() == b""
    assert host.asked == [("artifact", {"name": "r.txt", "operation": "read"}, b"")] * 2


def test_a_question_is_asked():
    with answering(True, {"approve": False}) as host:
        assert flow.ask("Pay?") is True
        decision = flow.ask(
            "Pay?", Decision, details={"amount": 3}, to="ada@example.com", timeout=timedelta(days=2)
        )
        assert decision == Decision(False)
    (_, plain), (_, full) = asked(host)
    assert plain.keys() == {"question", "schema", "details"}
    assert plain["schema"]["type"] == "boolean"
    assert (full["details"], full["assignee"]) == ({"amount": 3}, "ada@example.com")
    assert full["timeout_ms"] == 2 * 24 * 3_600_000
    assert '"required": ["approve"]' in json.dumps(full["schema"])


def test_an_answer_of_another_type_is_no_answer():
    with answering("yes"), pytest.raises(InvalidAnswer, match="answer: expected") as caught:
        flow.ask("Pay?")
    assert caught.value.sluice_code == "answer_invalid"


def test_a_question_without_an_answer_in_time_is_a_timeout():
    with answering(Fails("call_timed_out")), pytest.raises(TimeoutError) as caught:
        flow.ask("Pay?", timeout=5)
    assert type(caught.value) is CallTimedOut
    assert (caught.value.sluice_kind, str(caught.value)) == ("call_error", "no")


@pytest.mark.parametrize("timeout", [-1, float("inf")])
def test_a_timeout_has_a_length(timeout):
    with answering() as host, pytest.raises(ValueError, match="the timeout of a question"):
        flow.ask("Pay?", timeout=timeout)
    assert host.asked == []


def test_a_sleep_may_have_an_end_instead_of_a_length():
    far = datetime.now(UTC) + timedelta(days=10)
    with answering() as host:
        flow.sleep_until(far)
        flow.sleep_until(far.astimezone(timezone(timedelta(hours=5))))
        flow.sleep_until.start(datetime(2020, 1, 1, tzinfo=UTC)).result()
    (_, utc), (_, elsewhere), (_, past) = asked(host)
    day_ms = 24 * 3_600_000
    assert 9 * day_ms < utc["duration_ms"] <= 10 * day_ms
    assert abs(utc["duration_ms"] - elsewhere["duration_ms"]) < day_ms
    assert past == {"duration_ms": 0}


def test_a_time_to_wait_for_has_a_zone():
    with answering() as host, pytest.raises(ValueError, match="time zone"):
        flow.sleep_until(datetime(2030, 1, 1))
    assert host.asked == []
