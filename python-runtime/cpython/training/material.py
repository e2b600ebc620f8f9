"""What the parts of the training share: the list of them, and the data they work on."""

import json
import pathlib
import random

PARTS = []


def part(rounds):
    def add(function):
        PARTS.append((function, rounds))
        return function

    return add


RANDOM = random.Random(11)
WORDS = ["".join(RANDOM.choice("aeioulnrst") for _ in range(RANDOM.randint(2, 9))) for _ in range(400)]
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
