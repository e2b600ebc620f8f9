"""HTTP by way of the host: `http.get("https://api.example.com/things", params={"page": 2}).json()`.

Each function is an operation with two forms, `http.get(...)` and `http.get.start(...)`, and needs
`http:HOST`. Raises `CapabilityDenied`, `HttpRefused`, `HttpFailed`, `CallTimedOut`; a bad status raises
nothing before `raise_for_status`.
"""

from .._call_errors import HttpFailed, HttpRefused, HttpStatusError
from ._client import Client
from ._headers import Headers
from ._request import HeadersLike, Timeout
from ._response import Response

__all__ = [
    "Client",
    "Headers",
    "HttpFailed",
    "HttpRefused",
    "HttpStatusError",
    "Response",
    "client",
    "delete",
    "get",
    "head",
    "options",
    "patch",
    "post",
    "put",
    "request",
]

_PLAIN = Client()

get = _PLAIN.get
head = _PLAIN.head
options = _PLAIN.options
delete = _PLAIN.delete
post = _PLAIN.post
put = _PLAIN.put
patch = _PLAIN.patch
request = _PLAIN.request


def client(base_url: str = "", *, headers: HeadersLike = None, timeout: Timeout = None) -> Client:
    """A client with what its requests share: `http.client("https://api.example.com/v1").get("things")`."""
    return Client(base_url, headers=headers, timeout=timeout)
