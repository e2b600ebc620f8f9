"""Names in a source by what they were imported as: `f.step` is `sluice.flow.step` after
`from sluice import flow as f`.

Built from the imports alone, wherever they stand; a name that the source binds itself stands for
nothing.
"""

import ast
import builtins

from ._excerpt import Source


class Names:
    """What the names of one source stand for."""

    def __init__(self, tree: ast.Module) -> None:
        self._imported: dict[str, str] = {}
        self._bound: set[str] = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    top = alias.name.partition(".")[0]
                    self._imported[alias.asname or top] = alias.name if alias.asname else top
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                for alias in node.names:
                    self._imported[alias.asname or alias.name] = f"{node.module}.{alias.name}"
            elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                self._bound.add(node.name)
            elif isinstance(node, ast.arg):
                self._bound.add(node.arg)
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                self._bound.add(node.id)

    def of(self, node: ast.expr) -> str | None:
        """The qualified name of an expression, or None where it is no imported or builtin name."""
        if isinstance(node, ast.Attribute):
            owner = self.of(node.value)
            return None if owner is None else f"{owner}.{node.attr}"
        if not isinstance(node, ast.Name) or node.id in self._bound:
            return None
        if node.id in self._imported:
            return self._imported[node.id]
        return f"builtins.{node.id}" if hasattr(builtins, node.id) else None

    def imported(self, module: str) -> bool:
        """Whether the source imports a module or anything from it."""
        return any(name == module or name.startswith(f"{module}.") for name in self._imported.values())


def range_of(node: ast.expr | ast.stmt, source: Source) -> dict[str, int | None]:
    """Where a node stands, as documents write it: from 1, in characters, the end exclusive."""
    return {
        "line": node.lineno,
        "column": source.column(node.lineno, node.col_offset),
        "end_line": node.end_lineno,
        "end_column": source.column(node.end_lineno, node.end_col_offset),
    }
