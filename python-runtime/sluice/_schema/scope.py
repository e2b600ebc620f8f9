"""Where the names in a hint are looked up when the hint is text."""

import builtins
import sys
from collections.abc import Mapping
from typing import Any

from .problems import UnsupportedHint

Names = Mapping[str, Any]


class Scope:
    """Namespaces, the nearest first; the builtins stand behind them all."""

    __slots__ = ("_spaces",)

    def __init__(self, *spaces: Names) -> None:
        self._spaces = spaces

    def __getitem__(self, name: str) -> Any:
        for space in self._spaces:
            if name in space:
                return space[name]
        return vars(builtins)[name]

    def of_class(self, kind: type) -> "Scope":
        """The scope of hints in the body of a class: its module, then here, then its own names."""
        module = sys.modules.get(kind.__module__)
        home: tuple[Names, ...] = () if module is None else (vars(module),)
        return Scope(*home, *self._spaces, vars(kind))

    def evaluate(self, text: str) -> Any:
        """The hint that a text writes; raises `UnsupportedHint` where it cannot be read."""
        try:
            return self[text]  # most are one name
        except KeyError:
            pass
        names: Any = self
        try:
            return eval(text, {}, names)
        except NameError as unknown:
            raise UnsupportedHint(
                f"the type hint `{text}` uses the name `{unknown.name}`, which is not defined",
                "Import it, or define it at the top level of the module",
            ) from None
        except Exception as wrong:
            raise UnsupportedHint(
                f"the type hint `{text}` cannot be read: {type(wrong).__name__}: {wrong}"
            ) from None
