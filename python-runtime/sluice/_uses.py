"""Capability words as a flow writes them: `uses=["rpc:calendar.event_list", "http:api.example.com"]`.

The host decides what they allow; here they are only made sure to be words, because the host ends a
run that hands it anything else.
"""

from collections.abc import Iterable

from ._errors import UsesInvalid
from ._nearest import nearest
from ._text import bounded_repr, encode

__all__ = ["encode_uses", "parse_uses"]

_KINDS = ("rpc", "http", "llm", "flow", "ask", "kv", "secret", "artifact")
_BARE = "ask"
_LONGEST = 256
_ALLOWED = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/*")


def parse_uses(uses: Iterable[str]) -> tuple[str, ...]:
    """The words, each checked; raises `UsesInvalid`."""
    if isinstance(uses, str):
        raise UsesInvalid(
            f"`uses` is a list of words, not the text {bounded_repr(uses)}", hint=f"Write uses=[{uses!r}]"
        )
    try:
        words = tuple(uses)
    except TypeError:
        raise UsesInvalid(f"`uses` is a list of words, not {bounded_repr(uses)}") from None
    for word in words:
        _check(word)
    return words


def encode_uses(uses: Iterable[str] | None) -> str | None:
    """The words as the host takes them; None where a step does not narrow."""
    return None if uses is None else encode(parse_uses(uses))


def _check(word: object) -> None:
    if not isinstance(word, str):
        raise UsesInvalid(
            f"a capability is a text such as 'rpc:calendar.event_list', not {bounded_repr(word)}"
        )
    kind, _, target = word.partition(":")
    if kind not in _KINDS:
        close = nearest(kind, _KINDS)
        hint = f"Kinds are {', '.join(_KINDS)}"
        if close:
            hint = f"Did you mean {word.replace(kind, close, 1)!r}?"
        raise _invalid(word, f"there is no kind of capability {bounded_repr(kind)}", hint)
    if kind == _BARE:
        if word != _BARE:
            raise _invalid(word, "`ask` takes no target", "Write 'ask'")
    elif not target:
        raise _invalid(word, "it names no target", "Write it as in 'rpc:calendar.event_list'")
    if not _ALLOWED.issuperset(target):
        raise _invalid(word, "its target has a character other than letters, digits and . _ - / *")
    if "*" in target[:-1]:
        raise _invalid(word, "`*` may only stand at its end")
    if len(word) > _LONGEST:
        raise _invalid(word, f"it is longer than {_LONGEST} characters")


def _invalid(word: str, why: str, hint: str | None = None) -> UsesInvalid:
    return UsesInvalid(f"{bounded_repr(word, 80)} is not a capability: {why}", hint=hint)
