"""What to do about an exception: the hint of an error object.

One small function for each class of exception that has something to say; the first one that fits
gives the hint. They read what is there and call nothing of the flow's.
"""

import ast
import builtins
import re
import sys
from collections.abc import Callable, Iterable
from itertools import islice
from types import ModuleType
from typing import Any

from ._blame import UNKNOWN, expression_at, value_of
from ._brief import brief, within_reason
from ._calls import Future, Method, Operation
from ._excerpt import Source
from ._frames import Place
from ._misuse import misuse
from ._nearest import nearest
from ._unavailable import CALLS, INSTEAD

_UNEXPECTED = re.compile(r"(\w+)\(\) got an unexpected keyword argument '(\w+)'")
_CANNOT_IMPORT = re.compile(r"cannot import name '([^']+)' from '([^']+)'")
_LOCAL = re.compile(r"local variable '(\w+)'")
_NOT_AWAITED = "It is a coroutine that was not awaited: write `await` before the call that made it"
_USUAL_IMPORTS = {
    "Any": "from typing import Any",
    "Counter": "from collections import Counter",
    "Decimal": "from decimal import Decimal",
    "Optional": "from typing import Optional",
    "agent": "from sluice import agent",
    "dataclass": "from dataclasses import dataclass",
    "datetime": "from datetime import datetime",
    "defaultdict": "from collections import defaultdict",
    "field": "from dataclasses import field",
    "flow": "from sluice import flow",
    "http": "from sluice import http",
    "prompt": "from sluice import prompt",
    "sleep": "from time import sleep",
    "timedelta": "from datetime import timedelta",
    "tool": "from sluice import tool",
}
_OURS = ("hero_rpc", "hero_tracing", "sluice")
_SHOWN = 8


def hint_for(error: BaseException, places: list[Place], source: Source) -> str | None:
    """What to do next about an exception that left the flow, or None where nothing is known."""
    place = places[-1] if places else None
    own = next((each for each in reversed(places) if each.own), place)
    for kind, suggest in _BY_CLASS:
        if isinstance(error, kind):
            # The standard library may be where a mistake of the flow's shows.
            hint = suggest(error, own if suggest is _misused else place, source)
            if hint is not None:
                return hint
    return None


def _missing_key(error: KeyError, place: Place | None, source: Source) -> str | None:
    if place is None or not error.args:
        return None
    mapping = _subscripted(place, source)
    if not isinstance(mapping, dict):
        return None
    key, keys = error.args[0], list(islice(dict.keys(mapping), 2_000))
    if not keys:
        return "The mapping is empty"
    if isinstance(key, str):
        close = nearest(key, (known for known in keys if type(known) is str))
        if close:
            return f"Did you mean {close!r}?"
    alike = [known for known in keys if type(known) is not type(key) and brief(known).strip("'") == str(key)]
    if alike and type(key) in (str, int):
        return f"The keys are of type {type(alike[0]).__name__}: {brief(alike[0])} is there"
    return f"The keys are {_listed(brief(known, 40) for known in keys)}"


def _missing_index(error: IndexError, place: Place | None, source: Source) -> str | None:
    values = UNKNOWN if place is None else _subscripted(place, source)
    if type(values) not in (list, tuple, str):
        return None
    if not values:
        return f"The {type(values).__name__} is empty"
    return f"The {type(values).__name__} has {len(values):,} items: its last index is {len(values) - 1:,}"


def _subscripted(place: Place, source: Source) -> Any:
    node: ast.expr | None = expression_at(place, source, ast.Subscript)
    if isinstance(node, ast.Subscript):
        return value_of(node.value, place)
    node = expression_at(place, source, ast.Call)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "pop":
        return value_of(node.func.value, place)
    return UNKNOWN


def _unbound(error: UnboundLocalError, place: Place | None, source: Source) -> str | None:
    found = _LOCAL.search(str(error))
    if found is None:
        return None
    return f"`{found[1]}` is assigned in this function, so it is local to it; assign it before this line"


def _unknown_name(error: NameError, place: Place | None, source: Source) -> str | None:
    name = error.name
    if not name:
        return None
    if name in _USUAL_IMPORTS:
        return f"Add `{_USUAL_IMPORTS[name]}`"
    if name in sys.stdlib_module_names:
        return f"Add `import {name}`"
    known: list[str] = []
    if place is not None:
        known += [*place.frame.f_locals, *place.frame.f_globals]
    close = nearest(name, [*known, *vars(builtins)])
    if close:
        return f"Did you mean {close!r}?"
    module = nearest(name, sorted(sys.stdlib_module_names))
    return f"Did you mean {module!r}? Add `import {module}`" if module else None


def _unknown_attribute(error: AttributeError, place: Place | None, source: Source) -> str | None:
    owner, name = error.obj, error.name
    if not name:
        return None
    if owner is None:
        node = None if place is None else expression_at(place, source, ast.Attribute)
        what = ast.unparse(node.value) if node is not None else "The value"
        return f"`{what[:80]}` is None here; check it before this line" if node is not None else None
    if isinstance(owner, Future):
        return "It is a call that was started: `await` it, or take its .result() in plain code"
    if hasattr(type(owner), "__await__"):
        return _NOT_AWAITED
    if isinstance(owner, ModuleType) and f"{owner.__name__}.{name}" in CALLS:
        return CALLS[f"{owner.__name__}.{name}"]
    names = within_reason(lambda: [known for known in dir(owner) if isinstance(known, str)])
    close = nearest(name, [known for known in names if not known.startswith("_") or name.startswith("_")])
    if close:
        return f"Did you mean {close!r}?"
    if isinstance(owner, dict) and name in owner:
        return f"It is a dict: write [{name!r}]"
    return None


def _no_module(error: ImportError, place: Place | None, source: Source) -> str | None:
    top = (error.name or "").partition(".")[0].lstrip("_")
    if top in INSTEAD:
        return INSTEAD[top].hint
    found = _CANNOT_IMPORT.match(error.msg or "")
    if found and found[2] in sys.modules:
        public = [known for known in dir(sys.modules[found[2]]) if not known.startswith("_")]
        close = nearest(found[1], public)
        return f"Did you mean {close!r}?" if close else None
    if not isinstance(error, ModuleNotFoundError):
        return None
    if top in _OURS:
        return None
    if top in sys.stdlib_module_names:
        return "That part of the standard library is not in the sandbox"
    close = nearest(top, sorted(sys.stdlib_module_names))
    if close:
        return f"Did you mean {close!r}?"
    return "The sandbox has the standard library, `sluice` and `hero_rpc`; nothing else can be installed"


def _wrong_argument(error: TypeError, place: Place | None, source: Source) -> str | None:
    text = str(error)
    if "Did you mean" in text:
        return None
    if "'coroutine' object" in text:
        return _NOT_AWAITED
    found = _UNEXPECTED.search(text)
    if found is None or place is None:
        return None
    names = _parameters(place, source, found[1])
    if not names:
        return None
    close = nearest(found[2], names)
    return f"Did you mean {close!r}?" if close else f"The parameters are {_listed(names)}"


def _parameters(place: Place, source: Source, name: str) -> list[str]:
    node = expression_at(place, source, ast.Call)
    called = UNKNOWN if node is None else value_of(node.func, place)
    if isinstance(called, type):
        called = vars(called).get("__init__", UNKNOWN)
    if isinstance(called, Method | Operation):
        called = called._request
    code = getattr(called, "__code__", None)
    if code is None:
        return []
    count = code.co_argcount + code.co_kwonlyargcount
    return [known for known in code.co_varnames[:count] if known != "self"]


def _wrapped_refusal(error: OSError, place: Place | None, source: Source) -> str | None:
    reason = getattr(error, "reason", None)
    hint = getattr(reason, "hint", None)
    return hint if isinstance(hint, str) else None


def _endless(error: RecursionError, place: Place | None, source: Source) -> str | None:
    return "A function calls itself without end, or data is nested too deeply: use a loop and a list instead"


def _too_big(error: MemoryError, place: Place | None, source: Source) -> str | None:
    return "Work through the data in parts, and keep only what is needed"


def _ended(error: BaseException, place: Place | None, source: Source) -> str | None:
    return "To end a flow, return from it; to end it as failed, raise flow.Failed('why')"


def _misused(error: Exception, place: Place | None, source: Source) -> str | None:
    return None if place is None else misuse(str(error), place, source)


def _listed(names: Iterable[str]) -> str:
    shown = list(names)
    more = f" and {len(shown) - _SHOWN:,} more" if len(shown) > _SHOWN else ""
    return ", ".join(shown[:_SHOWN]) + more


_Suggest = Callable[[Any, Place | None, Source], str | None]

_BY_CLASS: list[tuple[type[BaseException], _Suggest]] = [
    (KeyError, _missing_key),
    (KeyError, _misused),
    (IndexError, _missing_index),
    (UnboundLocalError, _unbound),
    (NameError, _unknown_name),
    (TypeError, _misused),
    (AttributeError, _misused),
    (AttributeError, _unknown_attribute),
    (ImportError, _no_module),
    (TypeError, _wrong_argument),
    (OSError, _wrapped_refusal),
    (RecursionError, _endless),
    (MemoryError, _too_big),
    (SystemExit, _ended),
    (KeyboardInterrupt, _ended),
]
