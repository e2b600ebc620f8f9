"""Key-value store and artifacts in memory, for flows under plain CPython: arguments and answers as in
docs/calls.md. They last as long as the process."""

import hashlib
import json
import time
from typing import Any

__all__ = ["KINDS", "Unable", "perform"]

KINDS = ("kv", "artifact")
_MOST_LISTED = 1_000

_values: dict[tuple[str, str], tuple[str, float | None]] = {}
"""JSON texts by space and key, each with the reading of the monotonic clock at which it is gone."""

_artifacts: dict[str, tuple[dict[str, Any], bytes]] = {}


class Unable(Exception):
    """The call cannot be done; the text says why."""


def perform(kind: str, arguments: dict[str, Any], attachment: bytes) -> tuple[str, bytes]:
    """The answer of a call as JSON text, and its attachment. Raises `Unable`."""
    if kind == "artifact":
        return _artifact(arguments, attachment)
    return json.dumps(_kv(arguments)), b""


def _kv(arguments: dict[str, Any]) -> Any:
    space, operation = arguments["space"], arguments["operation"]
    if operation == "list":
        return _list(space, arguments)
    key = arguments["key"]
    if not isinstance(key, str) or not 1 <= len(key.encode()) <= 512:
        raise Unable("a key has 1 to 512 bytes")
    before = _get(space, key)
    if operation == "get":
        return before
    if operation == "delete":
        _values.pop((space, key), None)
        return before is not None
    if operation == "compare_and_set" and not _equal(before, arguments["expected"]):
        return False
    if arguments["value"] is None:
        _values.pop((space, key), None)
    else:
        ttl_ms = arguments.get("ttl_ms")
        gone = None if ttl_ms is None else time.monotonic() + ttl_ms / 1000
        _values[space, key] = json.dumps(arguments["value"]), gone
    return True if operation == "compare_and_set" else None


def _equal(one: Any, other: Any) -> bool:
    """Equal in JSON: unlike in Python, `true` is not 1."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def _get(space: str, key: str) -> Any:
    text, gone = _values.get((space, key), ("null", None))
    return None if gone is not None and gone <= time.monotonic() else json.loads(text)


def _list(space: str, arguments: dict[str, Any]) -> list[tuple[str, Any]]:
    prefix, after = arguments["prefix"], arguments.get("after")
    names = sorted(
        (key for at, key in _values if at == space and key.startswith(prefix)), key=lambda key: key.encode()
    )
    if after is not None:
        names = [key for key in names if key.encode() > after.encode()]
    found = [(key, value) for key in names if (value := _get(space, key)) is not None]
    return found[: min(arguments.get("limit", 100), _MOST_LISTED)]


def _artifact(arguments: dict[str, Any], attachment: bytes) -> tuple[str, bytes]:
    name = arguments["name"]
    if arguments["operation"] == "read":
        if name not in _artifacts:
            raise Unable(f"the run has kept no artifact {name!r}")
        kept, body = _artifacts[name]
        return json.dumps(kept), body
    kept = {
        "name": name,
        "media_type": arguments["media_type"],
        "size_bytes": len(attachment),
        "digest": hashlib.sha256(attachment).hexdigest(),
    }
    _artifacts[name] = kept, bytes(attachment)
    return json.dumps(kept), b""
