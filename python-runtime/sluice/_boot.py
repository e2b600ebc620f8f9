"""Makes the runtime image: imports, installs and warms up all that a run needs, once, at build time.

What is done here is in every run for free; what is not done here, every run pays for. Nothing of the
warm-up may be visible to a run, and two images from the same files are equal byte for byte.
"""

import gc
import importlib
import linecache
import os
import re
import sys
import typing
from types import FunctionType

from . import _entry, _executor, _log, _loop, _stdlib, _time
from ._calls import CALLS
from ._gather import gather
from ._schema import hints
from ._warm_up import FLOWS, ROUNDS

__all__ = ["snapshot"]

_LIBRARY = "/lib"
_AFTER_BUILTIN_AND_FROZEN = 2

_PRELOADED = """
_strptime abc argparse array ast asyncio asyncio.base_events asyncio.selector_events base64 binascii
bisect calendar cmath codecs collections collections.abc colorsys concurrent.futures
concurrent.futures.thread configparser contextlib contextvars copy copyreg csv dataclasses datetime
decimal difflib dis email email.message email.mime.multipart email.mime.text email.parser email.policy
email.utils encodings.ascii encodings.cp1252 encodings.idna encodings.latin_1 encodings.utf_16
encodings.utf_8 encodings.utf_8_sig enum errno fnmatch fractions functools gc gettext glob graphlib
gzip hashlib heapq hmac html html.entities html.parser http http.client http.cookies importlib
importlib.metadata importlib.resources importlib.util inspect io ipaddress itertools json keyword
linecache locale logging logging.handlers marshal math mimetypes numbers operator os pathlib pickle
pkgutil platform pprint queue quopri random re reprlib runpy sched secrets select selectors shlex
shutil signal socket sqlite3 stat statistics string struct sys tempfile textwrap threading time token
tokenize tomllib traceback types typing unicodedata unittest unittest.mock urllib.error urllib.parse
urllib.request urllib.response uuid warnings weakref xml.dom.minidom xml.etree.ElementTree
xml.sax.saxutils zipfile zipimport zlib zoneinfo
hero_rpc hero_tracing sluice sluice._agent sluice._checks sluice._secret sluice._steps_of
sluice._urllib sluice.http
"""


def snapshot(library: str = _LIBRARY) -> None:
    """Brings the interpreter into the state in which every run begins."""
    # First of all, so that no module keeps the standard `sleep` under a name of its own.
    _time.install()
    _set_up_streams()
    for name in _PRELOADED.split():
        importlib.import_module(name)
    _keep_the_rest(library)
    _executor.install()
    _loop.install()
    _log.install()
    importlib.import_module("sluice._urllib").install()
    importlib.import_module("sluice._reserved").install()
    _find_what_is_found_later()
    shapes = dict(hints._SHAPES)
    _warm_up(ROUNDS)
    gather(lambda: _warm_up(1))
    _warm_up(ROUNDS)
    hints._SHAPES.clear()
    hints._SHAPES.update(shapes)
    _forget()
    _check()


def _set_up_streams() -> None:
    for stream in (sys.stdout, sys.stderr):
        # A line is one write to the host. Printing never fails for what a text holds.
        stream.reconfigure(line_buffering=True, errors="backslashreplace")  # type: ignore[union-attr]


def _keep_the_rest(library: str) -> None:
    importer = _stdlib.ImageImporter()
    importer.keep(library)
    sys.meta_path.insert(_AFTER_BUILTIN_AND_FROZEN, importer)
    sys.path.clear()
    sys.path_importer_cache.clear()


def _find_what_is_found_later() -> None:
    sdk = importlib.import_module("sluice")
    for name in sdk.__all__:
        getattr(sdk, name)


def _warm_up(rounds: int) -> None:
    """Runs small flows until the interpreter has specialised the code that every run goes through."""
    for _ in range(rounds):
        re.purge()  # so that the compiler of regular expressions is warmed up too
        for source, input, expected in FLOWS:
            described, document, code = _entry.describe(source, "{}")
            _expect(described, document)
            for compiled in (code, b""):
                succeeded, output = _entry.run("", source, compiled, input)
                _expect(expected in output and succeeded != ('"version":' in expected), output)
    broken, failure, _ = _entry.describe("def broken(:\n", "{}")
    _expect(not broken, failure)


def _expect(holds: bool, told: str) -> None:
    if not holds:
        raise AssertionError(f"a flow of the warm-up did not do what it should: {told}")


def _forget() -> None:
    # The hash seed came by the environment. A run has none.
    os.environ.clear()
    linecache.clearcache()
    re.purge()
    for forget in typing._cleanups:  # type: ignore[attr-defined]
        forget()
    importlib.invalidate_caches()
    sys.path_importer_cache.clear()
    for name in ("last_exc", "last_type", "last_value", "last_traceback"):
        sys.__dict__.pop(name, None)
    while gc.collect():
        pass


def _check() -> None:
    left = [
        repr(thing)
        for thing in gc.get_objects()
        if isinstance(thing, type | FunctionType) and thing.__module__ == _entry.MODULE
    ]
    if left or _entry.MODULE in sys.modules or CALLS or linecache.cache or sys.path:
        raise AssertionError(f"the warm-up left something behind: {left[:8]}")
