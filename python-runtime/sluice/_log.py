"""`flow.log`, and the standard `logging` module on its way to the same place.

A line belongs to the step that is open where it is written. Logging never fails and never stops a
run: what is too long is cut with a mark.
"""

import logging
from typing import Any

from . import _host
from ._span import current_id
from ._text import bounded, clean, encode_attributes

__all__ = ["FlowHandler", "Log", "install"]

MESSAGE_LIMIT = 16 * 1024

_DEBUG, _INFO, _WARNING, _ERROR = 0, 1, 2, 3


def write(level: int, message: object, attributes: dict[str, Any]) -> None:
    """One line at the current step."""
    if type(message) is not str:
        message = _text_of(message)
    text = bounded(message, MESSAGE_LIMIT)
    _host.log(current_id(), level, clean(text), encode_attributes(attributes))


def _text_of(message: object) -> str:
    try:
        return str(message)
    except Exception as error:
        return f"<{type(message).__name__}, whose str raises {type(error).__name__}>"


class Log:
    """The log of the flow. Attributes are named values that readers can filter by."""

    __slots__ = ()

    def debug(self, message: object, /, **attributes: Any) -> None:
        write(_DEBUG, message, attributes)

    def info(self, message: object, /, **attributes: Any) -> None:
        write(_INFO, message, attributes)

    def warning(self, message: object, /, **attributes: Any) -> None:
        write(_WARNING, message, attributes)

    def error(self, message: object, /, **attributes: Any) -> None:
        write(_ERROR, message, attributes)


class FlowHandler(logging.Handler):
    """Hands records of `logging` to the flow's log."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            message = self.format(record)
        except Exception as error:
            message = f"{_text_of(record.msg)} (which cannot be formatted: {type(error).__name__})"
        attributes = {} if record.name == "root" else {"logger": record.name}
        write(_level(record.levelno), message, attributes)


def _level(number: int) -> int:
    if number >= logging.ERROR:
        return _ERROR
    if number >= logging.WARNING:
        return _WARNING
    return _INFO if number >= logging.INFO else _DEBUG


def install() -> None:
    """Makes `logging` write to the flow's log from `INFO` on; `basicConfig` can set another level."""
    root = logging.getLogger()
    handler = FlowHandler()
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    standard = logging.basicConfig

    def basic_config(**options: Any) -> None:
        if root.handlers == [handler] and not {"filename", "stream", "handlers", "force"} & options.keys():
            if "level" in options:
                root.setLevel(options["level"])
            return
        standard(**options)

    basic_config.__doc__ = standard.__doc__
    logging.basicConfig = basic_config
