"""Write flows for Sluice: plain Python functions with steps, calls and a record of every run.

from sluice import flow

@flow
def hello(name: str = "world") -> str:
    with flow.step("compose"):
        return f"Hello, {name}!"
"""

from typing import TYPE_CHECKING, Any

from ._artifact import Artifact
from ._call_errors import (
    AgentFailed,
    BudgetExceeded,
    HttpFailed,
    HttpRefused,
    HttpStatusError,
    ModelFailed,
    ModelNotFound,
    RateLimited,
    SecretNotFound,
)
from ._calls import Future, Operation
from ._errors import (
    CallFailed,
    CallInvalid,
    CallTimedOut,
    Cancelled,
    CapabilityDenied,
    ChildFailed,
    Deadlock,
    Failed,
    NotAvailable,
    NotInSandbox,
    OutcomeUnknown,
    SluiceError,
)
from ._flow import Flow, flow
from ._later import later
from ._schema import InvalidAnswer, InvalidInput, InvalidOutput
from ._step import Step

if TYPE_CHECKING:
    from . import http
    from ._agent import Agent, agent
    from ._llm import Reply, ToolCall, Usage
    from ._prompt import Prompt, prompt
    from ._secret import Secret
    from ._tool import Tool, tool

__all__ = [
    "Agent",
    "AgentFailed",
    "Artifact",
    "BudgetExceeded",
    "CallFailed",
    "CallInvalid",
    "CallTimedOut",
    "Cancelled",
    "CapabilityDenied",
    "ChildFailed",
    "Deadlock",
    "Failed",
    "Flow",
    "Future",
    "HttpFailed",
    "HttpRefused",
    "HttpStatusError",
    "InvalidAnswer",
    "InvalidInput",
    "InvalidOutput",
    "ModelFailed",
    "ModelNotFound",
    "NotAvailable",
    "NotInSandbox",
    "Operation",
    "OutcomeUnknown",
    "Prompt",
    "RateLimited",
    "Reply",
    "Secret",
    "SecretNotFound",
    "SluiceError",
    "Step",
    "Tool",
    "ToolCall",
    "Usage",
    "agent",
    "flow",
    "http",
    "prompt",
    "tool",
]

_LATER = {
    "Agent": "_agent",
    "Prompt": "_prompt",
    "Reply": "_llm",
    "Secret": "_secret",
    "Tool": "_tool",
    "ToolCall": "_llm",
    "Usage": "_llm",
    "agent": "_agent",
    "http": "http",
    "prompt": "_prompt",
    "tool": "_tool",
}


def __getattr__(name: str) -> Any:
    module = _LATER.get(name)
    if module is None:
        raise AttributeError(f"module 'sluice' has no attribute {name!r}")
    found = globals()[name] = later(module, name)
    return found


def __dir__() -> list[str]:
    return __all__.copy()
