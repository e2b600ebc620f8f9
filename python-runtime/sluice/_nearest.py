"""Finds the one name of many that a misspelled one most likely was."""

from collections.abc import Iterable
from difflib import SequenceMatcher

_MOST = 2_000
_LONGEST = 80


def nearest(wrong: str, names: Iterable[str]) -> str | None:
    """The name that is clearly the closest, or None. Case counts little."""
    if not wrong or len(wrong) > _LONGEST:
        return None
    folded = wrong.casefold()
    matcher = SequenceMatcher(autojunk=False)
    matcher.set_seq2(folded)
    best, score = None, 0.7 if len(wrong) > 3 else 0.6
    for _, name in zip(range(_MOST), names, strict=False):
        if name == wrong or not name or len(name) > _LONGEST:
            continue
        if name.casefold() == folded:
            return name
        matcher.set_seq1(name.casefold())
        if matcher.real_quick_ratio() < score or matcher.quick_ratio() < score:
            continue
        ratio = matcher.ratio()
        if ratio > score:
            best, score = name, ratio
    return best
