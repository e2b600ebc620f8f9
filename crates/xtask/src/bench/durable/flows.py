"""The flows of the durable measurements."""

from hero_rpc import bench
from sluice import flow


@flow
def nothing() -> None:
    pass


@flow
def steps(count: int) -> int:
    total = 0
    for number in range(count):
        with flow.step(f"s{number}"):
            total += sum(range(50))
    return total


@flow(uses=["kv:bench"])
def calls(count: int) -> int:
    """Each step changes the store, and that is on disk before the next one begins."""
    notes = flow.kv("bench")
    for number in range(count):
        with flow.step(f"s{number}"):
            notes.set(f"k{number}", number)
    return count


def fib(n: int) -> int:
    return n if n < 2 else fib(n - 1) + fib(n - 2)


@flow
def fibs(count: int) -> int:
    total = 0
    for number in range(count):
        with flow.step(f"s{number}"):
            total += fib(10)
    return total


@flow(uses=["ask"])
def waits() -> bool:
    return flow.ask("Go on?", bool)


@flow(uses=["kv:bench", "rpc:bench.*"])
def held(count: int) -> int:
    """Is held up in its middle, by a service that may not answer."""
    notes = flow.kv("bench")
    for number in range(count):
        with flow.step(f"before {number}"):
            notes.set(f"k{number}", number)
    bench.hold()
    for number in range(count):
        with flow.step(f"after {number}"):
            notes.set(f"k{number}", number)
    return count


@flow
def other() -> None:
    pass


@flow(uses=["rpc:bench.*"])
def rings(count: int) -> int:
    for number in range(count):
        bench.ring(n=number)
    return count


@flow(name="rings-at-once", uses=["rpc:bench.*"])
def rings_at_once(count: int) -> int:
    for ring in [bench.ring.start(n=number) for number in range(count)]:
        ring.result()
    return count


@flow(uses=["rpc:bench.*"])
def looks(count: int) -> int:
    for number in range(count):
        bench.look(n=number)
    return count


@flow(name="looks-at-once", uses=["rpc:bench.*"])
def looks_at_once(count: int) -> int:
    for look in [bench.look.start(n=number) for number in range(count)]:
        look.result()
    return count
