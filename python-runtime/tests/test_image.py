"""What the runtime image has of the SDK. In a run nothing else of it can be imported: there are no files."""

import subprocess
import sys
from pathlib import Path

import sluice
from sluice._host import IN_SANDBOX

_ONLY_OUTSIDE = {"sluice._local", "sluice._local_store"}

_PACKAGES = ("hero_rpc", "hero_tracing", "sluice")

_LIST = """
import importlib, sys
from sluice import _boot, _reserved
for name in _boot._PRELOADED.split():
    if name.partition(".")[0] in sys.argv[1:]:
        importlib.import_module(name)
print(*(name for name in sys.modules if name.partition(".")[0] in sys.argv[1:]))
"""


def test_every_public_name_is_there():
    for name in sluice.__all__:
        assert getattr(sluice, name) is not None
    assert sorted(sluice.__all__) == dir(sluice)


if not IN_SANDBOX:
    _FOLDER = Path(sluice.__file__).parent.parent

    def test_every_module_of_the_sdk_is_in_the_image():
        imported = subprocess.run(
            [sys.executable, "-c", _LIST, *_PACKAGES],
            check=True,
            capture_output=True,
            text=True,
            cwd=_FOLDER,
        ).stdout.split()
        written = {
            ".".join(path.relative_to(_FOLDER).with_suffix("").parts).removesuffix(".__init__")
            for package in _PACKAGES
            for path in (_FOLDER / package).rglob("*.py")
        }
        assert {"hero_rpc._load", "hero_tracing._instrument", "sluice._agent"} < written
        assert written - set(imported) - _ONLY_OUTSIDE == set()

    def test_importing_the_sdk_imports_what_is_used_only():
        listed = subprocess.run(
            [sys.executable, "-c", "import sys, sluice; print(*sys.modules)"],
            check=True,
            capture_output=True,
            text=True,
            cwd=_FOLDER,
        ).stdout.split()
        assert not {"sluice.http", "sluice._agent", "sluice._prompt", "sluice._urllib"} & set(listed)
        assert "http" not in listed
