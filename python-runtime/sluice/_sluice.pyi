"""The guest's builtin module: `wit/` in Python's types, written in C (python-runtime/cpython/).

Only `_host.py` imports it. Numbers of enums are their places in the WIT, from 0.
"""

class Refused(Exception):
    """`calls.start` failed. `args[0]` is the failure as JSON text."""

def span_start(parent: int, name: str, attributes: str, uses: str | None, line: int = 0, /) -> int:
    """`line` is where the step stands in the flow's source; 0: the line that is being run."""

def span_end(span: int, status: int, failure: str | None, /) -> None:
    """`status` is 0 ok, 1 failed (with `failure`), 2 cancelled."""

def span_set(span: int, attributes: str, /) -> None: ...
def progress(span: int, done: int, total: int | None, /) -> None: ...
def log(span: int, level: int, message: str, attributes: str, /) -> None: ...
def call_start(span: int, kind: int, arguments: str, attachment: bytes, /) -> int:
    """Raises `Refused`."""

def call_next(timeout_ms: int | None, /) -> list[tuple[int, bool, str, bytes]]:
    """Each completion as (call, ok, value or failure as JSON, attachment)."""

def call_cancel(call: int, /) -> None: ...
def now_ms() -> int: ...
def entropy() -> int: ...
def pack_memory() -> None:
    """While the image is made: what is allocated next lies side by side. Does nothing in a run.

    What is allocated between the last two calls is taken to be written by every run.
    """
