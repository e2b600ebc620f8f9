"""Runs one test module of the SDK inside the sandbox; the host's side is `mod.rs`.

The modules arrive as text and are imported from there: a test may import what stands beside it.
"""

import asyncio
import importlib.abc
import importlib.util
import inspect
import sys
import traceback
from dataclasses import dataclass, field

from sluice import flow


@dataclass
class Failed:
    test: str
    traceback: str


@dataclass
class Report:
    passed: int = 0
    failures: list[Failed] = field(default_factory=list)


class Delivered(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Imports modules from texts."""

    def __init__(self, sources):
        self.sources = sources

    def find_spec(self, name, path=None, target=None):
        if name not in self.sources:
            return None
        spec = importlib.util.spec_from_loader(name, self, origin=f"tests/{name}.py", is_package=False)
        spec.has_location = True
        return spec

    def get_source(self, name):
        return self.sources[name]

    def get_code(self, name):
        return compile(self.sources[name], f"tests/{name}.py", "exec", dont_inherit=True)


def run_test(test, arguments):
    result = test(**arguments)
    if inspect.iscoroutine(result):
        asyncio.run(result)


@flow
def sdk_tests(sources: dict[str, str], pytest: str, module: str) -> Report:
    """Runs every `test_*` function of a module, with each of its cases."""
    sys.meta_path.insert(0, Delivered({**sources, "pytest": pytest}))
    report = Report()
    try:
        tests = [
            (name, test)
            for name, test in vars(importlib.import_module(module)).items()
            if name.startswith("test_") and callable(test)
        ]
    except Exception:
        report.failures.append(Failed("import", traceback.format_exc()))
        return report
    for name, test in tests:
        cases = getattr(test, "cases", [{}])
        for number, arguments in enumerate(cases):
            full_name = f"{name}[{number}]" if len(cases) > 1 else name
            try:
                with flow.step(name):
                    run_test(test, arguments)
            except Exception:
                report.failures.append(Failed(full_name, traceback.format_exc()))
            else:
                report.passed += 1
    return report
