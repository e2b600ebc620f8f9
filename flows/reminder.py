"""A run can sleep for days, and need not wait for a person for ever.

It holds no memory while it waits. A question that is not answered in time raises a `TimeoutError`.
"""

from dataclasses import dataclass
from datetime import timedelta

from sluice import flow


@dataclass
class Reminded:
    done: bool
    reminders: int


@flow(name="reminder", uses=["ask"])
def reminder(
    task: str, to: str | None = None, after_days: float = 7, answer_within_days: float = 1, most: int = 3
) -> Reminded:
    """Ask some days later whether a task is done, again after each answer that is no or missing."""
    for number in range(1, most + 1):
        flow.sleep(timedelta(days=after_days))
        with flow.step(f"reminder {number}"):
            try:
                done = flow.ask(f"Is this done? {task}", to=to, timeout=timedelta(days=answer_within_days))
            except TimeoutError:
                flow.log.warning("nobody answered", task=task)
                done = False
        if done:
            return Reminded(done=True, reminders=number)
    return Reminded(done=False, reminders=most)
