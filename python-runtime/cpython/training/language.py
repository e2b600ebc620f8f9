"""The parts of the training that are work for the language: classes, functions, errors, coroutines."""

import abc
import ast
import asyncio
import contextlib
import dataclasses
import enum
import functools
import inspect
import io
import itertools
import json
import logging
import operator
import traceback
import types
import typing

from material import SOURCES, WORDS, part

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
