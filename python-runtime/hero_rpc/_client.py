"""What generated clients stand on: requests with their params, and answers as their types."""

import sys
from collections.abc import Mapping
from typing import Any

from sluice._calls import Request
from sluice._errors import CallFailed
from sluice._schema import InvalidAnswer, InvalidOutput, Problem, adapter
from sluice._schema.problems import Mismatch, under

from ._errors import RpcError, rpc_failed
from ._load import Loader, Loaders
from ._record import Record

__all__ = ["Client"]

_PLAIN = frozenset((str, int, float, bool, type(None)))
_ANYTHING = adapter(object)


class RpcRequest(Request[Any]):
    """A request whose refusals are errors of the service's own classes."""

    __slots__ = ("known",)

    def __init__(self, arguments: dict[str, Any], read: Any, known: Mapping[int, type[RpcError]]) -> None:
        super().__init__("rpc", arguments, read)
        self.known = known

    def failed(self, failure: Mapping[str, object]) -> CallFailed:
        return rpc_failed(failure, self.known)


class Client:
    """A service; `module` has its objects, `errors` are its own classes by code."""

    def __init__(self, service: str, module: str, errors: Mapping[int, type[RpcError]]) -> None:
        self._service = service
        self._module = module
        self._errors = errors
        self._loaders: Loaders | None = None
        self._by_method: dict[str, Loader] = {}

    def __call__(self, method: str, sent: dict[str, Any], given: dict[str, Any], result: Any) -> Request[Any]:
        """A request with its params by name; of `given`, what is not None."""
        for name, value in given.items():
            if value is not None:
                sent[name] = value
        return self._request(method, sent, result)

    def by_position(self, method: str, values: tuple[Any, ...], needed: int, result: Any) -> Request[Any]:
        """A request with its params in their order, without the last ones that are None, but `needed`."""
        length = len(values)
        while length > needed and values[length - 1] is None:
            length -= 1
        return self._request(method, list(values[:length]), result)

    def _request(self, method: str, params: Any, result: Any) -> Request[Any]:
        arguments = {"service": self._service, "method": method, "params": _written(params)}

        def read(value: Any, attachment: bytes) -> Any:
            return self._read(method, result, value)

        return RpcRequest(arguments, read, self._errors)

    def _read(self, method: str, result: Any, value: Any) -> Any:
        load = self._by_method.get(method)
        if load is None:
            if self._loaders is None:
                self._loaders = Loaders(vars(sys.modules[self._module]))
            load = self._by_method[method] = self._loaders.of(result)
        place = f"{self._service}.{method}()"
        try:
            return load(value)
        except Mismatch as wrong:
            problems = under(place, wrong.problems)
        except RecursionError:
            problems = [Problem(place, "is nested too deeply")]
        hint = f"`sluice services refresh {self._service}` shows whether the service has changed"
        raise InvalidAnswer([Problem(one.path, one.message, one.hint or hint) for one in problems], place)


def _written(params: Any) -> Any:
    """Params as JSON has them: objects of services by the names that they are sent under."""
    values = params.values() if type(params) is dict else params
    if all(type(value) in _PLAIN for value in values):
        return params
    try:
        return _ANYTHING.dump(_as_sent(params), "params")
    except RecursionError:
        raise InvalidOutput([Problem("params", "is nested too deeply, or holds itself")], "params") from None


def _as_sent(value: Any) -> Any:
    if isinstance(value, Record):
        sent: dict[str, Any] = {}
        for wire, name, _, needed in value.__wire__:
            member = getattr(value, name)
            if needed or member is not None:
                sent[wire] = _as_sent(member)
        return sent
    if isinstance(value, dict):
        return {key: _as_sent(member) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [_as_sent(item) for item in value]
    return value
