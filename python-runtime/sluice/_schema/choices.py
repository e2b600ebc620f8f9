"""One of a fixed set of values: `Literal` and enumerations.

`1`, `1.0` and `true` are equal to Python and different to JSON; here the type counts, but for
`1.0`, which is the integer 1.
"""

from enum import Enum
from typing import Any

from .._nearest import nearest
from .problems import Mismatch, UnsupportedHint, mismatch, told
from .shape import Definitions, Schema, Shape

_PLAIN = (str, int, float, bool, type(None))
_TOLD = 8


class Choice(Shape):
    """`members` are pairs of a value in JSON and the value in Python."""

    __slots__ = ("_by_key", "_by_value", "also", "json", "python")

    def __init__(self, members: list[tuple[Any, Any]]) -> None:
        self._by_key = {_key(plain): member for plain, member in members}
        self._by_value = {_key(member): plain for plain, member in members}
        self.json = tuple({type(plain) for plain, _ in members})
        self.also = (float,) if int in self.json else ()
        self.python = tuple({type(member) for _, member in members})

    @property
    def name(self) -> str:  # type: ignore[override]
        return f"one of {self._told()}" if len(self._by_key) > 1 else self._told()

    def schema(self, definitions: Definitions) -> Schema:
        values = [plain for _, plain in self._by_key]
        return {"const": values[0]} if len(values) == 1 else {"enum": values}

    def load(self, value: Any) -> Any:
        if type(value) is float and value.is_integer():
            value = int(value)
        if type(value) in _PLAIN:
            member = self._by_key.get(_key(value), self)
            if member is not self:
                return member
        raise self._refused(value)

    def dump(self, value: Any) -> Any:
        key = _key(value)
        try:
            if key in self._by_value:
                return self._by_value[key]
            if key in self._by_key:
                return value
        except TypeError:
            pass  # unhashable, so it is none of them
        raise self._refused(value)

    def load_key(self, key: str) -> Any:
        for (_, plain), member in self._by_key.items():
            if key == (plain if type(plain) is str else str(plain)):
                return member
        raise self._refused(key)

    def _refused(self, value: object) -> Mismatch:
        names = [plain for _, plain in self._by_key if type(plain) is str]
        close = nearest(value, names) if isinstance(value, str) else None
        return mismatch(
            f"expected {self.name}, got {told(value)}", f"Did you mean {close!r}?" if close else None
        )

    def _told(self) -> str:
        values = [plain for _, plain in self._by_key]
        more = f" and {len(values) - _TOLD} more" if len(values) > _TOLD else ""
        return ", ".join(repr(value) if value is not None else "null" for value in values[:_TOLD]) + more


def enumeration(kind: type[Enum]) -> Choice:
    """The members by their values; by their names where a value has no form in JSON."""
    if all(type(_plain(member)) in _PLAIN for member in kind):
        return Choice([(_plain(member), member) for member in kind])
    return Choice([(member.name, member) for member in kind])


def literal(values: tuple[Any, ...]) -> Choice:
    """The values of a `Literal`; raises `UnsupportedHint` for one that has no form in JSON."""
    members = [(_plain(value) if isinstance(value, Enum) else value, value) for value in values]
    for plain, value in members:
        if type(plain) not in _PLAIN:
            raise UnsupportedHint(f"the literal `{value!r}` has no form in JSON", "Write it as a string")
    return Choice(members)


def _plain(member: Enum) -> Any:
    return member.value


def _key(value: Any) -> tuple[type, Any]:
    return (type(value), value)
