"""Services of which nothing is known: any attribute is a method, with any params."""

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
