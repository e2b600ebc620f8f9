"""A flow's source, as errors point into it.

Python counts columns in bytes of UTF-8 from 0; everything outside counts characters from 1. The
turning is done here and nowhere else.
"""

import ast
import re
from typing import TypedDict

from ._text import clean

FILE = "flow.py"
"""The file name under which every flow's source is compiled."""

_BEFORE, _AFTER, _MOST, _WIDEST = 2, 1, 12, 200
_NEWLINE = re.compile(r"\r\n|\r|\n")


class Excerpt(TypedDict):
    first_line: int
    lines: list[str]


class Source:
    """The text of a flow, its lines as Python counts them, and its tree."""

    def __init__(self, text: str | None) -> None:
        self._text = text or ""
        self.lines = _NEWLINE.split(self._text) if text else []
        self._tree: ast.Module | None = None

    def tree(self) -> ast.Module:
        """The tree of the source; an empty one where it cannot be parsed."""
        if self._tree is None:
            try:
                self._tree = ast.parse(self._text)
            except Exception:
                self._tree = ast.Module([], [])
        return self._tree

    def column(self, line: int | None, offset: int | None) -> int | None:
        """The column, from 1 in characters, of a byte offset into a line."""
        if line is None or offset is None:
            return None
        if not 0 < line <= len(self.lines):
            return offset + 1
        text = self.lines[line - 1]
        if text.isascii():
            return offset + 1
        return len(text.encode("utf-8", "replace")[:offset].decode("utf-8", "replace")) + 1

    def excerpt(self, line: int | None, end_line: int | None) -> Excerpt | None:
        """The lines of a range with up to two before and one after."""
        if line is None or not 0 < line <= len(self.lines):
            return None
        first = max(1, line - _BEFORE)
        last = min(len(self.lines), max(line, end_line or line) + _AFTER, first + _MOST - 1)
        lines = [clean(text[:_WIDEST]) for text in self.lines[first - 1 : last]]
        return {"first_line": first, "lines": lines}
