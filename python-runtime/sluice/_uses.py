"""Capability words as a flow writes them: `uses=["rpc:calendar.event_list", "http:api.example.com"]`.

The host decides what they allow; here they are only made sure to be words of docs/grants.md, because the host
ends a run that hands it anything else.
"""

import re
from collections.abc import Iterable

from ._errors import UsesInvalid
from ._nearest import nearest
from ._text import bounded_repr, encode

__all__ = ["encode_uses", "parse_uses"]

_EXAMPLES = {
    "rpc": "rpc:calendar.event_list",
    "http": "http:api.example.com",
    "llm": "llm:default",
    "flow": "flow:square",
    "ask": "ask",
    "kv": "kv:notes",
    "secret": "secret:API_KEY",
    "artifact": "artifact:report.csv",
}
_BOUNDED = {
    "http": ("method",),
    "kv": ("operation", "key"),
    "artifact": ("operation",),
    "ask": ("assignee",),
    "llm": (),
    "secret": (),
}
"""What can be bound; of the other kinds each argument can."""

_BARE = "ask"
_LONGEST_BYTES = 512
_NAME = re.compile(r"[A-Za-z0-9._/-]*\*?")
_HOST = re.compile(r"(\*\.)?(?!.{254})[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*|\*|\[[0-9a-f:]+\]")
_PORT = re.compile(r"0*[1-9][0-9]{0,4}")
_PATH = re.compile(r"(/[^\x00-\x20\x7f-\U0010ffff()|,*?#\\\"<>]*\*?)?")
_BOUND = re.compile(r"([A-Za-z0-9._-]+)=((?:[^(),?=%\ud800-\udfff]|%[0-9A-Fa-f]{2})+)")
_ESCAPED = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_URL = re.compile(r"https?:/*(?:https?:)?//", re.IGNORECASE)


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
    if len(word.encode(errors="replace")) > _LONGEST_BYTES:
        raise _invalid(word, f"it is longer than {_LONGEST_BYTES} bytes")
    if found := _URL.match(word):
        host = word[found.end() :].partition("/")[0].lower()
        raise _invalid(word, "it names a host, not a URL", f"Write {'http:' + host!r}" if host else None)
    rest, question, approve = word.rpartition("?")
    if not question:
        rest = approve
    elif approve != "approve":
        raise _invalid(word, "after `?` stands `approve`")
    rest, opening, bounds = rest.partition("(")
    kind, _, target = rest.partition(":")
    if kind not in _EXAMPLES:
        close = nearest(kind, _EXAMPLES)
        hint = f"Kinds are {', '.join(_EXAMPLES)}"
        if close:
            hint = f"Did you mean {word.replace(kind, close, 1)!r}?"
        raise _invalid(word, f"there is no kind of capability {bounded_repr(kind)}", hint)
    if kind == _BARE:
        if rest != _BARE:
            raise _invalid(word, "`ask` takes no target", "Write 'ask'")
        if question:
            raise _invalid(word, "`ask` asks a person as it is")
    elif not target:
        raise _invalid(word, "it names no target", f"Write it as in {_EXAMPLES[kind]!r}")
    elif kind == "http":
        _check_place(word, target)
    elif not _NAME.fullmatch(target):
        wrong = "`*` may only stand at its end"
        if not _NAME.fullmatch(target.replace("*", "")):
            wrong = "its target has a character other than letters, digits and . _ - /"
        raise _invalid(word, wrong)
    if opening:
        _check_bounds(word, kind, bounds)


def _check_place(word: str, target: str) -> None:
    authority, slash, path = target.partition("/")
    host, colon, port = authority.rpartition(":")
    if not colon or authority.endswith("]"):
        host, port = authority, ""
    elif not _PORT.fullmatch(port) or int(port) > 65_535:
        raise _invalid(word, "a port is a number from 1 to 65535")
    if not _is_host(host):
        hint = f"Write {word.replace(host, host.lower(), 1)!r}" if _is_host(host.lower()) else None
        raise _invalid(word, "its host is no name in small letters, no address and no `*.domain`", hint)
    if not _PATH.fullmatch(slash + path):
        wrong = "its path has a star that is not at its end"
        if not _PATH.fullmatch(slash + path.replace("*", "")):
            wrong = "its path has a character that is written as `%` and two digits"
        raise _invalid(word, wrong)


def _is_host(host: str) -> bool:
    if not _HOST.fullmatch(host):
        return False
    if host[0] != "[":
        return True
    from ipaddress import IPv6Address

    try:
        return str(IPv6Address(host[1:-1])) == host[1:-1]
    except ValueError:
        return False


def _check_bounds(word: str, kind: str, bounds: str) -> None:
    if not bounds.endswith(")"):
        raise _invalid(word, "a ( is closed by a ) after the bounds")
    if bounds == ")":
        raise _invalid(word, "there is no bound between ( and )")
    names = _BOUNDED.get(kind)
    for bound in filter(None, bounds[:-1].split(",")):
        found = _BOUND.fullmatch(bound)
        if found is None or not all(_is_pattern(text) for text in found[2].split("|")):
            raise _invalid(
                word, "a bound is `name=value`; in the value ( ) , ? = % are written as `%` and two digits"
            )
        if names is not None and found[1] not in names:
            has = " and ".join(names) or "nothing that can be bound"
            raise _invalid(word, f"calls of the kind `{kind}` have {has}, not {bounded_repr(found[1], 80)}")


def _is_pattern(text: str) -> bool:
    try:
        for each in _ESCAPED.findall(text):
            bytes.fromhex(each.replace("%", "")).decode()
    except ValueError:
        return False
    return text != ""


def _invalid(word: str, why: str, hint: str | None = None) -> UsesInvalid:
    return UsesInvalid(f"{bounded_repr(word, 80)} is not a capability: {why}", hint=hint)
