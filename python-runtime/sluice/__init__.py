"""Write flows for Sluice: plain Python functions with steps, calls and a record of every run.

from sluice import flow

@flow
def hello(name: str = "world") -> str:
    with flow.step("compose"):
        return f"Hello, {name}!"
"""

from ._agent import Agent, Tool, agent, tool
from ._artifact import Artifact
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
from ._schema import InvalidAnswer, InvalidInput, InvalidOutput
from ._step import Step

__all__ = [
    "Agent",
    "Artifact",
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
    "InvalidAnswer",
    "InvalidInput",
    "InvalidOutput",
    "NotAvailable",
    "NotInSandbox",
    "Operation",
    "OutcomeUnknown",
    "SluiceError",
    "Step",
    "Tool",
    "agent",
    "flow",
    "tool",
]
