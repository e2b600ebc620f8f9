"""The flows that warm the image up: small ones, in every shape that the start and the end of a run have.

Each is a source, an input, and what the output or the error object has to contain. Calls are answered
at once, since there is no host and no time passes while the image is made.
"""

__all__ = ["FLOWS", "ROUNDS"]

ROUNDS = 20

_PASS = """
from sluice import flow

@flow
def nothing() -> None:
    pass
"""

_GREET = '''
from sluice import flow

@flow(name="greet", uses=["rpc:calendar.event_list"])
def greet(name: str = "world", times: int = 1) -> str:
    """Greet someone.

    Args:
        name: who.
    """
    with flow.step("compose", times=times) as step:
        flow.log.info("composing", name=name)
        step.set(length=len(name))
    with flow.step("send"):
        print(end="")
        flow.sleep(0.001)
        for nap in [flow.sleep.start(0.001), flow.sleep.start(0.001)]:
            nap.result()
    return f"Hello, {name}!" * times
'''

_RECORDS = """
import asyncio
import json
import random
import re
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sluice import flow

@dataclass
class Item:
    name: str
    price: float
    tags: list[str] = field(default_factory=list)

@dataclass
class Order:
    items: list[Item]
    at: datetime
    note: str | None = None

@dataclass
class Total:
    sum: float
    names: dict[str, int]
    due: datetime

@flow.step(retries=1)
def add(items: list[Item]) -> float:
    if flow.attempt == 1:
        raise ConnectionError("once")
    return sum(item.price for item in items)

@flow
async def total(order: Order) -> Total:
    async def count(item):
        async with flow.step("count", item=item.name):
            await flow.sleep.start(0.001)
            return item.name, len(re.findall(r"\\w", item.name))

    names = dict(await asyncio.gather(*(count(item) for item in order.items)))
    async with asyncio.TaskGroup() as group:
        group.create_task(asyncio.sleep(0))
    async with asyncio.timeout(5):
        str(uuid.uuid4()), random.random(), json.loads(json.dumps(names)), str(datetime.now())
        re.compile(r"(?P<day>\\d+)[-/ ](?:x|y)*?$", re.IGNORECASE).search("24-x")
    return Total(add(order.items), names, order.at + timedelta(days=3))
"""

_FAILING = """
from sluice import flow

@flow
def failing(order: dict) -> str:
    with flow.step("load order"):
        return order["custmer_id"]
"""

_REFUSING = """
from sluice import flow

@flow
def refusing(amount: int) -> None:
    raise flow.Failed("it cannot be done", details={"amount": amount})
"""

_ORDER = (
    '{"order": {"items": [{"name": "pen", "price": 1.5, "tags": ["blue"]}, {"name": "ink", "price": 2}], '
    '"at": "2026-11-21T09:30:00+01:00"}}'
)

FLOWS = (
    (_PASS, "{}", "null"),
    (_GREET, "{}", '"Hello, world!"'),
    (_GREET, '{"name": "Ada", "times": 2}', '"Hello, Ada!Hello, Ada!"'),
    (_RECORDS, _ORDER, '"sum":3.5'),
    (_FAILING, '{"order": {"customer_id": 7}}', '"version":1'),
    (_REFUSING, '{"amount": 3}', '"version":1'),
    (_GREET, '{"name": 3}', '"version":1'),
)
