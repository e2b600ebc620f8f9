"""The names of the steps of a flow, as far as they stand in its source."""

import ast
from collections.abc import Iterator

from ._qualified import Names

STEP = "sluice.flow.step"

_Function = ast.FunctionDef | ast.AsyncFunctionDef


def steps_of(flow: _Function, tree: ast.Module, names: Names) -> list[str]:
    """Step names that are literals, in the order of the source; functions that the flow calls count
    where they are called."""
    functions = {node.name: node for node in tree.body if isinstance(node, _Function)}
    found = (name for node in flow.body for name in _steps(node, functions, names, {flow.name}))
    return list(dict.fromkeys(found))


def step_name(node: ast.expr, names: Names) -> str | None:
    """The literal name of a `flow.step(...)`; None where it is none or computed."""
    if not isinstance(node, ast.Call) or names.of(node.func) != STEP:
        return None
    given = [*node.args[:1], *(word.value for word in node.keywords if word.arg == "name")]
    for value in given:
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            return value.value
    return None


def _steps(node: ast.AST, functions: dict[str, _Function], names: Names, seen: set[str]) -> Iterator[str]:
    if isinstance(node, _Function):
        yield from _decorated(node, names)
        children: list[ast.AST] = [*node.body]
    else:
        if isinstance(node, ast.expr) and (name := step_name(node, names)) is not None:
            yield name
        children = list(ast.iter_child_nodes(node))
    if isinstance(node, ast.Name) and node.id in functions and node.id not in seen:
        seen.add(node.id)
        children.append(functions[node.id])
    for child in children:
        yield from _steps(child, functions, names, seen)


def _decorated(function: _Function, names: Names) -> Iterator[str]:
    for decorator in function.decorator_list:
        called = decorator.func if isinstance(decorator, ast.Call) else decorator
        if names.of(called) == STEP:
            yield step_name(decorator, names) or function.name
