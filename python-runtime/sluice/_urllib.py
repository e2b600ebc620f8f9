"""`urllib.request` in the sandbox: its requests are `http` calls of the host.

Openers, handlers, `HTTPError` and `URLError` are the standard ones; only the connection is ours. Redirects
are the opener's own, as everywhere: each is a call of its own. What says who somebody is stays with the host
that it was written for.
"""

import io
from http.client import HTTPMessage, HTTPResponse
from types import SimpleNamespace
from typing import Any
from urllib.error import URLError
from urllib.request import AbstractHTTPHandler, HTTPHandler, HTTPRedirectHandler
from urllib.request import Request as UrlRequest

from ._calls import CALLS, Request, length_ms
from ._errors import CallFailed, CallTimedOut, Cancelled, CapabilityDenied
from .http._response import phrase

__all__ = ["install", "open_by_host", "redirect_request"]

_OF_TRANSPORT = frozenset(
    {
        "accept-encoding",
        "connection",
        "content-length",
        "expect",
        "host",
        "keep-alive",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
"""Headers that the host writes itself; it decompresses, too."""

_OF_IDENTITY = frozenset({"authorization", "cookie", "x-api-key", "api-key", "x-auth-token"})
_OF_THE_BODY_SENT = frozenset({"content-encoding", "content-length", "transfer-encoding"})

_standard_redirect = HTTPRedirectHandler.redirect_request


class UrlFailed(URLError):
    """A call that failed, as `urllib` tells it: `reason` is what it failed with."""

    def __init__(self, reason: CallFailed) -> None:
        super().__init__(reason)
        self.sluice_kind = reason.sluice_kind
        self.sluice_code = reason.sluice_code
        self.hint = reason.hint
        self.retryable = reason.retryable
        self.details = reason.details


class UrlTimedOut(UrlFailed, TimeoutError):
    """The same for a time that was over: some catch it as the one, some as the other."""


for _kind in (UrlFailed, UrlTimedOut):
    # A reader of an error knows it by the name that a flow catches.
    _kind.__module__, _kind.__qualname__ = "urllib.error", "URLError"


def open_by_host(handler: Any, connection: object, request: UrlRequest, **options: object) -> HTTPResponse:
    """What `do_open` of the standard handlers does, by a call. Waits also where an event loop runs.

    Raises `URLError`, and `CapabilityDenied` for what is not granted.
    """
    headers = {**request.headers, **request.unredirected_hdrs}
    pairs = [[_text(name), _text(value)] for name, value in headers.items()]
    arguments: dict[str, Any] = {
        "method": request.get_method(),
        "url": request.full_url.partition("#")[0],
        "headers": [pair for pair in pairs if pair[0].lower() not in _OF_TRANSPORT],
        "redirects": False,
    }
    timeout = getattr(request, "timeout", None)
    if isinstance(timeout, int | float):
        arguments["timeout_ms"] = length_ms("the timeout of a request", timeout)
    body = _body(request.data)
    try:
        future = CALLS.start(
            Request("http", arguments, lambda value, attachment: Served(request, value, attachment), body)
        )
        CALLS.wait(future)
        return future.result()
    except (CapabilityDenied, Cancelled):
        raise
    except CallFailed as error:
        raise (UrlTimedOut if isinstance(error, CallTimedOut) else UrlFailed)(error) from error


def redirect_request(
    handler: Any, request: UrlRequest, response: Any, code: int, message: str, headers: Any, url: str
) -> UrlRequest | None:
    """What the standard one does, but for headers that say who somebody is: another host is not told."""
    made = _standard_redirect(handler, request, response, code, message, headers, url)
    if made is not None and (made.type, made.host) != (request.type, request.host):
        made.headers = {
            name: value for name, value in made.headers.items() if _text(name).lower() not in _OF_IDENTITY
        }
    return made


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
            if name.lower() not in _OF_THE_BODY_SENT or method == "HEAD":
                self.headers.add_header(name, text)
        if method != "HEAD":
            self.headers.add_header("Content-Length", str(len(body)))
        self.length = 0 if method == "HEAD" else len(body)
        self.chunked = False
        self.will_close = True
        self.url = value["url"]


def _text(part: object) -> str:
    return part.decode("latin-1") if isinstance(part, bytes) else str(part)


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
    HTTPRedirectHandler.redirect_request = redirect_request  # type: ignore[assignment,method-assign]
