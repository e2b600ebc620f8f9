"""Spans of time in ISO 8601: `P3DT4H30M`, `PT0.25S`, `-PT1H`.

Years and months are refused: how long they are depends on the calendar.
"""

import re
from datetime import timedelta

_FORM = re.compile(
    r"(?P<sign>[+-])?P(?!$)(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+(?:\.\d+)?)D)?"
    r"(?:T(?!$)(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+(?:[.,]\d+)?)S)?)?",
    re.ASCII,
)


def parse_duration(text: str) -> timedelta:
    """The span that a text writes; raises `ValueError`."""
    match = _FORM.fullmatch(text)
    if match is None:
        raise ValueError("not a duration")
    span = timedelta(
        weeks=int(match["weeks"] or 0),
        days=float(match["days"] or 0),
        hours=int(match["hours"] or 0),
        minutes=int(match["minutes"] or 0),
    ) + _seconds((match["seconds"] or "0").replace(",", "."))
    return -span if match["sign"] == "-" else span


def format_duration(span: timedelta) -> str:
    """The shortest text that writes a span exactly."""
    sign, span = ("-", -span) if span < timedelta(0) else ("", span)
    minutes, seconds = divmod(span.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    fraction = f".{span.microseconds:06d}".rstrip("0") if span.microseconds else ""
    date = f"{span.days}D" if span.days else ""
    time = (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "")
    if seconds or fraction or not (date or time):
        time += f"{seconds}{fraction}S"
    return f"{sign}P{date}" + (f"T{time}" if time else "")


def _seconds(text: str) -> timedelta:
    whole, _, fraction = text.partition(".")
    return timedelta(seconds=int(whole), microseconds=int(fraction[:6].ljust(6, "0")) if fraction else 0)
