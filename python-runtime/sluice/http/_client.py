"""A client: what its requests share, and an operation for each method of HTTP."""

from typing import Any

from .._calls import Method, Request
from .._text import bounded_repr
from ._request import Data, HeadersLike, Params, Timeout, absolute, header_pairs, http_request
from ._response import Response

__all__ = ["PLAIN", "Client"]


class Client:
    """Requests under a base URL, with headers and a timeout of their own unless they bring others.

    `params` go into the query: lists are several values, None is none. A body is `json=`, anything that has a
    form in JSON, or `data=`: a mapping as a form, a text or bytes as they are. `timeout` is for all of it, in
    seconds or as a timedelta. Redirects are followed, each with the checks of the first address, unless
    `allow_redirects` is false.
    """

    def __init__(self, base_url: str = "", *, headers: HeadersLike = None, timeout: Timeout = None) -> None:
        self.base_url = absolute("", base_url) if base_url else ""
        self.headers = header_pairs(headers)
        self.timeout = timeout

    def client(self, base_url: str = "", *, headers: HeadersLike = None, timeout: Timeout = None) -> "Client":
        """A client with what its requests share, and what those of this one share already."""
        base = absolute(self.base_url, base_url) if base_url else self.base_url
        return Client(
            base,
            headers=header_pairs(headers, self.headers),
            timeout=self.timeout if timeout is None else timeout,
        )

    def __repr__(self) -> str:
        return f"<http client of {self.base_url}>" if self.base_url else "<http client>"

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *error: object) -> None:
        """There is nothing to close."""

    async def __aenter__(self) -> "Client":
        return self

    async def __aexit__(self, *error: object) -> None:
        """There is nothing to close."""

    @Method
    def get(
        self,
        url: str,
        *,
        params: Params = None,
        headers: HeadersLike = None,
        timeout: Timeout = None,
        allow_redirects: bool = True,
    ) -> Request[Response]:
        """Gets what a URL stands for."""
        return self._request("GET", url, params, headers, None, None, timeout, allow_redirects)

    @Method
    def head(
        self,
        url: str,
        *,
        params: Params = None,
        headers: HeadersLike = None,
        timeout: Timeout = None,
        allow_redirects: bool = True,
    ) -> Request[Response]:
        """Gets status and headers only."""
        return self._request("HEAD", url, params, headers, None, None, timeout, allow_redirects)

    @Method
    def options(
        self,
        url: str,
        *,
        params: Params = None,
        headers: HeadersLike = None,
        timeout: Timeout = None,
        allow_redirects: bool = True,
    ) -> Request[Response]:
        """Asks what can be done with a URL."""
        return self._request("OPTIONS", url, params, headers, None, None, timeout, allow_redirects)

    @Method
    def delete(
        self,
        url: str,
        *,
        params: Params = None,
        headers: HeadersLike = None,
        json: Any = None,
        data: Data = None,
        timeout: Timeout = None,
        allow_redirects: bool = True,
    ) -> Request[Response]:
        """Removes what a URL stands for."""
        return self._request("DELETE", url, params, headers, json, data, timeout, allow_redirects)

    @Method
    def post(
        self,
        url: str,
        *,
        params: Params = None,
        headers: HeadersLike = None,
        json: Any = None,
        data: Data = None,
        timeout: Timeout = None,
        allow_redirects: bool = True,
    ) -> Request[Response]:
        """Sends a body to be worked on."""
        return self._request("POST", url, params, headers, json, data, timeout, allow_redirects)

    @Method
    def put(
        self,
        url: str,
        *,
        params: Params = None,
        headers: HeadersLike = None,
        json: Any = None,
        data: Data = None,
        timeout: Timeout = None,
        allow_redirects: bool = True,
    ) -> Request[Response]:
        """Puts a body in the place of what a URL stands for."""
        return self._request("PUT", url, params, headers, json, data, timeout, allow_redirects)

    @Method
    def patch(
        self,
        url: str,
        *,
        params: Params = None,
        headers: HeadersLike = None,
        json: Any = None,
        data: Data = None,
        timeout: Timeout = None,
        allow_redirects: bool = True,
    ) -> Request[Response]:
        """Changes a part of what a URL stands for."""
        return self._request("PATCH", url, params, headers, json, data, timeout, allow_redirects)

    @Method
    def request(
        self,
        method: str,
        url: str,
        *,
        params: Params = None,
        headers: HeadersLike = None,
        json: Any = None,
        data: Data = None,
        timeout: Timeout = None,
        allow_redirects: bool = True,
    ) -> Request[Response]:
        """Sends a request of any method."""
        if not isinstance(method, str):
            raise TypeError(f"a method is a text such as 'GET', not {bounded_repr(method)}")
        return self._request(method.upper(), url, params, headers, json, data, timeout, allow_redirects)

    def _request(
        self,
        method: str,
        url: str,
        params: Params,
        headers: HeadersLike,
        json: Any,
        data: Data,
        timeout: Timeout,
        allow_redirects: bool,
    ) -> Request[Response]:
        return http_request(
            method,
            absolute(self.base_url, url),
            params=params,
            headers=header_pairs(headers, self.headers),
            json=json,
            data=data,
            timeout=self.timeout if timeout is None else timeout,
            allow_redirects=allow_redirects,
        )


Client.__module__ = "sluice.http"

PLAIN = Client()
"""The client of `sluice.http` itself: its requests share nothing."""
