"""The shapes of `cargo xtask bench --only durable` in DBOS, whose Python library this needs.

Run by the bench as `peer.py STORE WAY SCALE`: a file for SQLite or a PostgreSQL URL; how the file is
set; and how much of the work is done. Says JSON, one object a line.
"""

import asyncio
import json
import platform
import sqlite3
import sys
import time
from importlib.metadata import version
from typing import Any

from dbos import DBOS, DBOSConfig

STORE, WAY, SCALE = sys.argv[1], sys.argv[2], float(sys.argv[3])
STEPS = 100


def say(what: dict[str, Any]) -> None:
    print(json.dumps(what), flush=True)


def scaled(count: int) -> int:
    return max(2, round(count * SCALE))


@DBOS.step()
def step(number: int) -> int:
    return sum(range(50))


@DBOS.workflow()
def steps(count: int) -> int:
    return sum(step(number) for number in range(count))


@DBOS.step()
async def step_async(number: int) -> int:
    return sum(range(50))


@DBOS.workflow()
async def steps_async(count: int) -> int:
    return sum([await step_async(number) for number in range(count)])


@DBOS.workflow()
def nothing() -> None:
    pass


def fib(n: int) -> int:
    return n if n < 2 else fib(n - 1) + fib(n - 2)


@DBOS.step()
def fib_step(number: int) -> int:
    return fib(10)


@DBOS.workflow()
def fibs(count: int) -> int:
    return sum(fib_step(number) for number in range(count))


def threads(runs: int, count: int = STEPS) -> float:
    """Milliseconds a step."""
    began = time.perf_counter()
    handles = [DBOS.start_workflow(steps, count) for _ in range(runs)]
    for handle in handles:
        handle.get_result()
    return (time.perf_counter() - began) * 1e3 / (count * runs)


async def tasks(runs: int, count: int = STEPS) -> float:
    """The same with coroutines."""
    began = time.perf_counter()
    handles = [await DBOS.start_workflow_async(steps_async, count) for _ in range(runs)]
    await asyncio.gather(*(handle.get_result() for handle in handles))
    return (time.perf_counter() - began) * 1e3 / (count * runs)


def figures(what: str, ms: list[float], *, rate: str = "") -> None:
    remark = f"{1e3 / sorted(ms)[len(ms) // 2]:.0f} {rate} a second" if rate else ""
    say({"figures": {"what": what, "ms": ms, "remark": remark}})


def once(workflow: Any, *arguments: int) -> float:
    began = time.perf_counter()
    DBOS.start_workflow(workflow, *arguments).get_result()
    return (time.perf_counter() - began) * 1e3


def url() -> tuple[str, str]:
    """Where the store is, and what it is."""
    if "://" in STORE:
        return STORE, "PostgreSQL"
    with sqlite3.connect(STORE) as file:
        if WAY == "wal":
            file.execute("PRAGMA journal_mode = WAL")
        # A connection of the library has the default of what Python is built with.
        pragmas = [file.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")]
    return f"sqlite:///{STORE}", "SQLite {}, journal {}, synchronous {}".format(
        sqlite3.sqlite_version, *pragmas
    )


def main() -> None:
    address, store = url()
    config: DBOSConfig = {"name": "bench", "system_database_url": address, "log_level": "ERROR"}
    DBOS(config=config)
    DBOS.launch()
    say({"about": f"dbos {version('dbos')}, Python {platform.python_version()}, {store}"})
    threads(2, 5)
    asyncio.run(tasks(2, 5))
    # Where each step takes long, runs of fewer steps say the same about one.
    many = scaled(STEPS // 10 if WAY == "as it comes" else STEPS)
    figures("a step, 1 run", [threads(1) for _ in range(scaled(10))], rate="steps")
    figures("a step, 64 runs", [threads(64, many)], rate="steps")
    figures("a step, 1 run, asyncio", [asyncio.run(tasks(1)) for _ in range(scaled(10))], rate="steps")
    figures("a step, 64 runs, asyncio", [asyncio.run(tasks(64, many))], rate="steps")
    figures("from submission to result, no steps", [once(nothing) for _ in range(scaled(300))])
    figures("40 steps of fib(10), one run", [once(fibs, 40) for _ in range(scaled(20))])
    DBOS.destroy()


if __name__ == "__main__":
    main()
