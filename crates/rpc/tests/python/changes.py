"""Changes an event of the demo calendar while somebody else cancels it.

    changes.py CALENDAR

Where the change looks at the event first and locks it then, the cancelled event is planned again.
"""

import runpy
import sys
import tempfile
import threading
from pathlib import Path
from types import SimpleNamespace

CALENDAR = runpy.run_path(sys.argv[1])
ADA = SimpleNamespace(user="ada", key=None)


def main(folder: str) -> None:
    calendar = CALENDAR["Calendar"](str(Path(folder, "calendar.sqlite3")))
    event = calendar.event_new(ADA, "Tea", "2026-11-21")
    began, refused = threading.Event(), []

    def change() -> None:
        # The statement is told before it waits for the lock, whichever takes it.
        calendar._connection().set_trace_callback(lambda told: told.startswith("BEGIN") and began.set())
        try:
            calendar.event_update(ADA, event["id"], title="Coffee")
        except CALENDAR["Refused"] as error:
            refused.append(error.code)
        finally:
            began.set()
            calendar.close()

    with calendar._connection() as store:
        store.execute("BEGIN IMMEDIATE")
        store.execute("UPDATE events SET status = 'cancelled'")
        changing = threading.Thread(target=change)
        changing.start()
        assert began.wait(60)
    changing.join()
    assert refused == [CALENDAR["EVENT_LOCKED"]], refused
    assert calendar.event_get(ADA, event["id"])["status"] == "cancelled"
    calendar.close()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        main(folder)
