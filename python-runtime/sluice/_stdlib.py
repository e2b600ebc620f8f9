"""The standard library without a file system: modules kept as compressed code, imported when needed.

A module is compiled once, when the image is made; importing it in a run costs its decompression and
its execution, nothing is read from anywhere.
"""

import importlib.abc
import importlib.machinery
import marshal
import os
import sys
import zlib
from collections.abc import Iterator, Sequence
from types import CodeType, ModuleType
from typing import NamedTuple

__all__ = ["ImageImporter"]

_LEVEL = 9


class Kept(NamedTuple):
    """One module: its code, marshalled and compressed, and where it came from."""

    code: bytes
    path: str
    is_package: bool


class ImageImporter(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Finder and loader of the modules that the image keeps."""

    def __init__(self) -> None:
        self.modules: dict[str, Kept] = {}

    def keep(self, folder: str) -> None:
        """Keeps every module under a folder that is not imported yet, in the order of their names."""
        for name, path in sorted(_modules(folder, "")):
            if name in sys.modules or name in self.modules:
                continue
            with open(path, "rb") as file:
                source = file.read()
            code = compile(source, path, "exec", dont_inherit=True)
            is_package = path.endswith("/__init__.py")
            self.modules[name] = Kept(zlib.compress(marshal.dumps(code), _LEVEL), path, is_package)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        kept = self.modules.get(fullname)
        if kept is None:
            return None
        spec = importlib.machinery.ModuleSpec(fullname, self, origin=kept.path, is_package=kept.is_package)
        if kept.is_package:
            spec.submodule_search_locations = [kept.path.rpartition("/")[0]]
        spec.has_location = True
        spec.cached = None
        return spec

    def get_code(self, fullname: str) -> CodeType:
        try:
            code: CodeType = marshal.loads(zlib.decompress(self.modules[fullname].code))
        except KeyError:
            raise ImportError(f"the image does not keep {fullname!r}", name=fullname) from None
        return code

    def exec_module(self, module: ModuleType) -> None:
        exec(self.get_code(module.__name__), module.__dict__)

    def get_source(self, fullname: str) -> None:
        return None

    def is_package(self, fullname: str) -> bool:
        try:
            return self.modules[fullname].is_package
        except KeyError:
            raise ImportError(f"the image does not keep {fullname!r}", name=fullname) from None


def _modules(folder: str, package: str) -> Iterator[tuple[str, str]]:
    for entry in sorted(os.listdir(folder)):
        path = f"{folder}/{entry}"
        if entry == "__init__.py":
            if package:
                yield package[:-1], path
        elif entry.endswith(".py"):
            if entry[:-3].isidentifier():
                yield package + entry[:-3], path
        elif entry.isidentifier() and os.path.isfile(f"{path}/__init__.py"):
            yield from _modules(path, f"{package}{entry}.")
