"""The part of pytest that the SDK's tests use, for the sandbox, where pytest cannot be.

Delivered to the tests as the module `pytest`. A test that needs more of pytest fails on import here;
add it in the fewest lines that keep its meaning.
"""

import math
import re
from types import SimpleNamespace


class raises:
    """The block must raise one of the given exceptions; it is in `value` afterwards."""

    def __init__(self, expected, match=None):
        self.expected = expected
        self.match = match
        self.value = None

    def __enter__(self):
        return self

    def __exit__(self, kind, error, traceback):
        assert error is not None, f"nothing was raised, and {self.expected} should have been"
        self.value = error
        if not isinstance(error, self.expected):
            return False
        if self.match is not None:
            assert re.search(self.match, str(error)), f"{self.match!r} is not in {str(error)!r}"
        return True


def parametrize(names, cases, ids=None):
    """Runs the test once for each case; several decorators multiply."""
    names = [name.strip() for name in names.split(",")] if isinstance(names, str) else list(names)

    def decorate(test):
        chosen = [dict(zip(names, case if len(names) > 1 else (case,), strict=True)) for case in cases]
        before = getattr(test, "cases", [{}])
        test.cases = [outer | inner for outer in before for inner in chosen]
        return test

    return decorate


class approx:
    """Equal to a number that is close."""

    def __init__(self, expected, rel=1e-6, abs=1e-12):
        self.expected = expected
        self.tolerances = {"rel_tol": rel, "abs_tol": abs}

    def __eq__(self, other):
        return math.isclose(other, self.expected, **self.tolerances)

    __hash__ = None

    def __repr__(self):
        return f"approx({self.expected!r})"


mark = SimpleNamespace(parametrize=parametrize)
