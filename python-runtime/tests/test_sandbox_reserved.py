"""Files, sockets, processes and threads, tried inside of the sandbox."""

import asyncio
import concurrent.futures
import os
import sys

import pytest

from sluice._errors import ImportUnavailable, NotInSandbox
from sluice._unavailable import INSTEAD

IN_SANDBOX = sys.platform == "wasi"

ATTEMPTS = [
    "open('x.txt')",
    "open('x.txt', 'w')",
    "__import__('io').open('x.txt')",
    "__import__('os').open('x.txt', 0)",
    "__import__('os').listdir('.')",
    "__import__('os').mkdir('x')",
    "list(__import__('os').walk('.'))",
    "__import__('pathlib').Path('x').read_text()",
    "__import__('pathlib').Path('x').write_text('y')",
    "__import__('pathlib').Path('x').open()",
    "list(__import__('pathlib').Path('.').iterdir())",
    "__import__('pathlib').Path('x').mkdir()",
    "__import__('tempfile').mkstemp()",
    "__import__('tempfile').NamedTemporaryFile()",
    "__import__('tempfile').mkdtemp()",
    "__import__('shutil').copyfile('a', 'b')",
    "__import__('os').system('ls')",
    "__import__('os').popen('ls')",
    "__import__('os').execv('/bin/ls', ['ls'])",
    "__import__('subprocess').run(['ls'])",
    "__import__('subprocess').check_output('ls', shell=True)",
    "__import__('threading').Thread(target=print).start()",
    "__import__('threading').Timer(1, print).start()",
    "__import__('_thread').start_new_thread(print, ())",
    "__import__('socket').socket()",
    "__import__('socket').create_connection(('example.com', 80))",
    "__import__('socket').getaddrinfo('example.com', 80)",
    "__import__('http.client').client.HTTPConnection('example.com').request('GET', '/')",
    "__import__('signal').alarm(1)",
    "__import__('signal').signal(15, print)",
    "input('name?')",
    "breakpoint()",
]


def refusal_of(attempt):
    """Whether it is refused with a word about the sandbox, and with advice."""
    try:
        eval(attempt)
    except NotInSandbox as error:
        return "sandbox" in str(error), bool(error.hint)
    return None, None


def test_each_attempt_is_refused_with_advice():
    if not IN_SANDBOX:
        return
    for attempt in ATTEMPTS:
        assert (attempt, *refusal_of(attempt)) == (attempt, True, True)


def test_modules_are_absent_or_there_as_is_said():
    if not IN_SANDBOX:
        return
    for name, instead in INSTEAD.items():
        if instead.importable:
            assert __import__(name).__name__ == name
        else:
            with pytest.raises(ImportUnavailable):
                __import__(name)


def test_what_looks_for_files_finds_none():
    if not IN_SANDBOX:
        return
    assert not os.path.exists("/etc/passwd")
    assert dict(os.environ) == {}


def test_asyncio_goes_on_working():
    if not IN_SANDBOX:
        return

    async def work():
        return await asyncio.to_thread(sum, [1, 2])

    assert asyncio.run(work()) == 3
    with concurrent.futures.ThreadPoolExecutor() as pool:
        assert list(pool.map(abs, [-1, 2])) == [1, 2]
