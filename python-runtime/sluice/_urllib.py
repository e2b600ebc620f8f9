"""`urllib.request` in the sandbox: its requests are `http` calls of the host.

Openers, handlers, `HTTPError` and `URLError` are the standard ones; only the connection is ours. The host
follows redirects where the opener would follow them itself in the standard way.
"""

import io
from http.client import HTTPMessage, HTTPResponse
from types import SimpleNamespace
from typing import Any
from urllib.error import URLError
from urllib.request import AbstractHTTPHandler, HTTPHandler, HTTPRedirectHandler
from urllib.request import Request as UrlRequest

from ._call_errors import HttpFailed, HttpRefused
from ._calls import CALLS, Request, length_ms
from ._errors import CallTimedOut
from .http._response import phrase

__all__ = ["install", "open_by_host"]

_OF_THE_CONNECTION = frozenset(
    {"connection", "content-length", "host", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"}
)
_OF_THE_TRANSFER = frozenset({"content-encoding", "content-length", "transfer-encoding"})


def open_by_host(handler: Any, connection: object, request: UrlRequest, **options: object) -> HTTPResponse:
    """What `do_open` of the standard handlers does, by a call. Waits also where an event loop runs."""
    arguments: dict[str, Any] = {
        "method": request.get_method(),
        "url": request.full_url.partition("#")[0],
        "headers": [
            [name, str(value)]
            for name, value in {**request.headers, **request.unredirected_hdrs}.items()
            if name.lower() not in _OF_THE_CONNECTION
        ],
    }
    timeout = getattr(request, "timeout", None)
    if isinstance(timeout, int | float):
        arguments["timeout_ms"] = length_ms("the timeout of a request", timeout)
    if not any(type(other) is HTTPRedirectHandler for other in handler.parent.handlers):
        arguments["redirects"] = False
    future = CALLS.start(
        Request("http", arguments, lambda value, body: Served(request, value, body), _body(request.data))
    )
    CALLS.wait(future)
    try:
        return future.result()
    except (HttpFailed, HttpRefused, CallTimedOut) as error:
        raise URLError(error) from error


class Served(HTTPResponse):
    """A response whose body is there already."""

    def __init__(self, request: UrlRequest, value: Any, body: bytes) -> None:
        method = request.get_method()
        super().__init__(SimpleNamespace(makefile=lambda mode: io.BytesIO(body)), method=method)  # type: ignore[arg-type]
        self.version = 11
        self.code = self.status = value["status"]
        self.reason = self.msg = phrase(self.status)  # type: ignore[assignment]
        self.headers = HTTPMessage()
        for name, text in value["headers"]:
            # The body is whole and decompressed, so what these say of it is not so any more.
            if name.lower() not in _OF_THE_TRANSFER or method == "HEAD":
                self.headers.add_header(name, text)
        if method != "HEAD":
            self.headers.add_header("Content-Length", str(len(body)))
        self.length = 0 if method == "HEAD" else len(body)
        self.chunked = False
        self.will_close = True
        self.url = value["url"]


def _body(data: Any) -> bytes:
    if data is None:
        return b""
    if hasattr(data, "read"):
        data = data.read()
    if isinstance(data, str):
        return data.encode("iso-8859-1")
    if isinstance(data, bytes | bytearray | memoryview):
        return bytes(data)
    return b"".join(data)


def install() -> None:
    """Makes the standard handlers, and what is derived from them, use it; also for `https`."""
    for name, function in (
        ("https_open", HTTPHandler.http_open),
        ("https_request", HTTPHandler.http_request),
    ):
        setattr(HTTPHandler, name, function)
    AbstractHTTPHandler.do_open = open_by_host  # type: ignore[assignment,method-assign]
