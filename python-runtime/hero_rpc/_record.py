"""Objects of services: dataclasses to everybody who asks, and cheap to those who never do.

A real `@dataclass` compiles code for each class. These share one constructor over a table, `__wire__`,
and become real ones when `dataclasses` first looks at them.
"""

import dataclasses
from typing import Any, ClassVar, cast, dataclass_transform

__all__ = ["Record", "Wire"]

Wire = tuple[str, str, Any, bool]
"""One member: its name in JSON, its name in Python, its table, and whether it must be there."""

_FIELDS = "__dataclass_fields__"


class _LazyFields:
    """Makes the class a dataclass when its fields are first asked for."""

    def __get__(self, instance: object, owner: type) -> Any:
        if owner is Record:
            raise AttributeError(f"{owner.__name__} has no fields of its own")
        dataclasses.dataclass(init=False, repr=False, eq=False, kw_only=True)(owner)
        return owner.__dict__[_FIELDS]


@dataclass_transform(kw_only_default=True)
class Record:
    """The base of them all: members by name, compared by value, absent ones as the class has them."""

    __dataclass_fields__: ClassVar[dict[str, dataclasses.Field[Any]]] = cast(Any, _LazyFields())
    __wire__: ClassVar[tuple[Wire, ...]] = ()
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, /, **members: Any) -> None:
        mine = self.__dict__
        for _, name, _, needed in self.__wire__:
            if name in members:
                mine[name] = members.pop(name)
            elif needed:
                raise TypeError(f"{type(self).__name__} lacks the member {name!r}")
        if members:
            known = ", ".join(name for _, name, _, _ in self.__wire__[:20])
            raise TypeError(f"{type(self).__name__} has no member {min(members)!r}; it has {known or 'none'}")

    def __repr__(self) -> str:
        members = (f"{name}={getattr(self, name)!r}" for _, name, _, _ in self.__wire__)
        return f"{type(self).__name__}({', '.join(members)})"

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for _, name, _, _ in self.__wire__)
