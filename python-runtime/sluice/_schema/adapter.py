"""One hint on its own, for whoever has a hint and a value and no function."""

from collections.abc import Mapping
from typing import Any

from .hints import shape_of
from .problems import InvalidInput, InvalidOutput, Mismatch, Problem, under
from .scope import Scope
from .shape import Definitions, Schema, Shape

_TOO_DEEP = "is nested too deeply, or holds itself"


class Adapter:
    """The schema, the reader and the writer of one type."""

    __slots__ = ("shape",)

    def __init__(self, shape: Shape) -> None:
        self.shape = shape

    def schema(self) -> Schema:
        """A JSON Schema document."""
        definitions = Definitions()
        return definitions.document(self.shape.schema(definitions))

    def load(self, value: object, path: str = "value", *, raises: type[InvalidInput] = InvalidInput) -> Any:
        """The Python value for parsed JSON; raises `InvalidInput`, where `path` is what messages call it."""
        try:
            return self.shape.load(value)
        except Mismatch as wrong:
            raise raises(under(path, wrong.problems), f"the {path}") from None
        except RecursionError:
            raise raises([Problem(path, _TOO_DEEP)]) from None

    def dump(self, value: object, path: str = "value") -> Any:
        """The JSON-able value for a Python value; raises `InvalidOutput`."""
        try:
            return self.shape.dump(value)
        except Mismatch as wrong:
            raise InvalidOutput(under(path, wrong.problems), f"the {path}") from None
        except RecursionError:
            raise InvalidOutput([Problem(path, _TOO_DEEP)]) from None


def adapter(hint: Any, namespace: Mapping[str, Any] | None = None) -> Adapter:
    """The adapter of a hint; names in text are looked up in `namespace`. Raises `UnsupportedHint`."""
    return Adapter(shape_of(hint, Scope() if namespace is None else Scope(namespace)))
