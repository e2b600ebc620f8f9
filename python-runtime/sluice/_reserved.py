"""Makes what the sandbox lacks say what to do instead: files, sockets, processes, threads.

Installed once, into the image, before any flow is loaded. It helps honest code and guards nothing:
what a flow may do is decided on the host.
"""

import _thread
import builtins
import io
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any, NoReturn

from ._errors import ImportUnavailable, NotInSandbox
from ._text import bounded_repr
from ._unavailable import FILES, INPUT, INSTEAD, PROCESSES, SOCKETS, THREADS

__all__ = ["AbsentModules", "install"]

_TIMERS = "Use `async with asyncio.timeout(seconds):`, or the wall time that the run is given"
_DEBUGGER = "Use flow.log.debug(...): a run that ended can be gone through step by step"

_FILE_FUNCTIONS = (
    "chmod",
    "link",
    "listdir",
    "makedirs",
    "mkdir",
    "mkfifo",
    "open",
    "remove",
    "removedirs",
    "rename",
    "renames",
    "replace",
    "rmdir",
    "scandir",
    "symlink",
    "truncate",
    "unlink",
    "walk",
)
_PROCESS_FUNCTIONS = (
    "execl",
    "execle",
    "execlp",
    "execlpe",
    "execv",
    "execve",
    "execvp",
    "execvpe",
    "popen",
    "spawnl",
    "spawnle",
    "spawnlp",
    "spawnlpe",
    "spawnv",
    "spawnve",
    "spawnvp",
    "spawnvpe",
    "system",
)
_SOCKET_FUNCTIONS = (
    "create_connection",
    "create_server",
    "getaddrinfo",
    "gethostbyname",
    "gethostbyname_ex",
    "socketpair",
)
_TIMER_FUNCTIONS = ("alarm", "pause", "setitimer")


def install() -> None:
    """Puts the refusals in place. Doing it again changes nothing."""
    if any(isinstance(finder, AbsentModules) for finder in sys.meta_path):
        return
    sys.meta_path.insert(0, AbsentModules())
    _install_files()
    _install_processes()
    _install_threads()
    _replace(socket, _SOCKET_FUNCTIONS, "sockets do not exist in the sandbox", SOCKETS)
    _set(socket.socket, "__init__", refusal("socket.socket", "sockets do not exist in the sandbox", SOCKETS))
    _install_signals()
    _set(builtins, "input", refusal("input", "there is nobody to type an input in the sandbox", INPUT))
    sys.breakpointhook = refusal("breakpoint", "there is no debugger in the sandbox", _DEBUGGER)


class AbsentModules:
    """Finder that answers for the modules which the sandbox cannot have."""

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: Any = None) -> None:
        """Nothing for a module that may be there; raises `ImportUnavailable` for the others."""
        instead = INSTEAD.get(name)
        if instead is not None and not instead.importable:
            raise ImportUnavailable(f"`{name}` is not in the sandbox", name=name, hint=instead.hint)


def refusal(name: str, why: str, hint: str) -> Callable[..., NoReturn]:
    """A function that only refuses, under the name of the one that it stands for."""

    def refuse(*args: Any, **kwargs: Any) -> NoReturn:
        raise NotInSandbox(f"{name}: {why}", hint=hint)

    refuse.__name__ = refuse.__qualname__ = name.rpartition(".")[2]
    return refuse


def refuse_open(file: object = None, mode: str = "r", *args: Any, **kwargs: Any) -> NoReturn:
    """`open`, which has no file to open."""
    raise NotInSandbox(f"the sandbox has no files: {bounded_repr(file, 120)} cannot be opened", hint=FILES)


def _install_files() -> None:
    _set(builtins, "open", refuse_open)
    _set(io, "open", refuse_open)
    _replace(os, _FILE_FUNCTIONS, "the sandbox has no files", FILES)
    # Otherwise it looks for a folder to write to, and reports that instead of what is the matter.
    tempfile.tempdir = "/tmp"


def _install_processes() -> None:
    why = "processes do not exist in the sandbox"
    for name in _PROCESS_FUNCTIONS:
        _set(os, name, refusal(f"os.{name}", why, PROCESSES))
    _set(subprocess.Popen, "__init__", refusal("subprocess.Popen", why, PROCESSES))


def _install_threads() -> None:
    why = "threads do not exist in the sandbox"
    names = ("start_joinable_thread", "start_new", "start_new_thread")
    _replace(_thread, names, why, THREADS)
    _replace(threading, tuple(f"_{name}" for name in names), why, THREADS)
    _set(threading.Thread, "start", refusal("threading.Thread.start", why, THREADS))


def _install_signals() -> None:
    keep: Callable[..., Any] = signal.signal

    def set_handler(signalnum: Any, handler: Any) -> Any:
        # `asyncio.run` sets and restores the handler of this one, and it never comes.
        if signalnum == signal.SIGINT:
            return keep(signalnum, handler)
        raise NotInSandbox("signal.signal: no signal ever comes to the sandbox", hint=_TIMERS)

    _set(signal, "signal", set_handler)
    for name in _TIMER_FUNCTIONS:
        _set(signal, name, refusal(f"signal.{name}", "no signal ever comes to the sandbox", _TIMERS))


def _replace(module: ModuleType, names: Sequence[str], why: str, hint: str) -> None:
    for name in names:
        # What this platform does not have stays absent, for who asks with `hasattr`.
        if hasattr(module, name):
            _set(module, name, refusal(f"{module.__name__}.{name}", why, hint))


def _set(owner: Any, name: str, function: Any) -> None:
    setattr(owner, name, function)
