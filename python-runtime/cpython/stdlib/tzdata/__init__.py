"""The IANA time zones where there is no file system: `zoneinfo` finds them as this package's resources.

`zoneinfo` reads `importlib.resources.files("tzdata.zoneinfo.Europe") / "Berlin"`. The resources are
entries of one dict (`_zones.py`, written by the build), the packages are empty modules made here, so
any importer that can load two modules will do.
"""

import io
import sys
from importlib.machinery import ModuleSpec
from types import ModuleType

from ._zones import IANA_VERSION, ZONES

__version__ = IANA_VERSION


class _Resource:
    """A node of the tree of resources, as `importlib.resources.abc.Traversable` has it."""

    def __init__(self, path):
        self._path = path

    @property
    def name(self):
        return self._path.rpartition("/")[2]

    def joinpath(self, *parts):
        return _Resource("/".join([self._path, *map(str, parts)]).strip("/"))

    __truediv__ = joinpath

    def is_file(self):
        return self._path in _CONTENTS

    def is_dir(self):
        return self._path in _FOLDERS

    def iterdir(self):
        depth = self._path.count("/") + 1 if self._path else 0
        inside = self._path and self._path + "/"
        paths = [p for p in (*_CONTENTS, *_FOLDERS) if p.startswith(inside) and p != self._path]
        return iter([_Resource(p) for p in paths if p.count("/") == depth])

    def read_bytes(self):
        try:
            return _CONTENTS[self._path]
        except KeyError:
            raise FileNotFoundError(self._path) from None

    def read_text(self, encoding="utf-8"):
        return self.read_bytes().decode(encoding)

    def open(self, mode="r", encoding="utf-8", errors=None):
        raw = io.BytesIO(self.read_bytes())
        return raw if "b" in mode else io.TextIOWrapper(raw, encoding, errors)


class _Loader:
    """Loader and resource reader of one package of the tree."""

    def __init__(self, folder):
        self._folder = folder

    def get_resource_reader(self, name):
        return self

    def files(self):
        return _Resource(self._folder)

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        pass


def _make_packages():
    __spec__.loader = _Loader("")
    for folder in sorted(_FOLDERS - {""}):
        name = "tzdata." + folder.replace("/", ".")
        module = ModuleType(name)
        module.__spec__ = ModuleSpec(name, _Loader(folder), is_package=True)
        module.__path__ = []
        sys.modules[name] = module


_CONTENTS = {"zoneinfo/" + name: data for name, data in ZONES.items()}
_CONTENTS["zones"] = "".join(name + "\n" for name in ZONES).encode()
_FOLDERS = {""} | {path[:i] for path in _CONTENTS for i, c in enumerate(path) if c == "/"}
_make_packages()
