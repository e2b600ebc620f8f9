"""`ThreadPoolExecutor` without threads."""

import concurrent.futures
import contextvars

import pytest
from scripted import recorded

from sluice import NotInSandbox, flow
from sluice._executor import InTurnExecutor, NoProcessPool


def test_work_is_done_in_the_order_of_submission():
    order = []
    with InTurnExecutor(max_workers=4) as executor:
        futures = [executor.submit(order.append, n) for n in range(5)]
    assert order == [0, 1, 2, 3, 4]
    assert all(future.done() for future in futures)


def test_map_keeps_the_order_and_raises_where_the_item_is_read():
    with InTurnExecutor() as executor:
        assert list(executor.map(pow, [2, 3], [3, 2])) == [8, 9]
        results = executor.map(lambda n: 1 / n, [1, 0])
        assert next(results) == 1
        with pytest.raises(ZeroDivisionError):
            next(results)


def test_wait_and_as_completed():
    with InTurnExecutor() as executor:
        futures = [executor.submit(lambda n=n: n) for n in range(3)]
        done, pending = concurrent.futures.wait(futures)
        assert (len(done), len(pending)) == (3, 0)
        assert sorted(each.result() for each in concurrent.futures.as_completed(futures)) == [0, 1, 2]


def test_callbacks_and_exceptions():
    seen = []
    with InTurnExecutor() as executor:
        future = executor.submit(int, "x")
        future.add_done_callback(lambda done: seen.append(type(done.exception())))
    assert seen == [ValueError]
    with pytest.raises(ValueError, match="invalid literal"):
        future.result()


def test_no_work_after_shutdown():
    executor = InTurnExecutor()
    executor.shutdown(cancel_futures=True)
    with pytest.raises(RuntimeError, match="after shutdown"):
        executor.submit(print)


def test_the_initializer_runs_once():
    seen = []
    with InTurnExecutor(2, "name", seen.append, ("ready",)) as executor:
        executor.submit(seen.append, 1)
        executor.submit(seen.append, 2)
    assert seen == ["ready", 1, 2]


@pytest.mark.parametrize("workers", [0, -1])
def test_workers_are_counted_from_one(workers):
    with pytest.raises(ValueError, match="greater than 0"):
        InTurnExecutor(workers)


def test_work_has_a_context_of_its_own():
    variable = contextvars.ContextVar("variable", default="outside")
    with InTurnExecutor() as executor:
        executor.submit(variable.set, "inside")
        assert executor.submit(variable.get).result() == "outside"
    assert variable.get() == "outside"


def test_steps_of_the_work_belong_to_the_step_that_submits_it():
    @flow.step
    def work():
        return None

    with recorded() as host, flow.step("fan out"), InTurnExecutor() as executor:
        executor.submit(work)
    assert [(event[1], event[2]) for event in host.named("start")] == [(0, "fan out"), (1, "work")]


def test_a_process_pool_says_what_to_do_instead():
    with pytest.raises(NotInSandbox) as caught:
        NoProcessPool(4)
    assert "flow.map" in caught.value.hint
