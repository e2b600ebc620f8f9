"""Keeps what looks like a secret out of error objects.

By the name under which a value is kept, and by the few forms in which a secret stands inside a
text. A courtesy to careful authors, not a wall: real secrets never enter the guest.
"""

import re
from itertools import pairwise

REDACTED = "<redacted>"

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_SECRET = {
    "apikey",
    "auth",
    "authorization",
    "bearer",
    "cookie",
    "credential",
    "jwt",
    "passphrase",
    "passwd",
    "password",
    "passwort",
    "pwd",
    "secret",
    "token",
}
_SECRET_KEYS = {"access", "api", "encryption", "private", "signing", "ssh"}

_IN_TEXT = [
    (re.compile(r"\b([Bb]earer|Basic)\s+[\w.~+/=-]{8,}"), rf"\1 {REDACTED}"),
    (re.compile(r"(://[^/\s:@]*):[^/\s@]+@"), rf"\1:{REDACTED}@"),
    (re.compile(r"(?i)\b(\w*(?:password|secret|token|api_?key))(=|%3D)[^\s&'\"]{3,}"), rf"\1\2{REDACTED}"),
]


def is_secret(name: object, value: object = "") -> bool:
    """Whether a value under this name must not be shown. Numbers of tokens are no secret."""
    if not isinstance(name, str) or value is None or isinstance(value, bool):
        return False
    words = [word.lower().removesuffix("s") for word in _WORDS.findall(name[:200])]
    if not _SECRET.isdisjoint(words):
        return not ("token" in words and isinstance(value, (int, float)))
    return any(first in _SECRET_KEYS and second == "key" for first, second in pairwise(words))


def redacted(text: str) -> str:
    """The text without the secrets that stand in it in a known form."""
    for form, instead in _IN_TEXT:
        text = form.sub(instead, text)
    return text
