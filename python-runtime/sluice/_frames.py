"""The frames of a traceback as an error object shows them.

Only the flow's own frames show source and locals; those of the SDK and of the import machinery are
left out unless there is nothing else.
"""

from itertools import islice
from types import (
    BuiltinFunctionType,
    FrameType,
    FunctionType,
    MethodType,
    ModuleType,
    TracebackType,
)
from typing import Any

from ._brief import brief
from ._excerpt import FILE, Source
from ._redact import REDACTED, is_secret
from ._text import clean

_SEEN = 128
_LOCALS = 20
_LOCALS_CHARACTERS = 4 * 1024
_NOT_DATA = (BuiltinFunctionType, FunctionType, MethodType, ModuleType, type)


class Place:
    """One entry of a traceback: a frame, and where in its code it was."""

    __slots__ = ("end_line", "end_offset", "frame", "line", "offset")

    def __init__(self, entry: TracebackType) -> None:
        self.frame: FrameType = entry.tb_frame
        self.line: int | None = entry.tb_lineno
        self.end_line: int | None = None
        self.offset: int | None = None
        self.end_offset: int | None = None
        positions = next(islice(self.frame.f_code.co_positions(), max(entry.tb_lasti, 0) // 2, None), None)
        if positions is not None and positions[0] is not None:
            self.line, self.end_line, self.offset, self.end_offset = positions

    @property
    def own(self) -> bool:
        """Whether it is the flow's own code."""
        return self.frame.f_code.co_filename == FILE

    @property
    def hidden(self) -> bool:
        """Whether it is machinery, of no help to who reads the error."""
        file = self.frame.f_code.co_filename
        module = self.frame.f_globals.get("__name__")
        inside = isinstance(module, str) and (module == "sluice" or module.startswith("sluice."))
        return file != FILE and (inside or file.startswith("<frozen importlib"))


def places(traceback: TracebackType | None, most: int = 32) -> list[Place]:
    """The entries of a traceback that are shown, outermost first: all, or the outer and inner ones."""
    entries: list[TracebackType] = []
    while traceback is not None:
        entries.append(traceback)
        traceback = traceback.tb_next
    if len(entries) > 2 * _SEEN:
        entries = entries[:_SEEN] + entries[-_SEEN:]
    found = [Place(entry) for entry in entries]
    shown = [place for place in found if not place.hidden] or found
    return shown if len(shown) <= most else shown[: most // 2] + shown[-most // 2 :]


def frames_of(found: list[Place], source: Source) -> list[dict[str, Any]]:
    """The frames of an error object; the inner ones have the first claim on room for locals."""
    room = _LOCALS_CHARACTERS
    frames: list[dict[str, Any]] = []
    for place in reversed(found):
        shown: dict[str, str] = {}
        if place.own and room > 0:
            shown = _locals_of(place.frame, room)
            room -= sum(len(name) + len(text) for name, text in shown.items())
        frames.append(_frame(place, source, shown))
    frames.reverse()
    return frames


def _frame(place: Place, source: Source, shown: dict[str, str]) -> dict[str, Any]:
    code = place.frame.f_code
    own = source if place.own else _ELSEWHERE
    return {
        "file": clean(code.co_filename),
        "function": clean(code.co_qualname),
        "line": place.line,
        "column": own.column(place.line, place.offset),
        "end_line": place.end_line,
        "end_column": own.column(place.end_line, place.end_offset),
        "own": place.own,
        "excerpt": own.excerpt(place.line, place.end_line),
        "locals": shown,
    }


def _locals_of(frame: FrameType, room: int) -> dict[str, str]:
    shown: dict[str, str] = {}
    try:
        for name, value in list(frame.f_locals.items()):
            if not _is_data(name, value):
                continue
            text = repr(REDACTED) if is_secret(name, value) else brief(value)
            name = clean(name)[:100]
            room -= len(name) + len(text)
            if room < 0 or len(shown) >= _LOCALS:
                break
            shown[name] = text
    except Exception:
        return shown
    return shown


def _is_data(name: str, value: object) -> bool:
    if name.startswith(("__", ".")) or isinstance(value, _NOT_DATA):
        return False
    module = type(value).__module__
    if not isinstance(module, str):
        return True
    return not (module.partition(".")[0] == "sluice" or module in ("__future__", "typing"))


_ELSEWHERE = Source(None)
