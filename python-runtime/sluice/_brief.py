"""A short `repr` of any value: bounded in length, depth and work, redacted, never failing.

The values are a flow's own. Containers are read through their base type, so that an overridden
method is not called; a `__repr__` written in Python is stopped after some thousand lines.
"""

import sys
from collections.abc import Callable, Iterable
from dataclasses import is_dataclass
from itertools import islice
from types import FrameType
from typing import Any, TypeVar

from ._redact import REDACTED, is_secret, redacted
from ._text import clean

_T = TypeVar("_T")

LIMIT = 200
_ITEMS = 8
_DEPTH = 4
_LINES = 5_000
_SERIES: list[tuple[Any, str, str]] = [
    (list, "[", "]"),
    (tuple, "(", ")"),
    (set, "{", "}"),
    (frozenset, "{", "}"),
]


class _TooLong(BaseException):
    """Takes too long. Not an `Exception`, so that a `__repr__` that swallows errors lets it pass."""


def brief(value: object, limit: int = LIMIT) -> str:
    """The `repr` of a value in at most `limit` characters."""
    try:
        text = redacted(_told(value, _DEPTH))
    except BaseException as wrong:
        text = _failed(value, wrong)
    return clean(text if len(text) <= limit else text[: limit - 1] + "…")


def within_reason(work: Callable[[], _T]) -> _T:
    """Runs code that nobody vouches for; raises when it takes too many lines."""
    lines = 0

    def count(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal lines
        lines += 1
        if lines > _LINES:
            raise _TooLong
        return count

    before = sys.gettrace()
    sys.settrace(count)
    try:
        return work()
    finally:
        sys.settrace(before)


def _told(value: Any, depth: int) -> str:
    kind = type(value)
    if isinstance(value, str):
        return repr(str.__str__(value)[: LIMIT + 1]) if kind is str else _custom(value)
    if kind in (bool, type(None), float, complex):
        return repr(value)
    if kind is int:
        return repr(value) if value.bit_length() < 600 else f"<int of {value.bit_length()} bits>"
    if kind is bytes or kind is bytearray:
        return repr(value[:LIMIT])
    if isinstance(value, dict):
        return _wrapped(kind, dict, "{", _pairs(dict.items(value), depth), "}", dict.__len__(value))
    for base, opening, closing in _SERIES:
        if isinstance(value, base) and not hasattr(kind, "_fields"):
            told = (_nested(item, depth) for item in base.__iter__(value))
            return _wrapped(kind, base, opening, told, closing, base.__len__(value))
    if is_dataclass(kind) and getattr(kind.__repr__, "__wrapped__", None) is not None:
        return f"{kind.__qualname__}({', '.join(islice(_fields(value, depth), _ITEMS * 2))})"
    return _custom(value)


def _nested(value: Any, depth: int) -> str:
    return _told(value, depth - 1) if depth > 1 else "…"


def _pairs(items: Iterable[tuple[Any, Any]], depth: int) -> Iterable[str]:
    for key, value in items:
        told = repr(REDACTED) if is_secret(key, value) else _nested(value, depth)
        yield f"{_nested(key, depth)}: {told}"


def _fields(value: Any, depth: int) -> Iterable[str]:
    for name, field in type(value).__dataclass_fields__.items():
        if not field.repr:
            continue
        try:
            item = object.__getattribute__(value, name)
        except AttributeError:
            continue
        yield f"{name}={repr(REDACTED) if is_secret(name, item) else _nested(item, depth)}"


def _wrapped(kind: type, base: type, opening: str, told: Iterable[str], closing: str, size: int) -> str:
    shown = list(islice(told, _ITEMS))
    if size > len(shown):
        shown.append(f"… {size - len(shown):,} more")
    if base is tuple and size == 1:
        shown.append("")
    inside = f"{opening}{', '.join(shown).rstrip() if base is tuple else ', '.join(shown)}{closing}"
    if kind is base and base is not frozenset and (size or base is not set):
        return inside
    return f"{kind.__name__}({inside if size else ''})"


def _custom(value: Any) -> str:
    try:
        return str(within_reason(lambda: repr(value)))[: LIMIT * 4]
    except Exception as wrong:
        return _failed(value, wrong)


def _failed(value: object, wrong: BaseException) -> str:
    why = "takes too long" if isinstance(wrong, _TooLong) else f"raises {type(wrong).__name__}"
    return f"<{type(value).__name__[:80]}, whose repr {why}>"
