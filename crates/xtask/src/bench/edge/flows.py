"""The flows of the measurements of the edge."""

import time

from sluice import flow


@flow
def nothing() -> None:
    pass


@flow
def beats(count: int, every_ms: int) -> int:
    """Something happens again and again."""
    for number in range(count):
        flow.log.info("beat", number=number)
        time.sleep(every_ms / 1000)
    return count


@flow(uses=["ask"])
def bursts(count: int) -> int:
    """Much happens, twice, each time once somebody lets it."""
    for _ in range(2):
        flow.ask("Go?", bool)
        for number in range(count):
            with flow.step(f"s{number}"):
                flow.log.info("at", number=number)
    return count


@flow
def computes() -> None:
    while True:
        pass


@flow
def hoards(mebibytes: int = 150) -> None:
    held = [bytearray(1 << 20) for _ in range(mebibytes)]
    while True:
        for block in held:
            block[::4096] = block[::4096]
        flow.sleep(0.05)


@flow
def chatters(lines: int = 90_000) -> None:
    for line in range(lines):
        flow.log.info("a line", line=line)
