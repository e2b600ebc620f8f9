"""The document of docs/describe.md: the flows of a source, and what would go wrong with them.

Runs no flow. A flow whose hints cannot be described is still listed, with a problem.
"""

import ast
import inspect
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

from ._checks import check
from ._errors import UsesInvalid
from ._qualified import Names
from ._schema import Signature, UnsupportedHint
from ._schema.docstrings import dedented, summary
from ._steps_of import steps_of
from ._uses import parse_uses

__all__ = ["FlowInfo", "describe"]


class FlowInfo(Protocol):
    """What `describe` has to know about a flow."""

    @property
    def name(self) -> str: ...
    @property
    def function(self) -> Callable[..., Any]: ...
    @property
    def uses(self) -> Iterable[str]: ...
    @property
    def signature(self) -> Signature: ...
    @property
    def line(self) -> int: ...


def describe(source: str, tree: ast.Module, flows: Sequence[FlowInfo]) -> dict[str, Any]:
    """The description of a source whose module was loaded and held these flows."""
    names = Names(tree)
    problems = check(source, tree)
    described = [_flow(flow, tree, names, problems) for flow in flows]
    problems += _names_taken(flows)
    if not flows:
        problems.append(
            _problem(
                "flow_missing",
                "the source has no flow",
                "Write `from sluice import flow`, and `@flow` above the function that is to run",
                None,
            )
        )
    return {"version": 1, "flows": described, "problems": problems}


def _flow(flow: FlowInfo, tree: ast.Module, names: Names, problems: list[dict[str, Any]]) -> dict[str, Any]:
    function = inspect.unwrap(flow.function)
    node = _node(function.__name__, flow.line, tree)
    problems += _uses(flow, problems)
    return {
        "name": flow.name,
        "function": function.__name__,
        "line": flow.line,
        "summary": summary(function.__doc__),
        "doc": dedented(function.__doc__),
        "input": _schema(flow, flow.signature.input_schema, problems, {"type": "object"}),
        "output": _schema(flow, flow.signature.output_schema, problems, {}),
        "uses": list(flow.uses),
        "steps": [] if node is None else steps_of(node, tree, names),
        "is_async": inspect.iscoroutinefunction(function),
    }


def _schema(
    flow: FlowInfo,
    make: Callable[[], dict[str, Any]],
    problems: list[dict[str, Any]],
    otherwise: dict[str, Any],
) -> dict[str, Any]:
    try:
        return make()
    except UnsupportedHint as wrong:
        problems.append(_problem("source_invalid", f"flow `{flow.name}`: {wrong}", wrong.hint, flow.line))
        return otherwise


def _uses(flow: FlowInfo, known: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Words that are computed, and so were not seen in the source."""
    if any(problem["code"] == "uses_invalid" for problem in known):
        return []
    try:
        parse_uses(flow.uses)
    except UsesInvalid as wrong:
        return [_problem("uses_invalid", f"flow `{flow.name}`: {wrong}", wrong.hint, flow.line)]
    return []


def _names_taken(flows: Sequence[FlowInfo]) -> list[dict[str, Any]]:
    lines: dict[str, int] = {}
    problems = []
    for flow in flows:
        if flow.name in lines:
            problems.append(
                _problem(
                    "flow_name_taken",
                    f"two flows are called `{flow.name}`: on line {lines[flow.name]} and on line {flow.line}",
                    'Give one of them another name: `@flow(name="...")`',
                    flow.line,
                )
            )
        lines.setdefault(flow.name, flow.line)
    return problems


def _node(name: str, line: int, tree: ast.Module) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name == name:
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            if first <= line <= (node.end_lineno or node.lineno):
                return node
    return None


def _problem(code: str, message: str, hint: str | None, line: int | None) -> dict[str, Any]:
    return {
        "severity": "error",
        "code": code,
        "message": message,
        "hint": hint,
        "line": line,
        "column": None,
        "end_line": None,
        "end_column": None,
    }
