"""Finds the expression that raised, and the values it was made of, without running any code.

Names are looked up in the frame; attributes and items only where that calls nothing: instance
dictionaries, methods, slots, and exact lists, tuples and dicts.
"""

import ast
import builtins
from types import FunctionType, MemberDescriptorType
from typing import Any, TypeVar

from ._calls import Method, Operation
from ._excerpt import Source
from ._frames import Place

_Node = TypeVar("_Node", bound=ast.expr)

UNKNOWN: Any = object()
"""Stands for a value that cannot be known without running code."""


def expression_at(place: Place, source: Source, kind: type[_Node]) -> _Node | None:
    """The expression of this kind that stands exactly where the place is."""
    if place.offset is None or not place.own:
        return None
    for node in ast.walk(source.tree()):
        if (
            isinstance(node, kind)
            and node.lineno == place.line
            and node.col_offset == place.offset
            and node.end_lineno == place.end_line
            and node.end_col_offset == place.end_offset
        ):
            return node
    return None


def value_of(node: ast.expr, place: Place) -> Any:
    """What an expression is worth in the frame, or `UNKNOWN`."""
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Name):
        frame = place.frame
        for space in (frame.f_locals, frame.f_globals, vars(builtins)):
            if node.id in space:
                return space[node.id]
    if isinstance(node, ast.Attribute):
        return _attribute(value_of(node.value, place), node.attr)
    if isinstance(node, ast.Subscript):
        return _item(value_of(node.value, place), value_of(node.slice, place))
    return UNKNOWN


def _attribute(owner: Any, name: str) -> Any:
    if owner is UNKNOWN:
        return UNKNOWN
    try:
        own = object.__getattribute__(owner, "__dict__")
    except AttributeError:
        own = {}
    if type(own) is dict and name in own:
        return own[name]
    for base in type(owner).__mro__:
        found = vars(base).get(name)
        if isinstance(found, FunctionType | Method | Operation):
            return found
        if isinstance(found, MemberDescriptorType):
            try:
                return found.__get__(owner)
            except AttributeError:
                return UNKNOWN
    return UNKNOWN


def _item(owner: Any, key: Any) -> Any:
    plain_key = type(key) in (str, int, bool, float, type(None))
    if type(owner) in (dict, list, tuple) and plain_key:
        try:
            return owner[key]
        except (LookupError, TypeError):
            return UNKNOWN
    return UNKNOWN
