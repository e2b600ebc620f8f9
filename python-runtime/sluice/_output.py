"""What a model is to answer with: the schema that it is told, and how its words are read.

Servers want an object at the root of a schema, written out. So any other type is wrapped into an object with
the one member `answer`, and unwrapped again.
"""

import re
from collections.abc import Mapping
from json import loads
from typing import Any

from ._schema import InvalidAnswer, Problem, adapter
from ._text import encode

__all__ = ["Output"]

_WRAPPED = "answer"
_FENCED = re.compile(r"\s*```(?:json)?\s*\n(.*?)\n?\s*```\s*\Z", re.DOTALL | re.IGNORECASE)


class Output:
    """The schema and the reader of one type. `of` gives None for a text, which needs neither."""

    __slots__ = ("_adapter", "_is_wrapped", "schema")

    def __init__(self, hint: Any, namespace: Mapping[str, Any] | None = None) -> None:
        self._adapter = adapter(hint, namespace)
        written = _written_out(self._adapter.schema())
        self._is_wrapped = written.get("type") != "object"
        self.schema = _wrapped(written) if self._is_wrapped else written

    @classmethod
    def of(cls, hint: Any, namespace: Mapping[str, Any] | None = None) -> "Output | None":
        """Raises `UnsupportedHint` for a type that has no form in JSON."""
        return None if hint is None or hint is str or hint == "str" else cls(hint, namespace)

    def read(self, text: str) -> Any:
        """The value that a model's words are; raises `InvalidAnswer` with what is wrong with them."""
        fenced = _FENCED.match(text)
        try:
            value = loads(fenced[1] if fenced else text)
        except (ValueError, RecursionError) as error:
            raise InvalidAnswer([Problem("answer", f"is not JSON: {error}")]) from None
        if self._is_wrapped and type(value) is dict and value.keys() == {_WRAPPED}:
            value = value[_WRAPPED]
        return self._adapter.load(value, "answer", raises=InvalidAnswer)


def _written_out(document: dict[str, Any]) -> dict[str, Any]:
    """The document with the schema of its root in place of a reference to it."""
    name = str(document.get("$ref", "")).removeprefix("#/$defs/")
    definitions = document.get("$defs", {})
    if name not in definitions:
        return document
    rest = {key: value for key, value in document.items() if key not in ("$ref", "$defs")}
    others = {key: value for key, value in definitions.items() if key != name}
    root = definitions[name]
    if encode(document["$ref"]) in encode([root, others]):
        others = definitions
    return {**rest, **root, **({"$defs": others} if others else {})}


def _wrapped(schema: dict[str, Any]) -> dict[str, Any]:
    inner = {key: value for key, value in schema.items() if key not in ("$schema", "$defs")}
    outer = {key: value for key, value in schema.items() if key in ("$schema", "$defs")}
    return {
        **outer,
        "type": "object",
        "properties": {_WRAPPED: inner},
        "required": [_WRAPPED],
        "additionalProperties": False,
    }
