"""The host's side of the door, and the only importer of `_sluice`.

In the sandbox these are the functions of `wit/`; under plain CPython `_local` stands in, so that a
flow can be run and tested on a developer's machine. Nothing else in the SDK knows the difference
but by `IN_SANDBOX`.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._sluice import (
        Refused,
        call_cancel,
        call_next,
        call_start,
        entropy,
        log,
        now_ms,
        pack_memory,
        progress,
        span_end,
        span_set,
        span_start,
    )

    IN_SANDBOX: bool

    def due_ms(call: int, /) -> int:
        """How long to wait before asking `call_next` for this call: for event loops not ours."""

else:
    try:
        from _sluice import (
            Refused,
            call_cancel,
            call_next,
            call_start,
            entropy,
            log,
            now_ms,
            pack_memory,
            progress,
            span_end,
            span_set,
            span_start,
        )

        IN_SANDBOX = True

        def due_ms(call, /):
            return 1

    except ModuleNotFoundError:
        from ._local import (
            Refused,
            call_cancel,
            call_next,
            call_start,
            due_ms,
            entropy,
            log,
            now_ms,
            progress,
            span_end,
            span_set,
            span_start,
        )

        IN_SANDBOX = False

        def pack_memory():
            """There is no image to be made here."""


__all__ = [
    "IN_SANDBOX",
    "Refused",
    "call_cancel",
    "call_next",
    "call_start",
    "due_ms",
    "entropy",
    "log",
    "now_ms",
    "pack_memory",
    "progress",
    "span_end",
    "span_set",
    "span_start",
]
