"""`flow.artifact`: bytes that are kept with the run, for whoever looks at it later and for itself."""

from dataclasses import dataclass
from typing import Any, Generic, ParamSpec, TypeVar

from ._calls import Operation, Request
from ._text import bounded_repr

__all__ = ["Artifact", "artifact"]

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Artifact:
    """What the host kept. `digest` is the SHA-256 of the bytes, in hex."""

    name: str
    media_type: str
    size_bytes: int
    digest: str


Artifact.__module__ = "sluice"


class _WithRead(Operation[P, T], Generic[P, T]):
    """The operation that writes, with the one that reads beside it."""

    read: Operation[[str], bytes]


@_WithRead
def artifact(name: str, content: bytes | str, *, media_type: str | None = None) -> Request[Artifact]:
    """Keeps bytes with the run under a name; needs `artifact:NAME`. `artifact.read(name)` gives them back.

    A text is kept as UTF-8. Bytes under a name that has some already take their place.
    """
    if isinstance(content, str):
        body, kind = content.encode(), "text/plain; charset=utf-8"
    else:
        try:
            body, kind = bytes(memoryview(content)), "application/octet-stream"
        except TypeError:
            raise TypeError(
                f"the content of an artifact is a text or bytes, not {bounded_repr(content)}"
            ) from None
    arguments = {"name": name, "operation": "write", "media_type": media_type or kind}
    return Request("artifact", arguments, _kept, body)


def _read(name: str) -> Request[bytes]:
    """The bytes that this run kept under a name."""
    return Request("artifact", {"name": name, "operation": "read"}, lambda value, attachment: attachment)


_read.__name__ = "artifact.read"
artifact.read = Operation(_read)


def _kept(value: Any, attachment: bytes) -> Artifact:
    return Artifact(value["name"], value["media_type"], value["size_bytes"], value["digest"])
