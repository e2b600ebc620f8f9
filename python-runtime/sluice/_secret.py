"""`flow.secret`: a reference to a secret. The value never enters the sandbox: the host puts it in the place
of the reference, towards hosts that the secret is for."""

from typing import Any

from ._calls import Request

__all__ = ["Secret", "secret_request"]


class Secret(str):
    """A text that stands for a secret: in a header, a query or a body, `f"Bearer {token}"`.

    It has to arrive as it is: what is encoded, hashed or cut is no reference any more.
    """

    __slots__ = ("name", "version")

    name: str
    version: int

    def __new__(cls, reference: str, name: str = "", version: int = 0) -> "Secret":
        made = super().__new__(cls, reference)
        made.name = name
        made.version = version
        return made

    def __repr__(self) -> str:
        return f"<secret {self.name!r}, version {self.version}>"


Secret.__module__ = "sluice"


def secret_request(name: str) -> Request[Secret]:
    """The request for the reference to a secret."""

    def read(value: Any, attachment: bytes) -> Secret:
        return Secret(value["reference"], name, value["version"])

    return Request("secret", {"name": name}, read)
