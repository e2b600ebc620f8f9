"""Services of which nothing is known: any attribute is a method, with any params."""

from typing import Any

from sluice._calls import Operation, Request

from ._client import Client

__all__ = ["Service"]


class Service:
    """A service of the tenant, by its name; its attributes are its methods, and so are its items."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._client = Client(name, __name__, {})

    def __getattr__(self, method: str) -> "Operation[..., Any]":
        if method.startswith("_"):
            raise AttributeError(f"the service {self._name!r} has no method {method!r}")
        operation = self.__dict__[method] = self[method]
        return operation

    def __getitem__(self, method: str) -> "Operation[..., Any]":
        """A method whose name is none of Python's, such as `mail["folder.list"]`."""
        client = self._client

        def request(**params: Any) -> Request[Any]:
            return client(method, params, {}, "any")

        request.__name__ = request.__qualname__ = f"{self._name}.{method}"
        request.__doc__ = f"The method `{method}` of the service `{self._name}`."
        return Operation(request)

    def __repr__(self) -> str:
        return f"<service {self._name!r}>"
