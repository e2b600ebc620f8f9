"""Types with named members: dataclasses, TypedDicts and named tuples.

A record works out its members when they are first needed, so a record may hold itself. A member
that the record does not have is an error, for a misspelled name must not become a default.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from .._nearest import nearest
from .docstrings import descriptions, summary
from .problems import LIMIT, Mismatch, Problem, expected, member, mismatch, under
from .shape import Definitions, Schema, Shape


class Field:
    """One member of a record, or one parameter of a flow."""

    __slots__ = ("default", "loaded", "name", "required", "shape")

    def __init__(
        self,
        name: str,
        shape: Shape,
        *,
        required: bool = True,
        default: Callable[[], Any] | None = None,
        loaded: bool = True,
    ) -> None:
        self.name = name
        self.shape = shape
        self.required = required
        self.default = default
        self.loaded = loaded
        """Whether it is read from a document; a field with `init=False` is written only."""

    def schema(self, definitions: Definitions, description: str | None) -> Schema:
        schema = dict(self.shape.schema(definitions))
        if description:
            schema.setdefault("description", description)
        if self.default is not None:
            # A default that is no value of its own type is the author's way to say "absent", and a
            # factory may need what only a run has.
            with suppress(Exception):
                schema["default"] = self.shape.dump(self.default())
        if not self.loaded:
            schema["readOnly"] = True
        return schema


Fields = dict[str, Field]


class Record(Shape):
    """`fields_of` finds the members when they are first needed."""

    __slots__ = ("_fields", "_fields_of", "_type", "name", "python")
    json = (dict,)

    def __init__(self, type_: type, fields_of: Callable[[], Fields]) -> None:
        self._type = type_
        self._fields_of = fields_of
        self._fields: Fields | None = None
        self.name = f"a {type_.__name__}"
        self.python = (type_,)

    @property
    def fields(self) -> Fields:
        if self._fields is None:
            self._fields = self._fields_of()
        return self._fields

    def schema(self, definitions: Definitions) -> Schema:
        return definitions.ref(self, self._type.__name__)

    def define(self, definitions: Definitions) -> Schema:
        doc = self._type.__doc__ or ""
        if doc.startswith(f"{self._type.__name__}("):
            doc = ""  # what `dataclass` and `NamedTuple` write where the author wrote nothing
        schema = object_schema(self.fields, definitions, descriptions(doc))
        about = summary(doc)
        return {"description": about, **schema} if about else schema

    def load(self, value: Any) -> Any:
        if type(value) is not dict:
            raise expected(f"an object ({self._type.__name__})", value)
        members = load_fields(self.fields, value, "member")
        try:
            return self._type(**members)
        except Exception as refusal:
            raise mismatch(f"{self._type.__name__} refused it: {refusal}") from refusal

    def dump(self, value: Any) -> Any:
        if not isinstance(value, self._type):
            raise expected(f"a `{self._type.__name__}`", value)
        return self._dump_fields(lambda name: getattr(value, name))

    def load_key(self, key: str) -> Any:
        raise expected("an object", key)

    def _dump_fields(self, get: Callable[[str], Any]) -> dict[str, Any]:
        written: dict[str, Any] = {}
        problems: list[Problem] = []
        for name, field in self.fields.items():
            try:
                written[name] = field.shape.dump(get(name))
            except Mismatch as wrong:
                problems += under(member(name), wrong.problems)
            except AttributeError:
                problems.append(Problem(member(name), "was never set"))
        if problems:
            raise Mismatch(problems[:LIMIT])
        return written


class Keyed(Record):
    """A TypedDict: a dict on both sides."""

    __slots__ = ()

    def __init__(self, type_: type, fields_of: Callable[[], Fields]) -> None:
        super().__init__(type_, fields_of)
        self.python = (dict,)

    def load(self, value: Any) -> Any:
        if type(value) is not dict:
            raise expected(f"an object ({self._type.__name__})", value)
        return load_fields(self.fields, value, "member")

    def dump(self, value: Any) -> Any:
        if not isinstance(value, Mapping):
            raise expected(f"a dict ({self._type.__name__})", value)
        problems = [
            Problem(member(name), f"is not a key of {self._type.__name__}", _closest(name, self.fields))
            for name in map(str, value)
            if name not in self.fields
        ]
        written: dict[str, Any] = {}
        for name, field in self.fields.items():
            try:
                if name in value:
                    written[name] = field.shape.dump(value[name])
                elif field.required:
                    problems.append(Problem(member(name), "is missing"))
            except Mismatch as wrong:
                problems += under(member(name), wrong.problems)
        if problems:
            raise Mismatch(problems[:LIMIT])
        return written


def load_fields(fields: Fields, document: dict[str, Any], what: str) -> dict[str, Any]:
    """The members of a document by their shapes; those that are absent and optional stay absent."""
    loaded: dict[str, Any] = {}
    problems: list[Problem] = []
    for name, value in document.items():
        field = fields.get(name)
        if field is None or not field.loaded:
            problems.append(_unknown(name, fields, document, what))
            continue
        try:
            loaded[name] = field.shape.load(value)
        except Mismatch as wrong:
            problems += under(member(name), wrong.problems)
    if len(loaded) < len(fields):
        for name, field in fields.items():
            if field.required and name not in document:
                problems.append(Problem(member(name), f"is missing: expected {field.shape.name}"))
    if problems:
        raise Mismatch(problems[:LIMIT])
    return loaded


def object_schema(fields: Fields, definitions: Definitions, about: Mapping[str, str]) -> Schema:
    """The schema of an object with exactly these members."""
    schema: Schema = {
        "type": "object",
        "properties": {name: field.schema(definitions, about.get(name)) for name, field in fields.items()},
    }
    required = [name for name, field in fields.items() if field.required and field.loaded]
    if required:
        schema["required"] = required
    schema["additionalProperties"] = False
    return schema


def _unknown(name: str, fields: Fields, document: dict[str, Any], what: str) -> Problem:
    open_ones = [field.name for field in fields.values() if field.loaded]
    hint = _closest(name, [known for known in open_ones if known not in document])
    if hint is None:
        more = f" and {len(open_ones) - 10} more" if len(open_ones) > 10 else ""
        hint = f"The {what}s are {', '.join(open_ones[:10])}{more}" if open_ones else f"There are no {what}s"
    return Problem(member(name), f"is not a {what}", hint)


def _closest(name: str, names: Any) -> str | None:
    close = nearest(name, names)
    return f"Did you mean {close!r}?" if close else None
