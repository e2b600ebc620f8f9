"""CPU micro-benchmarks: one flow in the sandbox, one command natively, the same code in both.

`TUNED` resembles what the interpreter's profile was trained on; `HELD_OUT` does nothing alike.
Each benchmark is a function of no arguments that works for some tens of milliseconds natively.
"""

import base64
import bisect
import collections
import dataclasses
import hashlib
import heapq
import html
import itertools
import json
import random
import re
import string
import struct
import textwrap
import urllib.parse


def calls():
    def fib(n):
        return n if n < 2 else fib(n - 1) + fib(n - 2)

    fib(23)


def floats():
    x, y, vx, vy = 1.0, 0.0, 0.0, 1.0
    for _ in range(60_000):
        r3 = (x * x + y * y) ** -1.5
        vx, vy = vx - x * r3 * 0.001, vy - y * r3 * 0.001
        x, y = x + vx * 0.001, y + vy * 0.001


def loops():
    total = 0
    for i in range(400_000):
        total += i & 7


RECORDS = [{"id": i, "name": f"item {i}", "tags": ["a", "b"], "price": i * 0.5} for i in range(400)]
RECORDS_JSON = json.dumps(RECORDS)


def json_write():
    for _ in range(12):
        json.dumps(RECORDS)


def json_read():
    for _ in range(12):
        json.loads(RECORDS_JSON)


LOG = 'host-7 - - [17/May/2015:10:05:03 +0000] "GET /a/b.png HTTP/1.1" 200 203023\n' * 400
LOG_LINE = re.compile(r'(\S+) \S+ \S+ \[([^\]]+)\] "(\S+) (\S+)[^"]*" (\d{3}) (\d+)')


def regexes():
    for _ in range(6):
        LOG_LINE.findall(LOG)


def strings():
    for _ in range(6):
        joined = ",".join(f"item-{i}:{i * 2:05d}" for i in range(4_000))
        joined.upper().replace("ITEM", "x").split(",")


def dicts():
    for _ in range(4):
        seen = {}
        for i in range(20_000):
            seen[i * 7919 % 20011] = i
        sum(key ^ value for key, value in seen.items())


def comprehensions():
    for _ in range(12):
        doubled = [x * 2 for x in range(20_000)]
        {x for x in doubled if x % 3 == 0}


KEYS = [random.Random(3).random() for _ in range(20_000)]


def sorting():
    sorted(KEYS)
    sorted(KEYS, key=lambda x: -x)
    sorted(map(str, KEYS))


class Point:
    def __init__(self, x, y):
        self.x = x
        self.y = y

    def plus(self, other):
        return Point(self.x + other.x, self.y + other.y)


def objects():
    total, step = Point(0, 0), Point(1, 2)
    for _ in range(50_000):
        total = total.plus(step)


def exceptions():
    for i in range(60_000):
        try:
            if i % 3 == 0:
                raise ValueError(i)
        except ValueError:
            pass


def generators():
    def count(n):
        yield from range(n)

    for _ in range(8):
        sum(count(40_000))


def hashing():
    hashlib.sha256(bytes(range(256)) * 4_000).hexdigest()


def big_integers():
    x = 3**9_000
    for _ in range(20):
        x * x % (x - 12345)


TUNED = [
    calls, floats, loops, json_write, json_read, regexes, strings, dicts, comprehensions, sorting,
    objects, exceptions, generators, hashing, big_integers,
]  # fmt: skip


def queue_of_events():
    heap = []
    for i in range(12_000):
        heapq.heappush(heap, (i * 7919 % 10007, i))
    while heap:
        heapq.heappop(heap)


def addresses():
    for i in range(1_500):
        parts = urllib.parse.urlsplit(f"https://user@host.example:80/p/a/t/h?x={i}&y=2#frag")
        urllib.parse.parse_qs(parts.query)
        urllib.parse.quote(parts.path + " ü")


def packing():
    for _ in range(15_000):
        struct.unpack("<IHBd", struct.pack("<IHBd", 7, 8, 9, 1.5))


PAGE = "The quick <brown> fox & the 'lazy' dog; " * 150


def prose():
    for _ in range(4):
        html.escape(PAGE)
        textwrap.wrap(PAGE, 70)
        string.Template("$a is ${b}").substitute(a=1, b=PAGE)


def encodings():
    data = bytes(range(256)) * 120
    for _ in range(30):
        base64.b64decode(base64.b64encode(data))
        data.hex()


def grouping():
    rows = sorted(({"k": i % 37, "v": i} for i in range(8_000)), key=lambda row: (row["k"], row["v"]))
    totals = collections.defaultdict(int)
    for key, group in itertools.groupby(rows, key=lambda row: row["k"]):
        totals[key] += sum(row["v"] for row in group)


def sieve():
    prime = bytearray([1]) * 200_000
    for i in range(2, 448):
        if prime[i]:
            prime[i * i :: i] = bytes(len(prime[i * i :: i]))
    sum(prime)


@dataclasses.dataclass(order=True)
class Entry:
    at: int
    name: str = "x"
    parts: list[int] = dataclasses.field(default_factory=list)


def records():
    entries = []
    for i in range(4_000):
        bisect.insort(entries, Entry(i * 7919 % 10007))
    [dataclasses.replace(entry, name="y") for entry in entries]


HELD_OUT = [queue_of_events, addresses, packing, prose, encodings, grouping, sieve, records]

NAMED = {bench.__name__: bench for bench in TUNED + HELD_OUT}


def main(names: list[str], repeats: int) -> None:
    """Run benchmarks a number of times."""
    for _ in range(repeats):
        for name in names:
            NAMED[name]()


if __name__ == "__main__":
    import sys
    import time

    repeats = int(sys.argv[1])
    taken = {}
    for name, bench in NAMED.items():
        bench()
        began = time.thread_time_ns()
        for _ in range(repeats):
            bench()
        taken[name] = (time.thread_time_ns() - began) / repeats / 1e6
    print(json.dumps({"version": sys.version.split()[0], "ms": taken}))
else:
    from sluice import flow

    flow(name="micro")(main)
