"""Answers of services as Python values, by the tables that generated clients carry.

A table is a word or a tuple that begins with one: `"str"`, `("list", "int")`, `("record", "Event")`.
Loading is lenient about what may change: members that nobody knows are ignored, optional ones may be
absent or null. What is of another shape raises `Mismatch` with its place.
"""

from collections.abc import Callable, Mapping
from typing import Any

from sluice._schema.problems import Mismatch, Problem, expected, member, mismatch, told, under

from ._record import Wire

__all__ = ["Loader", "Loaders"]

Loader = Callable[[Any], Any]

_ABSENT = object()
_TRIED = 6


def _any(value: Any) -> Any:
    return value


def _null(value: Any) -> None:
    if value is not None:
        raise expected("null", value)


def _bool(value: Any) -> Any:
    if type(value) is bool:
        return value
    raise expected("true or false", value)


def _int(value: Any) -> Any:
    if type(value) is int:
        return value
    if type(value) is float and value.is_integer():
        return int(value)
    raise expected("a whole number", value)


def _float(value: Any) -> Any:
    if type(value) is float:
        return value
    if type(value) is int:
        try:
            return float(value)
        except OverflowError:
            pass
    raise expected("a number", value)


def _str(value: Any) -> Any:
    if type(value) is str:
        return value
    raise expected("a string", value)


_PLAIN: dict[str, Loader] = {
    "any": _any,
    "null": _null,
    "bool": _bool,
    "int": _int,
    "float": _float,
    "str": _str,
}


class Loaders:
    """The loaders of one client; each is made when it is first needed. `classes` are its objects."""

    def __init__(self, classes: Mapping[str, Any]) -> None:
        self._classes = classes
        self._records: dict[str, Loader] = {}

    def of(self, table: Any) -> Loader:
        """The loader that a table describes."""
        if type(table) is str:
            return _PLAIN[table]
        made: Loader = getattr(self, f"_{table[0]}")(*table[1:])
        return made

    def _list(self, table: Any) -> Loader:
        item = self.of(table)

        def load(value: Any) -> Any:
            if type(value) is not list:
                raise expected("a list", value)
            if item is _any:
                return value
            try:
                return [item(each) for each in value]
            except Mismatch:
                return [_at(f"[{index}]", item, each) for index, each in enumerate(value)]

        return load

    def _map(self, table: Any) -> Loader:
        item = self.of(table)

        def load(value: Any) -> Any:
            if type(value) is not dict:
                raise expected("an object", value)
            if item is _any:
                return value
            return {name: _at(member(name), item, each) for name, each in value.items()}

        return load

    def _tuple(self, *tables: Any) -> Loader:
        items = [self.of(table) for table in tables]

        def load(value: Any) -> Any:
            if type(value) is not list or len(value) != len(items):
                raise expected(f"a list of {len(items)}", value)
            return tuple(
                _at(f"[{index}]", item, each)
                for index, (item, each) in enumerate(zip(items, value, strict=True))
            )

        return load

    def _choice(self, *values: Any) -> Loader:
        # 1, 1.0 and true are equal to Python and different to JSON.
        known = {(type(value), value): value for value in values}

        def load(value: Any) -> Any:
            if type(value) is float and value.is_integer():
                value = int(value)
            if type(value) is not list and type(value) is not dict:
                found = known.get((type(value), value), _ABSENT)
                if found is not _ABSENT:
                    return found
            some = ", ".join("null" if one is None else repr(one) for one in values[:8])
            raise expected(f"one of {some}{' and others' if len(values) > 8 else ''}", value)

        return load

    def _union(self, *tables: Any) -> Loader:
        loaders = [(self.of(table), table) for table in tables]

        def load(value: Any) -> Any:
            if type(value) is dict:
                candidates = self._by_likeness(value, loaders)
            elif type(value) is int:
                # A whole number is a number too, but it stays one where it may.
                candidates = sorted(loaders, key=lambda one: one[1] == "float")
            else:
                candidates = loaders
            failures: list[Problem] = []
            for loader, _ in candidates:
                try:
                    return loader(value)
                except Mismatch as wrong:
                    failures.append(wrong.problems[0])
            tried = "; ".join(str(problem).removeprefix(": ") for problem in failures[:_TRIED])
            raise mismatch(f"{told(value)} fits none of what it may be: {tried}")

        return load

    def _by_likeness(self, value: dict[str, Any], loaders: list[tuple[Loader, Any]]) -> Any:
        """Objects that lack nothing first, and of these the one that knows most of what is there."""

        def unlike(one: tuple[Loader, Any]) -> tuple[bool, int]:
            table = one[1]
            if table[0] != "record":
                return False, len(value)
            wires = self._classes[table[1]].__wire__
            lacks = any(needed and wire not in value for wire, _, _, needed in wires)
            return lacks, len(value) - sum(wire in value for wire, _, _, _ in wires)

        return sorted(loaders, key=unlike)

    def _record(self, name: str) -> Loader:
        known = self._records.get(name)
        if known is None:
            # Objects may hold themselves: the table behind is read with the first value.
            known = self._records[name] = self._lazily(name)
        return known

    def _lazily(self, name: str) -> Loader:
        kind: Any = None
        members: list[tuple[str, str, Loader, bool]] = []

        def load(value: Any) -> Any:
            nonlocal kind, members
            if kind is None:
                found = self._classes[name]
                # What tells objects apart comes first: it fails before anything deep is looked at.
                wires = sorted(found.__wire__, key=_depth)
                members = [(wire, own, self.of(table), needed) for wire, own, table, needed in wires]
                kind = found
            if type(value) is not dict:
                raise expected(f"an object ({name})", value)
            made = kind.__new__(kind)
            mine = made.__dict__
            for wire, own, loader, needed in members:
                given = value.get(wire, _ABSENT)
                if given is _ABSENT:
                    if needed:
                        raise Mismatch([Problem(member(wire), "is missing")])
                elif given is not None or needed:
                    try:
                        mine[own] = loader(given)
                    except Mismatch as wrong:
                        raise Mismatch(under(member(wire), wrong.problems)) from None
            return made

        return load


def _depth(wire: Wire) -> int:
    table = wire[2]
    return 1 if type(table) is str else 0 if table[0] == "choice" else 2


def _at(step: str, loader: Loader, value: Any) -> Any:
    try:
        return loader(value)
    except Mismatch as wrong:
        raise Mismatch(under(step, wrong.problems)) from None
