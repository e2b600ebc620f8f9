"""Lists, tuples, sets and mappings.

All problems of a container are told at once, each with its place; a container of `Any` is passed
through without being copied on its way in.
"""

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Set
from typing import Any

from .anything import ANYTHING, dump_each, dump_members, ordered
from .problems import LIMIT, Mismatch, Problem, expected, member, mismatch, under
from .shape import Definitions, Schema, Shape


class Sequence(Shape):
    """A list, a tuple of any length, a deque: `make` builds it from a list."""

    __slots__ = ("_item", "_make", "python")
    name = "a list"
    json = (list,)

    def __init__(self, item: Shape, make: Callable[[list[Any]], Any], python: type) -> None:
        self._item = item
        self._make = make
        self.python = (python,)

    def schema(self, definitions: Definitions) -> Schema:
        return {"type": "array", **_items(self._item, definitions)}

    def load(self, value: Any) -> Any:
        if type(value) is not list:
            raise expected("a list", value)
        loaded = value if self._item is ANYTHING else _load_each(value, self._item)
        return loaded if self._make is list else self._make(loaded)

    def dump(self, value: Any) -> Any:
        if not isinstance(value, (list, tuple, deque)):
            raise expected(f"a {self.python[0].__name__}", value, _wrap(value))
        return dump_each(value, self._item.dump)

    def load_key(self, key: str) -> Any:
        raise expected("a list", key)


class Unique(Shape):
    """A set or a frozenset. JSON has it as a list; a value that is there twice is told, not dropped."""

    __slots__ = ("_item", "_make", "python")
    name = "a list of different values"
    json = (list,)

    def __init__(self, item: Shape, make: Callable[[Iterable[Any]], Any], python: type) -> None:
        self._item = item
        self._make = make
        self.python = (python,)

    def schema(self, definitions: Definitions) -> Schema:
        return {"type": "array", **_items(self._item, definitions), "uniqueItems": True}

    def load(self, value: Any) -> Any:
        if type(value) is not list:
            raise expected("a list", value)
        loaded = _load_each(value, self._item)
        try:
            made = self._make(loaded)
        except TypeError:
            raise mismatch("the values of a set must be plain: a list or an object cannot be one") from None
        if len(made) != len(loaded):
            raise mismatch("expected each value once, got some of them twice")
        return made

    def dump(self, value: Any) -> Any:
        if not isinstance(value, Set):
            raise expected("a set", value, "Wrap it in set(...)")
        return dump_each(ordered(value), self._item.dump)


class Fixed(Shape):
    """A tuple with a shape for each place."""

    __slots__ = ("_items",)
    json = (list,)
    python = (tuple,)

    def __init__(self, items: list[Shape]) -> None:
        self._items = items

    @property
    def name(self) -> str:  # type: ignore[override]
        return f"a list of {len(self._items)}"

    def schema(self, definitions: Definitions) -> Schema:
        size = len(self._items)
        limits: Schema = {"minItems": size, "maxItems": size}
        if not size:
            return {"type": "array", **limits}
        places = [item.schema(definitions) for item in self._items]
        return {"type": "array", "prefixItems": places, "items": False, **limits}

    def load(self, value: Any) -> Any:
        if type(value) is not list:
            raise expected(self.name, value)
        self._check_size(value)
        return tuple(_each(value, [item.load for item in self._items]))

    def dump(self, value: Any) -> Any:
        if not isinstance(value, (tuple, list)):
            raise expected("a tuple", value, _wrap(value))
        self._check_size(value)
        return _each(value, [item.dump for item in self._items])

    def _check_size(self, value: Any) -> None:
        if len(value) != len(self._items):
            raise mismatch(f"expected {len(self._items)} values, got {len(value)}")


class Members(Shape):
    """A mapping from names to values; `make` builds it from a dict."""

    __slots__ = ("_key", "_make", "_value", "python")
    name = "an object"
    json = (dict,)

    def __init__(self, key: Shape, value: Shape, make: Callable[[dict[Any, Any]], Any], python: type) -> None:
        self._key = key
        self._value = value
        self._make = make
        self.python = (python,)

    def schema(self, definitions: Definitions) -> Schema:
        schema: Schema = {"type": "object"}
        names = self._key.schema(definitions) if self._key is not ANYTHING else {}
        choices = names.get("enum") or [names[key] for key in ("const",) if key in names]
        if names.get("type") == "integer":
            schema["propertyNames"] = {"pattern": "^[+-]?[0-9]+$"}
        elif choices:
            schema["propertyNames"] = {"enum": [str(choice) for choice in choices]}
        elif names.get("type") == "string" and len(names) > 1:
            schema["propertyNames"] = names
        if self._value is not ANYTHING:
            schema["additionalProperties"] = self._value.schema(definitions)
        return schema

    def load(self, value: Any) -> Any:
        if type(value) is not dict:
            raise expected("an object", value)
        plain_keys = self._key is ANYTHING or self._key.python == (str,)
        if plain_keys and self._value is ANYTHING:
            return value if self._make is dict else self._make(value)
        loaded: dict[Any, Any] = {}
        problems: list[Problem] = []
        load, load_key = self._value.load, self._key.load_key
        for key, item in value.items():
            try:
                loaded[key if plain_keys else load_key(key)] = load(item)
            except Mismatch as wrong:
                problems += under(member(key), wrong.problems)
                if len(problems) >= LIMIT:
                    break
        if problems:
            raise Mismatch(problems[:LIMIT])
        return loaded if self._make is dict else self._make(loaded)

    def dump(self, value: Any) -> Any:
        if not isinstance(value, Mapping):
            raise expected(f"a {self.python[0].__name__}", value)
        return dump_members(value.items(), self._value.dump, self._key.dump_key)


def _items(item: Shape, definitions: Definitions) -> Schema:
    return {} if item is ANYTHING else {"items": item.schema(definitions)}


def _load_each(values: list[Any], item: Shape) -> list[Any]:
    return dump_each(values, item.load)


def _each(values: Any, functions: list[Callable[[Any], Any]]) -> list[Any]:
    done: list[Any] = []
    problems: list[Problem] = []
    for index, (function, value) in enumerate(zip(functions, values, strict=True)):
        try:
            done.append(function(value))
        except Mismatch as wrong:
            problems += under(f"[{index}]", wrong.problems)
    if problems:
        raise Mismatch(problems[:LIMIT])
    return done


def _wrap(value: object) -> str | None:
    many = hasattr(value, "__iter__") and not isinstance(value, (str, bytes, Mapping))
    return "Wrap it in list(...)" if many else None
