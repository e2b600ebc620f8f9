"""Holds that generated modules are declarations and nothing else, whatever texts they were made from.

    structure.py FOLDER SDK

Every statement, name and call of a module is one that the writer of modules writes by itself.
"""

import ast
import builtins
import dataclasses
import importlib
import keyword
import sys
from pathlib import Path

OURS = {
    "__future__": {"annotations"},
    "typing": {"Any", "Literal"},
    "builtins": {"bool", "dict", "float", "int", "list", "str", "tuple"},
    "hero_rpc._client": {"Client"},
    "hero_rpc._errors": {"RpcError"},
    "hero_rpc._record": {"Record"},
    "sluice._calls": {"Operation", "Request"},
}
EXPRESSIONS = (
    ast.Constant,
    ast.Name,
    ast.Load,
    ast.Store,
    ast.Tuple,
    ast.List,
    ast.Dict,
    ast.UnaryOp,
    ast.USub,
)
HINTS = (
    ast.Constant,
    ast.Name,
    ast.Load,
    ast.Subscript,
    ast.Tuple,
    ast.BinOp,
    ast.BitOr,
    ast.UnaryOp,
    ast.USub,
)


class Module:
    def __init__(self, path: Path) -> None:
        self.path = path
        text = path.read_text(encoding="utf-8")
        self.tree = ast.parse(text)
        compile(text, str(path), "exec", dont_inherit=True)
        self.known = {"__name__", *vars(builtins)}
        self.stub = path.suffix == ".pyi"

    def fail(self, node: ast.AST, why: str) -> None:
        raise AssertionError(
            f"{self.path.name}:{getattr(node, 'lineno', '?')}: {why}: {ast.unparse(node)[:300]}"
        )

    def check(self) -> None:
        for node in self.tree.body:
            names = [node.name] if isinstance(node, ast.ClassDef | ast.FunctionDef) else []
            names += [target.id for target in getattr(node, "targets", [])]
            for name in names:
                if name in self.known and name not in vars(builtins):
                    self.fail(node, f"{name} is there twice")
                self.known.add(name)
            if isinstance(node, ast.ImportFrom):
                for name in node.names:
                    if name.name not in OURS.get(node.module or "", ()):
                        self.fail(node, "an import")
                    self.known.add(name.asname or name.name)
        self.body(self.tree.body, "module")

    def body(self, body: list[ast.stmt], where: str) -> None:
        if not (isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant)):
            self.fail(body[0], "there is no docstring")
        for node in body[1:]:
            if isinstance(node, ast.ImportFrom) and where == "module":
                continue
            elif isinstance(node, ast.ClassDef):
                if [ast.unparse(base) for base in node.bases] not in ([], ["_Record"], ["_RpcError"]):
                    self.fail(node, "a base")
                if node.decorator_list or node.keywords:
                    self.fail(node, "a decorator")
                self.name(node, node.name)
                self.body(node.body, "class")
            elif isinstance(node, ast.FunctionDef) and where == "module":
                self.function(node)
            elif isinstance(node, ast.Assign):
                self.assign(node, where)
            elif isinstance(node, ast.AnnAssign) and where == "class":
                assert isinstance(node.target, ast.Name)
                self.name(node, node.target.id)
                self.only(node.annotation, HINTS)
                if node.value is not None:
                    self.only(node.value, EXPRESSIONS)
            else:
                self.fail(node, f"a statement in a {where}")

    def name(self, node: ast.AST, name: str) -> None:
        if keyword.iskeyword(name) or not name.isascii() or (name.startswith("__") and name != "__wire__"):
            self.fail(node, "a name")

    def assign(self, node: ast.Assign, where: str) -> None:
        (target,) = node.targets
        assert isinstance(target, ast.Name)
        self.name(node, target.id)
        if where == "module" and target.id == "_rpc":
            call = node.value
            if not (isinstance(call, ast.Call) and ast.unparse(call.func) == "_Client" and not call.keywords):
                self.fail(node, "a call")
            for argument in call.args:
                self.only(argument, EXPRESSIONS)
        else:
            self.only(node.value, HINTS if where == "module" else EXPRESSIONS)

    def function(self, node: ast.FunctionDef) -> None:
        if [ast.unparse(one) for one in node.decorator_list] != ["_Operation"]:
            self.fail(node, "a decorator")
        self.name(node, node.name)
        if node.args.vararg or node.args.kwarg:
            self.fail(node, "arguments")
        for argument in node.args.args + node.args.kwonlyargs:
            self.name(node, argument.arg)
            assert argument.annotation is not None
            self.only(argument.annotation, HINTS)
        for default in node.args.defaults + [one for one in node.args.kw_defaults if one is not None]:
            self.only(default, (ast.Constant, ast.UnaryOp, ast.USub))
        assert node.returns is not None
        self.only(node.returns, HINTS)
        docstring, last = node.body
        if not (isinstance(docstring, ast.Expr) and isinstance(docstring.value, ast.Constant)):
            self.fail(node, "there is no docstring")
        if self.stub:
            if ast.unparse(last) != "...":
                self.fail(last, "a statement")
            return
        call = last.value if isinstance(last, ast.Return) else None
        if not (isinstance(call, ast.Call) and ast.unparse(call.func) in ("_rpc", "_rpc.by_position")):
            self.fail(last, "a statement")
        own = {argument.arg for argument in node.args.args + node.args.kwonlyargs}
        for argument in call.args:
            self.only(argument, EXPRESSIONS, own)
        if call.keywords:
            self.fail(last, "a keyword")

    def only(
        self, node: ast.AST, kinds: tuple[type, ...], own: frozenset[str] | set[str] = frozenset()
    ) -> None:
        for each in ast.walk(node):
            if not isinstance(each, kinds):
                self.fail(node, type(each).__name__)
            if isinstance(each, ast.Name) and each.id not in self.known | own:
                self.fail(node, f"the name {each.id}")


def main() -> None:
    folder = Path(sys.argv[1])
    every = sorted([*folder.glob("services/*.py"), *folder.glob("stubs/*.pyi")])
    modules = [path for path in every if path.stem != "__init__"]
    assert modules
    for path in modules:
        Module(path).check()
    sys.path.insert(0, sys.argv[2])
    hero_rpc = importlib.import_module("hero_rpc")
    for path in (path for path in modules if path.suffix == ".py"):
        hero_rpc._install(path.stem, compile(path.read_text(encoding="utf-8"), path.name, "exec"))
        module = importlib.import_module(f"hero_rpc.{path.stem}")
        for kind in [kind for kind in vars(module).values() if hasattr(kind, "__wire__")]:
            if kind.__module__ == module.__name__:
                names = [field.name for field in dataclasses.fields(kind)]
                assert names == [name for _, name, _, _ in kind.__wire__]
    for path in folder.glob("*.txt"):
        text = path.read_text(encoding="utf-8")
        assert all(c == "\n" or c.isprintable() for c in text), path
    print(f"{len(modules)} modules are declarations only")


if __name__ == "__main__":
    main()
