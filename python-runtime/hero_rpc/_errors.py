"""What a service answers in place of a result, as exceptions: one class for each code that is known."""

from collections.abc import Mapping
from typing import Any

from sluice._errors import CallFailed, call_failed

__all__ = [
    "CODE",
    "InternalError",
    "InvalidParams",
    "InvalidRequest",
    "MethodNotFound",
    "ParseError",
    "RpcError",
    "rpc_failed",
]

CODE = "rpc_failed"
"""The code of docs/errors.md that all of these have."""


class RpcError(CallFailed):
    """A service answered with an error: its `code`, a number; its `message`; its `data`, perhaps None."""

    sluice_code = CODE

    @property
    def code(self) -> int:  # type: ignore[override]
        """The service's own number; `sluice_code` is the one of docs/errors.md."""
        code = self.details.get("code")
        return code if isinstance(code, int) else 0

    @property
    def data(self) -> Any:
        """Whatever else the service said."""
        return self.details.get("data")


class ParseError(RpcError):
    """The service could not read the request."""


class InvalidRequest(RpcError):
    """The service takes the request for none of JSON-RPC."""


class MethodNotFound(RpcError):
    """The service has no such method; its document may be an old one."""


class InvalidParams(RpcError):
    """The service does not take these params."""


class InternalError(RpcError):
    """Something in the service is broken."""


_STANDARD: dict[int, type[RpcError]] = {
    -32700: ParseError,
    -32600: InvalidRequest,
    -32601: MethodNotFound,
    -32602: InvalidParams,
    -32603: InternalError,
}


def rpc_failed(failure: Mapping[str, object], known: Mapping[int, type[RpcError]]) -> CallFailed:
    """The exception for an error object of the host; `known` are the classes of the service's own codes."""
    raised = call_failed(failure)
    if raised.sluice_code != CODE:
        return raised
    code = raised.details.get("code")
    kind = RpcError
    if isinstance(code, int):
        kind = known.get(code) or _STANDARD.get(code, RpcError)
    return kind(
        raised.message,
        code=CODE,
        hint=raised.hint,
        retryable=raised.retryable,
        details=raised.details,
    )


for _name in ("InternalError", "InvalidParams", "InvalidRequest", "MethodNotFound", "ParseError", "RpcError"):
    # A reader of an error knows these by the name that a flow imports.
    globals()[_name].__module__ = "hero_rpc"
