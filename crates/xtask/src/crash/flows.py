"""The flows of the crash harness.

Each effect has a label that no other effect of its run has, and each flow returns the receipt of every
effect by its label. An effect that was lost, done twice, or answered anew shows in that.
"""

import asyncio
import random
import uuid
from typing import Any

from hero_rpc import ledger
from sluice import ChildFailed, OutcomeUnknown, flow

Found = dict[str, Any]


def append(label: str, slow_ms: int = 0) -> int:
    """Add to the ledger; the ledger is as slow about it as it is asked to be."""
    return ledger.append(label=label, slow_ms=slow_ms)["receipt"]


@flow(uses=["rpc:ledger.*"])
def steps(tag: str, count: int, slow_ms: int) -> Found:
    receipts = {}
    for number in range(count):
        with flow.step(f"step {number}") as step:
            receipts[f"s{number}"] = append(f"s{number}", slow_ms)
            step.set(number=number)
        flow.log.info(f"{tag}: {number} of {count}")
    return {"receipts": receipts}


@flow(uses=["rpc:ledger.*"])
def sleeps(tag: str, count: int, sleep_ms: int) -> Found:
    receipts = {}
    for number in range(count):
        receipts[f"s{number}"] = append(f"s{number}")
        flow.sleep(sleep_ms / 1000)
    return {"receipts": receipts}


@flow(uses=["rpc:ledger.*", "flow:*"])
def deep(tag: str, depth: int) -> Found:
    receipts = {"before": append("before")}
    child = flow.invoke("deep", tag=tag, depth=depth - 1) if depth else None
    receipts["after"] = append("after")
    return {"receipts": receipts, "child": child}


@flow(uses=["rpc:ledger.*", "flow:*"])
def fan(tag: str, width: int) -> Found:
    children = flow.map("leaf", [{"tag": tag, "number": number} for number in range(width)])
    return {"receipts": {"all": append("all")}, "numbers": [child["number"] for child in children]}


@flow(uses=["rpc:ledger.*"])
def leaf(tag: str, number: int) -> Found:
    return {"receipts": {"leaf": append("leaf")}, "number": number}


@flow(uses=["rpc:ledger.*", "ask"])
def asks(tag: str) -> Found:
    receipts = {"before": append("before")}
    answer = flow.ask("How many?", int, details={"tag": tag})
    receipts[f"after {answer}"] = append(f"after {answer}")
    return {"receipts": receipts, "answer": answer}


@flow(uses=["rpc:ledger.*"])
def once(tag: str, count: int, slow_ms: int) -> Found:
    """Effects that may not be repeated: nobody knows of one that was cut off."""
    receipts: dict[str, int | None] = {}
    for number in range(count):
        try:
            receipts[f"o{number}"] = ledger.once(label=f"o{number}", slow_ms=slow_ms)["receipt"]
        except OutcomeUnknown:
            receipts[f"o{number}"] = None
    return {"receipts": receipts}


@flow(uses=["rpc:ledger.*"])
async def gathers(tag: str, count: int) -> Found:
    """Chance, time and the order of completion all have a part in this one."""

    async def one(number: int) -> tuple[str, int]:
        await asyncio.sleep(random.random() * 0.06)
        label = f"g{number} {uuid.uuid4()}"
        answer = await ledger.append.start(label=label, slow_ms=random.randrange(5))
        return label, answer["receipt"]

    found = await asyncio.gather(*(one(number) for number in range(count)))
    return {"receipts": dict(found), "order": [label for label, _ in sorted(found, key=lambda each: each[1])]}


@flow(uses=["rpc:ledger.*", "kv:crash"])
def counts(tag: str) -> Found:
    """Takes a number that no other run gets."""
    space = flow.kv("crash")
    while True:
        last = space.get("last")
        number = (last or 0) + 1
        if space.compare_and_set("last", last, number):
            break
    space.set(f"taken/{tag}", number)
    label = f"number {number}"
    return {"receipts": {label: append(label)}, "number": number, "read": space.get(f"taken/{tag}")}


@flow(uses=["flow:*"])
def forever(tag: str, depth: int) -> Found:
    """Ends only when somebody ends it."""
    if depth:
        flow.invoke("forever", tag=tag, depth=depth - 1)
    flow.sleep(3600)
    return {"receipts": {}}


@flow(uses=["rpc:ledger.*"])
def fails(tag: str) -> Found:
    append("before")
    raise flow.Failed("as it should")


@flow(uses=["rpc:ledger.*"])
def flaky(tag: str) -> Found:
    """Is tried again by its retry policy; each try has chance of its own."""
    label = f"try {uuid.uuid4()}"
    receipts = {label: append(label)}
    if random.random() < 0.5:
        raise RuntimeError("bad luck")
    return {"receipts": receipts}


@flow(uses=["rpc:ledger.*", "flow:*"])
def catches(tag: str) -> Found:
    try:
        flow.invoke("fails", tag=tag)
    except ChildFailed:
        return {"receipts": {"caught": append("caught")}}
    return {"receipts": {}}


@flow(uses=["rpc:ledger.*", "artifact:*"])
def keeps(tag: str, size: int) -> Found:
    content = random.randbytes(size)
    kept = flow.artifact("noise", content)
    receipts = {"kept": append("kept")}
    return {"receipts": receipts, "same": flow.artifact.read("noise") == content, "digest": kept.digest}


@flow(uses=["rpc:ledger.*", "flow:*"])
async def gives_up(tag: str, width: int) -> Found:
    """Leaves children behind that never end by themselves: they are cancelled for it."""
    try:
        async with asyncio.timeout(0.08):
            await asyncio.gather(*(flow.invoke.start("forever", tag=tag, depth=0) for _ in range(width)))
    except TimeoutError:
        await asyncio.sleep(0.05)
    answer = await ledger.append.start(label="gave up", slow_ms=0)
    return {"receipts": {"gave up": answer["receipt"]}}
