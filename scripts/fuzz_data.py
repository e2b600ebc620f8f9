"""Makes a run that keeps, reports and asks, and prints what schemathesis must know to find it.

fuzz_data.py URL TOKEN >> schemathesis.toml
"""

import json
import sys
import time
import urllib.request
from typing import Any

FLOW = """
from sluice import flow


@flow.step
def keep() -> None:
    flow.artifact("report", b"kept")


@flow(uses=["artifact:report", "ask"])
def asking() -> str:
    keep()
    return str(flow.ask("Go on?"))
"""


def fetch(path: str, body: object = None) -> Any:
    url, token = sys.argv[1:]
    request = urllib.request.Request(
        url + path,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def main() -> None:
    run = fetch("/v1/runs", {"source": FLOW, "grants": ["artifact:report", "ask"]})["run"]
    while not (asks := fetch("/v1/asks")["items"]):
        time.sleep(0.1)
    span = fetch(f"/v1/runs/{run}/spans")["items"][0]["span"]
    artifact = fetch(f"/v1/runs/{run}/artifacts")["items"][0]
    ask = {"ask": asks[0]["ask"]}
    # One whose limits may be changed without a limit on the requests that follow.
    fetch("/v1/tenants", {"tenant": "changing"})
    known = {
        "get_span": {"run": run, "span": span},
        "get_artifact": {"run": run, "name": artifact["name"]},
        "get_payload": {"run": run, "digest": artifact["digest"]},
        "get_ask": ask,
        "answer_ask": ask,
        "change_tenant": {"tenant": "changing"},
    }
    for operation, parameters in known.items():
        print(f'[[operations]]\ninclude-operation-id = "{operation}"\n[operations.parameters]')
        for name, value in parameters.items():
            print(f'"path.{name}" = {json.dumps(value)}')


main()
