"""What the profile is made from: the kinds of work that flows do, each about equally long.

No benchmark: the parts are chosen so that every corner of the interpreter that flows are likely to
meet is run in a usual proportion. What is not run here is compiled for size, so a new use of the
language belongs here first. Run by recipe/profile.inside.sh. The numbers of rounds are fixed, so two
profiles differ in next to nothing.
"""

import language  # noqa: F401  (its parts add themselves)
import library  # noqa: F401
from material import PARTS

for function, rounds in PARTS:
    for _ in range(rounds):
        function()
