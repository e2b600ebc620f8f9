"""HTTP by way of the host: `http.get("https://api.example.com/things", params={"page": 2}).json()`.

Each function is an operation with two forms, `http.get(...)` and `http.get.start(...)`, and needs
`http:HOST`. Raises `CapabilityDenied`, `HttpRefused`, `HttpFailed`, `CallTimedOut`; a bad status raises
nothing before `raise_for_status`.
"""

from .._call_errors import HttpFailed, HttpRefused, HttpStatusError
from ._client import PLAIN, Client
from ._headers import Headers
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

get = PLAIN.get
head = PLAIN.head
options = PLAIN.options
delete = PLAIN.delete
post = PLAIN.post
put = PLAIN.put
patch = PLAIN.patch
request = PLAIN.request
client = PLAIN.client
