"""Writes the symbols of the SDK as JSON, for completions, hover and signature help in the editor.

    python3 scripts/sdk_symbols.py OUTPUT

Reads `python-runtime/sluice` and `hero_rpc` with `ast` and runs none of it. What comes out has
`modules` (name to symbols) and `classes` (name to members); a symbol has `kind`, and where there
are such `signature`, `doc`, `type` (the class of its value, or of what a call of it gives) and
`awaits` for operations, which have a second form `.start(...)`.
"""

from __future__ import annotations

import ast
import json
import re
import sys
from pathlib import Path
from typing import Any

RUNTIME = Path(__file__).resolve().parents[2] / "python-runtime"
PUBLIC = {"sluice": "sluice", "sluice.http": "sluice.http", "hero_rpc": "hero_rpc"}
PLUMBING = {"sluice_kind", "sluice_code", "namespace", "signature"}

Symbol = dict[str, Any]


class Module:
    """One file: what its top-level names are bound to."""

    def __init__(self, name: str, path: Path) -> None:
        self.name = name
        self.is_package = path.name == "__init__.py"
        self.tree = ast.parse(path.read_text(encoding="utf-8"))
        self.names: dict[str, ast.AST] = {}
        self.overloads: dict[int, ast.FunctionDef] = {}
        self._bind(self.tree.body)

    def _bind(self, body: list[ast.stmt]) -> None:
        for node in body:
            match node:
                case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                    self._remember_overload(self.names.get(name), node)
                    self.names[name] = node
                    if isinstance(node, ast.ClassDef):
                        self._bind_class(node)
                case ast.ImportFrom(names=names):
                    for alias in names:
                        self.names[alias.asname or alias.name] = node
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    self.names[name] = value
                case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                    self.names[name] = value
                case ast.If(body=inner):
                    self._bind(inner)

    def _bind_class(self, node: ast.ClassDef) -> None:
        earlier: dict[str, ast.AST] = {}
        for each in node.body:
            if isinstance(each, ast.FunctionDef):
                self._remember_overload(earlier.get(each.name), each)
                earlier[each.name] = each

    def _remember_overload(self, before: ast.AST | None, node: ast.AST) -> None:
        """A function is shown as its richest overload: that says more than the implementation."""
        if not isinstance(before, ast.FunctionDef) or not isinstance(node, ast.FunctionDef):
            return
        if "overload" in map(_name_of, before.decorator_list):
            others = [before, *filter(None, [self.overloads.get(id(before))])]
            self.overloads[id(node)] = max(others, key=lambda one: len(ast.dump(one.args)))

    def absolute(self, node: ast.ImportFrom) -> str:
        """The module that an import names."""
        if not node.level:
            return node.module or ""
        parts = self.name.split(".")
        base = parts[: len(parts) - node.level + (1 if self.is_package else 0)]
        return ".".join([*base, node.module] if node.module else base)

    def exported(self) -> list[str]:
        match self.names.get("__all__"):
            case ast.List(elts=elts):
                return [each.value for each in elts if isinstance(each, ast.Constant)]
        return []


class Book:
    """All modules, and the classes that somebody can come to."""

    def __init__(self) -> None:
        self.modules: dict[str, Module] = {}
        self.classes: dict[str, Symbol] = {}
        for package in ("sluice", "hero_rpc"):
            for path in sorted((RUNTIME / package).rglob("*.py")):
                parts = list(path.relative_to(RUNTIME).with_suffix("").parts)
                name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
                self.modules[name] = Module(name, path)

    def find(self, module: str, name: str, depth: int = 0) -> tuple[Module, ast.AST] | None:
        """What a name of a module is bound to in the end, through imports."""
        holder = self.modules.get(module)
        if holder is None or depth > 8:
            return None
        node = holder.names.get(name)
        if isinstance(node, ast.ImportFrom):
            original = next(alias.name for alias in node.names if name == (alias.asname or alias.name))
            return self.find(holder.absolute(node), original, depth + 1)
        if node is None:
            for submodule in (f"{module}.{name}", f"{module}._{name}"):
                found = self.find(submodule, name, depth + 1)
                if found is not None:
                    return found
            return None
        return holder, node

    def symbol(self, module: Module, name: str, node: ast.AST) -> Symbol | None:
        """What is known of what a node makes."""
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                return self.function(module, node)
            case ast.ClassDef():
                self.add_class(module, node)
                return {
                    "kind": "class",
                    "signature": self.constructor(module, node),
                    "doc": _doc(node),
                    "type": node.name,
                }
            case ast.Call(func=ast.Name(id=("_static" | "staticmethod")), args=[inner, *_]):
                return self.reference(module, inner)
            case ast.Call(func=func):
                made = self.reference(module, func)
                if made is None or made["kind"] != "class":
                    return None
                return {"kind": "value", "type": made["type"], "doc": made["doc"]}
            case ast.Name() | ast.Attribute():
                return self.reference(module, node)
        return {"kind": "value"}

    def reference(self, module: Module, node: ast.expr) -> Symbol | None:
        """The symbol that `name`, `module.name` or `object.method` stands for."""
        match node:
            case ast.Name(id=name):
                found = self.find(module.name, name)
                return self.symbol(found[0], name, found[1]) if found else None
            case ast.Attribute(value=ast.Name(id=owner), attr=name):
                holder = module.names.get(owner)
                if isinstance(holder, ast.ImportFrom):
                    inner = f"{module.absolute(holder)}.{owner}"
                    found = self.find(inner, name)
                    if found:
                        return self.symbol(found[0], name, found[1])
                value = self.reference(module, node.value)
                if value and value.get("type") in self.classes:
                    member: Symbol | None = self.classes[value["type"]]["members"].get(name)
                    return member
        return None

    def function(self, module: Module, node: ast.FunctionDef | ast.AsyncFunctionDef) -> Symbol:
        shown = module.overloads.get(id(node), node)
        marks = {_name_of(each) for each in node.decorator_list}
        gives = _text(shown.returns)
        kind = "property" if marks & {"property", "cached_property"} else "function"
        symbol: Symbol = {"kind": kind, "doc": _doc(node)}
        if gives.startswith("Request["):
            gives = gives.removeprefix("Request[").removesuffix("]")
            symbol["awaits"] = True
        if kind == "function":
            symbol["signature"] = f"({_parameters(shown)})" + (f" -> {gives}" if gives else "")
        elif gives:
            symbol["signature"] = gives
        made = self.class_of(module, gives)
        if made:
            symbol["type"] = made
        return symbol

    def class_of(self, module: Module, hint: str) -> str | None:
        """The class of ours that a hint names, which is then described too."""
        for name in re.findall(r"[A-Za-z_]\w*", hint):
            found = self.find(module.name, name)
            if found and isinstance(found[1], ast.ClassDef):
                self.add_class(*found)
                return str(found[1].name)
        return None

    def constructor(self, module: Module, node: ast.ClassDef) -> str:
        for each in node.body:
            if isinstance(each, ast.FunctionDef) and each.name == "__init__":
                return f"({_parameters(each)})"
        for base in node.bases:
            found = self.find(module.name, _name_of(base))
            if found and isinstance(found[1], ast.ClassDef):
                return self.constructor(found[0], found[1])
        return "()"

    def add_class(self, module: Module, node: ast.ClassDef) -> None:
        if node.name in self.classes:
            return
        members: dict[str, Symbol] = {}
        self.classes[node.name] = {"doc": _doc(node), "members": members}
        for base in node.bases:
            found = self.find(module.name, _name_of(base))
            if found and isinstance(found[1], ast.ClassDef):
                self.add_class(*found)
                members.update(self.classes[found[1].name]["members"])
        for each in node.body:
            match each:
                case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                    if name == "__call__":
                        self.classes[node.name]["call"] = self.function(module, each)
                    if not name.startswith("_") and name not in members:
                        members[name] = self.function(module, each)
                case ast.Assign(targets=[ast.Name(id=name)], value=value) if not name.startswith("_"):
                    symbol = self.symbol(module, name, value)
                    if symbol:
                        members[name] = symbol
                case ast.AnnAssign(target=ast.Name(id=name)) if not name.startswith("_"):
                    hint = _text(each.annotation)
                    members[name] = {"kind": "property", "signature": hint}
                    made = self.class_of(module, hint)
                    if made:
                        members[name]["type"] = made
        _slots(node, members)
        for name in PLUMBING & members.keys():
            del members[name]

    def document(self) -> dict[str, Any]:
        modules: dict[str, dict[str, Symbol]] = {}
        for public, name in PUBLIC.items():
            found: dict[str, Symbol] = {}
            module = self.modules[name]
            for exported in module.exported():
                if f"{name}.{exported}" in self.modules:
                    found[exported] = {
                        "kind": "module",
                        "type": f"{name}.{exported}",
                        "doc": ast.get_docstring(self.modules[f"{name}.{exported}"].tree) or "",
                    }
                    continue
                place = self.find(name, exported)
                symbol = self.symbol(place[0], exported, place[1]) if place else None
                if symbol is None:
                    raise SystemExit(f"{public} exports {exported}, and nothing is known of it")
                found[exported] = symbol
            modules[public] = dict(sorted(found.items()))
        return {"modules": modules, "classes": dict(sorted(self.classes.items()))}


def _slots(node: ast.ClassDef, members: dict[str, Symbol]) -> None:
    """What `__init__` sets and does not hide: `self.name = name`."""
    for each in node.body:
        if not (isinstance(each, ast.FunctionDef) and each.name == "__init__"):
            continue
        hints = {argument.arg: _text(argument.annotation) for argument in each.args.args}
        for statement in ast.walk(each):
            match statement:
                case ast.Assign(targets=[ast.Attribute(value=ast.Name(id="self"), attr=name)], value=value):
                    hint = hints.get(value.id, "") if isinstance(value, ast.Name) else ""
                case ast.AnnAssign(target=ast.Attribute(value=ast.Name(id="self"), attr=name)):
                    hint = _text(statement.annotation)
                case _:
                    continue
            if not name.startswith("_"):
                members.setdefault(name, {"kind": "property", "signature": hint})


def _doc(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> str:
    return ast.get_docstring(node) or ""


def _name_of(node: ast.AST) -> str:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Call(func=func) | ast.Subscript(value=func):
            return _name_of(func)
    return ""


def _text(node: ast.expr | None) -> str:
    """A hint as it is read: without quotes around it."""
    if node is None:
        return ""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return re.sub(r"'([\w.\[\], |]+)'", r"\1", ast.unparse(node))


def _parameters(node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    """The parameters without `self`, with their hints and defaults."""
    arguments = node.args
    texts: list[str] = []
    positional = [*arguments.posonlyargs, *arguments.args]
    first = len(positional) - len(arguments.defaults)
    for index, argument in enumerate(positional):
        if index == 0 and argument.arg in ("self", "cls"):
            continue
        default = arguments.defaults[index - first] if index >= first else None
        texts.append(_parameter(argument, default))
        if arguments.posonlyargs and index == len(arguments.posonlyargs) - 1:
            texts.append("/")
    if arguments.vararg:
        texts.append("*" + _parameter(arguments.vararg, None))
    elif arguments.kwonlyargs:
        texts.append("*")
    for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        texts.append(_parameter(argument, default))
    if arguments.kwarg:
        texts.append("**" + _parameter(arguments.kwarg, None))
    return ", ".join(texts)


def _parameter(argument: ast.arg, default: ast.expr | None) -> str:
    hint = _text(argument.annotation)
    text = f"{argument.arg}: {hint}" if hint else argument.arg
    if default is None:
        return text
    return f"{text} = {ast.unparse(default)}" if hint else f"{text}={ast.unparse(default)}"


def main() -> None:
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    text = json.dumps(Book().document(), indent=1, ensure_ascii=False)
    Path(sys.argv[1]).write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
