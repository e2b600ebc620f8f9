"""Values of one type, from JSON and back."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from sluice._schema import InvalidInput, InvalidOutput, adapter

IDENTIFIER = UUID("3f2b8c1e-5a0d-4c57-9c62-0f6a4f1f9a11")


@pytest.mark.parametrize(
    ("hint", "plain", "value"),
    [
        (str, "ä", "ä"),
        (int, 3, 3),
        (int, 2**63, 2**63),
        (float, 1.5, 1.5),
        (bool, True, True),
        (None, None, None),
        (Any, {"a": [1, None]}, {"a": [1, None]}),
        (datetime, "2026-11-21T09:30:00+00:00", datetime(2026, 11, 21, 9, 30, tzinfo=UTC)),
        (date, "2026-11-21", date(2026, 11, 21)),
        (time, "09:30:00", time(9, 30)),
        (timedelta, "P3DT4H30M", timedelta(days=3, hours=4, minutes=30)),
        (timedelta, "PT0.25S", timedelta(milliseconds=250)),
        (timedelta, "PT0S", timedelta(0)),
        (timedelta, "-PT1H", -timedelta(hours=1)),
        (Decimal, "12.50", Decimal("12.50")),
        (bytes, "aGVsbG8=", b"hello"),
        (bytearray, "aGVsbG8=", bytearray(b"hello")),
        (UUID, str(IDENTIFIER), IDENTIFIER),
    ],
)
def test_goes_both_ways(hint, plain, value):
    loaded = adapter(hint).load(plain)
    assert loaded == value
    assert type(loaded) is type(value)
    dumped = adapter(hint).dump(value)
    assert dumped == plain
    assert type(dumped) is type(plain)


@pytest.mark.parametrize(
    ("hint", "plain", "value"),
    [
        (int, 1.0, 1),
        (float, 1, 1.0),
        (Decimal, 1.1, Decimal("1.1")),
        (Decimal, 3, Decimal(3)),
        (datetime, "2026-11-21T09:30:00Z", datetime(2026, 11, 21, 9, 30, tzinfo=UTC)),
        (timedelta, "P2W", timedelta(weeks=2)),
    ],
)
def test_takes_what_loses_nothing(hint, plain, value):
    loaded = adapter(hint).load(plain)
    assert loaded == value
    assert type(loaded) is type(value)


@pytest.mark.parametrize(
    ("hint", "plain", "message"),
    [
        (str, 3, "expected a string, got the number 3"),
        (int, "3", "expected an integer, got the string '3'"),
        (int, True, "expected an integer, got true"),
        (int, 1.5, "expected an integer, got the number 1.5"),
        (int, None, "expected an integer, got null"),
        (float, "1", "expected a number, got the string '1'"),
        (float, False, "expected a number, got false"),
        (float, float("nan"), "nan has no form in JSON"),
        (float, float("inf"), "inf has no form in JSON"),
        (float, 10**400, "expected a number that a float can hold, got a larger one"),
        (bool, 1, "expected true or false, got the number 1"),
        (None, 0, "expected null, got the number 0"),
        (date, "21.11.2026", "expected a date, got the string '21.11.2026'"),
        (date, 5, "expected a date as a string, got the number 5"),
        (timedelta, "P1M", "expected a duration, got the string 'P1M'"),
        (timedelta, "P", "expected a duration, got the string 'P'"),
        (timedelta, "PT", "expected a duration, got the string 'PT'"),
        (Decimal, "NaN", "expected a decimal number, got the string 'NaN'"),
        (Decimal, True, "expected a decimal number as a string, got true"),
        (bytes, "!", "expected bytes in base64, got the string '!'"),
        (UUID, "x", "expected a UUID, got the string 'x'"),
    ],
)
def test_refuses_input_and_says_why(hint, plain, message):
    with pytest.raises(InvalidInput) as caught:
        adapter(hint).load(plain)
    assert [(problem.path, problem.message) for problem in caught.value.problems] == [("value", message)]


@pytest.mark.parametrize(
    ("hint", "value", "message"),
    [
        (int, True, "expected an integer, got true"),
        (int, 1.0, "expected an integer, got the number 1.0"),
        (float, float("-inf"), "-inf has no form in JSON"),
        (str, b"x", "expected a string, got a value of type `bytes`"),
        (str, "\ud800", "the string has half of a surrogate pair at index 0, which JSON cannot carry"),
        (date, datetime(2026, 11, 21), "expected a `date`, got a value of type `datetime`"),
        (Decimal, Decimal("Infinity"), "Infinity has no form in JSON"),
        (None, 1, "expected None, got the number 1"),
        (Any, float("nan"), "nan has no form in JSON"),
        (Any, object(), "a value of type `object` cannot be written as JSON"),
    ],
)
def test_refuses_output_and_says_why(hint, value, message):
    with pytest.raises(InvalidOutput) as caught:
        adapter(hint).dump(value)
    assert [(problem.path, problem.message) for problem in caught.value.problems] == [("value", message)]


@pytest.mark.parametrize("value", [2**64, -(2**63) - 1, 10**50])
def test_integers_that_other_readers_would_garble_are_refused(value):
    with pytest.raises(InvalidOutput) as caught:
        adapter(int).dump(value)
    assert str(caught.value) == "value: the integer does not fit in 64 bits"


def test_integers_that_came_as_inexact_floats_are_refused():
    assert adapter(int).load(2.0**53) == 2**53
    with pytest.raises(InvalidInput) as caught:
        adapter(int).load(2.0**54)
    assert str(caught.value) == "value: the integer is too large to have arrived exactly"


def test_an_example_shows_how_to_write_a_value():
    with pytest.raises(InvalidInput) as caught:
        adapter(datetime).load("yesterday")
    assert caught.value.hint == "Write it as '2026-11-21T09:30:00+01:00'"


def test_duration_keeps_microseconds_and_signs():
    for span in (timedelta(microseconds=1), timedelta(days=-1, seconds=5), timedelta.max, timedelta.min):
        written = adapter(timedelta).dump(span)
        if span is not timedelta.min:
            assert adapter(timedelta).load(written) == span
        assert "P" in written


def test_schemas_of_scalars():
    schemas = {
        str: {"type": "string"},
        int: {"type": "integer"},
        float: {"type": "number"},
        bool: {"type": "boolean"},
        None: {"type": "null"},
        datetime: {"type": "string", "format": "date-time"},
        date: {"type": "string", "format": "date"},
        time: {"type": "string", "format": "time"},
        timedelta: {"type": "string", "format": "duration"},
        Decimal: {"type": ["string", "number"], "format": "decimal"},
        bytes: {"type": "string", "contentEncoding": "base64"},
        UUID: {"type": "string", "format": "uuid"},
        Any: {},
    }
    for hint, schema in schemas.items():
        whole = adapter(hint).schema()
        assert whole.pop("$schema") == "https://json-schema.org/draft/2020-12/schema"
        assert whole == schema
