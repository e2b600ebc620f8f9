"""`time.sleep` in the sandbox: a call of the host like any other, so it costs no CPU and is recorded."""

import time
from typing import SupportsIndex

from ._operations import pause

__all__ = ["install"]


def sleep(seconds: float | SupportsIndex, /) -> None:
    """Delays execution for a number of seconds, which may be a fraction."""
    if isinstance(seconds, str | bytes | bytearray):
        raise TypeError(f"{type(seconds).__name__!r} object cannot be interpreted as an integer or float")
    pause(float(seconds))


def install() -> None:
    """Puts it in the place of the standard one; before other modules take that by name."""
    time.sleep = sleep
