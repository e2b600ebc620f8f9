"""`concurrent.futures` where there are no threads: work is done in turn, at `submit`.

The order of work is the order of submission, the same in every run. What the work raises stands in
its future, as with threads.
"""

import asyncio
import concurrent.futures
import contextvars
from collections.abc import Callable
from typing import Any, NoReturn, ParamSpec, TypeVar

from ._errors import NotInSandbox

__all__ = ["InTurnExecutor", "install"]

P = ParamSpec("P")
T = TypeVar("T")


class InTurnExecutor(concurrent.futures.Executor):
    """A `ThreadPoolExecutor` that does each piece of work when it is submitted."""

    def __init__(
        self,
        max_workers: int | None = None,
        thread_name_prefix: str = "",
        initializer: Callable[..., object] | None = None,
        initargs: tuple[Any, ...] = (),
    ) -> None:
        if max_workers is not None and max_workers <= 0:
            raise ValueError("max_workers must be greater than 0")
        if initializer is not None and not callable(initializer):
            raise TypeError("initializer must be a callable")
        self._max_workers = max_workers or 1
        self._thread_name_prefix = thread_name_prefix
        self._initializer = initializer
        self._initargs = initargs
        self._shut_down = False

    def submit(
        self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs
    ) -> concurrent.futures.Future[T]:
        if self._shut_down:
            raise RuntimeError("cannot schedule new futures after shutdown")
        future: concurrent.futures.Future[T] = concurrent.futures.Future()
        future.set_running_or_notify_cancel()
        # A thread has no running event loop; so the work may block, and may run a loop of its own.
        loop = asyncio._get_running_loop()
        asyncio._set_running_loop(None)
        try:
            result = contextvars.copy_context().run(self._work, fn, *args, **kwargs)
        except BaseException as error:
            future.set_exception(error)
        else:
            future.set_result(result)
        finally:
            asyncio._set_running_loop(loop)
        return future

    def _work(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        initializer, self._initializer = self._initializer, None
        if initializer is not None:
            initializer(*self._initargs)
        return fn(*args, **kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self._shut_down = True


class NoProcessPool(concurrent.futures.Executor):
    """`ProcessPoolExecutor`, which the sandbox cannot have."""

    def __init__(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise NotInSandbox(
            "a flow has no processes of its own",
            hint="Use ThreadPoolExecutor, which does the work in turn, or flow.map, which runs a flow "
            "once for each input in sandboxes of their own",
        )


def install() -> None:
    """Puts these in the place of the standard ones."""
    import concurrent.futures.thread as thread

    for name, executor in (("ThreadPoolExecutor", InTurnExecutor), ("ProcessPoolExecutor", NoProcessPool)):
        executor.__name__ = executor.__qualname__ = name
        executor.__module__ = "concurrent.futures"
        setattr(concurrent.futures, name, executor)
    thread.ThreadPoolExecutor = InTurnExecutor  # type: ignore[assignment,misc]
