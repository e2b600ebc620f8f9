"""Moves the code that every run executes to one place.

The interpreter writes into bytecode while it executes: counters, caches. What a run writes costs by the
page and by the gap between pages, so the code objects of the path of a run are copied one after
another, and the functions that have them are given the copies.
"""

import gc
import sys
from collections.abc import Callable
from types import CodeType, FunctionType

from ._host import pack_memory

__all__ = ["gather"]


def gather(run: Callable[[], None]) -> None:
    """Copies what `run` executes, side by side. The copies have yet to be warmed up."""
    executed = _executed(run)
    functions = [thing for thing in gc.get_objects() if type(thing) is FunctionType]
    copies = _Copies(executed)
    pack_memory()
    for code in executed.values():  # in the order in which they are needed
        copies.of(code)
    pack_memory()
    for function in functions:
        function.__code__ = copies.of(function.__code__)


def _executed(run: Callable[[], None]) -> dict[int, CodeType]:
    """The code objects that `run` executes, by identity: equal ones are still two."""
    executed: dict[int, CodeType] = {}

    def note(frame: object, event: str, argument: object) -> None:
        if event == "call":
            code = frame.f_code  # type: ignore[attr-defined]
            executed[id(code)] = code

    sys.setprofile(note)
    try:
        run()
    finally:
        sys.setprofile(None)
    return executed


class _Copies:
    """Copies of code objects, each made once; code within code is copied with it."""

    def __init__(self, executed: dict[int, CodeType]) -> None:
        self._executed = executed
        self._copies: dict[int, tuple[CodeType, CodeType]] = {}

    def of(self, code: CodeType) -> CodeType:
        known = self._copies.get(id(code))
        if known is None:
            # With the original, whose identity nobody else may have while this lives.
            known = self._copies[id(code)] = code, self._made(code)
        return known[1]

    def _made(self, code: CodeType) -> CodeType:
        constants = tuple([self.of(part) if type(part) is CodeType else part for part in code.co_consts])
        changed = any(new is not old for new, old in zip(constants, code.co_consts, strict=True))
        if changed or id(code) in self._executed:
            return code.replace(co_consts=constants)
        return code
