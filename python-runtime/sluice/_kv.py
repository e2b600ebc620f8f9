"""`flow.kv`: the tenant's key-value store, which outlives the run."""

from datetime import timedelta
from typing import Any

from ._calls import Method, Request, length_ms
from ._schema import adapter

__all__ = ["kv"]


def _nothing(value: Any, attachment: bytes) -> None:
    return None


def _same(value: Any, attachment: bytes) -> Any:
    return value


class kv:
    """A space of the key-value store: `flow.kv("notes").get("title")`; needs `kv:notes`.

    Values are JSON, and None is no value: it is what a key has that was never set. Keys are texts of 1
    to 512 bytes. Each operation happens once, whatever happens to the run. `ttl` says after how long a
    value is gone, in seconds or as a timedelta, at most ten years; None keeps it.
    """

    def __init__(self, space: str) -> None:
        self.space = space

    def __repr__(self) -> str:
        return f"<space {self.space!r} of the key-value store>"

    @Method
    def get(self, key: str, default: Any = None) -> Request[Any]:
        """The value of a key, or `default` where there is none."""
        return self._request(
            lambda value, attachment: default if value is None else value, operation="get", key=key
        )

    @Method
    def set(self, key: str, value: Any, *, ttl: float | timedelta | None = None) -> Request[None]:
        """Sets the value of a key. None removes it."""
        written = _written(value)
        if written is None:
            return self._request(_nothing, operation="delete", key=key)
        return self._request(_nothing, operation="set", key=key, value=written, **_ttl(ttl))

    @Method
    def delete(self, key: str) -> Request[bool]:
        """Removes a key. Returns whether there was one."""
        return self._request(_same, operation="delete", key=key)

    @Method
    def list(
        self, prefix: str = "", *, after: str | None = None, limit: int | None = None
    ) -> Request[dict[str, Any]]:
        """The values of the keys that begin with `prefix`, by key and in the order of the keys.

        At most `limit` of them, or 100 where that is None, and never more than 1,000; the next ones
        come with the last of these keys as `after`.
        """
        bounds = {"after": after, "limit": limit}
        given = {name: bound for name, bound in bounds.items() if bound is not None}
        return self._request(lambda value, attachment: dict(value), operation="list", prefix=prefix, **given)

    @Method
    def compare_and_set(
        self, key: str, expected: Any, value: Any, *, ttl: float | timedelta | None = None
    ) -> Request[bool]:
        """Sets the value of a key where it is `expected`, and returns whether it was.

        None stands for no value: as `expected` it says that the key is new, as `value` it removes it.
        """
        return self._request(
            _same,
            operation="compare_and_set",
            key=key,
            expected=_written(expected),
            value=_written(value),
            **_ttl(ttl),
        )

    def _request(self, read: Any, **members: Any) -> Request[Any]:
        return Request("kv", {"space": self.space, **members}, read)


def _written(value: Any) -> Any:
    return adapter(object).dump(value, "value")


def _ttl(ttl: float | timedelta | None) -> dict[str, int]:
    return {} if ttl is None else {"ttl_ms": length_ms("the ttl of a value", ttl)}
