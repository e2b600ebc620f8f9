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
def burst(count: int) -> int:
    """Much happens, once somebody lets it."""
    flow.ask("Go?", bool)
    for number in range(count):
        with flow.step(f"s{number}"):
            flow.log.info("at", number=number)
    return count
