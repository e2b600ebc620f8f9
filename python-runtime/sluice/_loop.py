"""The event loop of the sandbox: asyncio over `calls.next`, the one function that waits.

It has no sockets, signals or threads. Its clock is the host's, which counts milliseconds: a timer
never fires before its millisecond, and waiting for one never spins. When nothing can wake it any
more it raises `Deadlock` instead of waiting for ever.
"""

import asyncio
import concurrent.futures
from collections.abc import Callable
from typing import Any, NoReturn, TypeVar

from ._calls import CALLS, Calls, timeout_ms
from ._errors import Deadlock, NotInSandbox
from ._executor import InTurnExecutor

__all__ = ["Loop", "install"]

T = TypeVar("T")

_HALF_A_TICK = 0.0005
_MOST_NAMED = 8


class Selector:
    """What the base loop asks to wait: completions of calls are its only events."""

    def __init__(self, loop: "Loop") -> None:
        self._loop = loop

    def select(self, timeout: float | None) -> tuple[()]:
        calls = self._loop.calls
        if timeout is None:
            if not calls:
                raise self._loop.deadlock()
            calls.next(None)
        elif timeout > 0:
            calls.next(timeout_ms(timeout))
        else:
            calls.poll()
        return ()

    def close(self) -> None:
        pass


class Loop(asyncio.BaseEventLoop):
    """An asyncio event loop over the calls of a host."""

    def __init__(self, calls: Calls = CALLS) -> None:
        super().__init__()
        self.calls = calls
        self._clock_resolution = _HALF_A_TICK
        self._selector = Selector(self)
        self._in_turn: concurrent.futures.Executor | None = None

    def time(self) -> float:
        now: int = self.calls.host.now_ms()
        return now / 1000

    def deadlock(self) -> Deadlock:
        """The error that says which tasks wait for what will never come."""
        tasks = sorted(_told(task) for task in asyncio.all_tasks(self))
        told = tasks[:_MOST_NAMED]
        if len(tasks) > _MOST_NAMED:
            told.append(f"{len(tasks) - _MOST_NAMED} more")
        waiting = "; ".join(told) or "the event loop itself"
        return Deadlock(
            f"nothing can wake this flow any more: no timer is set and no call is open. Waiting: {waiting}",
            hint="Look for a future, queue, event or lock that no other task sets or releases",
            details={"tasks": tasks},
        )

    def run_in_executor(  # type: ignore[override]
        self, executor: concurrent.futures.Executor | None, func: Callable[..., T], *args: Any
    ) -> asyncio.Future[T]:
        """Does the work in turn, now, unless `executor` does otherwise."""
        self._check_closed()
        if executor is None:
            if self._in_turn is None:
                self._in_turn = InTurnExecutor()
            executor = self._in_turn
        return asyncio.wrap_future(executor.submit(func, *args), loop=self)

    def set_default_executor(self, executor: concurrent.futures.Executor) -> None:
        self._in_turn = executor

    async def shutdown_default_executor(self, timeout: float | None = None) -> None:
        executor, self._in_turn = self._in_turn, None
        if executor is not None:
            executor.shutdown()

    def close(self) -> None:
        super().close()
        self._in_turn = None

    def _process_events(self, event_list: object) -> None:
        pass

    def _write_to_self(self) -> None:
        pass

    def _check_closed(self) -> None:
        if self.is_closed():
            raise RuntimeError("Event loop is closed")


def _told(task: asyncio.Task[Any]) -> str:
    coroutine = task.get_coro()
    told: str = getattr(coroutine, "__qualname__", type(coroutine).__name__)
    frames = task.get_stack(limit=1)
    if frames:
        told += f" in line {frames[0].f_lineno} of {frames[0].f_code.co_filename}"
    name = task.get_name()
    return told if name.startswith("Task-") else f"{name!r}: {told}"


_SOCKETS = "a flow opens no connections of its own"
_SOCKETS_HINT = "Ask the host: `await http.get.start(url)` with `from sluice import http`"
_ABSENT = {
    _SOCKETS: (
        "connect_accepted_socket create_connection create_datagram_endpoint create_server "
        "create_unix_connection create_unix_server getaddrinfo getnameinfo sendfile sock_accept sock_connect "
        "sock_recv sock_recv_into sock_recvfrom sock_recvfrom_into sock_sendall sock_sendfile sock_sendto "
        "start_tls"
    ),
    "a flow starts no processes": "subprocess_exec subprocess_shell",
    "a flow has no file descriptors": (
        "add_reader add_writer connect_read_pipe connect_write_pipe remove_reader remove_writer"
    ),
    "a flow gets no signals": "add_signal_handler remove_signal_handler",
}


def _absent(name: str, why: str) -> Callable[..., NoReturn]:
    def method(self: Loop, *args: Any, **kwargs: Any) -> NoReturn:
        raise NotInSandbox(f"{name}: {why}", hint=_SOCKETS_HINT if why is _SOCKETS else None)

    method.__name__ = name
    return method


for _why, _names in _ABSENT.items():
    for _name in _names.split():
        setattr(Loop, _name, _absent(_name, _why))


def install() -> None:
    """Makes it the loop of `asyncio.run`, `new_event_loop` and `get_event_loop`."""

    class Policy(asyncio.events.BaseDefaultEventLoopPolicy):
        _loop_factory = Loop

    asyncio.set_event_loop_policy(Policy())  # type: ignore[abstract]
    asyncio.DefaultEventLoopPolicy = Policy  # type: ignore[assignment]
    for name in ("EventLoop", "SelectorEventLoop"):
        setattr(asyncio, name, Loop)
