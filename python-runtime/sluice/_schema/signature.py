"""What a flow's function takes and returns.

Reads the function's code object rather than `inspect.signature`, and works out shapes when they
are first needed: a run of a flow with plain hints pays a few microseconds here.
"""

import types
from collections.abc import Callable, Mapping
from typing import Any

from .adapter import Adapter
from .anything import ANYTHING
from .docstrings import descriptions
from .hints import shape_of
from .problems import InvalidAnswer, InvalidInput, Mismatch, Problem, UnsupportedHint, expected, under
from .records import Field, Fields, load_fields, object_schema
from .scope import Scope
from .shape import Definitions, Schema, Shape

_VARIADIC, _KEYWORDS = 0x04, 0x08


class Signature:
    """Between a JSON document and the parameters, between the returned value and JSON."""

    __slots__ = ("_fields", "_function", "_namespace", "_output", "_rest")

    def __init__(self, function: types.FunctionType, namespace: Mapping[str, Any] | None) -> None:
        self._function = function
        self._namespace = namespace
        self._fields: Fields | None = None
        self._rest: Shape | None = None
        self._output: Adapter | None = None

    @classmethod
    def of(cls, function: Callable[..., Any], namespace: Mapping[str, Any] | None = None) -> "Signature":
        """The signature of a function; hints that are text see `namespace` before the function's module."""
        plain: Any = function
        while hasattr(plain, "__wrapped__"):
            plain = plain.__wrapped__
        if not isinstance(plain, types.FunctionType):
            raise UnsupportedHint(
                f"a flow is a function, and {type(plain).__name__} `{function!r:.80}` is none",
                "Write `def` or `async def`",
            )
        return cls(plain, namespace)

    def input_schema(self) -> Schema:
        """A JSON Schema document: an object with one property a parameter. Raises `UnsupportedHint`."""
        definitions = Definitions()
        fields = self._parameters()
        schema = object_schema(fields, definitions, descriptions(self._function.__doc__))
        if self._rest is not None:
            schema["additionalProperties"] = self._rest.schema(definitions) or True
        return definitions.document(schema)

    def output_schema(self) -> Schema:
        """A JSON Schema document of what the flow returns. Raises `UnsupportedHint`."""
        return self._returned().schema()

    def bind(self, document: object) -> dict[str, Any]:
        """The arguments for a document; raises `InvalidInput`, or `UnsupportedHint`."""
        try:
            if type(document) is not dict:
                raise expected("an object with a member for each parameter", document)
            fields = self._parameters()
            if self._rest is None:
                return load_fields(fields, document, "parameter")
            return self._with_rest(fields, document)
        except Mismatch as wrong:
            raise InvalidInput(under("input", wrong.problems)) from None
        except RecursionError:
            raise InvalidInput([Problem("input", "is nested too deeply")]) from None

    def dump(self, value: object) -> Any:
        """The JSON-able value for what the flow returned; raises `InvalidOutput`, or `UnsupportedHint`."""
        return self._returned().dump(value, "output")

    def load(self, value: object) -> Any:
        """What the flow returned, from its JSON; raises `InvalidAnswer`, or `UnsupportedHint`."""
        return self._returned().load(value, "output", raises=InvalidAnswer)

    def _parameters(self) -> Fields:
        if self._fields is None:
            self._fields = self._read()
        return self._fields

    def _read(self) -> Fields:
        function, code = self._function, self._function.__code__
        positional, only = code.co_argcount, code.co_kwonlyargcount
        names = code.co_varnames
        if code.co_posonlyargcount or code.co_flags & _VARIADIC:
            what = "*args" if code.co_flags & _VARIADIC else f"the positional-only parameter `{names[0]}`"
            raise UnsupportedHint(
                f"`{function.__name__}` takes {what}, and an input has names only",
                "Name each parameter; a decorator keeps the names of what it wraps with functools.wraps",
            )
        hints = function.__annotations__
        scope = self._scope()
        if code.co_flags & _KEYWORDS:
            name = names[positional + only]
            self._rest = self._shape(f"parameter `**{name}`", hints.get(name, Any), scope)
        defaults: dict[str, Any] = dict(function.__kwdefaults__ or {})
        if function.__defaults__:
            given = function.__defaults__
            defaults.update(zip(names[positional - len(given) : positional], given, strict=True))
        return {
            name: Field(
                name,
                self._shape(f"parameter `{name}`", hints[name], scope) if name in hints else ANYTHING,
                required=name not in defaults,
                default=(lambda value: lambda: value)(defaults[name]) if name in defaults else None,
            )
            for name in names[: positional + only]
        }

    def _returned(self) -> Adapter:
        if self._output is None:
            hints = self._function.__annotations__
            shape: Shape = ANYTHING
            if "return" in hints:
                shape = self._shape("the return value", hints["return"], self._scope())
            self._output = Adapter(shape)
        return self._output

    def _shape(self, what: str, hint: Any, scope: Scope) -> Shape:
        try:
            return shape_of(hint, scope)
        except UnsupportedHint as wrong:
            raise UnsupportedHint(f"{what} of `{self._function.__name__}`: {wrong}", wrong.hint) from None

    def _scope(self) -> Scope:
        function = self._function
        spaces: list[Mapping[str, Any]] = [] if self._namespace is None else [self._namespace]
        if function.__closure__:
            enclosed = {}
            for name, cell in zip(function.__code__.co_freevars, function.__closure__, strict=True):
                try:
                    enclosed[name] = cell.cell_contents
                except ValueError:
                    continue  # not bound yet
            spaces.append(enclosed)
        return Scope(*spaces, function.__globals__)

    def _with_rest(self, fields: Fields, document: dict[str, Any]) -> dict[str, Any]:
        rest = self._rest or ANYTHING
        more = {name: Field(name, rest) for name in document if name not in fields}
        return load_fields({**fields, **more}, document, "parameter")
