"""The key-value store outlives the run: notes that later runs find, numbered without gaps.

Other runs may take a number at the same time. `compare_and_set` writes only where the value is still
the one that was read, so whoever comes second reads again.
"""

from sluice import flow


def next_number(space: flow.kv) -> int:
    """Raise the counter by one."""
    while True:
        last = space.get("last")
        number = (last or 0) + 1
        if space.compare_and_set("last", last, number):
            return number


@flow(name="notes", uses=["kv:notes"])
def notes(text: str, keep_days: float = 30) -> dict[str, str]:
    """Keep a note for some days, and return the notes that there are."""
    space = flow.kv("notes")
    with flow.step("keep") as step:
        number = next_number(space)
        step.set(number=number)
        space.set(f"note/{number:06}", text, ttl=keep_days * 86_400)
    with flow.step("list"):
        return space.list("note/", limit=1_000)
