"""What only the sandbox has: our loop, executor and `sleep` in the places of the standard ones."""

import asyncio
import concurrent.futures
import importlib
import logging
import random
import sys
import time
import zoneinfo
from datetime import datetime

import pytest

from sluice import NotInSandbox
from sluice._loop import Loop


def test_asyncio_runs_on_our_loop():
    async def main():
        return type(asyncio.get_running_loop())

    assert asyncio.run(main()) is Loop
    with asyncio.Runner() as runner:
        assert runner.run(main()) is Loop
    loop = asyncio.new_event_loop()
    assert type(loop) is Loop
    loop.close()


def test_time_passes_while_one_sleeps():
    began = time.monotonic()
    time.sleep(0.05)
    assert 0.04 <= time.monotonic() - began < 5
    with pytest.raises(ValueError, match="non-negative"):
        time.sleep(-1)
    time.sleep(0)


def test_coroutines_sleep_together():
    async def main():
        await asyncio.gather(*(asyncio.sleep(0.1) for _ in range(20)))

    began = time.monotonic()
    asyncio.run(main())
    assert 0.09 <= time.monotonic() - began < 1


def test_the_executors_are_ours():
    with concurrent.futures.ThreadPoolExecutor(max_workers=8) as executor:
        assert list(executor.map(str, range(3))) == ["0", "1", "2"]
    with pytest.raises(NotInSandbox):
        concurrent.futures.ProcessPoolExecutor()


def test_blocking_work_in_a_coroutine_may_sleep():
    async def main():
        await asyncio.to_thread(time.sleep, 0.01)
        return "done"

    assert asyncio.run(main()) == "done"


@pytest.mark.parametrize(
    "name", ["xml.sax", "bdb", "imaplib", "plistlib", "sched", "wave", "optparse", "cmd"]
)
def test_the_rest_of_the_standard_library_is_imported_when_needed(name):
    assert importlib.import_module(name).__name__ == name


def test_there_is_no_path_to_import_from():
    assert sys.path == []
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("nothing_of_that_name")


def test_time_zones_are_there():
    noon = datetime(2026, 7, 1, 12, tzinfo=zoneinfo.ZoneInfo("Europe/Amsterdam"))
    assert noon.isoformat() == "2026-07-01T12:00:00+02:00"
    assert "Asia/Tokyo" in zoneinfo.available_timezones()


def test_logging_is_set_up():
    logging.basicConfig(level=logging.DEBUG)
    assert logging.getLogger().level == logging.DEBUG
    assert len(logging.getLogger().handlers) == 1
    logging.getLogger().setLevel(logging.INFO)


def test_randomness_is_not_that_of_the_image():
    assert len({random.SystemRandom().random() for _ in range(3)}) == 3
