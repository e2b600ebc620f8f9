"""`flow.step` as a block and as a decorator; what the host is told."""

import asyncio
from decimal import Decimal

import pytest
from scripted import recorded

from sluice import CapabilityDenied, Failed, NotInSandbox, flow

OK, FAILED, CANCELLED = 0, 1, 2


def test_a_step_opens_and_ends_a_span():
    with recorded() as host, flow.step("load", source="here"):
        pass
    assert host.events == [("start", 1, 0, "load", {"source": "here"}, None), ("end", 1, OK, None)]


def test_steps_nest():
    with recorded() as host:
        with flow.step("outer"), flow.step("inner"):
            pass
        with flow.step("next"):
            pass
    assert [(name, parent) for _, parent, name, _, _ in host.named("start")] == [
        ("outer", 0),
        ("inner", 1),
        ("next", 0),
    ]


def test_a_step_may_have_an_attribute_called_name():
    with recorded() as host, flow.step("load", name="ink"):
        pass
    assert host.named("start")[0][2:4] == ("load", {"name": "ink"})


def test_set_and_progress_reach_the_span():
    with recorded() as host, flow.step("load") as step:
        step.set(lines=3)
        step.progress(1, 2)
        step.progress(2)
    assert host.named("set") == [(1, {"lines": 3})]
    assert host.named("progress") == [(1, 1, 2), (1, 2, None)]


def test_set_before_and_after_the_step_is_no_error():
    with recorded() as host:
        step = flow.step("load", a=1)
        step.set(b=2)
        with step:
            pass
        step.set(c=3)
        step.progress(1)
    assert host.named("start")[0][3] == {"a": 1, "b": 2}
    assert host.named("set") == host.named("progress") == []


def test_an_error_ends_the_step_as_failed_and_goes_on():
    with recorded() as host, pytest.raises(KeyError) as caught, flow.step("outer"), flow.step("inner"):
        raise KeyError("x")
    assert host.spans() == [("inner", FAILED), ("outer", FAILED)]
    failure = host.named("end")[0][2]
    assert failure["exception"] == "KeyError"
    assert failure["message"] == "'x'"
    assert "frames" not in failure
    assert (caught.value.sluice_span, caught.value.sluice_step) == (2, ["outer", "inner"])


def test_an_error_of_the_sdk_keeps_its_kind_and_code():
    with recorded() as host, pytest.raises(Failed), flow.step("decide"):
        raise flow.Failed("no")
    failure = host.named("end")[0][2]
    assert (failure["kind"], failure["code"]) == ("flow_error", "flow_failed")


def test_an_error_without_text_ends_the_step_too():
    class Mute(Exception):
        def __str__(self):
            raise ValueError

    with recorded() as host, pytest.raises(Mute), flow.step("s"):
        raise Mute
    assert host.named("end")[0][2]["message"] == ""


def test_what_json_cannot_hold_becomes_its_repr():
    class Broken:
        def __repr__(self):
            raise RuntimeError

    itself: list = []
    itself.append(itself)
    with (
        recorded() as host,
        flow.step("s", a={1, 2}, b=float("nan"), c=Broken(), d=itself, e="ok", f="\ud800"),
    ):
        pass
    attributes = host.named("start")[0][3]
    assert attributes["a"] == "{1, 2}"
    assert attributes["b"] == "nan"
    assert attributes["c"] == "<Broken, whose repr raises RuntimeError>"
    assert attributes["d"] == "[[...]]"
    assert attributes["e"] == "ok"
    assert attributes["f"] == "?"


def test_attributes_are_bounded():
    with (
        recorded() as host,
        flow.step("s", big="x" * 100_000, small=1, digits=10**400, many=list(range(9000))),
    ):
        pass
    attributes = host.named("start")[0][3]
    assert attributes["small"] == 1
    assert attributes["big"].endswith("more characters)")
    assert isinstance(attributes["digits"], str)
    assert sum(len(str(value)) for value in attributes.values()) < 40_000


def test_a_long_name_is_cut():
    with recorded() as host, flow.step("x" * 5000):
        pass
    assert len(host.named("start")[0][2]) <= 512


@pytest.mark.parametrize(
    ("budget", "members"),
    [
        ({"tokens": 0}, {"tokens": 0}),
        ({"cost": 0.1}, {"cost_micros": 100_000}),
        ({"cost": 2, "tokens": 5}, {"tokens": 5, "cost_micros": 2_000_000}),
        ({"cost": Decimal("0.0000019")}, {"cost_micros": 1}),
    ],
)
def test_a_budget_goes_to_the_host_in_tokens_and_millionths(budget, members):
    with recorded() as host, flow.step("judge", budget=budget, **{f"a{n}": "x" * 4_000 for n in range(20)}):
        pass
    assert host.named("start")[0][3]["sluice.budget"] == members


@pytest.mark.parametrize(
    "budget",
    [
        {"token": 1},
        {"tokens": 1.5},
        {"tokens": -1},
        {"tokens": True},
        {"cost": -1},
        {"cost": float("nan")},
        {"cost": "1"},
    ],
)
def test_a_malformed_budget_is_refused(budget):
    with pytest.raises(ValueError, match="budget"):
        flow.step("judge", budget=budget)


@pytest.mark.parametrize("budget", [8_000, {}, "tokens"])
def test_a_budget_is_a_mapping(budget):
    with pytest.raises(TypeError, match="a budget is written"):
        flow.step("judge", budget=budget)


def test_uses_narrow_and_a_budget_is_handed_on():
    with recorded() as host, flow.step("judge", uses=["llm:default"], budget={"tokens": 8}):
        pass
    assert host.named("start")[0][3:] == ({"sluice.budget": {"tokens": 8}}, '["llm:default"]')


def test_uses_of_nothing_allows_nothing():
    with recorded() as host, flow.step("alone", uses=[]):
        pass
    assert host.named("start")[0][4] == "[]"


def test_a_step_is_entered_once():
    with recorded():
        step = flow.step("s")
        with step:
            pass
        with pytest.raises(RuntimeError, match="a second time"), step:
            pass


def test_a_block_needs_a_name_and_cannot_be_tried_again():
    with recorded() as host:
        with pytest.raises(TypeError, match="needs a name"), flow.step():
            pass
        with pytest.raises(TypeError, match="cannot be run again"), flow.step("s", retries=1):
            pass
    assert host.events == []


@pytest.mark.parametrize("name", [b"bytes", 3, ["x"]])
def test_a_name_is_a_text(name):
    with pytest.raises(TypeError):
        flow.step(name)


def test_a_function_is_a_step_by_decoration():
    @flow.step
    def one(n):
        return n + 1

    @flow.step("second", kind="b")
    def two(n):
        return n + 2

    with recorded() as host:
        assert (one(1), two(n=1)) == (2, 3)
    assert [event[2:4] for event in host.named("start")] == [("one", {}), ("second", {"kind": "b"})]
    assert one.__name__ == "one"


def test_a_coroutine_function_is_a_step_by_decoration():
    @flow.step(retries=1)
    async def work():
        await asyncio.sleep(0)
        if flow.attempt == 1:
            raise ConnectionError
        return flow.attempt

    with recorded() as host:
        assert asyncio.run(work()) == 2
    assert host.spans() == [("work", FAILED), ("work", OK)]


def test_a_generator_is_refused_as_a_step():
    with pytest.raises(TypeError, match="generator"):

        @flow.step
        def items():
            yield 1


def test_retries_counts_what_comes_after_the_first_attempt():
    attempts = []

    @flow.step(retries=3)
    def never():
        attempts.append(flow.attempt)
        raise ConnectionError

    with recorded() as host, pytest.raises(ConnectionError):
        never()
    assert attempts == [1, 2, 3, 4]
    assert [attributes["attempt"] for _, _, _, attributes, _ in host.named("start")] == [1, 2, 3, 4]


def test_the_attempt_is_that_of_the_innermost_step_with_retries():
    seen = []

    @flow.step(retries=1)
    def outer():
        with flow.step("plain"):
            seen.append(flow.attempt)
        if flow.attempt == 1:
            raise ConnectionError

    with recorded():
        outer()
    assert seen == [1, 2]
    assert flow.attempt == 1


@pytest.mark.parametrize(
    ("error", "attempts"),
    [
        (Failed("no"), 1),
        (Failed("perhaps", retryable=True), 3),
        (CapabilityDenied("no"), 1),
        (NotInSandbox("no"), 1),
        (asyncio.CancelledError(), 1),
        (ValueError(), 3),
        (KeyboardInterrupt(), 1),
    ],
)
def test_only_what_may_succeed_is_tried_again(error, attempts):
    tried = []

    @flow.step(retries=2)
    def work():
        tried.append(1)
        raise error

    with recorded(), pytest.raises(type(error)):
        work()
    assert len(tried) == attempts


def test_retry_on_chooses_the_errors():
    tried = []

    @flow.step(retries=2, retry_on=ConnectionError)
    def work():
        tried.append(1)
        raise ValueError("no")

    with recorded(), pytest.raises(ValueError, match="no"):
        work()
    assert len(tried) == 1


def test_the_backoff_doubles_and_varies():
    step = flow.step("s", retries=5, backoff=0.1)
    for number, longest in ((1, 0.1), (2, 0.2), (3, 0.4), (60, 3600.0)):
        delays = {step._delay(number) for _ in range(50)}
        assert all(longest / 2 <= delay <= longest for delay in delays)
        assert len(delays) > 1


@pytest.mark.parametrize(
    "options", [{"retries": -1}, {"retries": 1.5}, {"backoff": -1}, {"backoff": float("inf")}]
)
def test_senseless_retries_are_refused(options):
    with pytest.raises(ValueError, match="from 0"):
        flow.step("s", **options)


def test_tasks_have_steps_of_their_own():
    async def work(name):
        async with flow.step(name):
            await asyncio.sleep(0)
            async with flow.step(f"{name}.inner"):
                await asyncio.sleep(0)

    async def main():
        async with flow.step("all"):
            await asyncio.gather(work("a"), work("b"))

    with recorded() as host:
        asyncio.run(main())
    starts = {name: (span, parent) for span, parent, name, _, _ in host.named("start")}
    for name in ("a", "b"):
        assert starts[name][1] == starts["all"][0]
        assert starts[f"{name}.inner"][1] == starts[name][0]
    assert len(host.open) == 1


def test_a_cancelled_step_ends_as_cancelled():
    async def work():
        async with flow.step("slow"):
            await asyncio.sleep(100)

    async def main():
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await work()

    with recorded() as host:
        asyncio.run(main())
    assert host.spans() == [("slow", CANCELLED)]


def test_work_that_outlives_its_step_belongs_to_the_nearest_open_one():
    async def late(gate):
        async with flow.step("late") as step:
            await gate.wait()
            flow.log.info("still here")
            step.set(a=1)
            async with flow.step("later"):
                pass

    async def main():
        gate = asyncio.Event()
        async with flow.step("root"):
            async with flow.step("short"):
                task = asyncio.create_task(late(gate))
                await asyncio.sleep(0)
            gate.set()
            await task

    with recorded() as host:
        asyncio.run(main())
    assert host.named("log")[0][0] == 1
    assert host.named("set") == []
    assert [event[1] for event in host.named("start") if event[2] == "later"] == [1]
    assert ("late", OK) not in host.spans()
