"""What calls to HTTP, secrets and models fail with, and agents: classes for the codes that a flow may want
to catch. All are `CallFailed`."""

from typing import TYPE_CHECKING, Any

from ._errors import CallFailed, register

if TYPE_CHECKING:
    from .http import Response

__all__ = [
    "AgentFailed",
    "BudgetExceeded",
    "HttpFailed",
    "HttpRefused",
    "HttpStatusError",
    "ModelFailed",
    "ModelNotFound",
    "RateLimited",
    "SecretNotFound",
]


class HttpRefused(CallFailed):
    """The address, or a redirect, leads to where no flow may go, whatever it was granted."""

    sluice_code = "http_refused"


class HttpFailed(CallFailed, OSError):
    """There was no whole answer: `reason` says why, such as `dns`, `connect`, `tls`, `protocol`, `too_large`.

    An `OSError`, as failures of the network are. An answer with a bad status is `HttpStatusError`.
    """

    sluice_code = "http_failed"

    @property
    def reason(self) -> str:
        return str(self.details.get("reason", ""))


class HttpStatusError(CallFailed):
    """Raised by `Response.raise_for_status` for a status from 400; the whole answer is in `response`."""

    sluice_code = "http_status"

    def __init__(self, message: str = "", *, response: "Response", **more: Any) -> None:
        super().__init__(message, **more)
        self.response = response


class SecretNotFound(CallFailed):
    """The tenant has no secret of that name."""

    sluice_code = "secret_not_found"


class ModelNotFound(CallFailed):
    """The tenant has no model of that name."""

    sluice_code = "model_not_found"


class ModelFailed(CallFailed):
    """The model's server gave no answer that can be used; `retryable` says whether trying again may help."""

    sluice_code = "model_failed"


class RateLimited(CallFailed):
    """The model was asked too often in a short time; the host has waited and tried again already."""

    sluice_code = "model_rate_limited"


class BudgetExceeded(CallFailed):
    """The tokens or the money for models are used up; `level` says whose: tenant, run, step or agent."""

    sluice_code = "budget_exceeded"

    @property
    def level(self) -> str:
        return str(self.details.get("level", ""))


class AgentFailed(CallFailed):
    """An agent came to no answer. `reason` is `turns` where they are used up, `output` where what it says
    does not fit what was asked for, `refused` where the model's server held the answer back, `too_long` where
    what it was told has no room in one call."""

    sluice_code = "agent_failed"

    @property
    def reason(self) -> str:
        return str(self.details.get("reason", ""))


for _name in __all__:
    # A reader of an error knows these by the name that a flow imports.
    globals()[_name].__module__ = "sluice"

register(HttpRefused, HttpFailed, SecretNotFound, ModelNotFound, ModelFailed, RateLimited, BudgetExceeded)
