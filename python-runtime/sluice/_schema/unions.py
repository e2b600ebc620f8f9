"""One of several types, aliases with a name, and descriptions.

A value goes first to the members whose JSON type it has exactly, in the order of the source, then
to the others; so `int | str` keeps `"3"` a string and `str | float` keeps 3 a number.
"""

from typing import Any

from .problems import Mismatch, Problem, mismatch, told
from .shape import Definitions, Schema, Shape


class Union(Shape):
    __slots__ = ("_by_json", "_members", "also", "json", "python")

    def __init__(self, members: list[Shape]) -> None:
        self._members = members
        self._by_json: dict[type, list[Shape]] = {}
        self.json = tuple({kind for shape in members for kind in shape.json})
        self.also = tuple({kind for shape in members for kind in shape.also})
        self.python = tuple({kind for shape in members for kind in shape.python})

    @property
    def name(self) -> str:  # type: ignore[override]
        return " or ".join(dict.fromkeys(shape.name for shape in self._members))

    def schema(self, definitions: Definitions) -> Schema:
        return {"anyOf": [shape.schema(definitions) for shape in self._members]}

    def load(self, value: Any) -> Any:
        kind = type(value)
        candidates = self._by_json.get(kind)
        if candidates is None:
            exact = [shape for shape in self._members if kind in shape.json]
            near = [shape for shape in self._members if kind in shape.also and shape not in exact]
            candidates = self._by_json[kind] = exact + near
        failures: list[tuple[Shape, Mismatch]] = []
        for shape in candidates:
            try:
                return shape.load(value)
            except Mismatch as wrong:
                failures.append((shape, wrong))
        raise self._refused(value, failures)

    def dump(self, value: Any) -> Any:
        kind = type(value)
        exact = [shape for shape in self._members if kind in shape.python]
        rest = [shape for shape in self._members if shape not in exact and isinstance(value, shape.python)]
        failures: list[tuple[Shape, Mismatch]] = []
        for shape in exact + rest or self._members:
            try:
                return shape.dump(value)
            except Mismatch as wrong:
                failures.append((shape, wrong))
        raise self._refused(value, failures if exact or rest else [])

    def load_key(self, key: str) -> Any:
        for shape in self._members:
            try:
                return shape.load_key(key)
            except Mismatch:
                continue
        raise self._refused(key, [])

    def dump_key(self, key: Any) -> str:
        for shape in self._members:
            if isinstance(key, shape.python):
                return shape.dump_key(key)
        raise self._refused(key, [])

    def _refused(self, value: object, failures: list[tuple[Shape, Mismatch]]) -> Mismatch:
        if len(failures) == 1:
            return failures[0][1]
        if not failures:
            return mismatch(f"expected {self.name}, got {told(value)}")
        return Mismatch([Problem("", f"{told(value)} fits none of: {self._tried(failures)}")])

    def _tried(self, failures: list[tuple[Shape, Mismatch]]) -> str:
        tried = []
        for shape, wrong in failures[:6]:
            first = wrong.problems[0]
            place = first.path.removeprefix(".")
            why = f"{place}: {first.message}" if place else first.message
            tried.append(f"{shape.name} ({why if len(why) <= 120 else why[:119] + '…'})")
        return "; ".join(tried)


class Described(Shape):
    """A shape with a description for its schema: `Annotated[int, "in cents"]`."""

    __slots__ = ("_shape", "also", "description", "json", "name", "python")

    def __init__(self, shape: Shape, description: str) -> None:
        self._shape = shape
        self.description = description
        self.name = shape.name
        self.json = shape.json
        self.also = shape.also
        self.python = shape.python

    def schema(self, definitions: Definitions) -> Schema:
        return {**self._shape.schema(definitions), "description": self.description}

    def load(self, value: Any) -> Any:
        return self._shape.load(value)

    def dump(self, value: Any) -> Any:
        return self._shape.dump(value)

    def load_key(self, key: str) -> Any:
        return self._shape.load_key(key)

    def dump_key(self, key: Any) -> str:
        return self._shape.dump_key(key)
