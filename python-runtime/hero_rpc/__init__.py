"""Clients of hero_rpc services: `from hero_rpc import calendar`, then `calendar.event_list(day="...")`.

Each method is an operation with the two forms of all operations, `calendar.event_list(...)` and
`calendar.event_list.start(...)`. Its parameters, what it answers and its errors come from the
service's own document. What a flow was not granted raises `sluice.CapabilityDenied`; what the service
refuses raises `RpcError`, or a class of the service's own.

Where nobody gave any client, as under plain Python, every name is a service without types:
`calendar.event_list(day="...")` sends its params by name, and answers with what JSON holds. A name that
Python does not allow is written `Service("my-mail")`, a method of that kind `mail["folder.list"]`.
"""

import typing as _typing

from . import _client as _client  # what every client stands on: part of the image
from . import _installed
from ._errors import (
    InternalError,
    InvalidParams,
    InvalidRequest,
    MethodNotFound,
    ParseError,
    RpcError,
)
from ._untyped import Service

__all__ = [
    "InternalError",
    "InvalidParams",
    "InvalidRequest",
    "MethodNotFound",
    "ParseError",
    "RpcError",
    "Service",
]

_install = _installed.install
_forget = _installed.forget


def __getattr__(name: str) -> _typing.Any:
    if name.startswith("_"):
        raise AttributeError(f"module 'hero_rpc' has no attribute {name!r}")
    return _installed.module(name)
