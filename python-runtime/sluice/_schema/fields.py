"""The members of dataclasses, TypedDicts and named tuples, as each of them keeps them."""

import dataclasses
import typing
from collections.abc import Callable
from typing import Any

from .problems import UnsupportedHint
from .records import Field, Fields
from .scope import Scope
from .shape import Shape

Resolve = Callable[[Any, Scope], Shape]


def dataclass_fields(kind: type, scope: Scope, resolve: Resolve) -> Fields:
    """The fields of a dataclass; those with `init=False` are written and never read."""
    _refuse_init_only(kind)
    found: Fields = {}
    for field in dataclasses.fields(kind):
        default: Callable[[], Any] | None = None
        if field.default is not dataclasses.MISSING:
            default = _constant(field.default)
        elif field.default_factory is not dataclasses.MISSING:
            default = field.default_factory
        found[field.name] = Field(
            field.name,
            _member(kind, field.name, field.type, scope, resolve),
            required=default is None,
            default=default if field.init else None,
            loaded=field.init,
        )
    return found


def typed_dict_fields(kind: type, scope: Scope, resolve: Resolve) -> Fields:
    """The keys of a TypedDict, with `Required` and `NotRequired` over what `total` says."""
    required_keys: frozenset[str] = getattr(kind, "__required_keys__", frozenset())
    found: Fields = {}
    for name, hint in kind.__annotations__.items():
        required = name in required_keys
        if isinstance(hint, typing.ForwardRef):
            # A TypedDict cannot see through hints that are text.
            hint = _owner_scope(kind, name, scope).evaluate(hint.__forward_arg__)
            origin: Any = typing.get_origin(hint)
            if origin is typing.NotRequired or origin is typing.Required:
                required = origin is typing.Required
        found[name] = Field(name, _member(kind, name, hint, scope, resolve), required=required)
    return found


def named_tuple_fields(kind: type, scope: Scope, resolve: Resolve) -> Fields:
    """The fields of a named tuple; without hints they are Any."""
    hints: dict[str, Any] = getattr(kind, "__annotations__", {})
    defaults: dict[str, Any] = getattr(kind, "_field_defaults", {})
    names: tuple[str, ...] = getattr(kind, "_fields", ())
    return {
        name: Field(
            name,
            _member(kind, name, hints.get(name, Any), scope, resolve),
            required=name not in defaults,
            default=_constant(defaults[name]) if name in defaults else None,
        )
        for name in names
    }


def _member(kind: type, name: str, hint: Any, scope: Scope, resolve: Resolve) -> Shape:
    try:
        return resolve(hint, _owner_scope(kind, name, scope))
    except UnsupportedHint as wrong:
        raise UnsupportedHint(f"`{kind.__name__}.{name}`: {wrong}", wrong.hint) from None


def _owner_scope(kind: type, name: str, scope: Scope) -> Scope:
    for base in kind.__mro__:
        if name in vars(base).get("__annotations__", {}):
            return scope.of_class(base)
    return scope.of_class(kind)


def _constant(value: Any) -> Callable[[], Any]:
    return lambda: value


def _refuse_init_only(kind: type) -> None:
    known = {field.name for field in dataclasses.fields(kind)}
    for name, field in getattr(kind, "__dataclass_fields__", {}).items():
        init_only = name not in known and getattr(field, "_field_type", None) is _INIT_ONLY
        if init_only and field.default is dataclasses.MISSING:
            raise UnsupportedHint(
                f"`{kind.__name__}.{name}` is an InitVar, which a document cannot hold",
                "Make it a field, or give it a default",
            )


_INIT_ONLY = getattr(dataclasses, "_FIELD_INITVAR", None)
