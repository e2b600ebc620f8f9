"""Write flows for Sluice: plain Python functions with steps, calls and a record of every run.

from sluice import flow

@flow
def hello(name: str = "world") -> str:
    with flow.step("compose"):
        return f"Hello, {name}!"
"""

from ._agent import Agent, Tool, agent, tool
from ._calls import Future, Operation
from ._errors import (
    CallFailed,
    CallInvalid,
    Cancelled,
    CapabilityDenied,
    Deadlock,
    Failed,
    NotAvailable,
    NotInSandbox,
    SluiceError,
)
from ._flow import Flow, flow
from ._schema import InvalidInput, InvalidOutput
from ._step import Step

__all__ = [
    "Agent",
    "CallFailed",
    "CallInvalid",
    "Cancelled",
    "CapabilityDenied",
    "Deadlock",
    "Failed",
    "Flow",
    "Future",
    "InvalidInput",
    "InvalidOutput",
    "NotAvailable",
    "NotInSandbox",
    "Operation",
    "SluiceError",
    "Step",
    "Tool",
    "agent",
    "flow",
    "tool",
]
