"""A flow as a checker of types reads it. Never run: `mypy --strict` holds what is asserted here."""

import asyncio
from typing import Any, Literal, assert_type

from sluice import Artifact, Future, Reply, Secret, Step, Usage, agent, flow, http, tool
from sluice.http import Response


@tool
def lookup(order_id: int) -> str:
    return f"order {order_id}"


@flow.step
def plain(number: int) -> str:
    return str(number)


@flow.step("named", retries=2, backoff=0.5, uses=["kv:notes"], source="here")
async def named(number: int) -> str:
    return str(number)


@flow
def bare(count: int = 1) -> str:
    return "x" * count


@flow(name="typed-flow", uses=["llm:default"])
async def typed_flow(number: int) -> None:
    assert_type(plain(number), str)
    assert_type(await named(number), str)
    assert_type(bare(count=2), str)
    assert_type(lookup(order_id=number), str)
    with flow.step("block", size=1) as step:
        assert_type(step, Step)
        step.progress(1, 2)
    async with flow.step("block"):
        assert_type(flow.attempt, int)
    assert_type(http.get.start("https://api.example.com"), Future[Response])
    assert_type(await flow.http.client("https://api.example.com").post.start("things", json={}), Response)
    both = await asyncio.gather(http.get.start("https://api.example.com"), flow.secret.start("API_KEY"))
    assert_type(both, tuple[Response, Secret])
    task = agent("one", tools=[lookup, plain]).start("Go.", output=list[int])
    assert_type(await task, list[int])


def in_plain_code(answer: Response) -> None:
    assert_type(agent("a").run("Go."), Any)
    assert_type(agent("a").run("Go.", output=Usage), Usage)
    agent("a").run("Go.", output=int | None)
    agent("a").run("Go.", output=Literal["yes", "no"])
    assert_type(answer.json(), Any)
    assert_type(answer.json(list[Usage]), list[Usage])
    answer.json(Usage | None)
    assert_type(answer.raise_for_status(), Response)
    assert_type(flow.llm("Hi.", tools=[lookup]), Reply)
    assert_type(flow.artifact("a.txt", "text"), Artifact)
    assert_type(flow.artifact.read("a.txt"), bytes)
    assert_type(flow.kv("notes").list("a"), dict[str, Any])
    assert_type(flow.map("square", [{"n": 1}], at_once=2), list[Any])
    assert_type(flow.sleep(1), None)
