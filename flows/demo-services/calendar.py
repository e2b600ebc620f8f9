"""A calendar as a hero_rpc service: JSON-RPC 2.0 over HTTP, on a unix socket, with a store of its own.

    python3 flows/demo-services/calendar.py [--socket PATH] [--store PATH]

The socket is `$PATH_SOCKET/calendar/rpc.sock` (`~/hero/var/sockets` where PATH_SOCKET is not set), the
store a file beside it. It answers `POST /rpc`, also batches, and `GET /openrpc.json`; what it can do
is in `calendar.openrpc.json`. Nothing but Python's standard library is needed.
"""

from __future__ import annotations

import sys

# This file is named like a module of the standard library, and its folder must not hide that one.
sys.path.pop(0)

import argparse
import json
import os
import signal
import socket
import socketserver
import sqlite3
import threading
import uuid
from datetime import date
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

DOCUMENT = json.loads(Path(__file__).with_name("calendar.openrpc.json").read_text(encoding="utf-8"))

LARGEST_REQUEST = 4 << 20
LONGEST_BATCH = 1_000

EVENT_NOT_FOUND, DAY_INVALID, EVENT_LOCKED = -32004, -32010, -32011

SCHEMA = """
CREATE TABLE IF NOT EXISTS events (
    id TEXT PRIMARY KEY, owner TEXT NOT NULL, title TEXT NOT NULL, day TEXT NOT NULL,
    notes TEXT, attendees TEXT NOT NULL, status TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS events_by_day ON events (owner, day);
CREATE TABLE IF NOT EXISTS made (
    owner TEXT NOT NULL, key TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (owner, key)
);
CREATE TABLE IF NOT EXISTS plays (owner TEXT PRIMARY KEY, id TEXT NOT NULL, state TEXT NOT NULL);
"""


class Refused(Exception):
    """An error of JSON-RPC: a code, a sentence, and perhaps more."""

    def __init__(self, code: int, message: str, data: Any = None) -> None:
        super().__init__(message)
        self.code = code
        self.data = data


class Caller:
    """Who calls, by the headers that the host sends. Events belong to users."""

    def __init__(self, headers: Any) -> None:
        self.user = headers.get("X-Hero-User") or "nobody"
        self.key = headers.get("Idempotency-Key")


class Calendar:
    """The methods, over one file. SQLite waits for its own locks; each thread has a connection."""

    def __init__(self, store: str) -> None:
        self._store = store
        self._local = threading.local()
        with self._connection() as connection:
            connection.executescript("PRAGMA journal_mode = WAL;" + SCHEMA)

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = sqlite3.connect(self._store, timeout=10)
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA synchronous = NORMAL")
            self._local.connection = connection
        return connection

    def close(self) -> None:
        """Closes the connection of this thread."""
        connection = getattr(self._local, "connection", None)
        if connection is not None:
            connection.close()
            self._local.connection = None

    def event_new(
        self,
        caller: Caller,
        title: str,
        day: str,
        notes: str | None = None,
        attendees: list[dict[str, Any]] | None = None,
    ) -> dict[str, Any]:
        made = uuid.uuid4().hex[:12]
        with self._connection() as store:
            store.execute("BEGIN IMMEDIATE")
            if caller.key is not None:
                before = store.execute(
                    "SELECT id FROM made WHERE owner = ? AND key = ?", (caller.user, caller.key)
                ).fetchone()
                if before is not None:
                    return self.event_get(caller, before["id"])
                store.execute("INSERT INTO made VALUES (?, ?, ?)", (caller.user, caller.key, made))
            store.execute(
                "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, 'planned')",
                (made, caller.user, title, _day(day), notes, json.dumps(attendees or [])),
            )
        return self.event_get(caller, made)

    def event_get(self, caller: Caller, id: str) -> dict[str, Any]:
        row = (
            self._connection()
            .execute("SELECT * FROM events WHERE owner = ? AND id = ?", (caller.user, id))
            .fetchone()
        )
        if row is None:
            raise Refused(EVENT_NOT_FOUND, "No such event", {"id": id})
        return _event(row)

    def event_list(self, caller: Caller, day: str | None = None, limit: int = 50) -> list[dict[str, Any]]:
        rows = self._connection().execute(
            "SELECT * FROM events WHERE owner = ? AND (? IS NULL OR day = ?) ORDER BY day, rowid LIMIT ?",
            (caller.user, day, None if day is None else _day(day), max(0, min(limit, 500))),
        )
        return [_event(row) for row in rows]

    def event_update(
        self,
        caller: Caller,
        id: str,
        title: str | None = None,
        day: str | None = None,
        notes: str | None = None,
        status: str | None = None,
    ) -> dict[str, Any]:
        with self._connection() as store:
            # Nobody else changes it between the look at it and the change.
            store.execute("BEGIN IMMEDIATE")
            event = self.event_get(caller, id)
            if event["status"] == "cancelled":
                raise Refused(EVENT_LOCKED, "A cancelled event does not change", {"id": id})
            store.execute(
                "UPDATE events SET title = ?, day = ?, notes = ?, status = ? WHERE owner = ? AND id = ?",
                (
                    event["title"] if title is None else title,
                    event["day"] if day is None else _day(day),
                    event["notes"] if notes is None else notes,
                    event["status"] if status is None else status,
                    caller.user,
                    id,
                ),
            )
        return self.event_get(caller, id)

    def event_delete(self, caller: Caller, id: str) -> bool:
        with self._connection() as store:
            gone = store.execute("DELETE FROM events WHERE owner = ? AND id = ?", (caller.user, id)).rowcount
        if not gone:
            raise Refused(EVENT_NOT_FOUND, "No such event", {"id": id})
        return True

    def play_start(self, caller: Caller, speed: float = 1.0) -> dict[str, Any]:
        play = {"id": uuid.uuid4().hex[:12], "state": "playing", "speed": float(speed)}
        with self._connection() as store:
            store.execute(
                "INSERT INTO plays VALUES (?, ?, ?) ON CONFLICT (owner) DO UPDATE SET id = excluded.id, "
                "state = excluded.state",
                (caller.user, play["id"], play["state"]),
            )
        return play

    def play_stop(self, caller: Caller) -> bool:
        with self._connection() as store:
            return (
                store.execute(
                    "UPDATE plays SET state = 'stopped' WHERE owner = ? AND state = 'playing'",
                    (caller.user,),
                ).rowcount
                > 0
            )


def _resolved(part: dict[str, Any]) -> dict[str, Any]:
    """A part of the document, or what it refers to."""
    found: Any = DOCUMENT
    if "$ref" not in part:
        return part
    for name in part["$ref"].removeprefix("#/").split("/"):
        found = found[name]
    return dict(found)


def _event(row: sqlite3.Row) -> dict[str, Any]:
    event = {name: row[name] for name in ("id", "title", "day", "notes", "status")}
    return {**event, "attendees": json.loads(row["attendees"])}


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise Refused(DAY_INVALID, "A day is written as 2026-11-21", {"day": text}) from None


METHODS = {
    method["name"]: {**method, "params": [_resolved(param) for param in method["params"]]}
    for method in DOCUMENT["methods"]
}

KINDS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "array": (list,),
    "boolean": (bool,),
}


def _arguments(method: dict[str, Any], params: Any) -> dict[str, Any]:
    """Params as the document has them: checked by name, presence and kind."""
    known = {param["name"]: param for param in method["params"]}
    if isinstance(params, list):
        if len(params) > len(known):
            raise Refused(-32602, f"At most {len(known)} params")
        params = dict(zip(known, params, strict=False))
    if not isinstance(params, dict):
        raise Refused(-32602, "Params are an object or an array")
    for name in params:
        if name not in known:
            raise Refused(-32602, f"No param is called {name!r:.80}")
    given = {name: value for name, value in params.items() if value is not None}
    for name, param in known.items():
        if name not in given:
            if param.get("required"):
                raise Refused(-32602, f"The param `{name}` is missing")
            continue
        schema = param["schema"]
        kinds = KINDS[schema["type"]]
        if not isinstance(given[name], kinds) or (isinstance(given[name], bool) and bool not in kinds):
            raise Refused(-32602, f"The param `{name}` has to be of type {schema['type']}")
        if given[name] not in schema.get("enum", [given[name]]):
            raise Refused(-32602, f"The param `{name}` is one of {', '.join(schema['enum'])}")
    return given


def answer(calendar: Calendar, request: Any, caller: Caller) -> dict[str, Any] | None:
    """The answer to one request; None for a notification."""
    if not isinstance(request, dict) or not isinstance(request.get("method"), str):
        return _error(None, -32600, "The request is none of JSON-RPC 2.0")
    asked, id = request["method"], request.get("id")
    try:
        if asked == "rpc.discover":
            result: Any = DOCUMENT
        elif asked in METHODS:
            result = getattr(calendar, asked)(caller, **_arguments(METHODS[asked], request.get("params", {})))
        else:
            raise Refused(-32601, f"There is no method {asked!r:.80}")
        reply = {"jsonrpc": "2.0", "id": id, "result": result}
    except Refused as refused:
        reply = _error(id, refused.code, str(refused), refused.data)
    except Exception as error:
        print(f"{asked}: {type(error).__name__}: {error}", file=sys.stderr)
        reply = _error(id, -32603, "Something is broken here")
    return reply if "id" in request else None


def _error(id: Any, code: int, message: str, data: Any = None) -> dict[str, Any]:
    error: dict[str, Any] = {"code": code, "message": message}
    if data is not None:
        error["data"] = data
    return {"jsonrpc": "2.0", "id": id, "error": error}


class Handler(BaseHTTPRequestHandler):
    """One connection, which is kept; each has a thread."""

    protocol_version = "HTTP/1.1"
    server: Server
    wbufsize = -1
    timeout = 60

    def do_GET(self) -> None:
        if self.path == "/openrpc.json":
            self._send(200, DOCUMENT)
        else:
            self._send(404, {"message": "There is POST /rpc and GET /openrpc.json"})

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not length.isdigit() or int(length) > LARGEST_REQUEST:
            self.close_connection = True
            self._send(413 if length.isdigit() else 411, _error(None, -32600, "The request is too large"))
            return
        body = self.rfile.read(int(length))
        if self.path != "/rpc":
            self._send(404, {"message": "There is POST /rpc and GET /openrpc.json"})
            return
        try:
            request = json.loads(body)
        except (ValueError, RecursionError):
            self._send(200, _error(None, -32700, "The request is not JSON"))
            return
        caller = Caller(self.headers)
        calendar = self.server.calendar
        if not isinstance(request, list):
            self._send(200, answer(calendar, request, caller))
        elif not 0 < len(request) <= LONGEST_BATCH:
            self._send(200, _error(None, -32600, f"A batch has 1 to {LONGEST_BATCH} requests"))
        else:
            replies = [answer(calendar, each, caller) for each in request]
            self._send(200, [reply for reply in replies if reply is not None] or None)

    def _send(self, status: int, content: Any) -> None:
        body = b"" if content is None else json.dumps(content).encode()
        self.send_response(204 if content is None else status)
        if content is not None:
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def finish(self) -> None:
        super().finish()
        self.server.calendar.close()

    def address_string(self) -> str:
        return "socket"

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing of what goes well."""


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """Listens on the socket. When it stops, connections end, also where an answer is under way."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, path: Path, calendar: Calendar) -> None:
        self.calendar = calendar
        path.parent.mkdir(parents=True, exist_ok=True)
        _remove_stale(path)
        before = os.umask(0o177)
        try:
            super().__init__(str(path), Handler)
        finally:
            os.umask(before)


def _remove_stale(path: Path) -> None:
    """Removes a socket that nobody listens on; a second service at one place is refused."""
    if not path.is_socket():
        return
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            path.unlink(missing_ok=True)
            return
    sys.exit(f"a service listens at {path} already")


def main() -> None:
    sockets = Path(os.environ.get("PATH_SOCKET") or Path.home() / "hero/var/sockets")
    parser = argparse.ArgumentParser(description="A calendar as a hero_rpc service.")
    parser.add_argument("--socket", type=Path, default=sockets / "calendar/rpc.sock")
    parser.add_argument("--store", type=Path, help="the file of the store; beside the socket")
    options = parser.parse_args()
    path: Path = options.socket
    store: Path = options.store or path.with_name("calendar.sqlite3")
    for place in (path, store):
        place.parent.mkdir(parents=True, exist_ok=True)
    server = Server(path, Calendar(str(store)))
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    listening = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    listening.start()
    print(f"calendar: listening at {path}", flush=True)
    stop.wait()
    server.shutdown()
    listening.join()
    server.server_close()
    path.unlink(missing_ok=True)
    server.calendar.close()


if __name__ == "__main__":
    main()
