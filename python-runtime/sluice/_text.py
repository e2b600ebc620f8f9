"""Text and JSON on their way to the host: always valid UTF-8, always bounded, never a failure.

What a flow says about itself (names, attributes, logs) must not be able to stop the run, so a value
that JSON cannot hold becomes its `repr`, and what is too long is cut with a mark.
"""

import re
from json import JSONEncoder
from json.encoder import c_make_encoder, encode_basestring  # type: ignore[attr-defined]
from typing import Any

__all__ = ["NO_ATTRIBUTES", "bounded", "bounded_repr", "clean", "encode", "encode_attributes"]

NO_ATTRIBUTES = "{}"
NAME_LIMIT = 512
VALUE_LIMIT = 4 * 1024
ATTRIBUTES_LIMIT = 32 * 1024
_KEYS_LIMIT = 64
_LONG_NUMBER = re.compile("[0-9]{309}")

encode = JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode
"""Compact JSON; raises `TypeError`, `ValueError` or `RecursionError`."""


def _refuse(value: object) -> Any:
    raise TypeError(f"{type(value).__name__} has no form in JSON")


# What `encode` makes anew at each call, made once. It does not look for values that hold themselves:
# those end in `RecursionError`.
_chunks = c_make_encoder(None, _refuse, encode_basestring, None, ":", ",", False, False, False)


def clean(text: str) -> str:
    """The text with each half of a surrogate pair, which has no form in UTF-8, as `?`."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode()
    return text


def bounded(text: str, limit: int) -> str:
    """At most `limit` characters, the last of them a mark where something was cut."""
    if len(text) <= limit:
        return text
    return f"{text[: limit - 32]}… ({len(text) - limit + 32:,} more characters)"


def bounded_repr(value: object, limit: int = 256) -> str:
    """The `repr` of a value, or its type where the `repr` itself fails."""
    try:
        return bounded(repr(value), limit)
    except Exception as error:
        return f"<{type(value).__name__}, whose repr raises {type(error).__name__}>"


def encode_attributes(attributes: dict[str, Any]) -> str:
    """Attributes as a JSON object, whatever they hold."""
    if not attributes:
        return NO_ATTRIBUTES
    try:
        text = "".join(_chunks(attributes, 0))
    except (TypeError, ValueError, RecursionError):
        text = encode({_key(key): _value(value) for key, value in attributes.items()})
    if len(text) > 308 and _LONG_NUMBER.search(text):
        # Past 1e308 not every reader of JSON knows the number.
        attributes = {_key(key): _short_number(value) for key, value in attributes.items()}
        text = encode({key: _value(value) for key, value in attributes.items()})
    if len(text) > ATTRIBUTES_LIMIT:
        text = _cut(attributes)
    return clean(text)


def _key(key: object) -> str:
    return bounded(key if isinstance(key, str) else bounded_repr(key), NAME_LIMIT)


def _value(value: Any) -> Any:
    try:
        encode(value)
    except (TypeError, ValueError, RecursionError):
        return bounded_repr(value)
    return value


def _short_number(value: Any) -> Any:
    if isinstance(value, str) or not _LONG_NUMBER.search(encode(_value(value))):
        return value
    return bounded_repr(value)


def _cut(attributes: dict[str, Any]) -> str:
    kept = {}
    room = ATTRIBUTES_LIMIT
    for key, value in list(attributes.items())[:_KEYS_LIMIT]:
        plain = _value(value)
        if len(encode(plain)) > VALUE_LIMIT:
            text = plain if isinstance(plain, str) else bounded_repr(plain, VALUE_LIMIT)
            plain = bounded(text, VALUE_LIMIT)
        room -= len(encode(plain))
        if room < 0:
            break
        kept[_key(key)] = plain
    return encode(kept)
