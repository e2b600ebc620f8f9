"""What would go wrong in a source, found by looking at its tree.

Each check is one small generator over one source; what it yields is a warning unless it says
otherwise. None of them runs or imports anything.
"""

import ast
import sys
from collections.abc import Callable, Iterator
from typing import Any

from ._errors import UsesInvalid
from ._excerpt import Source
from ._nearest import nearest
from ._qualified import Names, range_of
from ._steps_of import STEP
from ._unavailable import CALLS, FILE_METHODS, INSTEAD
from ._uses import parse_uses

Finding = dict[str, Any]

_FLOW = "sluice.flow"
_FAILED = ("sluice.flow.Failed", "sluice.Failed")
_PRESENT = {"hero_rpc", "hero_tracing", "sluice", "__future__"}
_GUARDS = {"ImportError", "ModuleNotFoundError", "Exception", "BaseException"}


class Reading:
    """One source as the checks see it."""

    def __init__(self, text: str, tree: ast.Module) -> None:
        self.source = Source(text)
        self.tree = tree
        self.names = Names(tree)
        self.nodes = list(ast.walk(tree))

    def finding(
        self, code: str, message: str, hint: str | None, node: ast.expr | ast.stmt, severity: str = "warning"
    ) -> Finding:
        return {
            "severity": severity,
            "code": code,
            "message": message,
            "hint": hint,
            **range_of(node, self.source),
        }


def check(text: str, tree: ast.Module) -> list[Finding]:
    """Everything that the checks find, in the order of the source."""
    reading = Reading(text, tree)
    found = [finding for one in _CHECKS for finding in one(reading)]
    return sorted(found, key=lambda finding: (finding["line"], finding["column"]))


def _imports(reading: Reading) -> Iterator[Finding]:
    guarded = _guarded(reading)
    for node in reading.nodes:
        if node in guarded:
            continue
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            modules = [node.module or ""]
        elif isinstance(node, ast.ImportFrom):
            yield reading.finding(
                "import_unavailable",
                "a relative import: a flow is one file and has no package",
                "Put the code into the same file",
                node,
            )
            continue
        else:
            continue
        for module in modules:
            yield from _module(reading, module, node)


def _module(reading: Reading, module: str, node: ast.stmt) -> Iterator[Finding]:
    top = module.partition(".")[0]
    instead = INSTEAD.get(module) or INSTEAD.get(top)
    if instead is not None:
        what = "can be imported, and does not work, in" if instead.importable else "is not in"
        yield reading.finding("import_unavailable", f"`{module}` {what} the sandbox", instead.hint, node)
    elif top not in sys.stdlib_module_names and top not in _PRESENT:
        close = nearest(top, sorted(sys.stdlib_module_names | _PRESENT))
        hint = "The sandbox has the standard library, `sluice` and `hero_rpc`"
        yield reading.finding(
            "import_unavailable",
            f"`{module}` is not in the sandbox",
            f"Did you mean {close!r}?" if close else hint,
            node,
        )


def _guarded(reading: Reading) -> set[ast.AST]:
    """Imports whose failing the source expects."""
    inside: set[ast.AST] = set()
    for node in reading.nodes:
        expected = isinstance(node, ast.Try) and any(_catches(handler) for handler in node.handlers)
        typing_only = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        if isinstance(node, (ast.Try, ast.If)) and (expected or typing_only):
            inside.update(child for statement in node.body for child in ast.walk(statement))
    return inside


def _catches(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    return any(isinstance(node, ast.Name) and node.id in _GUARDS for node in ast.walk(handler.type))


def _calls(reading: Reading) -> Iterator[Finding]:
    has_paths = reading.names.imported("pathlib")
    for node in reading.nodes:
        if not isinstance(node, ast.Call):
            continue
        name = reading.names.of(node.func) or ""
        method = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        hint = CALLS.get(name) or (FILE_METHODS.get(method) if has_paths else None)
        if hint is not None:
            shown = name.removeprefix("builtins.") if name in CALLS else f".{method}"
            yield reading.finding(
                "not_in_sandbox", f"`{shown}(...)` does not work in the sandbox", hint, node
            )


def _steps_never_entered(reading: Reading) -> Iterator[Finding]:
    for node in reading.nodes:
        if isinstance(node, ast.Expr) and _called(reading, node.value) == STEP:
            yield reading.finding(
                "step_not_entered",
                "this step is made and never entered, so nothing will be shown of it",
                f"Write `with {ast.unparse(node.value)[:80]}:` and put the work inside",
                node,
            )


def _failures_not_raised(reading: Reading) -> Iterator[Finding]:
    for node in reading.nodes:
        if isinstance(node, (ast.Expr, ast.Return)) and node.value is not None:
            called = _called(reading, node.value)
            if called in _FAILED:
                yield reading.finding(
                    "failure_not_raised",
                    "this failure is made and never raised, so the flow goes on",
                    f"Write `raise {ast.unparse(node.value)[:80]}`",
                    node,
                )


def _malformed_uses(reading: Reading) -> Iterator[Finding]:
    for node in reading.nodes:
        if not isinstance(node, ast.Call) or reading.names.of(node.func) not in (_FLOW, STEP):
            continue
        lists = [word.value for word in node.keywords if word.arg == "uses"]
        for words in lists:
            for word in words.elts if isinstance(words, (ast.List, ast.Tuple, ast.Set)) else []:
                if isinstance(word, ast.Constant):
                    try:
                        parse_uses([word.value])  # type: ignore[list-item]
                    except UsesInvalid as wrong:
                        yield reading.finding("uses_invalid", wrong.message, wrong.hint, word, "error")


def _called(reading: Reading, node: ast.expr) -> str | None:
    return reading.names.of(node.func) if isinstance(node, ast.Call) else None


_CHECKS: list[Callable[[Reading], Iterator[Finding]]] = [
    _imports,
    _calls,
    _steps_never_entered,
    _failures_not_raised,
    _malformed_uses,
]
