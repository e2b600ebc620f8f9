"""Mistakes with the SDK itself that Python reports in words that do not name it."""

import re

from ._excerpt import Source
from ._frames import Place

_MISUSES: list[tuple[re.Pattern[str], re.Pattern[str], str]] = [
    (
        re.compile(r"context manager protocol|has no attribute '__a?enter__'"),
        re.compile(r"\bflow\.step\s*[:,]|\bflow\.step\s+as\b"),
        'A step needs a name: write `with flow.step("name"):`',
    ),
    (
        re.compile(r"object does not support the (asynchronous )?context manager protocol"),
        re.compile(r"\bwith\b"),
        "A function that is decorated with @flow.step is called; `with` takes flow.step('name') itself",
    ),
    (
        re.compile(r"object is not callable"),
        re.compile(r"\bflow\.log\("),
        "Say how grave it is: flow.log.info('...'), .debug, .warning or .error",
    ),
    (
        re.compile(r"module 'http' has no attribute"),
        re.compile(r"\bhttp\."),
        "Write `from sluice import http`: the standard module of that name sends no requests",
    ),
]


def misuse(message: str, place: Place, source: Source) -> str | None:
    """The hint for a message about a line, where both are those of a known mistake."""
    if place.line is None or not place.own:
        return None
    text = "\n".join(source.lines[place.line - 1 : place.end_line or place.line])
    for said, written, hint in _MISUSES:
        if said.search(message) and written.search(text):
            return hint
    return None
