"""From a type hint to its shape.

Hints may be classes, generics or text (`from __future__ import annotations`, forward references).
Text is evaluated in the scope of whoever wrote it: the flow's function, or the module of a class.
"""

import types
import typing
from collections import Counter, OrderedDict, abc, defaultdict, deque
from collections.abc import Callable
from dataclasses import is_dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

from . import texts
from .alias import Alias
from .anything import ANYTHING
from .choices import enumeration, literal
from .containers import Fixed, Members, Sequence, Unique
from .fields import dataclass_fields, named_tuple_fields, typed_dict_fields
from .problems import UnsupportedHint
from .records import Keyed, Record
from .scalars import Bool, Float, Int, Null, Str
from .scope import Scope
from .shape import Shape
from .unions import Described, Union

_SUPPORTED = (
    "Supported are str, int, float, bool, None, list, dict, tuple, set, frozenset, Literal, Enum, "
    "Optional and unions, dataclasses, TypedDict, NamedTuple, datetime, date, time, timedelta, "
    "Decimal, bytes, UUID and Any, nested as you like"
)

_STR, _INT, _NULL = Str(), Int(), Null()

_SHAPES: dict[Any, Shape] = {
    str: _STR,
    int: _INT,
    float: Float(),
    bool: Bool(),
    None: _NULL,
    type(None): _NULL,
    Any: ANYTHING,
    object: ANYTHING,
    typing.NoReturn: _NULL,
    typing.Never: _NULL,
    datetime: texts.DATETIME,
    date: texts.DATE,
    time: texts.TIME,
    timedelta: texts.TIMEDELTA,
    Decimal: texts.DECIMAL,
    bytes: texts.BYTES,
    bytearray: texts.BYTEARRAY,
    UUID: texts.UUID_,
}
"""Shapes by hint: the plain ones from the start, those of classes as they are met."""

_LISTS: dict[Any, Callable[[list[Any]], Any]] = {
    list: list,
    deque: deque,
    abc.Sequence: list,
    abc.MutableSequence: list,
    abc.Collection: list,
    abc.Iterable: list,
}
_SETS: dict[Any, Callable[[Any], Any]] = {
    set: set,
    frozenset: frozenset,
    abc.Set: set,
    abc.MutableSet: set,
}
_MAPPINGS: dict[Any, Callable[[dict[Any, Any]], Any]] = {
    dict: dict,
    OrderedDict: OrderedDict,
    defaultdict: dict,
    abc.Mapping: dict,
    abc.MutableMapping: dict,
}
_TRANSPARENT = {
    typing.Required,
    typing.NotRequired,
    typing.Final,
    typing.ClassVar,
    getattr(typing, "ReadOnly", None),
}
_ALIAS = getattr(typing, "TypeAliasType", ())


def shape_of(hint: Any, scope: Scope) -> Shape:
    """The shape of a hint; raises `UnsupportedHint`."""
    try:
        known = _SHAPES.get(hint)
    except TypeError:
        known = None  # an unhashable part, such as a list in Annotated
    if known is not None:
        return known
    if isinstance(hint, str):
        return shape_of(scope.evaluate(hint), scope)
    if isinstance(hint, typing.ForwardRef):
        return shape_of(scope.evaluate(hint.__forward_arg__), scope)
    origin = typing.get_origin(hint)
    if origin is not None:
        return _generic(hint, origin, typing.get_args(hint), scope)
    if isinstance(hint, type):
        return _class(hint, scope)
    if isinstance(hint, typing.NewType):
        return shape_of(hint.__supertype__, scope)
    if isinstance(hint, _ALIAS):
        return _SHAPES.setdefault(hint, Alias(hint.__name__, lambda: shape_of(hint.__value__, scope)))
    raise _unsupported(hint)


def _class(kind: type, scope: Scope) -> Shape:
    shape: Shape
    if kind in _LISTS or kind in _SETS or kind in _MAPPINGS or kind in (tuple, Counter):
        shape = _container(kind, (), scope)
    elif issubclass(kind, Enum):
        shape = enumeration(kind)
    elif is_dataclass(kind):
        shape = Record(kind, lambda: dataclass_fields(kind, scope, shape_of))
    elif typing.is_typeddict(kind):
        shape = Keyed(kind, lambda: typed_dict_fields(kind, scope, shape_of))
    elif issubclass(kind, tuple) and hasattr(kind, "_fields"):
        shape = Record(kind, lambda: named_tuple_fields(kind, scope, shape_of))
    else:
        raise _unsupported(kind)
    _SHAPES[kind] = shape
    return shape


def _generic(hint: Any, origin: Any, args: tuple[Any, ...], scope: Scope) -> Shape:
    if origin is typing.Union or origin is types.UnionType:
        return Union([shape_of(arg, scope) for arg in args])
    if origin is typing.Literal:
        return literal(args)
    if origin is typing.Annotated:
        shape = shape_of(args[0], scope)
        about = next((part for part in args[1:] if isinstance(part, str)), None)
        return Described(shape, about) if about else shape
    if origin in _TRANSPARENT:
        return shape_of(args[0], scope)
    if origin is tuple and not args and isinstance(hint, types.GenericAlias):
        return Fixed([])
    if origin in _LISTS or origin in _SETS or origin in _MAPPINGS or origin in (tuple, Counter):
        return _container(origin, args, scope)
    raise _unsupported(hint)


def _container(kind: Any, args: tuple[Any, ...], scope: Scope) -> Shape:
    shapes = [shape_of(arg, scope) for arg in args if arg is not Ellipsis]
    first = shapes[0] if shapes else ANYTHING
    if kind in _LISTS:
        return Sequence(first, _LISTS[kind], kind)
    if kind in _SETS:
        return Unique(first, _SETS[kind], kind)
    if kind is Counter:
        return Members(first, _INT, Counter, Counter)
    if kind is tuple:
        fixed = shapes and Ellipsis not in args
        return Fixed(shapes) if fixed else Sequence(first, tuple, tuple)
    return Members(first, shapes[1] if shapes else ANYTHING, _MAPPINGS[kind], kind)


def _unsupported(hint: Any) -> UnsupportedHint:
    named = hint.__qualname__ if isinstance(hint, type) else str(hint).removeprefix("typing.")
    return UnsupportedHint(f"the type `{named}` has no form in JSON", _SUPPORTED)
