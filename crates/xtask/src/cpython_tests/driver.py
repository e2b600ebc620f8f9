"""Runs one module of CPython's own tests inside the sandbox; the host's side is `mod.rs`.

The suite's modules arrive as text, by path, and are imported from there: there is no file system.
"""

import builtins
import collections
import contextlib
import importlib.abc
import importlib.util
import io
import os
import sys
import traceback
import unittest
from dataclasses import dataclass, field
from types import SimpleNamespace

from sluice import flow

ROOT = "/suite/"
REFUSALS = ("sluice.NotInSandbox: ", "sluice.ImportUnavailable: ")


@dataclass
class Failed:
    test: str
    text: str


@dataclass
class Report:
    passed: int = 0
    refused: int = 0
    skipped: int = 0
    failures: list[Failed] = field(default_factory=list)
    reasons: dict[str, int] = field(default_factory=dict)


class Delivered(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Imports modules from texts."""

    def __init__(self, sources, root):
        self.sources = sources
        self.root = root

    def path_of(self, name):
        stem = name.replace(".", "/")
        paths = (f"{stem}/__init__.py", f"{stem}.py")
        return next((path for path in paths if path in self.sources), None)

    def find_spec(self, name, path=None, target=None):
        path = self.path_of(name)
        if path is None:
            return None
        is_package = path.endswith("/__init__.py")
        spec = importlib.util.spec_from_loader(name, self, origin=self.root + path, is_package=is_package)
        spec.has_location = True
        return spec

    def get_source(self, name):
        return self.sources[self.path_of(name)]

    def get_code(self, name):
        path = self.root + self.path_of(name)
        return compile(self.get_source(name), path, "exec", dont_inherit=True)


class Data:
    """The suite's other files, to be read through what the tests read files with."""

    def __init__(self, texts):
        self.files = {ROOT + path: text.encode("latin-1") for path, text in texts.items()}
        self.open_other = builtins.open
        self.list_other = os.listdir
        self.isfile_other = os.path.isfile

    def open(self, file, mode="r", buffering=-1, encoding=None, errors=None, newline=None, **options):
        content = self.files.get(os.fspath(file)) if isinstance(file, str | os.PathLike) else None
        if content is None or set(mode) & set("wax+"):
            return self.open_other(file, mode, buffering, encoding, errors, newline, **options)
        raw = io.BytesIO(content)
        return raw if "b" in mode else io.TextIOWrapper(raw, encoding or "utf-8", errors, newline)

    def isfile(self, path):
        return path in self.files or self.isfile_other(path)

    def listdir(self, folder="."):
        start = os.fspath(folder).rstrip("/") + "/"
        names = {path.removeprefix(start).split("/")[0] for path in self.files if path.startswith(start)}
        return sorted(names) or self.list_other(folder)

    def findfile(self, name, subdir=None):
        subdirs = subdir if isinstance(subdir, tuple) else filter(None, [subdir])
        path = "/".join([ROOT + "test", *subdirs, name])
        return path if path in self.files else name


class Absent:
    """A module that some tests of a larger module want. Those skip themselves."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        raise unittest.SkipTest("needs CPython's tests in C, or dbm")


class Results(unittest.TestResult):
    """What became of each test. A test with parts that failed has failed, once; where the sandbox
    itself said that it does not have something, the test was refused.

    Each test is a step, so that a test which takes the whole instance down is known by name.
    """

    ORDER = ("passed", "skipped", "refused", "failed")

    def __init__(self):
        super().__init__()
        self.became = {}

    def startTest(self, test):
        super().startTest(test)
        self.step = flow.step(test.id()[:200])
        self.step.__enter__()

    def stopTest(self, test):
        self.step.__exit__(None, None, None)
        super().stopTest(test)

    def note(self, test, what, text=""):
        name = (test.test_case if isinstance(test, unittest.case._SubTest) else test).id()
        before, _ = self.became.get(name, ("passed", ""))
        if name not in self.became or self.ORDER.index(what) > self.ORDER.index(before):
            self.became[name] = (what, text)

    def addSuccess(self, test):
        self.note(test, "passed")

    def addExpectedFailure(self, test, error):
        self.note(test, "passed")

    def addSkip(self, test, reason):
        self.note(test, "skipped", reason)

    def addError(self, test, error):
        self.note(test, *verdict(error[1]))

    addFailure = addError

    def addUnexpectedSuccess(self, test):
        self.note(test, "failed", "unexpected success")

    def addSubTest(self, test, part, error):
        if error is not None:
            what, text = verdict(error[1])
            self.note(test, what, f"{part._subDescription()} {text}")


def package_tests(sources):
    """`support.load_package_tests`, which looks into a folder, for a suite that is in no folder."""

    def load(folder, loader, tests, pattern):
        start = folder.removeprefix(ROOT) + "/test_"
        for path in sorted(sources):
            if path.startswith(start) and path.endswith(".py"):
                tests.addTests(loader.loadTestsFromName(path.removesuffix(".py").replace("/", ".")))
        return tests

    return load


def verdict(error):
    told = "".join(traceback.format_exception(error))
    return "refused" if any(refusal in told for refusal in REFUSALS) else "failed", brief(error)


def brief(error):
    """Where in the suite an exception came from, and what it says: first and last lines."""
    where = ""
    for frame, line in traceback.walk_tb(error.__traceback__):
        if frame.f_code.co_filename.startswith(ROOT):
            where = f"{frame.f_code.co_filename.removeprefix(ROOT)}:{line}: "
    lines = "".join(traceback.format_exception_only(error)).splitlines()
    if len(lines) > 8:
        lines[2:-6] = ["..."]
    return where + "\n".join(line[:300] for line in lines)


@flow
def cpython_tests(
    sources: dict[str, str],
    library: dict[str, str],
    data: dict[str, str],
    module: str,
    without: list[str],
) -> Report:
    """Runs the tests of one module.

    Args:
        sources: the suite.
        library: modules of the library that the tests import a second time. The image's own come
            first, but it does not keep the text of what it has imported already.
        data: files of the suite that the tests read, with a character for each byte.
        module: the module to run.
        without: classes to leave out.
    """
    sys.meta_path.insert(0, Delivered(sources, ROOT))
    sys.meta_path.append(Delivered(library, "/lib/"))
    if data:
        files = Data(data)
        builtins.open = io.open = files.open
        os.listdir = files.listdir
        os.path.isfile = files.isfile
    # The suite's part for asyncio imports it for tests of sockets, which are refused.
    sys.modules["wsgiref.simple_server"] = SimpleNamespace(WSGIRequestHandler=object, WSGIServer=object)
    sys.modules.update(dict.fromkeys(["_testlimitedcapi", "_testmultiphase", "dbm"], Absent()))
    results = Results()
    # What CPython guesses about WebAssembly is not taken: the sandbox says itself what it lacks.
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        try:
            from test import support
            from test.support import os_helper

            support.use_resources = ["cpu"]
            support.has_socket_support = support.has_subprocess_support = True
            os_helper._can_chmod = False
            os_helper._unlink = lambda path: None
            support.load_package_tests = package_tests(sources)
            if data:
                support.findfile = files.findfile
            tests = unittest.defaultTestLoader.loadTestsFromName(module)
            for name in without:
                unittest.skip("left out")(getattr(sys.modules[module], name))
            tests.run(results)
        except unittest.SkipTest as reason:
            results.became[module] = ("skipped", str(reason))
        except Exception as error:
            results.became[module] = verdict(error)
    became = results.became.items()
    return Report(
        passed=sum(what == "passed" for _, (what, _) in became),
        refused=sum(what == "refused" for _, (what, _) in became),
        skipped=sum(what == "skipped" for _, (what, _) in became),
        failures=[Failed(name, text) for name, (what, text) in became if what == "failed"],
        reasons=collections.Counter(
            f"{what}: {text.splitlines()[-1] if text else ''}"
            for _, (what, text) in became
            if what in ("refused", "skipped")
        ),
    )
