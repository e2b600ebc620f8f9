"""The clients that a run has: each is a module `hero_rpc.NAME`, executed when it is first imported."""

import importlib
import importlib.abc
import importlib.machinery
import sys
from collections.abc import Sequence
from types import CodeType, ModuleType
from typing import Any

from sluice._errors import ImportUnavailable
from sluice._nearest import nearest

from ._untyped import Service

__all__ = ["forget", "install", "module"]

_PREFIX = "hero_rpc."
_MOST_TOLD = 8

_codes: dict[str, CodeType] = {}
_untyped: dict[str, Service] = {}


class _Importer(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finder and loader of the clients."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name.startswith(_PREFIX) and name.removeprefix(_PREFIX) in _codes:
            return importlib.machinery.ModuleSpec(name, self, origin="the document of the service")
        return None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        exec(_codes[module.__name__.removeprefix(_PREFIX)], module.__dict__)


_IMPORTER = _Importer()


def install(name: str, code: CodeType) -> None:
    """Gives the run a client: the name of its module, and its code."""
    if not name.isidentifier() or name.startswith("_"):
        raise ValueError(f"{name!r:.80} cannot be the name of a client")
    if _IMPORTER not in sys.meta_path:
        sys.meta_path.append(_IMPORTER)
    _codes[name] = code


def module(name: str) -> Any:
    """The client of that name; where there are none at all, a service without types."""
    if name in _codes:
        return importlib.import_module(_PREFIX + name)
    if not _codes:
        return _untyped.setdefault(name, Service(name))
    close = nearest(name, _codes)
    names = sorted(_codes)
    more = f" and {len(names) - _MOST_TOLD} more" if len(names) > _MOST_TOLD else ""
    services = f"The services are {', '.join(names[:_MOST_TOLD])}{more}"
    raise ImportUnavailable(
        f"there is no service `{name}`",
        name=_PREFIX + name,
        hint=f"Did you mean `{close}`?" if close else services,
    )


def forget() -> None:
    """Takes all clients away again."""
    for name in _codes:
        sys.modules.pop(_PREFIX + name, None)
        vars(sys.modules["hero_rpc"]).pop(name, None)
    _codes.clear()
    if _IMPORTER in sys.meta_path:
        sys.meta_path.remove(_IMPORTER)
