"""The answer to an HTTP request, whole and in memory."""

import json
import re
from http import HTTPStatus
from typing import Any, TypeVar, overload

from .._call_errors import HttpStatusError
from .._schema import InvalidAnswer, adapter
from .._text import bounded
from ._headers import Headers

__all__ = ["Response", "phrase"]

T = TypeVar("T")

_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
_BOM = b"\xef\xbb\xbf"
_WORTH_ANOTHER_TRY = frozenset({408, 425, 429, 500, 502, 503, 504})
_EXCERPT = 500
_HINTS = {
    401: "Send who asks: headers={'Authorization': f\"Bearer {flow.secret('NAME')}\"}",
    429: "The server wants to be asked less often: use a step with retries and backoff",
}


class Response:
    """What a server answered. Any status is an answer: `raise_for_status` makes a bad one an error."""

    __slots__ = ("content", "encoding", "headers", "method", "status_code", "url")

    def __init__(self, method: str, url: str, status_code: int, headers: Headers, content: bytes) -> None:
        self.method = method
        self.url = url
        """Where the answer came from in the end, after redirects."""
        self.status_code = status_code
        self.headers = headers
        self.content = content
        """The body, decompressed."""
        self.encoding = _encoding(headers.get("content-type", ""), content)
        """What `text` is read with: as the server says, else UTF-8. It can be set."""

    @property
    def ok(self) -> bool:
        """Whether the status is below 400."""
        return self.status_code < 400

    def __bool__(self) -> bool:
        return self.ok

    @property
    def reason(self) -> str:
        """The usual words for the status, such as `Not Found`."""
        return phrase(self.status_code)

    @property
    def text(self) -> str:
        """The body as text; bytes that are none become marks."""
        try:
            return self.content.decode(self.encoding, "replace")
        except (LookupError, UnicodeError):
            return self.content.decode("utf-8", "replace")

    @overload
    def json(self, kind: type[T], /) -> T: ...

    @overload
    def json(self, kind: Any = None, /) -> Any: ...

    def json(self, kind: Any = None, /) -> Any:
        """The body read as JSON, and as a type where one is given: `response.json(list[Event])`.

        Raises `json.JSONDecodeError` where it is no JSON, `InvalidAnswer` where it does not fit the type;
        both are `ValueError`.
        """
        try:
            value = json.loads(self.content)
        except ValueError as error:
            error.add_note(
                f"the body of {self._told()} has the type {self.headers.get('content-type', 'unknown')!r} "
                f"and begins with {bounded(self.text, _EXCERPT)!r}"
            )
            raise
        return value if kind is None else adapter(kind).load(value, "body", raises=InvalidAnswer)

    def raise_for_status(self) -> "Response":
        """This answer, where its status is below 400; raises `HttpStatusError` otherwise.

        What may pass, such as 429 and 503, is `retryable`: a step with `retries` tries it again.
        """
        if self.ok:
            return self
        raise HttpStatusError(
            self._told(),
            response=self,
            hint=_HINTS.get(self.status_code),
            retryable=self.status_code in _WORTH_ANOTHER_TRY,
            details={"status": self.status_code, "method": self.method, "body": bounded(self.text, _EXCERPT)},
        )

    def __repr__(self) -> str:
        return f"<response {self._told()}>"

    def _told(self) -> str:
        # Without the query, which is often long and may be nobody else's business.
        url = bounded(self.url.partition("?")[0], 200)
        return f"{self.status_code} {self.reason} for {self.method} {url}".replace("  ", " ")


Response.__module__ = "sluice.http"


def phrase(status: int) -> str:
    """The usual words for a status; empty where there are none."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _encoding(content_type: str, content: bytes) -> str:
    found = _CHARSET.search(content_type)
    encoding = found[1].lower() if found else "utf-8"
    return "utf-8-sig" if encoding in ("utf-8", "utf8") and content.startswith(_BOM) else encoding
