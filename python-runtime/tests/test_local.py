"""The stand-in for the host under plain CPython. The sandbox does not have it, so it has no tests there."""

import hashlib

import pytest

from sluice import CallInvalid, flow
from sluice._calls import Calls
from sluice._host import IN_SANDBOX

if not IN_SANDBOX:
    from sluice import _local

    def do(operation, *args, **kwargs):
        """What the stand-in answers to an operation."""
        return Calls(_local).start(operation._request(*args, **kwargs)).result()

    def test_values_are_kept_in_memory():
        notes = flow.kv("test-values")
        assert do(notes.get, "a") is None
        do(notes.set, "a", {"x": 1})
        do(notes.set, "b", 3)
        assert do(notes.get, "a") == {"x": 1}
        assert do(notes.list) == {"a": {"x": 1}, "b": 3}
        assert do(notes.list, "b") == {"b": 3}
        assert do(notes.list, after="a", limit=1) == {"b": 3}
        assert do(notes.list, limit=1) == {"a": {"x": 1}}
        assert do(flow.kv("test-others").list) == {}
        assert do(notes.delete, "a") is True
        assert do(notes.delete, "a") is False
        do(notes.set, "b", None)
        assert do(notes.list) == {}

    def test_values_are_compared_as_json():
        notes = flow.kv("test-compared")
        assert do(notes.compare_and_set, "a", None, 1)
        assert not do(notes.compare_and_set, "a", None, 2)
        assert not do(notes.compare_and_set, "a", True, 2)
        assert do(notes.compare_and_set, "a", 1, None)
        assert do(notes.get, "a") is None

    def test_a_value_is_gone_after_its_time():
        notes = flow.kv("test-ttl")
        do(notes.set, "gone", 1, ttl=0)
        do(notes.set, "here", 1, ttl=3_600)
        assert do(notes.get, "gone") is None
        assert do(notes.list) == {"here": 1}
        assert do(notes.compare_and_set, "gone", None, 2)

    @pytest.mark.parametrize("key", ["", "k" * 513, "é" * 257])
    def test_a_key_is_neither_empty_nor_long(key):
        with pytest.raises(CallInvalid, match="512 bytes"):
            do(flow.kv("test-keys").set, key, 1)

    def test_artifacts_are_kept_in_memory():
        kept = do(flow.artifact, "r.txt", "hé")
        assert (kept.size_bytes, kept.digest) == (3, hashlib.sha256("hé".encode()).hexdigest())
        assert do(flow.artifact.read, "r.txt") == "hé".encode()
        do(flow.artifact, "r.txt", b"other")
        assert do(flow.artifact.read, "r.txt") == b"other"
        with pytest.raises(CallInvalid, match=r"no artifact 'missing\.txt'"):
            do(flow.artifact.read, "missing.txt")

    def test_a_flow_runs_on_them():
        notes = flow.kv("test-flow")
        notes.set("a", 1)
        pending = [flow.sleep.start(0.01), notes.get.start("a"), notes.get.start("b")]
        assert [future.result() for future in pending] == [None, 1, None]
