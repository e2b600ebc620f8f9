"""What a docstring says: its first paragraph, and its `Args:` section in Google's style."""

import re

_SECTION = re.compile(r"(Args|Arguments|Parameters|Attributes|Fields):\s*$")
_ENTRY = re.compile(r"\*{0,2}(\w+)\s*(?:\([^)]*\))?\s*:\s*(.*)")


def dedented(doc: str | None) -> str:
    """A docstring without the indentation of its source and without blank ends."""
    if not doc:
        return ""
    lines = doc.expandtabs().splitlines()
    margins = [len(line) - len(line.lstrip()) for line in lines[1:] if line.strip()]
    margin = min(margins, default=0)
    return "\n".join([lines[0].strip(), *(line[margin:].rstrip() for line in lines[1:])]).strip()


def summary(doc: str | None) -> str:
    """The first paragraph, as one line."""
    text = dedented(doc)
    return " ".join(text.split("\n\n", 1)[0].split())


def descriptions(doc: str | None) -> dict[str, str]:
    """What the docstring says about each parameter or attribute, as one line each."""
    found: dict[str, list[str]] = {}
    inside, margin, current = False, -1, None
    for line in dedented(doc).splitlines():
        depth = len(line) - len(line.lstrip())
        if depth == 0 and line.strip():
            inside, margin, current = bool(_SECTION.match(line)), -1, None
            continue
        if not inside or not line.strip():
            continue
        if margin < 0:
            margin = depth
        entry = _ENTRY.match(line.strip())
        if depth <= margin and entry:
            current = entry[1]
            found[current] = [entry[2]]
        elif current is not None and depth > margin:
            found[current].append(line.strip())
    return {name: " ".join(part for part in parts if part) for name, parts in found.items()}
