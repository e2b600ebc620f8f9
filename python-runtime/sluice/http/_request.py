"""From what a flow writes to the arguments of an `http` call: URL, headers, body.

The host checks them and decides; here they are only brought into its form.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import IO, Any, TypeAlias
from urllib.parse import urlencode

from .._calls import Request, length_ms
from .._errors import CallInvalid
from .._schema import adapter
from .._text import bounded_repr, clean, encode
from ._headers import Headers
from ._response import Response

__all__ = ["Data", "HeadersLike", "Params", "Timeout", "absolute", "header_pairs", "http_request"]

Pairs: TypeAlias = Mapping[str, Any] | Iterable[tuple[str, Any]]
Params: TypeAlias = Pairs | str | None
HeadersLike: TypeAlias = Pairs | None
Data: TypeAlias = Pairs | str | bytes | bytearray | memoryview | IO[Any] | None
Timeout: TypeAlias = float | timedelta | None

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_HTTP = re.compile(r"https?://[^/?#]", re.IGNORECASE)
_FORM = "application/x-www-form-urlencoded"
_JSON = "application/json"


def http_request(
    method: str,
    url: str,
    *,
    params: Params = None,
    headers: list[tuple[str, str]],
    json: Any = None,
    data: Data = None,
    timeout: Timeout = None,
    allow_redirects: bool = True,
) -> Request[Response]:
    """The request; `url` is absolute and `headers` are those of `header_pairs`."""
    body, content_type = _body(json, data)
    if content_type and not any(name.lower() == "content-type" for name, _ in headers):
        headers = [*headers, ("content-type", content_type)]
    arguments: dict[str, Any] = {"method": method, "url": _with_query(url, params), "headers": headers}
    if timeout is not None:
        if isinstance(timeout, tuple):
            raise TypeError("the timeout of a request is one number of seconds, for all of it")
        arguments["timeout_ms"] = length_ms("the timeout of a request", timeout)
    if not allow_redirects:
        arguments["redirects"] = False

    def read(value: Any, attachment: bytes) -> Response:
        pairs = [(str(name), str(text)) for name, text in value["headers"]]
        return Response(method, value["url"], value["status"], Headers(pairs), attachment)

    return Request("http", arguments, read, body)


def absolute(base: str, url: str) -> str:
    """The whole URL of one that may stand under a base; raises `CallInvalid` where there is none."""
    if not isinstance(url, str):
        raise TypeError(f"a URL is a text, not {bounded_repr(url)}")
    if base and not _SCHEME.match(url):
        base = base.rstrip("/")
        url = base + url if not url or url[0] in "?#" else f"{base}/{url.lstrip('/')}"
    if not _HTTP.match(url):
        raise CallInvalid(
            f"{bounded_repr(url)} is no URL of http or https",
            hint="Write it whole, as in 'https://api.example.com/things'",
        )
    return url


def header_pairs(headers: HeadersLike, base: Iterable[tuple[str, str]] = ()) -> list[tuple[str, str]]:
    """Names and values; those of `base` stay where no other value is given. None takes a header away."""
    given = list(_pairs(headers, "headers")) if headers is not None else []
    names = {name.lower() for name, _ in given}
    kept = [pair for pair in base if pair[0].lower() not in names]
    return kept + [(name, _header_value(name, value)) for name, value in given if value is not None]


def _header_value(name: str, value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if isinstance(value, str):
        return value
    if type(value) in (int, float):
        return str(value)
    raise TypeError(f"the value of the header {name!r} is a text, not {bounded_repr(value)}")


def _with_query(url: str, params: Params) -> str:
    if params is None:
        return url
    query = params if isinstance(params, str) else _urlencoded(params, "params")
    if not query:
        return url
    base, _, _ = url.partition("#")
    glue = "" if base.endswith(("?", "&")) else "&" if "?" in base else "?"
    return base + glue + query


def _urlencoded(pairs: Pairs, what: str) -> str:
    """Lists stand for several values of a name; None for none."""
    flat = []
    for name, value in _pairs(pairs, what):
        values = value if isinstance(value, list | tuple | set | frozenset) else [value]
        flat += [(name, _plain(each)) for each in values if each is not None]
    return urlencode(flat)


def _plain(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str | bytes) else str(value)


def _pairs(pairs: Pairs, what: str) -> Iterable[tuple[str, Any]]:
    given: Any = pairs.items() if isinstance(pairs, Mapping) else pairs
    try:
        made = [(name, value) for name, value in given]
    except (TypeError, ValueError):
        made = [(None, None)]
    if not all(isinstance(name, str) for name, _ in made):
        raise TypeError(f"{what} are a mapping or pairs of names and values, not {bounded_repr(pairs)}")
    return made


def _body(json: Any, data: Data) -> tuple[bytes, str | None]:
    """The body and its type, where it has one."""
    if json is not None:
        if data is not None:
            raise TypeError("a request has either json= or data=")
        return clean(encode(adapter(object).dump(json, "json"))).encode(), _JSON
    if data is None:
        return b"", None
    if hasattr(data, "read"):
        data = data.read()
    if isinstance(data, str):
        return clean(data).encode(), None
    if isinstance(data, bytes | bytearray | memoryview):
        return bytes(data), None
    return _urlencoded(data, "data").encode(), _FORM
