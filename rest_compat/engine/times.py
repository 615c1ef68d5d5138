"""Codecs of time: instants in UTC, with an offset or as wall time of the business; dates, clocks, lengths.

A wall time is read in the business's zone: one inside a daylight-saving gap is refused, of one that
happens twice the first is meant.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

from core.availability.hours import exists
from rest_compat.engine.codec import Later, Surroundings, Unfit, from_text, under, unfit

_STAMP = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,20}))?)?(?:([Zz])|([+-])(\d\d):?(\d\d))?",
    re.ASCII,
)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)", re.ASCII)
_LENGTH = re.compile(r"PT(?:(\d{1,5})H)?(?:(\d{1,7})M)?", re.ASCII)


def in_utc(instant: datetime) -> str:
    """2024-06-28T14:00:00Z: in UTC, to the second."""
    return instant.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def with_offset(instant: datetime, zone: str) -> str:
    """2024-06-28T10:00:00-04:00: in a zone, to the second."""
    return instant.astimezone(ZoneInfo(zone)).isoformat(timespec="seconds")


def on_the_wall(instant: datetime, zone: str) -> str:
    """2024-06-28 10:00:00: as a clock in the zone shows it."""
    return instant.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M:%S")


def date_there(instant: datetime, zone: str) -> str:
    """2024-06-28: the date in the zone."""
    return instant.astimezone(ZoneInfo(zone)).date().isoformat()


def clock_there(instant: datetime, zone: str) -> str:
    """10:00: what a clock in the zone shows."""
    return instant.astimezone(ZoneInfo(zone)).strftime("%H:%M")


def settled(wall: datetime, around: Surroundings) -> datetime:
    """The instant of a wall time in the business's zone. Raises Unfit inside a gap."""
    try:
        if not exists(wall, around.zone):
            raise unfit("NO_SUCH_TIME", "falls into a daylight-saving gap: no clock shows this time")
        return wall.replace(tzinfo=around.zone, fold=0).astimezone(UTC)
    except OverflowError:
        raise unfit("BAD_TIME", "must be a time that a calendar can hold") from None


def _microseconds(fraction: str) -> int:
    """The fraction of a second; what is finer than a microsecond still counts as one."""
    finer = set(fraction[6:]) - {"0"}
    return min(int(fraction[:6].ljust(6, "0")) | bool(finer), 999_999)


def _parse_stamp(text: str) -> datetime | Later:
    found = _STAMP.fullmatch(text)
    if found is None:
        raise unfit("BAD_TIME", "must be a time in ISO 8601, such as 2024-06-28T14:00:00Z")
    year, month, day, hour, minute, second, fraction, utc, sign, hours, minutes = found.groups()
    try:
        wall = datetime(
            int(year),
            int(month),
            int(day),
            int(hour),
            int(minute),
            int(second or 0),
            _microseconds(fraction or "0"),
        )
        if utc:
            return wall.replace(tzinfo=UTC)
        if sign:
            offset = timedelta(hours=int(hours), minutes=int(minutes))
            return wall.replace(tzinfo=timezone(offset if sign == "+" else -offset)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise unfit("BAD_TIME", "must be a time that a calendar can hold") from None
    return Later(lambda around: settled(wall, around))


_STAMP_SCHEMA = {"type": "string", "format": "date-time"}

INSTANT = from_text(_parse_stamp, write=in_utc, schema=_STAMP_SCHEMA)
"""ISO 8601 in, a wall time among it; UTC with Z out."""

OFFSET_INSTANT = from_text(_parse_stamp, write=with_offset, schema=_STAMP_SCHEMA)
"""ISO 8601 in; out with the offset of a zone, whose name is the field's second path."""

WALL_TIME = from_text(
    _parse_stamp,
    write=on_the_wall,
    schema={"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}$"},
)
"""YYYY-MM-DD HH:MM:SS both ways, ISO 8601 in too; the zone's name is the field's second path."""


def _parse_date(text: str) -> date:
    try:
        if _DATE.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise unfit("BAD_DATE", "must be a date, such as 2024-06-28")


DATE = from_text(_parse_date, write=date.isoformat, schema={"type": "string", "format": "date"})

LOCAL_DATE = from_text(_parse_date, write=date_there, schema={"type": "string", "format": "date"})
"""A date; out, that of an instant in a zone, whose name is the field's second path."""


def _parse_clock(text: str) -> int:
    found = _CLOCK.fullmatch(text)
    if found is None:
        raise unfit("BAD_TIME", "must be a time of day, such as 09:30")
    return int(found[1]) * 60 + int(found[2])


_CLOCK_SCHEMA = {"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"}

CLOCK = from_text(
    _parse_clock, write=lambda minute: f"{minute // 60:02}:{minute % 60:02}", schema=_CLOCK_SCHEMA
)
"""HH:MM as minutes after midnight."""

LOCAL_CLOCK = from_text(_parse_clock, write=clock_there, schema=_CLOCK_SCHEMA)
"""HH:MM as minutes after midnight; out, of an instant in a zone named by the field's second path."""


def _parse_length(text: str) -> int:
    found = _LENGTH.fullmatch(text)
    if found is None or text == "PT":
        raise unfit("BAD_LENGTH", "must be a length in ISO 8601, such as PT1H30M")
    return int(found[1] or 0) * 60 + int(found[2] or 0)


def _write_length(minutes: int) -> str:
    hours, rest = divmod(minutes, 60)
    spelled = (f"{hours}H" if hours else "") + (f"{rest}M" if rest or not hours else "")
    return f"PT{spelled}"


LENGTH = from_text(
    _parse_length,
    write=_write_length,
    schema={"type": "string", "pattern": "^PT(?:([0-9]+)H)?(?:([0-9]+)M)?$"},
)
"""Minutes as PT1H30M."""


def joined_start(values: dict[str, Any], around: Surroundings) -> dict[str, Any]:
    """The values `date` and `clock` made one: `starts_at`, in the business's zone. Raises Unfit."""
    wall = datetime.combine(values.pop("date"), datetime.min.time()) + timedelta(minutes=values.pop("clock"))
    try:
        return {**values, "starts_at": settled(wall, around)}
    except Unfit as found:
        raise Unfit(under("clock", found)) from None
