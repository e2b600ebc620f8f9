"""Type hints, their JSON Schema (2020-12), and the values between JSON and Python.

A hint becomes a tree of shapes; each shape has the same three methods: `schema`, `load`, `dump`.
Nothing is built before it is needed: a run pays for the hints of its own flow, and for schemas
only `describe` pays.
"""

from .adapter import Adapter, adapter
from .problems import InvalidAnswer, InvalidInput, InvalidOutput, Problem, UnsupportedHint
from .signature import Signature

__all__ = [
    "Adapter",
    "InvalidAnswer",
    "InvalidInput",
    "InvalidOutput",
    "Problem",
    "Signature",
    "UnsupportedHint",
    "adapter",
]
