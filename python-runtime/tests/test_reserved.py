"""What stands in for files, sockets, processes and threads; without putting it in place."""

import errno
import os
import sys

import pytest

from sluice._errors import ImportUnavailable, NotInSandbox
from sluice._failure import failure_of
from sluice._reserved import AbsentModules, refusal, refuse_open
from sluice._unavailable import CALLS, INSTEAD


def test_a_refusal_says_what_where_and_what_to_do():
    refuse = refusal("os.system", "processes do not exist in the sandbox", "Do it in Python")
    with pytest.raises(NotInSandbox) as caught:
        refuse("ls", shell=True)
    assert str(caught.value) == "os.system: processes do not exist in the sandbox"
    assert caught.value.hint == "Do it in Python"
    assert caught.value.errno == errno.ENOTSUP
    assert refuse.__name__ == "system"


def test_open_names_the_file():
    with pytest.raises(NotInSandbox) as caught:
        refuse_open("data.csv", "w", encoding="utf-8")
    assert str(caught.value) == "the sandbox has no files: 'data.csv' cannot be opened"
    with pytest.raises(OSError, match="the sandbox has no files"):
        refuse_open()


def test_the_refusal_is_not_shown_as_a_frame():
    source = "def main(open):\n    open('x')\n"
    names = {"__name__": "a_flow"}
    exec(compile(source, "flow.py", "exec", dont_inherit=True), names)
    with pytest.raises(NotInSandbox) as caught:
        names["main"](refuse_open)
    failure = failure_of(caught.value, source)
    assert failure["frames"][-1]["function"] == "main"
    assert failure["code"] == "not_in_sandbox"


def test_absent_modules_are_import_errors():
    finder = AbsentModules()
    with pytest.raises(ImportUnavailable) as caught:
        finder.find_spec("ctypes")
    assert str(caught.value) == "`ctypes` is not in the sandbox"
    assert caught.value.name == "ctypes"
    assert isinstance(caught.value, ModuleNotFoundError)
    failure = failure_of(caught.value, None)
    assert (failure["kind"], failure["code"]) == ("source_error", "import_unavailable")
    assert failure["hint"] == "The sandbox runs no machine code: use a pure Python way"
    assert failure["exception"] == "sluice.ImportUnavailable"
    for name in ("json", "subprocess", "socket", "ctype"):
        assert finder.find_spec(name) is None


def test_advice_is_whole_and_about_what_exists():
    for name, instead in INSTEAD.items():
        assert instead.hint[0].isupper(), name
        assert not instead.hint.endswith("."), name
        if instead.importable:
            assert name in sys.stdlib_module_names
    for name in CALLS:
        module, _, attribute = name.rpartition(".")
        known = hasattr(__import__(module), attribute)
        assert known or (module == "os" and not hasattr(os, "fork")), name
