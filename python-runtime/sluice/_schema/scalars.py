"""The types that JSON has itself: string, integer, number, boolean, null.

Nothing is turned into something else silently: a string is no number, `true` is no 1. The two
exceptions lose nothing: `1.0` is an integer, and an integer is a number.
"""

from math import isfinite
from typing import Any

from .problems import expected, mismatch
from .shape import Definitions, Schema, Shape

_LEAST, _MOST = -(2**63), 2**64 - 1
"""What fits in 64 bits, signed or not: readers of JSON lose the last digits of any other integer."""

_EXACT = 2.0**53
"""Up to here every integer has a float of its own."""


class Str(Shape):
    name = "a string"
    json = (str,)
    python = (str,)

    def schema(self, definitions: Definitions) -> Schema:
        return {"type": "string"}

    def load(self, value: Any) -> Any:
        if type(value) is str:
            return value
        raise expected("a string", value)

    def dump(self, value: Any) -> Any:
        if isinstance(value, str):
            return text(value)
        raise expected("a string", value, "Use str(...) where that is what you mean")


class Int(Shape):
    name = "an integer"
    json = (int,)
    also = (float,)
    python = (int,)

    def schema(self, definitions: Definitions) -> Schema:
        return {"type": "integer"}

    def load(self, value: Any) -> Any:
        if type(value) is int:
            return value
        if type(value) is float and value.is_integer():
            if -_EXACT <= value <= _EXACT:
                return int(value)
            raise mismatch("the integer is too large to have arrived exactly", "Take it as a string")
        raise expected("an integer", value)

    def dump(self, value: Any) -> Any:
        if isinstance(value, int) and not isinstance(value, bool):
            return integer(value)
        raise expected("an integer", value)

    def load_key(self, key: str) -> Any:
        try:
            return int(key)
        except ValueError:
            raise mismatch(f"expected the digits of an integer as name, got {key[:40]!r}") from None


class Float(Shape):
    name = "a number"
    json = (float,)
    also = (int,)
    python = (float, int)

    def schema(self, definitions: Definitions) -> Schema:
        return {"type": "number"}

    def load(self, value: Any) -> Any:
        if type(value) is float:
            return number(value)
        if type(value) is int:
            try:
                return float(value)
            except OverflowError:
                raise mismatch("expected a number that a float can hold, got a larger one") from None
        raise expected("a number", value)

    def dump(self, value: Any) -> Any:
        if isinstance(value, float):
            return number(value)
        if isinstance(value, int) and not isinstance(value, bool):
            return integer(value)
        raise expected("a number", value)

    def load_key(self, key: str) -> Any:
        try:
            return number(float(key))
        except ValueError:
            raise mismatch(f"expected the digits of a number as name, got {key[:40]!r}") from None


class Bool(Shape):
    name = "true or false"
    json = (bool,)
    python = (bool,)

    def schema(self, definitions: Definitions) -> Schema:
        return {"type": "boolean"}

    def load(self, value: Any) -> Any:
        if value is True or value is False:
            return value
        raise expected("true or false", value)

    def dump(self, value: Any) -> Any:
        if value is True or value is False:
            return value
        raise expected("true or false", value, "Use bool(...) where that is what you mean")

    def load_key(self, key: str) -> Any:
        if key in ("true", "false"):
            return key == "true"
        raise mismatch(f"expected 'true' or 'false' as name, got {key[:40]!r}")

    def dump_key(self, key: Any) -> str:
        return "true" if self.dump(key) else "false"


class Null(Shape):
    name = "null"
    json = (type(None),)
    python = (type(None),)

    def schema(self, definitions: Definitions) -> Schema:
        return {"type": "null"}

    def load(self, value: Any) -> Any:
        if value is None:
            return None
        raise expected("null", value)

    def dump(self, value: Any) -> Any:
        if value is None:
            return None
        raise expected("None", value, "Give the function a return hint that fits, or return nothing")


def text(value: str) -> str:
    """A string as JSON can carry it; raises `Mismatch` where it has no form in UTF-8."""
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError as wrong:
            raise mismatch(
                f"the string has half of a surrogate pair at index {wrong.start}, which JSON cannot carry",
                'Clean it with text.encode("utf-8", "replace").decode()',
            ) from None
    return value if type(value) is str else str.__str__(value)


def integer(value: int) -> int:
    """An integer as JSON can carry it; raises `Mismatch` where it does not fit in 64 bits."""
    if _LEAST <= value <= _MOST:
        return value if type(value) is int else int(value)
    raise mismatch("the integer does not fit in 64 bits", "Return it as a string")


def number(value: float) -> float:
    """A float as JSON can carry it; raises `Mismatch` for infinities and NaN."""
    if isfinite(value):
        return value if type(value) is float else float(value)
    raise mismatch(f"{value!r} has no form in JSON", "Use None for a number that is not there")
