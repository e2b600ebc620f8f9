"""What the profile is made from: the kinds of work that flows do, each about equally long.

No benchmark: the parts are chosen so that every corner of the interpreter that flows are likely to
meet is run in a usual proportion. What is not run here is compiled for size, so a new use of the
language belongs here first. Run by recipe/profile.inside.sh. The numbers of rounds are fixed, so two
profiles differ in next to nothing.
"""

import abc
import ast
import asyncio
import bz2
import collections
import contextlib
import copy
import csv
import dataclasses
import datetime
import decimal
import enum
import fractions
import functools
import hashlib
import inspect
import io
import itertools
import json
import logging
import lzma
import math
import operator
import pathlib
import pickle
import random
import re
import sqlite3
import statistics
import string
import traceback
import types
import typing
import unicodedata
import zlib

PARTS = []


def part(rounds):
    def add(function):
        PARTS.append((function, rounds))
        return function

    return add


RANDOM = random.Random(11)
WORDS = [
    "".join(RANDOM.choice("aeioulnrst") for _ in range(RANDOM.randint(2, 9))) for _ in range(400)
]
PROSE = " ".join(RANDOM.choice(WORDS) for _ in range(3000))
ORDERS = [
    {
        "id": number,
        "customer": {"name": RANDOM.choice(WORDS).title(), "città": "Forlì", "tags": WORDS[:3]},
        "lines": [
            {"sku": f"A-{RANDOM.randint(100, 999)}", "quantity": i + 1, "price": i * 1.25 + 0.99}
            for i in range(RANDOM.randint(1, 5))
        ],
        "paid": RANDOM.random() < 0.5,
        "note": None if number % 3 else 'said "thanks"\n',
    }
    for number in range(60)
]
LIBRARY = pathlib.Path(json.__file__).parent
SOURCES = [LIBRARY.joinpath(name).read_text() for name in ("decoder.py", "encoder.py")]


# -- data in and out


@part(rounds=280)
def json_both_ways():
    text = json.dumps(ORDERS)
    assert json.loads(text) == ORDERS
    json.loads(json.dumps(ORDERS, indent=2, ensure_ascii=False, sort_keys=True))
    for order in ORDERS:
        json.loads(json.dumps(order, separators=(",", ":"), default=str))
    with contextlib.suppress(json.JSONDecodeError):
        json.loads(text[:-5])


@part(rounds=990)
def json_numbers_and_strings():
    numbers = [RANDOM.random() * 10**e for e in range(-8, 12) for _ in range(20)]
    json.loads(json.dumps(numbers + list(range(500)) + [True, False, None]))
    json.loads(json.dumps([PROSE[i : i + 60] + "é☃\U0001f600\t" for i in range(0, 3000, 60)]))


@part(rounds=620)
def comma_separated():
    sheet = io.StringIO()
    writer = csv.DictWriter(sheet, ["id", "name", "total"], lineterminator="\n")
    writer.writeheader()
    for order in ORDERS * 4:
        total = sum(line["quantity"] * line["price"] for line in order["lines"])
        writer.writerow({"id": order["id"], "name": order["customer"]["name"], "total": total})
    sheet.seek(0)
    rows = [row for row in csv.DictReader(sheet) if float(row["total"]) > 5]
    list(csv.reader(['a,"b ""c""",d', "1,2,3"] * 50))
    assert rows


@part(rounds=2900)
def pickles_and_copies():
    pickle.loads(pickle.dumps(ORDERS))
    copy.deepcopy(ORDERS[:10])
    copy.copy(ORDERS[0])


@part(rounds=480)
def compressed():
    raw = PROSE.encode()
    assert zlib.decompress(zlib.compress(raw, 6)) == raw
    assert bz2.decompress(bz2.compress(raw[:8000], 1)) == raw[:8000]
    assert lzma.decompress(lzma.compress(raw[:2000], preset=0)) == raw[:2000]
    hashlib.sha256(raw).hexdigest()
    hashlib.md5(raw).digest()
    zlib.crc32(raw)


@part(rounds=1200)
def database():
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        connection.row_factory = sqlite3.Row
        connection.execute("create table line (id integer primary key, sku text, price real)")
        connection.execute("create index by_sku on line (sku)")
        with connection:
            connection.executemany(
                "insert into line (sku, price) values (?, ?)",
                [(line["sku"], line["price"]) for order in ORDERS for line in order["lines"]],
            )
        query = "select sku, count(*) as n, sum(price) as total from line group by sku order by n desc"
        assert [dict(row) for row in connection.execute(query)]
        for order in ORDERS:
            connection.execute(
                "select * from line where sku = ? and price > ?", (order["lines"][0]["sku"], 1)
            ).fetchall()
        connection.execute("update line set price = price * 1.1 where sku like 'A-1%'")


# -- text


@part(rounds=380)
def patterns():
    words = re.compile(r"\b([aeiou])(\w+?)(st|r)\b", re.IGNORECASE)
    assert words.findall(PROSE)
    re.sub(r"\s+", " ", PROSE)
    words.sub(lambda match: match[2].upper(), PROSE[:4000])
    log = "2024-05-%02d 12:%02d:07,123 WARNING [worker-%d] took 12.5ms id=%04x url=/a/b?c=d"
    line = re.compile(
        r"(?P<day>\d{4}-\d\d-\d\d) (?P<time>[\d:,]+) (?P<level>[A-Z]+) \[(?P<who>[^]]+)\] "
        r"took (?P<ms>\d+(?:\.\d+)?)ms (?:id=(?P<id>[0-9a-f]+))? url=(?P<url>\S*)"
    )
    for i in range(120):
        found = line.match(log % (i % 28 + 1, i % 60, i, i * 77))
        assert found and found.groupdict()["level"] == "WARNING"
    re.split(r"[,;]\s*|\s{2,}", "a, b;c  d," * 60)
    for address in ("ada@example.org", "not an address", "x.y+z@sub.example.co.uk") * 15:
        re.fullmatch(r"[\w.+-]+@[\w-]+(\.[\w-]+)+", address)
    re.search(r"(?<=needle:)\s*(\w+)(?!\w)", "hay " * 200 + "needle: found")
    re.purge()
    re.compile(r"(a|b)+ c{2,5} [^x-z] \d*", re.VERBOSE)


@part(rounds=410)
def strings():
    lines = [f"{i:>5} | {word:<10} | {i / 7:8.3f} | {i:#x} {i:,} {i / 100:.1%}" for i, word in enumerate(WORDS)]
    text = "\n".join(lines)
    for line in text.splitlines():
        fields = [field.strip() for field in line.split("|")]
        fields[1].startswith(("a", "b")) or fields[1].endswith("t")
        fields[0].isdigit() and int(fields[0])
        fields[2].replace(".", ",").partition(",")
        float(fields[2])
        fields[1].upper().lower().center(20, "*").find("*a")
    "%s has %d and %.2f %r" % ("x", 3, 2.5, lines[0])
    "{0} {name!r:>12} {1:+d}".format(1, 2, name="n")
    text.encode().decode()
    text.encode("latin-1", "replace").decode("latin-1")
    "Žluťoučký kůň €".encode("utf-16").decode("utf-16")
    text.translate(str.maketrans("aeiou", "AEIOU", "|"))
    built = ""
    for word in WORDS:
        built += word[::-1] + word[1:-1]
        if "nn" in word or word.count("a") > 1:
            built = built.removesuffix("a")
    unicodedata.normalize("NFKD", "Crème Brûlée" * 20).encode("ascii", "ignore")
    repr(lines[:40]), str(ORDERS[0]), ascii("ü" * 20)
    sorted(WORDS, key=str.casefold)
    bytes(text, "ascii").split(b"\n")[3].strip().upper()
    string.capwords(PROSE[:500])


@part(rounds=720)
def counting_words():
    counts = collections.Counter(re.findall(r"[a-z]+", PROSE))
    for word, n in counts.most_common(20):
        f"{word}: {n}"
    index = {}
    for position, word in enumerate(PROSE.split()):
        index.setdefault(word[0], []).append(position)
    {letter: len(found) for letter, found in sorted(index.items())}


# -- collections and numbers


@part(rounds=1300)
def dicts_lists_sets():
    squares = {i: i * i for i in range(300)}
    for i in range(0, 600, 2):
        if i in squares:
            squares[i] += 1
        else:
            squares[i] = squares.get(i // 2, -1)
    del squares[0]
    merged = squares | {"name": "n", **{word: len(word) for word in WORDS}}
    merged.pop("name"), merged.update(a=1), list(merged.items())[:3]
    evens = {n for n in squares.values() if n % 2 == 0}
    (evens & set(range(1000))) | (evens - {4}) ^ {1, 2, 3}
    stack = []
    for i in range(500):
        stack.append((i % 7, str(i)))
        if i % 5 == 4:
            stack.pop()
    stack.sort(reverse=True)
    stack.insert(3, (0, "")), stack.extend(stack[:10]), stack.reverse()
    stack[10:20] = [(1, "x")]
    first, *rest = stack
    [[column * row for column in range(12)] for row in range(12)]
    any(n > 50 for n in range(60)), all(isinstance(word, str) for word in WORDS)
    max(WORDS, key=len), min(map(len, WORDS)), sum(len(word) for word in WORDS)
    list(zip(WORDS, range(400), reversed(WORDS))), list(filter(None, [0, 1, "", "a"] * 20))
    queue = collections.deque(maxlen=50)
    for i in range(200):
        queue.append(i)
    while queue:
        queue.popleft()
    by_size = collections.defaultdict(set)
    for word in WORDS:
        by_size[len(word)].add(word)
    collections.ChainMap({"a": 1}, {"b": 2})["b"]
    collections.OrderedDict.fromkeys(WORDS).move_to_end(WORDS[0])


@part(rounds=410)
def sorting():
    orders = sorted(ORDERS, key=lambda order: (not order["paid"], order["customer"]["name"]))
    sorted(orders, key=operator.itemgetter("id"), reverse=True)
    numbers = [RANDOM.randint(0, 10**6) for _ in range(1500)]
    sorted(numbers), sorted(map(float, numbers)), sorted(map(str, numbers))
    numbers.sort(key=lambda n: n % 1000)


@part(rounds=830)
def numbers():
    total, product = 0, 1
    for i in range(1, 1200):
        total += i * 3 % 7 - (i >> 2) + (i // 5) ** 2
        total ^= i & 0xFF
        product = product * i % 1_000_000_007
        if i % 15 == 0 or total < 0 <= product:
            total = -total
    mean = 0.0
    for i in range(1200):
        mean += (math.sin(i) * 2.5 - mean) / (i + 1)
        mean = abs(round(mean, 6)) if i % 100 == 0 else mean
    big = 1
    for i in range(1, 120):
        big *= i
    str(big), int(str(big)), big // 10**50, divmod(big, 997), pow(7, 300, 10**18 + 9)
    int("ff", 16), float("1e-3"), complex(1, 2) * 2j, hash(1.5), math.isclose(0.1 + 0.2, 0.3)
    statistics.fmean([1.5, 2.5] * 40), statistics.stdev(range(30))
    fractions.Fraction(3, 7) + fractions.Fraction(1, 14)
    RANDOM.shuffle(list(range(60))), RANDOM.sample(range(1000), 10), RANDOM.gauss(0, 1)


@part(rounds=3600)
def money():
    cent = decimal.Decimal("0.01")
    total = decimal.Decimal(0)
    for order in ORDERS:
        for line in order["lines"]:
            total += (decimal.Decimal(str(line["price"])) * line["quantity"]).quantize(cent)
    assert f"{total:,.2f}" and total / 7 > 1


@part(rounds=670)
def dates():
    zone = datetime.timezone(datetime.timedelta(hours=2))
    moment = datetime.datetime(2024, 1, 31, 22, 15, tzinfo=zone)
    for days in range(150):
        later = moment + datetime.timedelta(days=days, seconds=days * 61)
        assert datetime.datetime.fromisoformat(later.isoformat()) == later
        later.astimezone(datetime.UTC).strftime("%Y-%m-%d %H:%M"), later.weekday(), later.date()
        (later - moment).total_seconds()
    for text in ("2024-02-29", "1999-12-31") * 8:
        datetime.datetime.strptime(text, "%Y-%m-%d").replace(hour=3)


# -- the language itself


class Account:
    kind = "plain"

    def __init__(self, owner, balance=0):
        self.owner = owner
        self.balance = balance
        self._history = []

    @property
    def rich(self):
        return self.balance > 1000

    @classmethod
    def opened_by(cls, owner, **options):
        return cls(owner, **options)

    @staticmethod
    def fee(amount):
        return amount // 100

    def deposit(self, amount, *, note=""):
        if amount <= 0:
            raise ValueError(f"cannot deposit {amount}")
        self.balance += amount - self.fee(amount)
        self._history.append((amount, note))
        return self

    def __repr__(self):
        return f"{type(self).__name__}({self.owner!r}, {self.balance})"

    def __eq__(self, other):
        return isinstance(other, Account) and self.owner == other.owner

    def __hash__(self):
        return hash(self.owner)

    def __len__(self):
        return len(self._history)

    def __getitem__(self, index):
        return self._history[index]


class Savings(Account):
    kind = "savings"

    def __init__(self, owner, balance=0, rate=0.02):
        super().__init__(owner, balance)
        self.rate = rate

    def deposit(self, amount, *, note="saved"):
        return super().deposit(amount, note=note)

    def __getattr__(self, name):
        if name.startswith("x_"):
            return name
        raise AttributeError(name)


class Visitor(abc.ABC):
    @abc.abstractmethod
    def visit(self, node): ...


class Point(typing.NamedTuple):
    x: float
    y: float = 0.0


class Slotted:
    __slots__ = ("left", "right", "value")

    def __init__(self, value):
        self.left = self.right = None
        self.value = value


@part(rounds=770)
def classes():
    accounts = [Account.opened_by(word) for word in WORDS[:60]]
    accounts += [Savings(word, balance=5, rate=0.1) for word in WORDS[:60]]
    for i, account in enumerate(accounts * 3):
        account.deposit(i * 40 + 100, note="n")
        account.rich, account.kind, len(account), account[0], getattr(account, "x_a", None)
        hasattr(account, "missing"), account == accounts[0]
    set(accounts), repr(accounts[:5]), vars(accounts[0])
    point = Point(1.0)
    for _ in range(200):
        point = Point(point.y + 1, point.x)._replace(y=2.0)
    tree = None
    for number in [n * 7919 % 211 for n in range(200)]:
        node, place = Slotted(number), tree
        if tree is None:
            tree = node
            continue
        while True:
            side = "left" if number < place.value else "right"
            if (below := getattr(place, side)) is None:
                setattr(place, side, node)
                break
            place = below
    type("Made", (Account,), {"kind": "made"})("x").deposit(5)


@part(rounds=1200)
def functions():
    def outer(scale, *rest, offset=0, **options):
        seen = 0

        def inner(value):
            nonlocal seen
            seen += 1
            return value * scale + offset + len(rest) + len(options)

        return [inner(value) for value in range(40)], seen

    for i in range(30):
        outer(i), outer(i, 1, 2, offset=3, extra=4), outer(*(1, 2), **{"offset": 1, "b": 2})
    doubled = functools.partial(operator.mul, 2)
    list(map(doubled, range(100))), functools.reduce(lambda a, b: a + b, range(100))

    @functools.wraps(outer)
    def traced(*args, **kwargs):
        return outer(*args, **kwargs)

    [traced(i, offset=1) for i in range(20)]

    def depth(nodes, level=0):
        return level if not nodes else max(depth(nodes[1:], level + 1), level)

    depth(list(range(60)))
    for value in (1, "one", [1, 2], {"kind": "a", "x": 3}, Point(1, 2), None) * 20:
        match value:
            case int(n) if n > 0:
                n + 1
            case [first, *_]:
                first
            case {"kind": "a", **others}:
                len(others)
            case Point(x=x, y=2):
                x
            case str() | None:
                pass


@part(rounds=1200)
def exceptions():
    class Broken(Exception):
        pass

    def fails(i):
        try:
            if i % 3 == 0:
                raise Broken(i)
            return {}["missing"] if i % 3 == 1 else int("x")
        except KeyError as error:
            raise Broken("wrapped") from error
        finally:
            i += 1

    for i in range(200):
        try:
            fails(i)
        except Broken as error:
            str(error), error.args, error.__cause__
        except (TypeError, ValueError):
            pass
        else:
            raise AssertionError
        with contextlib.suppress(IndexError):
            [][i]
    try:
        fails(1)
    except Broken:
        traceback.format_exc()
    try:
        raise ExceptionGroup("two", [ValueError(1), KeyError(2)])
    except* ValueError as group:
        group.exceptions
    except* KeyError:
        pass


@part(rounds=3000)
def generators():
    def numbered(limit):
        for i in range(limit):
            got = yield i
            if got:
                yield got

    def both():
        yield from numbered(50)
        yield from (n * n for n in range(50) if n % 2)

    for _ in range(10):
        sum(both())
    running = numbered(60)
    next(running), running.send(5), running.close()
    list(itertools.islice(itertools.chain(both(), itertools.count(7)), 150))
    list(itertools.product("ab", range(9))), list(itertools.combinations(range(9), 3))
    list(itertools.accumulate(range(60))), list(itertools.pairwise(WORDS))
    list(itertools.batched(range(50), 8)), list(itertools.takewhile(lambda n: n < 20, range(60)))

    @contextlib.contextmanager
    def opened(name):
        yield [name]

    for i in range(60):
        with opened(i) as one, opened("b"):
            one.append(i)


class Colour(enum.Enum):
    RED = 1
    GREEN = 2


class Access(enum.Flag):
    READ = enum.auto()
    WRITE = enum.auto()


@dataclasses.dataclass(order=True)
class Item:
    name: str
    size: int = 0
    tags: list[str] = dataclasses.field(default_factory=list, compare=False)


@dataclasses.dataclass(frozen=True, slots=True)
class Box:
    item: Item
    colour: Colour | None = None


@part(rounds=900)
def data_classes():
    boxes = [Box(Item(word, i, ["t"]), Colour(i % 2 + 1)) for i, word in enumerate(WORDS[:50])]
    for box in boxes:
        dataclasses.replace(box, colour=Colour["RED"]), box.colour.name, hash(box.colour)
        json.dumps(dataclasses.asdict(box), default=lambda value: value.name)
    sorted(box.item for box in boxes), repr(boxes[0]), boxes[0] == boxes[1]
    Access.READ | Access.WRITE, Access.READ in (Access.READ | Access.WRITE), list(Colour)

    @dataclasses.dataclass
    class Local:
        a: int
        b: str | None = None

    Local(1), dataclasses.fields(Local)


@part(rounds=2300)
def types_and_signatures():
    def flow(order: dict[str, int], limit: int | None = None, *, dry: bool = False) -> list[str]:
        """Does nothing."""

    for _ in range(10):
        for name, parameter in inspect.signature(flow).parameters.items():
            name, parameter.kind, parameter.default is inspect.Parameter.empty
        for hint in typing.get_type_hints(flow).values():
            typing.get_origin(hint), typing.get_args(hint)
    inspect.getdoc(flow), inspect.iscoroutinefunction(flow), str(inspect.signature(Account))
    typing.get_type_hints(Item), typing.Optional[int], typing.Annotated[int, "unit"]
    isinstance(3, int | str), issubclass(Savings, Account)
    types.SimpleNamespace(a=1).a


@part(rounds=720)
def asynchronous():
    async def fetch(i):
        await asyncio.sleep(0)
        if i % 50 == 49:
            raise LookupError(i)
        return i

    async def produce(queue):
        for i in range(60):
            await queue.put(i)
        await queue.put(None)

    async def stream():
        for i in range(40):
            yield i
            await asyncio.sleep(0)

    async def main():
        await asyncio.gather(*[fetch(i) for i in range(100)], return_exceptions=True)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(fetch(i)) for i in range(30)]
        [task.result() for task in tasks]
        queue = asyncio.Queue(10)
        producer = asyncio.create_task(produce(queue))
        while await queue.get() is not None:
            pass
        await producer
        gate, lock = asyncio.Semaphore(3), asyncio.Lock()
        async with gate, lock, asyncio.timeout(5):
            [n async for n in stream()]
        slow = asyncio.create_task(asyncio.sleep(5))
        await asyncio.wait([slow], timeout=0)
        slow.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await slow

    asyncio.run(main())


@part(rounds=66)
def compiling():
    for source in SOURCES:
        tree = ast.parse(source)
        names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        assert names and ast.unparse(tree.body[0])
        compile(source, "flow.py", "exec")
    small = "import json\n\ndef main(order: dict) -> int:\n    return order['a'] + 1\n"
    for _ in range(40):
        space = {"__name__": "flow"}
        exec(compile(small, "flow.py", "exec"), space)
        assert space["main"]({"a": 41}) == 42
        eval("[x * 2 for x in (1, 2, 3)]")


@part(rounds=710)
def logging_lines():
    sink = io.StringIO()
    logger = logging.getLogger("training")
    logger.propagate = False
    logger.handlers = [logging.StreamHandler(sink)]
    logger.handlers[0].setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logger.setLevel(logging.INFO)
    for i in range(100):
        logger.info("order %s of %d", i, 100)
        logger.debug("never seen %s", i)
        print("order", i, "done", sep=" ", file=sink)


for function, rounds in PARTS:
    for _ in range(rounds):
        function()
