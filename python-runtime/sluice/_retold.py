"""A failure that the host told, told again within another: what a child run ended with.

It went through the flow's hands, so only members of the right type are taken over. A code that a
guest cannot say of itself, such as a limit's, reads as an exception.
"""

from collections.abc import Mapping
from typing import Any

from ._codes import KINDS
from ._text import bounded, clean

__all__ = ["retold"]

_TEXT, _LINE = 4_000, 1_000


def retold(failure: object, deep: int, wide: int, frames: int) -> dict[str, Any] | None:
    """The failure with at most so many causes, members of groups and frames; None where it is none."""
    if not isinstance(failure, Mapping) or not failure or deep < 1:
        return None
    code = failure.get("code")
    if not isinstance(code, str) or code not in KINDS:
        code = "exception"
    cause = retold(failure.get("cause"), deep - 1, wide, frames)
    group = [retold(each, deep - 1, wide, frames) for each in _items(failure.get("group"))[:wide]]
    return {
        "kind": KINDS[code],
        "code": code,
        "message": _text(failure.get("message"), _TEXT) or "",
        "exception": _text(failure.get("exception"), _LINE),
        "hint": _text(failure.get("hint"), _LINE),
        "retryable": failure.get("retryable") is True,
        "frames": [_frame(each) for each in _items(failure.get("frames"))[-frames:]],
        "notes": _texts(failure.get("notes")),
        "cause": cause,
        "cause_kind": None if cause is None else _text(failure.get("cause_kind"), _LINE),
        "group": [each for each in group if each is not None],
        "details": _members(failure.get("details")),
    }


def _frame(frame: object) -> dict[str, Any]:
    members = _members(frame)
    places = ("line", "column", "end_line", "end_column")
    excerpt = _members(members.get("excerpt"))
    first_line = _place(excerpt.get("first_line"))
    return {
        "file": _text(members.get("file"), _LINE) or "",
        "function": _text(members.get("function"), _LINE) or "",
        **{name: _place(members.get(name)) for name in places},
        "own": members.get("own") is True,
        "excerpt": first_line and {"first_line": first_line, "lines": _texts(excerpt.get("lines"))},
        "locals": _members(members.get("locals")),
    }


def _place(value: object) -> int | None:
    return value if type(value) is int and 0 < value < 2**32 else None


def _text(value: object, limit: int) -> str | None:
    return clean(bounded(value, limit)) if isinstance(value, str) else None


def _texts(value: object) -> list[str]:
    return [text for each in _items(value) if (text := _text(each, _LINE)) is not None]


def _items(value: object) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else []


def _members(value: object) -> dict[str, Any]:
    return {str(name): member for name, member in value.items()} if isinstance(value, Mapping) else {}
