"""Any: input is taken as it is, output is written by the type that each value has.

One table serves exact types at the cost of a look-up; subclasses, records and enumerations are
found by a few questions, once per class.
"""

from collections import deque
from collections.abc import Callable, Iterable, KeysView, Mapping, Sequence, Set, ValuesView
from dataclasses import fields, is_dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

from . import texts
from .problems import LIMIT, Mismatch, Problem, member, mismatch, told, under
from .scalars import integer, number, text
from .shape import Definitions, Schema, Shape

Dumper = Callable[[Any], Any]


class Anything(Shape):
    name = "a value"
    json = (type(None), bool, int, float, str, list, dict)
    python = (object,)

    def schema(self, definitions: Definitions) -> Schema:
        return {}

    def load(self, value: Any) -> Any:
        return value

    def dump(self, value: Any) -> Any:
        return dump_any(value)

    def dump_key(self, key: Any) -> str:
        return name_of(key)


def dump_any(value: Any) -> Any:
    """The JSON-able value for any value that has one."""
    kind = type(value)
    return (_DUMPERS.get(kind) or _dumper_of(kind))(value)


def name_of(key: Any) -> str:
    """The name of a member for any key that has one, as `json.dumps` writes them."""
    if type(key) is str:
        return text(key)
    plain = dump_any(key)
    if type(plain) is str:
        return plain
    if plain is None or type(plain) is bool:
        return {None: "null", True: "true", False: "false"}[plain]
    if type(plain) in (int, float):
        return str(plain)
    raise mismatch(f"a `{type(key).__name__}` cannot be the name of a member", "Use strings as keys")


def dump_each(values: Iterable[Any], dump: Dumper) -> list[Any]:
    """Each value through `dump`, with the places of those that do not fit."""
    written: list[Any] = []
    problems: list[Problem] = []
    for index, value in enumerate(values):
        try:
            written.append(dump(value))
        except Mismatch as wrong:
            problems += under(f"[{index}]", wrong.problems)
            if len(problems) >= LIMIT:
                break
    if problems:
        raise Mismatch(problems[:LIMIT])
    return written


def dump_members(
    pairs: Iterable[tuple[Any, Any]], dump: Dumper, dump_key: Callable[[Any], str] = name_of
) -> dict[str, Any]:
    """Each pair as a member, with the names of those that do not fit."""
    written: dict[str, Any] = {}
    problems: list[Problem] = []
    for key, value in pairs:
        step = member(key) if type(key) is str else f"[{told(key)}]"
        try:
            name = dump_key(key)
            if name in written:
                raise mismatch(f"two keys of the mapping are both named {name!r} in JSON")
            written[name] = dump(value)
        except Mismatch as wrong:
            problems += under(step, wrong.problems)
            if len(problems) >= LIMIT:
                break
    if problems:
        raise Mismatch(problems[:LIMIT])
    return written


def ordered(values: Set[Any]) -> list[Any]:
    """A set in an order that is the same in each run."""
    try:
        return sorted(values)
    except TypeError:
        return sorted(values, key=lambda value: (type(value).__name__, repr(value)))


def _same(value: Any) -> Any:
    return value


def _list(value: Iterable[Any]) -> list[Any]:
    return dump_each(value, dump_any)


def _set(value: Set[Any]) -> list[Any]:
    return dump_each(ordered(value), dump_any)


def _mapping(value: Mapping[Any, Any]) -> dict[str, Any]:
    return dump_members(value.items(), dump_any)


def _dataclass(value: Any) -> dict[str, Any]:
    return dump_members(((field.name, getattr(value, field.name)) for field in fields(value)), dump_any)


def _named_tuple(value: Any) -> dict[str, Any]:
    return dump_members(zip(value._fields, value, strict=True), dump_any)


def _enum(value: Enum) -> Any:
    try:
        return dump_any(value.value)
    except Mismatch:
        return value.name


_DUMPERS: dict[type, Dumper] = {
    type(None): _same,
    bool: _same,
    int: integer,
    float: number,
    str: text,
    list: _list,
    tuple: _list,
    dict: _mapping,
    set: _set,
    frozenset: _set,
    deque: _list,
    range: _list,
    datetime: texts.DATETIME.dump,
    date: texts.DATE.dump,
    time: texts.TIME.dump,
    timedelta: texts.TIMEDELTA.dump,
    Decimal: texts.DECIMAL.dump,
    UUID: texts.UUID_.dump,
    bytes: texts.BYTES.dump,
    bytearray: texts.BYTEARRAY.dump,
}

_FAMILIES: list[tuple[type, Dumper]] = [
    (Enum, _enum),
    (str, text),
    (int, integer),
    (float, number),
    (datetime, texts.DATETIME.dump),
    (date, texts.DATE.dump),
    (time, texts.TIME.dump),
    (timedelta, texts.TIMEDELTA.dump),
    (Decimal, texts.DECIMAL.dump),
    (UUID, texts.UUID_.dump),
    (bytes, texts.BYTES.dump),
    (bytearray, texts.BYTEARRAY.dump),
    (Mapping, _mapping),
    (Set, _set),
    (KeysView, _list),
    (ValuesView, _list),
    (Sequence, _list),
]


def _dumper_of(kind: type) -> Dumper:
    dumper: Dumper = _unsupported
    if is_dataclass(kind):
        dumper = _dataclass
    elif issubclass(kind, tuple) and hasattr(kind, "_fields"):
        dumper = _named_tuple
    else:
        dumper = next((found for family, found in _FAMILIES if issubclass(kind, family)), _unsupported)
    _DUMPERS[kind] = dumper
    return dumper


def _unsupported(value: Any) -> Any:
    if hasattr(value, "__next__"):
        hint = "Wrap it in list(...)"
    elif hasattr(value, "__await__"):
        hint = "It was not awaited: write `await` before the call that made it"
    elif callable(value):
        hint = "Call it, and return what it returns"
    else:
        hint = "Return a dict, a list, a dataclass or a plain value"
    raise mismatch(f"{told(value)} cannot be written as JSON", hint)


ANYTHING = Anything()
