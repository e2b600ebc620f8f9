"""The parts of the training that are work for the standard library: formats, texts, numbers, dates."""

import bz2
import collections
import contextlib
import copy
import csv
import datetime
import decimal
import fractions
import hashlib
import io
import json
import lzma
import math
import operator
import pickle
import re
import sqlite3
import statistics
import string
import unicodedata
import zlib

from material import ORDERS, PROSE, RANDOM, WORDS, part

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
    lines = [
        f"{i:>5} | {word:<10} | {i / 7:8.3f} | {i:#x} {i:,} {i / 100:.1%}" for i, word in enumerate(WORDS)
    ]
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
