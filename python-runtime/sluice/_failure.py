"""The error object of docs/errors.md, made from an exception.

Never fails: whatever goes wrong on the way leaves a smaller object. It is bounded as a whole, for a
failure that is too long for the host would end the run with another one; its strings are valid
UTF-8. The host adds what only it knows (`span`, `step`).
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from ._brief import brief
from ._codes import KINDS
from ._errors import ChildFailed
from ._excerpt import FILE, Source
from ._frames import frames_of, places
from ._retold import retold
from ._schema.anything import dump_any
from ._suggest import hint_for
from ._text import bounded, clean, encode

__all__ = ["failure_of"]

_LARGEST = 128 * 1024
"""In bytes; half of what one string to the host may have."""

_MESSAGE, _HINT, _NOTES = 4_000, 1_000, 16
_DETAILS = 32 * 1024


class Bounds(NamedTuple):
    """How much of a failure is told."""

    deep: int
    wide: int
    frames: int

    def deeper(self) -> "Bounds":
        return self._replace(deep=self.deep - 1)


_BOUNDS = [Bounds(deep=8, wide=16, frames=32), Bounds(deep=2, wide=8, frames=8), Bounds(1, 0, 8)]


def failure_of(error: BaseException, source: str | None, *, loading: bool = False) -> dict[str, object]:
    """The error object for an exception; `loading` says that it left the module, not a flow."""
    try:
        failure = _bounded_failure(error, Source(source))
    except BaseException as wrong:
        failure = _minimal(error, wrong)
    if loading and failure["code"] == "exception":
        failure["kind"], failure["code"] = "source_error", "source_invalid"
    return {"version": 1, **failure}


def _bounded_failure(error: BaseException, source: Source) -> dict[str, Any]:
    for bounds in _BOUNDS:
        failure = _failure(error, source, set(), bounds)
        if len(encode(failure).encode()) <= _LARGEST:
            return failure
    return _minimal(error, None)


def _failure(error: BaseException, source: Source, seen: set[int], bounds: Bounds) -> dict[str, Any]:
    seen.add(id(error))
    if isinstance(error, SyntaxError) and error.filename == FILE and not _carries_code(error):
        return _syntax(error, source)
    code = _code(error)
    found = places(error.__traceback__, bounds.frames)
    cause, cause_kind = _cause(error, source, seen, bounds)
    return {
        "kind": KINDS[code],
        "code": code,
        "message": _message(error),
        "exception": _name(type(error)),
        "hint": _hint(error, found, source),
        "retryable": _attribute(error, "retryable") is True,
        "frames": _or_empty(lambda: frames_of(found, source)),
        "notes": _notes(error),
        "cause": cause,
        "cause_kind": cause_kind,
        "group": _group(error, source, seen, bounds),
        "details": _details(error),
    }


def _code(error: BaseException) -> str:
    code = _attribute(error, "sluice_code")
    if isinstance(code, str) and code in KINDS:
        return code
    return "import_unavailable" if isinstance(error, ModuleNotFoundError) else "exception"


def _carries_code(error: BaseException) -> bool:
    return isinstance(_attribute(error, "sluice_code"), str)


def _attribute(error: BaseException, name: str) -> Any:
    try:
        return getattr(error, name, None)
    except BaseException:
        return None


def _message(error: BaseException) -> str:
    try:
        text = str(error)
    except BaseException as wrong:
        text = f"<its text cannot be had: {type(wrong).__name__}>"
    return clean(bounded(text or type(error).__name__, _MESSAGE))


def _name(kind: type) -> str:
    module = kind.__module__
    plain = not isinstance(module, str) or module == "builtins"
    return clean(bounded(kind.__qualname__ if plain else f"{module}.{kind.__qualname__}", 300))


def _hint(error: BaseException, found: list[Any], source: Source) -> str | None:
    hint = _attribute(error, "hint")
    if not isinstance(hint, str):
        try:
            hint = hint_for(error, found, source)
        except BaseException:
            hint = None
    return None if hint is None else clean(bounded(hint, _HINT))


def _notes(error: BaseException) -> list[str]:
    notes = _attribute(error, "__notes__")
    if not isinstance(notes, list):
        return []
    return [clean(bounded(note, _HINT)) if isinstance(note, str) else brief(note) for note in notes[:_NOTES]]


def _cause(
    error: BaseException, source: Source, seen: set[int], bounds: Bounds
) -> tuple[dict[str, Any] | None, str | None]:
    cause, kind = error.__cause__, "cause"
    if cause is None and isinstance(error, ChildFailed) and bounds.deep > 1:
        told = retold(error.failure, bounds.deep - 1, bounds.wide, bounds.frames)
        return told, None if told is None else kind
    if cause is None and not error.__suppress_context__:
        cause, kind = error.__context__, "context"
    if cause is None or id(cause) in seen or bounds.deep <= 1:
        return None, None
    return _failure(cause, source, seen, bounds.deeper()), kind


def _group(error: BaseException, source: Source, seen: set[int], bounds: Bounds) -> list[dict[str, Any]]:
    if not isinstance(error, BaseExceptionGroup) or bounds.deep <= 1:
        return []
    members = [member for member in error.exceptions[: bounds.wide] if id(member) not in seen]
    return [_failure(member, source, seen, bounds.deeper()) for member in members]


def _details(error: BaseException) -> dict[str, Any]:
    details = _attribute(error, "details")
    if not isinstance(details, Mapping):
        return {}
    written: dict[str, Any] = {}
    room = _DETAILS
    try:
        for key, value in details.items():
            plain = _plain(value, room)
            room -= len(encode(plain))
            written[clean(bounded(str(key), _HINT))] = plain
            if room < 0:
                break
    except Exception:
        return written
    return written


def _plain(value: object, room: int) -> Any:
    try:
        plain = dump_any(value)
        if len(encode(plain)) <= room:
            return plain
    except Exception:
        return brief(value)
    return brief(value)


def _syntax(error: SyntaxError, source: Source) -> dict[str, Any]:
    line, end_line = error.lineno, error.end_lineno or error.lineno
    column = error.offset if error.offset and error.offset > 0 else None
    end_column = error.end_offset if error.end_offset and error.end_offset > 0 else None
    if column is not None and (end_column is None or (end_line == line and end_column <= column)):
        end_column = column + 1
    frame: dict[str, Any] = {
        "file": FILE,
        "function": "<module>",
        "line": line,
        "column": column,
        "end_line": end_line,
        "end_column": end_column,
        "own": True,
        "excerpt": source.excerpt(line, end_line),
        "locals": {},
    }
    return {
        **_minimal(error, None),
        "kind": "source_error",
        "code": "source_invalid",
        "message": clean(bounded(error.msg or "the source is not valid Python", _MESSAGE)),
        "hint": f"Correct line {line} of the source" if line else "Correct the source",
        "frames": [frame] if line else [],
    }


def _or_empty(work: Any) -> list[Any]:
    try:
        made: list[Any] = work()
    except BaseException:
        return []
    return made


def _minimal(error: BaseException, wrong: BaseException | None) -> dict[str, Any]:
    note = [] if wrong is None else [f"This object is incomplete: {_name(type(wrong))} while making it"]
    return {
        "kind": "flow_error",
        "code": "exception",
        "message": _message(error),
        "exception": _name(type(error)),
        "hint": None,
        "retryable": False,
        "frames": [],
        "notes": note,
        "cause": None,
        "cause_kind": None,
        "group": [],
        "details": {},
    }
