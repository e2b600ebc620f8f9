"""Names that are imported when they are first used, so that importing the SDK stays quick.

In the image all of them are imported already; this is for a developer's machine.
"""

from importlib import import_module
from typing import Any

__all__ = ["later"]


def later(module: str, name: str) -> Any:
    """What `name` stands for in a module of the SDK, which may be that module itself."""
    found = import_module(f"sluice.{module}")
    return found if module == name else getattr(found, name)
