"""`type X = ...`: a name for a hint, which may use the name itself."""

from collections.abc import Callable
from typing import Any

from .shape import Definitions, Schema, Shape


class Alias(Shape):
    """`target_of` works out what the name stands for when it is first needed."""

    __slots__ = ("_name", "_target", "_target_of")

    def __init__(self, name: str, target_of: Callable[[], Shape]) -> None:
        self._name = name
        self._target: Shape | None = None
        self._target_of = target_of

    @property
    def target(self) -> Shape:
        if self._target is None:
            self._target = self._target_of()
        return self._target

    @property
    def name(self) -> str:  # type: ignore[override]
        return f"a {self._name}"

    @property
    def json(self) -> tuple[type, ...]:  # type: ignore[override]
        return self.target.json

    @property
    def also(self) -> tuple[type, ...]:  # type: ignore[override]
        return self.target.also

    @property
    def python(self) -> tuple[type, ...]:  # type: ignore[override]
        return self.target.python

    def schema(self, definitions: Definitions) -> Schema:
        return definitions.ref(self, self._name)

    def define(self, definitions: Definitions) -> Schema:
        return self.target.schema(definitions)

    def load(self, value: Any) -> Any:
        return self.target.load(value)

    def dump(self, value: Any) -> Any:
        return self.target.dump(value)

    def load_key(self, key: str) -> Any:
        return self.target.load_key(key)

    def dump_key(self, key: Any) -> str:
        return self.target.dump_key(key)
