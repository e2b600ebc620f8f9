"""Locals in error objects: bounded, redacted, whatever they are."""

from collections import Counter, OrderedDict
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import pytest

from sluice._brief import brief
from sluice._failure import failure_of
from sluice._redact import is_secret, redacted


class Point(NamedTuple):
    x: int
    y: int


@dataclass
class Account:
    name: str
    api_key: str
    history: list


class Raises:
    def __repr__(self):
        raise ValueError("no")


class Endless:
    def __repr__(self):
        while True:
            pass


class Swallows:
    def __repr__(self):
        while True:
            try:
                self.x = 1
            except Exception:
                continue


class Recursive:
    def __repr__(self):
        return repr(self)


class OddDict(dict):
    def items(self):
        raise ValueError("no")

    __iter__ = items


def locals_of(source, *args):
    names = {"__name__": "a_flow"}
    exec(compile(source, "flow.py", "exec", dont_inherit=True), names)
    try:
        names["main"](*args)
    except ZeroDivisionError as error:
        return failure_of(error, source)["frames"][-1]["locals"]
    raise AssertionError("nothing was raised")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("text", "'text'"),
        (3, "3"),
        (1 << 1000, "<int of 1001 bits>"),
        (None, "None"),
        ([1, [2, [3, [4, [5]]]]], "[1, [2, [3, […, …]]]]"),
        (list(range(20)), "[0, 1, 2, 3, 4, 5, 6, 7, … 12 more]"),
        ((1,), "(1,)"),
        ((), "()"),
        ((1, 2), "(1, 2)"),
        (set(), "set()"),
        ({1}, "{1}"),
        (frozenset({1}), "frozenset({1})"),
        ({}, "{}"),
        ({"a": 1}, "{'a': 1}"),
        (Counter("a"), "Counter({'a': 1})"),
        (OrderedDict(a=1), "OrderedDict({'a': 1})"),
        (OddDict(a=1), "OddDict({'a': 1})"),
        (Point(1, 2), "Point(x=1, y=2)"),
        (date(2026, 11, 21), "datetime.date(2026, 11, 21)"),
        (b"abc", "b'abc'"),
        (Account("Ann", "k-123", [1]), "Account(name='Ann', api_key='<redacted>', history=[1])"),
        ({"Authorization": "x", "token_count": 3}, "{'Authorization': '<redacted>', 'token_count': 3}"),
        ("Bearer abcdefghij", "'Bearer <redacted>'"),
        (Raises(), "<Raises, whose repr raises ValueError>"),
        ([Raises()], "[<Raises, whose repr raises ValueError>]"),
        (Endless(), "<Endless, whose repr takes too long>"),
        (Swallows(), "<Swallows, whose repr takes too long>"),
    ],
)
def test_brief(value, text):
    assert brief(value) == text


def test_brief_is_bounded():
    assert brief(Recursive()).startswith("<Recursive, whose repr ")
    assert len(brief("x" * 10_000_000)) == 200
    assert len(brief([["y" * 1000] * 1000] * 1000)) <= 200
    assert len(brief(Account("a" * 1000, "b", list(range(1000))))) <= 200
    endless = []
    endless.append(endless)
    assert brief(endless) == "[[[[…]]]]"


def test_machinery_is_left_out():
    shown = locals_of(
        "import json\n"
        "from sluice._errors import Failed\n"
        "class Thing: pass\n"
        "def main(n):\n"
        "    import re\n"
        "    local, cls, function, method, text = json, Thing, main, 'a'.join, 'kept'\n"
        "    problem = Failed('x')\n"
        "    n / 0\n",
        1,
    )
    assert shown == {"n": "1", "text": "'kept'"}


def test_locals_are_bounded():
    shown = locals_of("def main():\n" + "".join(f"    v{n} = {n}\n" for n in range(50)) + "    1 / 0\n")
    assert len(shown) == 20
    shown = locals_of("def main():\n" + "".join(f"    v{n} = 'x' * 500\n" for n in range(50)) + "    1 / 0\n")
    assert sum(len(name) + len(text) for name, text in shown.items()) <= 4096
    assert all(len(text) == 200 for text in shown.values())


def test_secrets_in_locals():
    shown = locals_of(
        "def main(password, tokens, headers, author):\n    apiKey = 'k'\n    1 / 0\n",
        "hunter2",
        812,
        {"X-Api-Key": "k", "Cookie": "c", "Accept": "json"},
        "Ann",
    )
    assert shown == {
        "password": "'<redacted>'",
        "tokens": "812",
        "headers": "{'X-Api-Key': '<redacted>', 'Cookie': '<redacted>', 'Accept': 'json'}",
        "author": "'Ann'",
        "apiKey": "'<redacted>'",
    }


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("password", True),
        ("db_password", True),
        ("accessToken", True),
        ("API_KEY", True),
        ("apikey", True),
        ("private_key", True),
        ("secrets", True),
        ("Authorization", True),
        ("author", False),
        ("key", False),
        ("keyboard", False),
        ("tokenize", False),
        ("passenger", False),
        (3, False),
    ],
)
def test_names_of_secrets(name, secret):
    assert is_secret(name, "value") is secret


def test_secrets_inside_texts():
    assert redacted("https://ann:hunter2@example.com/a") == "https://ann:<redacted>@example.com/a"
    assert redacted("GET /a?access_token=abc123&x=1") == "GET /a?access_token=<redacted>&x=1"
    assert redacted("a bearer of good news, basic training") == "a bearer of good news, basic training"


def test_reading_locals_runs_no_properties():
    source = (
        "class Odd:\n"
        "    def __init__(self): self.seen = 0\n"
        "    @property\n"
        "    def data(self):\n"
        "        self.seen += 1\n"
        "        return {}\n"
        "def main(kept):\n"
        "    odd = Odd()\n"
        "    kept.append(odd)\n"
        "    odd.data['a']\n"
    )
    names, kept = {"__name__": "a_flow"}, []
    exec(compile(source, "flow.py", "exec", dont_inherit=True), names)
    with pytest.raises(KeyError) as caught:
        names["main"](kept)
    assert failure_of(caught.value, source)["hint"] is None
    assert kept[0].seen == 1
