"""Clients of hero_rpc services: `from hero_rpc import calendar`, then `calendar.event_list(day="...")`.

Any name is a service and any attribute of it a method; each is an operation with the two forms of
all operations, `calendar.event_list(...)` and `calendar.event_list.start(...)`. What a flow was not
granted raises `sluice.CapabilityDenied`.
"""

from typing import Any

from sluice._calls import Operation, Request
from sluice._operations import rpc_request

__all__ = ["Service"]


class Service:
    """A service of the tenant; its attributes are its methods."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, method: str) -> "Operation[..., Any]":
        if method.startswith("_"):
            raise AttributeError(f"the service {self._name!r} has no method {method!r}")
        service = self._name

        def request(**params: Any) -> Request[Any]:
            return rpc_request(service, method, params)

        request.__name__ = f"{service}.{method}"
        request.__doc__ = f"The method `{method}` of the service `{service}`."
        operation = Operation(request)
        self.__dict__[method] = operation
        return operation

    def __repr__(self) -> str:
        return f"<service {self._name!r}>"


def __getattr__(name: str) -> Service:
    if name.startswith("_"):
        raise AttributeError(f"module 'hero_rpc' has no attribute {name!r}")
    return Service(name)
