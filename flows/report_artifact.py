"""Artifacts are bytes that are kept with the run: what is too large, or no JSON, for an output."""

import csv
import io
from collections import Counter
from dataclasses import dataclass

from sluice import Artifact, flow

REPORT = "totals.csv"


@dataclass
class Order:
    customer: str
    amount: int


@dataclass
class Report:
    artifact: Artifact
    customers: int
    largest: str


@flow(name="report-artifact", uses=[f"artifact:{REPORT}"])
def report_artifact(orders: list[Order]) -> Report:
    """Write the totals of all customers as CSV, the largest first, and read them again."""
    if not orders:
        raise flow.Failed("there are no orders to report")
    with flow.step("add up", orders=len(orders)):
        totals = Counter()
        for order in orders:
            totals[order.customer] += order.amount
    with flow.step("write"):
        text = io.StringIO()
        table = csv.writer(text)
        table.writerow(["customer", "total"])
        table.writerows(totals.most_common())
        artifact = flow.artifact(REPORT, text.getvalue(), media_type="text/csv; charset=utf-8")
    with flow.step("read"):
        rows = list(csv.DictReader(io.StringIO(flow.artifact.read(REPORT).decode())))
    return Report(artifact, customers=len(rows), largest=rows[0]["customer"])
