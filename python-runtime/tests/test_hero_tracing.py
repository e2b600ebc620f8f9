"""Flows that were written for hero_tracing run over `sluice`, and plain objects are traced."""

import asyncio

import pytest
from scripted import recorded

import sluice
from hero_tracing import flow, instrument
from sluice._loop import Loop


class Store:
    """A plain object with everything that a stand-in has to hand on."""

    limit = 3

    def __init__(self):
        self.kept = {}

    def put(self, key, value):
        """Keeps a value."""
        self.kept[key] = value
        return self

    def fail(self):
        raise LookupError("nothing there")

    async def later(self):
        return 7

    def each(self):
        yield from self.kept

    def _hidden(self):
        return "hidden"

    def __len__(self):
        return len(self.kept)

    def __getitem__(self, key):
        return self.kept[key]


def test_flow_is_the_one_of_sluice():
    assert flow is sluice.flow


def test_each_call_of_a_method_is_a_step():
    store = Store()
    traced = instrument(store)
    with recorded() as host:
        assert traced.put("a", 1) is store
        traced.put(key="b", value=2)
        with pytest.raises(LookupError):
            traced.fail()
    assert host.spans() == [("Store.put", 0), ("Store.put", 0), ("Store.fail", 1)]


def test_a_name_may_be_given_and_coroutines_are_traced_while_they_run():
    traced = instrument(Store(), "cache")
    with recorded() as host:
        with asyncio.Runner(loop_factory=Loop) as runner:
            assert runner.run(traced.later()) == 7
        assert list(traced.each()) == []
        assert traced._hidden() == "hidden"
    assert host.spans() == [("cache.later", 0)]


def test_everything_else_is_handed_on():
    store = Store()
    traced = instrument(store)
    traced.limit = 5
    assert (store.limit, traced.limit) == (5, 5)
    store.kept["a"] = 1
    assert (len(traced), traced["a"]) == (1, 1)
    assert not callable(traced)
    assert bool(traced)
    assert traced == store
    assert repr(traced) == f"<instrumented {store!r}>"
    assert traced.put.__doc__ == "Keeps a value."
    assert "put" in dir(traced)
    with pytest.raises(AttributeError):
        traced.nothing  # noqa: B018


def test_a_module_can_be_traced():
    import json

    traced = instrument(json)
    with recorded() as host:
        assert traced.loads("[1]") == [1]
    assert host.spans() == [("json.loads", 0)]
    assert traced.JSONDecodeError is json.JSONDecodeError


def test_a_call_of_the_object_itself_keeps_all_its_arguments():
    class Add:
        def __call__(self, one, *others, times=1, **named):
            return (one + sum(others)) * times, named

    assert instrument(Add())(1, 2, times=3, note="x") == (9, {"note": "x"})
