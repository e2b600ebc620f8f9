"""The one form that every family of types has, and the place for named schemas.

A shape is immutable once it is built and holds no value, so one serves every run of a process.
"""

from typing import Any

Schema = dict[str, Any]


class Definitions:
    """The `$defs` of one document: each record once, under a name of its own."""

    def __init__(self) -> None:
        self.schemas: dict[str, Schema] = {}
        self._names: dict[int, str] = {}

    def ref(self, shape: "Shape", name: str) -> Schema:
        """A reference to the schema of a shape, which is worked out the first time."""
        known = self._names.get(id(shape))
        if known is None:
            known = name
            number = 2
            while known in self.schemas:
                known = f"{name}{number}"
                number += 1
            self._names[id(shape)] = known
            self.schemas[known] = {}
            self.schemas[known] = shape.define(self)
        return {"$ref": f"#/$defs/{known}"}

    def document(self, schema: Schema) -> Schema:
        """A whole schema document around the schema of its root."""
        whole: Schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
        if self.schemas:
            whole["$defs"] = self.schemas
        return whole


class Shape:
    """One type on its way between JSON and Python."""

    __slots__ = ()

    name: str = "value"
    """What messages call it, with its article: `a string`."""

    json: tuple[type, ...] = ()
    """The types of parsed JSON that are exactly it."""

    also: tuple[type, ...] = ()
    """The types of parsed JSON that it takes where nothing is exact."""

    python: tuple[type, ...] = ()
    """The types of Python values that it writes."""

    def schema(self, definitions: Definitions) -> Schema:
        """Its JSON Schema, perhaps a reference into `definitions`."""
        raise NotImplementedError

    def define(self, definitions: Definitions) -> Schema:
        """Its JSON Schema in full, for shapes that stand in `$defs`."""
        raise NotImplementedError

    def load(self, value: Any) -> Any:
        """The Python value for parsed JSON; raises `Mismatch`."""
        raise NotImplementedError

    def dump(self, value: Any) -> Any:
        """The JSON-able value for a Python value; raises `Mismatch`."""
        raise NotImplementedError

    def load_key(self, key: str) -> Any:
        """The Python value for the name of a member; raises `Mismatch`."""
        return self.load(key)

    def dump_key(self, key: Any) -> str:
        """The name of a member for a Python value; raises `Mismatch`."""
        text = self.dump(key)
        return text if type(text) is str else str(text)
