"""The event loop over `calls.next`, with a scripted host: its clock moves only while somebody waits."""

import asyncio

import pytest
from scripted import scripted_calls

from sluice import Deadlock, NotInSandbox
from sluice._calls import Request
from sluice._loop import Loop


def run(main, *, calls=None):
    host, own = scripted_calls()
    if calls is None:
        calls = own
    with asyncio.Runner(loop_factory=lambda: Loop(calls)) as runner:
        return host, runner.run(main)


async def after(seconds, value):
    await asyncio.sleep(seconds)
    return value


def test_sleeps_take_their_time_together():
    async def main():
        return await asyncio.gather(after(0.3, "a"), after(0.1, "b"), after(0.2, "c"))

    host, result = run(main())
    assert result == ["a", "b", "c"]
    assert host.now == 1_000_300
    assert len(host.waits) == 3


def test_a_wait_is_rounded_up_and_never_spins():
    async def main():
        for _ in range(20):
            await asyncio.sleep(0.0004)
            await asyncio.sleep(0.0011)

    host, _ = run(main())
    assert len(host.waits) <= 60
    assert 0 not in host.waits
    assert host.now - 1_000_000 >= 20


def test_a_timer_does_not_fire_before_its_millisecond():
    async def main():
        loop = asyncio.get_running_loop()
        began = loop.time()
        fired = loop.create_future()
        loop.call_later(0.25, fired.set_result, None)
        await fired
        return loop.time() - began

    assert abs(run(main())[1] - 0.25) < 1e-6


def test_call_at_runs_in_the_order_of_time():
    async def main():
        loop, order = asyncio.get_running_loop(), []
        for delay in (0.3, 0.1, 0.2):
            loop.call_at(loop.time() + delay, order.append, delay)
        loop.call_soon(order.append, "soon")
        await asyncio.sleep(0.4)
        return order

    assert run(main())[1] == ["soon", 0.1, 0.2, 0.3]


def test_task_groups_cancel_what_is_left():
    async def fail():
        await asyncio.sleep(0.1)
        raise ValueError("x")

    seen = []

    async def slow():
        try:
            await asyncio.sleep(100)
        except asyncio.CancelledError:
            seen.append("cancelled")
            raise

    async def main():
        async with asyncio.TaskGroup() as group:
            group.create_task(slow())
            group.create_task(fail())

    with pytest.raises(ExceptionGroup):
        run(main())
    assert seen == ["cancelled"]


def test_timeouts_and_wait_for():
    async def main():
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await asyncio.sleep(10)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.sleep(10), 0.5)
        done, pending = await asyncio.wait(
            [asyncio.create_task(after(0.1, 1)), asyncio.create_task(after(10, 2))], timeout=0.2
        )
        for task in pending:
            task.cancel()
        return len(done), len(pending)

    host, result = run(main())
    assert result == (1, 1)
    assert host.now == 1_001_200


def test_queues_and_events():
    async def main():
        queue, results = asyncio.Queue(), []

        async def worker():
            while True:
                item = await queue.get()
                await asyncio.sleep(0.1)
                results.append(item * 2)
                queue.task_done()

        workers = [asyncio.create_task(worker()) for _ in range(2)]
        for item in range(4):
            queue.put_nowait(item)
        await queue.join()
        for each in workers:
            each.cancel()
        return results

    host, result = run(main())
    assert result == [0, 2, 4, 6]
    assert host.now == 1_000_200


def test_a_call_wakes_the_loop_before_a_later_timer():
    host, calls = scripted_calls()

    async def main():
        timer = asyncio.create_task(asyncio.sleep(10))
        await calls.start(Request("sleep", {"duration_ms": 50}, lambda value, attachment: None))
        timer.cancel()
        return host.now

    assert run(main(), calls=calls)[1] == 1_000_050


def test_calls_complete_while_the_loop_is_busy():
    _, calls = scripted_calls()

    async def main():
        future = calls.start(Request("sleep", {"duration_ms": 0}, lambda value, attachment: "x"))
        for _ in range(5):
            await asyncio.sleep(0)
        return future.done()

    assert run(main(), calls=calls)[1]


def test_a_busy_loop_without_calls_does_not_ask_the_host():
    async def main():
        for _ in range(100):
            await asyncio.sleep(0)

    assert run(main())[0].waits == []


def test_waiting_for_what_never_comes_is_a_deadlock_that_names_the_tasks():
    async def stuck():
        await asyncio.Event().wait()

    async def main():
        task = asyncio.create_task(stuck(), name="printer")
        assert not task.done()
        await asyncio.get_running_loop().create_future()

    with pytest.raises(Deadlock) as caught:
        run(main())
    assert "'printer': " in str(caught.value)
    assert "stuck in line" in str(caught.value)
    assert "main in line" in str(caught.value)
    assert caught.value.code == "deadlock"
    assert len(caught.value.details["tasks"]) == 2


def test_executors_work_in_turn():
    order = []

    def work(n):
        order.append(n)
        return n * n

    async def main():
        loop = asyncio.get_running_loop()
        squares = await asyncio.gather(*(asyncio.to_thread(work, n) for n in range(3)))
        return squares, await loop.run_in_executor(None, work, 9)

    assert run(main())[1] == ([0, 1, 4], 81)
    assert order == [0, 1, 2, 9]


def test_what_work_in_an_executor_raises_is_raised_by_its_await():
    def fail():
        raise KeyError("x")

    async def main():
        await asyncio.to_thread(fail)

    with pytest.raises(KeyError):
        run(main())


def test_work_in_an_executor_may_wait_and_may_run_a_loop_of_its_own():
    host, calls = scripted_calls()

    def work():
        calls.start(Request("sleep", {"duration_ms": 100}, lambda value, attachment: None)).result()
        with asyncio.Runner(loop_factory=lambda: Loop(calls)) as runner:
            return runner.run(after(0.1, "inner"))

    async def main():
        return await asyncio.to_thread(work)

    assert run(main(), calls=calls)[1] == "inner"
    assert host.now == 1_000_200


@pytest.mark.parametrize(
    "name", ["create_connection", "create_server", "subprocess_exec", "add_reader", "add_signal_handler"]
)
def test_what_a_sandbox_has_not_says_so(name):
    async def main():
        with pytest.raises(NotInSandbox, match=name):
            getattr(asyncio.get_running_loop(), name)(None)

    run(main())


def test_a_closed_loop_says_so():
    _, calls = scripted_calls()
    loop = Loop(calls)
    loop.close()
    with pytest.raises(RuntimeError, match="closed"):
        loop.run_in_executor(None, print)


def test_asynchronous_generators_are_closed_at_the_end():
    seen = []

    async def numbers():
        try:
            yield 1
            yield 2
        finally:
            seen.append("closed")

    async def main():
        async for number in numbers():
            return number

    assert run(main())[1] == 1
    assert seen == ["closed"]
