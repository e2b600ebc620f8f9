"""Types that travel as strings: dates, times, spans of time, decimals, bytes, UUIDs."""

import base64
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from .durations import format_duration, parse_duration
from .problems import expected, mismatch
from .shape import Definitions, Schema, Shape


class Text(Shape):
    """A type with a form in text, given by the two functions between them."""

    __slots__ = ("_example", "_format", "_parse", "_schema", "_type", "name", "python")
    json = (str,)

    def __init__(
        self,
        name: str,
        example: str,
        type_: type,
        schema: Schema,
        parse: Callable[[str], Any],
        format_: Callable[[Any], str],
    ) -> None:
        self.name = name
        self.python = (type_,)
        self._type = type_
        self._example = example
        self._schema = schema
        self._parse = parse
        self._format = format_

    def schema(self, definitions: Definitions) -> Schema:
        return dict(self._schema)

    def load(self, value: Any) -> Any:
        if type(value) is not str:
            raise expected(f"{self.name} as a string", value, f"Write it as {self._example!r}")
        try:
            return self._parse(value)
        except (ValueError, OverflowError):
            raise expected(self.name, value, f"Write it as {self._example!r}") from None

    def dump(self, value: Any) -> Any:
        if isinstance(value, self._type):
            return self._format(value)
        raise expected(f"a `{self._type.__name__}`", value)


class DateText(Text):
    """A day. A `datetime` is one too, to Python; as output it would carry a time that no reader expects."""

    __slots__ = ()

    def dump(self, value: Any) -> Any:
        if isinstance(value, datetime):
            raise expected("a `date`", value, "Use .date()")
        return super().dump(value)


class DecimalText(Text):
    """An exact number: written as a string, read from a number as well."""

    __slots__ = ()
    also = (int, float)

    def load(self, value: Any) -> Any:
        if type(value) is int or type(value) is float:
            value = str(value)
        return super().load(value)

    def dump(self, value: Any) -> Any:
        if isinstance(value, int) and not isinstance(value, bool):
            value = Decimal(value)
        if isinstance(value, Decimal) and not value.is_finite():
            raise mismatch(f"{value} has no form in JSON", "Use None for a number that is not there")
        return super().dump(value)


def _parse_decimal(text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise ValueError(text) from None
    if not number.is_finite():
        raise ValueError(text)
    return number


def _encode(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")


def _decode(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


DATETIME = Text(
    "a date and time",
    "2026-11-21T09:30:00+01:00",
    datetime,
    {"type": "string", "format": "date-time"},
    datetime.fromisoformat,
    datetime.isoformat,
)
DATE = DateText(
    "a date",
    "2026-11-21",
    date,
    {"type": "string", "format": "date"},
    date.fromisoformat,
    date.isoformat,
)
TIME = Text(
    "a time of day",
    "09:30:00",
    time,
    {"type": "string", "format": "time"},
    time.fromisoformat,
    time.isoformat,
)
TIMEDELTA = Text(
    "a duration",
    "PT1H30M",
    timedelta,
    {"type": "string", "format": "duration"},
    parse_duration,
    format_duration,
)
DECIMAL = DecimalText(
    "a decimal number",
    "12.50",
    Decimal,
    {"type": ["string", "number"], "format": "decimal"},
    _parse_decimal,
    str,
)
BYTES = Text(
    "bytes in base64",
    "aGVsbG8=",
    bytes,
    {"type": "string", "contentEncoding": "base64"},
    _decode,
    _encode,
)
BYTEARRAY = Text(
    "bytes in base64",
    "aGVsbG8=",
    bytearray,
    {"type": "string", "contentEncoding": "base64"},
    lambda text: bytearray(_decode(text)),
    _encode,
)
UUID_ = Text(
    "a UUID",
    "3f2b8c1e-5a0d-4c57-9c62-0f6a4f1f9a11",
    UUID,
    {"type": "string", "format": "uuid"},
    UUID,
    str,
)
