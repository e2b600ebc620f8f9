"""The exceptions of the SDK, one class for each thing that a flow may want to catch.

Each carries what the error object of docs/errors.md needs: `sluice_kind`, `sluice_code`, `hint`,
`retryable` and `details`, as class or instance attributes. Whoever catches one reads these, never
the text.
"""

import errno
import functools
from collections.abc import Mapping
from typing import Any

from ._codes import KINDS

__all__ = [
    "CallFailed",
    "CallInvalid",
    "CallTimedOut",
    "Cancelled",
    "CapabilityDenied",
    "ChildFailed",
    "Deadlock",
    "Failed",
    "FlowAmbiguous",
    "FlowMissing",
    "FlowNameTaken",
    "FlowNotFound",
    "ImportUnavailable",
    "NotAvailable",
    "NotInSandbox",
    "OutcomeUnknown",
    "SluiceError",
    "SourceError",
    "UsesInvalid",
    "call_failed",
    "register",
]


class SluiceError(Exception):
    """What the SDK raises; the base of every class here but `NotInSandbox`."""

    sluice_kind: str = "flow_error"
    sluice_code: str = "exception"

    def __init__(
        self,
        message: str = "",
        *,
        hint: str | None = None,
        retryable: bool = False,
        details: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.retryable = retryable
        self.details: dict[str, object] = dict(details or {})

    @property
    def code(self) -> str:
        """Why, exactly: a heading of docs/errors.md."""
        return self.sluice_code


class Failed(SluiceError):
    """Raised by a flow to end as failed, with a message for whoever reads it.

    `details` goes into the error object as it is; `retryable` says that the same run, tried again
    unchanged, may succeed.
    """

    sluice_code = "flow_failed"


class Deadlock(SluiceError):
    """The flow waits for something that nothing can bring about."""

    sluice_code = "deadlock"


class CallFailed(SluiceError):
    """An operation of the host could not be done; `code` says why."""

    sluice_kind = "call_error"

    def __init__(
        self,
        message: str = "",
        *,
        code: str | None = None,
        hint: str | None = None,
        retryable: bool = False,
        details: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(message, hint=hint, retryable=retryable, details=details)
        if code is not None:
            self.sluice_code = code
            self.sluice_kind = KINDS.get(code, self.sluice_kind)


class CallInvalid(CallFailed):
    """The arguments of an operation are not what its kind takes. Nothing has happened."""

    sluice_code = "call_invalid"


class NotAvailable(CallFailed):
    """This host has nobody to do the operation. Nothing has happened."""

    sluice_code = "not_available"


class CallTimedOut(CallFailed, TimeoutError):
    """The operation was not answered in the time that the flow gave it: a `TimeoutError` too."""

    sluice_code = "call_timed_out"


class OutcomeUnknown(CallFailed):
    """The worker died while the call was under way, and it may not be tried again.

    It may have happened or not. A flow that can find out, or do without, catches this and goes on.
    """

    sluice_code = "outcome_unknown"


class ChildFailed(CallFailed):
    """A child run did not succeed.

    `failure` is the child's own error object, with `code`, `message` and the rest of docs/errors.md;
    `run` and `flow` say whose.
    """

    sluice_code = "child_failed"

    def __init__(self, message: str = "", *, failure: Mapping[str, Any] | None = None, **more: Any) -> None:
        super().__init__(message, **more)
        self.failure: dict[str, Any] = dict(failure or {})

    @property
    def run(self) -> str:
        """The id of the child run."""
        return str(self.details.get("run", ""))

    @property
    def flow(self) -> str:
        """The name of the child's flow."""
        return str(self.details.get("flow", ""))


class Cancelled(CallFailed):
    """The operation was given up before its answer came."""

    sluice_kind = "cancelled"
    sluice_code = "cancelled"


class CapabilityDenied(CallFailed):
    """The operation is outside what the run was granted. Nothing has happened.

    `capability` is the word that would allow it, such as `rpc:calendar.event_delete`.
    """

    sluice_kind = "capability_denied"
    sluice_code = "capability_denied"

    @property
    def capability(self) -> str:
        return str(self.details.get("capability", ""))


class SourceError(SluiceError):
    """The source cannot serve the run; the classes below say how."""

    sluice_kind = "source_error"
    sluice_code = "source_invalid"


class FlowNotFound(SourceError):
    """The source has no flow of that name."""

    sluice_code = "flow_not_found"


class FlowAmbiguous(SourceError):
    """The source has several flows and the run did not say which."""

    sluice_code = "flow_ambiguous"


class FlowMissing(SourceError):
    """The source has no flow at all."""

    sluice_code = "flow_missing"


class FlowNameTaken(SourceError):
    """Two flows of one source have the same name."""

    sluice_code = "flow_name_taken"


class UsesInvalid(SourceError):
    """A word of `uses=[...]` is not a capability word."""

    sluice_code = "uses_invalid"


class NotInSandbox(OSError):
    """Python offers it, the sandbox does not: files, sockets, processes, threads.

    An `OSError`, so code that can do without goes on as it would on a machine without it.
    """

    sluice_kind = "flow_error"
    sluice_code = "not_in_sandbox"
    retryable = False

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(errno.ENOTSUP, message)
        self.message = message
        self.hint = hint
        self.details: dict[str, object] = {}

    def __str__(self) -> str:
        return self.message


class ImportUnavailable(ModuleNotFoundError):
    """A module that the sandbox does not have.

    A `ModuleNotFoundError`, so code that can do without it goes on as it would elsewhere.
    """

    sluice_kind = "source_error"
    sluice_code = "import_unavailable"
    retryable = False

    def __init__(self, message: str, *, name: str, hint: str | None = None) -> None:
        super().__init__(message, name=name)
        self.hint = hint
        self.details: dict[str, object] = {"module": name}


_BY_CODE: dict[str, type[CallFailed]] = {
    kind.sluice_code: kind
    for kind in (
        CallInvalid,
        CallTimedOut,
        Cancelled,
        CapabilityDenied,
        ChildFailed,
        NotAvailable,
        OutcomeUnknown,
    )
}


def register(*kinds: type[CallFailed]) -> None:
    """Makes these the classes of their codes, when the host says them."""
    _BY_CODE.update({kind.sluice_code: kind for kind in kinds})


def call_failed(failure: Mapping[str, object]) -> CallFailed:
    """The exception for an error object that the host gave as the outcome of a call.

    A code that has no class of its own, such as `quota_exceeded` of a child run, is a `CallFailed`.
    """
    code = str(failure.get("code") or CallFailed.sluice_code)
    hint = failure.get("hint")
    details = failure.get("details")
    cause = failure.get("cause")
    chosen: Any = _BY_CODE.get(code, CallFailed)
    if chosen is ChildFailed:
        chosen = functools.partial(ChildFailed, failure=cause if isinstance(cause, Mapping) else None)
    raised: CallFailed = chosen(
        str(failure.get("message") or code),
        code=code,
        hint=None if hint is None else str(hint),
        retryable=failure.get("retryable") is True,
        details=details if isinstance(details, Mapping) else None,
    )
    return raised


for _name in __all__:
    # A reader of an error knows these by the name that a flow imports.
    globals()[_name].__module__ = "sluice"
