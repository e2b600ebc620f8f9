"""Prompts: front matter, places for values, digests."""

import hashlib
from dataclasses import dataclass

import pytest

from sluice import Prompt, prompt
from sluice._entry import describe
from sluice._errors import SourceError

TEXT = """---
name: judge
# How it is asked
model: "default"
temperature: 0.2   # rather dull
max_output_tokens: 500
output: Verdict
---
Judge order {{ order_id }} of {{customer}}.
"""


@dataclass
class Customer:
    name: str


def test_front_matter_is_read():
    judge = prompt(TEXT)
    assert isinstance(judge, Prompt)
    assert (judge.name, judge.model, judge.output) == ("judge", "default", "Verdict")
    assert judge.settings == {
        "name": "judge",
        "model": "default",
        "temperature": 0.2,
        "max_output_tokens": 500,
        "output": "Verdict",
    }
    assert judge.variables == {"order_id", "customer"}
    assert judge.text == TEXT
    assert judge.digest == hashlib.sha256(TEXT.encode()).hexdigest()
    assert repr(judge) == f"<prompt 'judge', {judge.digest[:12]}>"
    assert prompt(TEXT, name="other").name == "other"


def test_a_prompt_without_front_matter():
    plain = prompt("Say --- and\n---\nnothing.")
    assert plain.render() == "Say --- and\n---\nnothing."
    assert (plain.name, plain.model, plain.settings) == ("prompt", None, {})
    assert plain.digest != prompt("Say nothing.").digest


def test_values_are_put_in_as_data():
    text = prompt("{{ a }}, {{b}}, {{ a }}")
    assert text.render(a="{{ b }}", b="---\nmodel: x\n---") == "{{ b }}, ---\nmodel: x\n---, {{ b }}"
    assert text.render(a=7, b=Customer("Ada")) == '7, {"name":"Ada"}, 7'
    assert text.render(a=None, b=[True]) == "null, [true], null"
    assert text.render(a="1", b="2").prompt is text
    assert prompt("{{ self }}").render(self="me") == "me"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "needs a value for a, b"),
        ({"a": 1}, "needs a value for b"),
        ({"a": 1, "b": 2, "c": 3}, "has no place for 'c'"),
        ({"order": 1, "b": 2, "a": 3}, "has no place for 'order'"),
    ],
)
def test_values_are_neither_missing_nor_unknown(values, message):
    with pytest.raises(TypeError, match=message):
        prompt("{{ a }}{{ b }}").render(**values)


def test_a_misspelled_value_is_told():
    with pytest.raises(TypeError, match="Did you mean 'order_id'"):
        prompt("{{ order_id }}").render(order_id=1, oder_id=2)


@pytest.mark.parametrize(
    ("text", "body"),
    [
        ("\n    ---\n    model: a\n    ---\n    One:\n      two\n    ", "One:\n  two"),
        ("---\n    model: a\n    ---\n    One:\n      two\n    ", "One:\n  two"),
        ("---\r\nmodel: a\r\n---\r\nOne", "One"),
        ("---\nmodel: a\n---\n\n\tOne {}\n\n", "\tOne {}"),
        ("---\n---\nOne", "One"),
        ('One {"a": {"b": 1}}', 'One {"a": {"b": 1}}'),
    ],
)
def test_a_prompt_may_be_indented_as_its_source_is(text, body):
    assert prompt(text).render() == body


@pytest.mark.parametrize(
    ("head", "message"),
    [
        ("modl: a", "unknown key 'modl'"),
        ("model: a\nmodel: b", "'model' twice"),
        ("temperature: hot", "its temperature cannot be 'hot'"),
        ("temperature: nan", "its temperature cannot be 'nan'"),
        ("max_output_tokens: 1.5", "cannot be '1.5'"),
        ("max_output_tokens: 0", "cannot be '0'"),
        ("model:", "no plain value"),
        ("model: [a, b]", "no plain value"),
        ("model: |", "no plain value"),
        ("model: &a x", "no plain value"),
        ("model: 'a", "no plain value"),
        ("model: # a", "no plain value"),
        ("model: - a", "no plain value"),
        ("  model: a", "no `key: value`"),
        ("- model", "no `key: value`"),
        ("model=a", "no `key: value`"),
    ],
)
def test_front_matter_is_strict(head, message):
    with pytest.raises(SourceError, match=message):
        prompt(f"---\nname: x\n{head}\n---\nText")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("---\nmodel: a\nText", "front matter has no end"),
        ("{{ a.b }}", "no place for a value"),
        ("{{ }}", "no place for a value"),
        ("{{ a", "has no `}}`"),
    ],
)
def test_a_malformed_prompt_is_none(text, message):
    with pytest.raises(SourceError, match=message):
        prompt(text)


def test_a_text_is_asked_for():
    with pytest.raises(TypeError):
        prompt(3)


def test_a_check_finds_a_malformed_prompt():
    source = "from sluice import flow, prompt\nJUDGE = prompt('{{ a')\n@flow\ndef f(): ...\n"
    described, document, _ = describe(source, "{}")
    assert not described
    assert '"code":"source_invalid"' in document
    assert "has no `}}`" in document
