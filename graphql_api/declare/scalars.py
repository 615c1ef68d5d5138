"""The scalars: how each value is spelled in JSON, and what is refused on the way in."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any, NewType

import strawberry
from strawberry.types.scalar import ScalarDefinition

from core.kernel.money import MAX_MINOR

TimeZone = NewType("TimeZone", str)
EmailAddress = NewType("EmailAddress", str)
PhoneNumber = NewType("PhoneNumber", str)
Cursor = NewType("Cursor", str)
MinorUnits = NewType("MinorUnits", int)
Percent = NewType("Percent", Decimal)

_DATE_TIME = re.compile(
    r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})", re.ASCII | re.IGNORECASE
)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_LOCAL_TIME = re.compile(r"\d{2}:\d{2}(:00)?", re.ASCII)


def read_date_time(value: object) -> datetime:
    """The instant, in UTC, of an RFC 3339 text with an offset. Raises ValueError."""
    if isinstance(value, str) and _DATE_TIME.fullmatch(value):
        try:
            return datetime.fromisoformat(value.upper()).astimezone(UTC)
        except (ValueError, OverflowError):
            pass
    raise ValueError("must be RFC 3339 with an offset from UTC, such as 2027-03-01T09:30:00Z")


def write_date_time(value: datetime) -> str:
    """An instant in UTC, with Z."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def read_date(value: object) -> date:
    """A calendar date. Raises ValueError."""
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise ValueError("must be a calendar date, such as 2027-03-01")


def read_local_time(value: object) -> time:
    """A wall-clock time of whole minutes. Raises ValueError."""
    if isinstance(value, str) and _LOCAL_TIME.fullmatch(value):
        try:
            return time.fromisoformat(value)
        except ValueError:
            pass
    raise ValueError("must be a wall-clock time of whole minutes, such as 09:30")


def read_minor_units(value: object) -> int:
    """A whole number that JSON keeps exactly. Raises ValueError."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= MAX_MINOR:
        return value
    raise ValueError(f"must be a whole number of at most {MAX_MINOR}")


def read_percent(value: object) -> Decimal:
    """A percentage as a JSON number. Raises ValueError."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Decimal(str(value))
    raise ValueError("must be a number, such as 30 or 12.5")


def write_percent(value: Decimal) -> int | float:
    """A JSON number, whole where it can be."""
    whole = int(value)
    return whole if whole == value else float(value)


def _text(what: str, longest: int) -> Callable[[object], str]:
    """Reads one line of text; what it means is judged by the use case, which can name the field."""

    def read(value: object) -> str:
        if not isinstance(value, str) or len(value) > longest:
            raise ValueError(f"must be {what} of at most {longest} characters")
        if any(unicodedata.category(letter) == "Cc" for letter in value):
            raise ValueError(f"must be {what} without control characters")
        return value

    return read


def _scalar(name: str, description: str, *, read: Callable[[Any], Any], write: Callable[[Any], Any]) -> Any:
    return strawberry.scalar(name=name, description=description, parse_value=read, serialize=write)


SCALARS: dict[object, ScalarDefinition] = {
    datetime: _scalar(
        "DateTime",
        "An instant as RFC 3339. Inputs need an offset from UTC; answers are in UTC and end with Z.",
        read=read_date_time,
        write=write_date_time,
    ),
    date: _scalar(
        "Date", "A calendar date, such as 2027-03-01.", read=read_date, write=lambda value: value.isoformat()
    ),
    time: _scalar(
        "LocalTime",
        "A wall-clock time of whole minutes, such as 09:30, in the zone that the field names.",
        read=read_local_time,
        write=lambda value: value.strftime("%H:%M"),
    ),
    TimeZone: _scalar(
        "TimeZone", "An IANA time zone, such as Europe/Berlin.", read=_text("a time zone", 100), write=str
    ),
    EmailAddress: _scalar(
        "EmailAddress",
        "An e-mail address. A malformed one is refused by the mutation, with ValidationFailed.",
        read=_text("an e-mail address", 1_000),
        write=str,
    ),
    PhoneNumber: _scalar(
        "PhoneNumber",
        "A phone number in E.164, such as +4930901820.",
        read=_text("a phone number", 40),
        write=str,
    ),
    Cursor: _scalar(
        "Cursor",
        "A place in a list. Opaque: hand back what an edge or pageInfo gave.",
        read=_text("a cursor", 200),
        write=str,
    ),
    MinorUnits: _scalar(
        "MinorUnits",
        "A whole number of the currency's smallest unit, cents for USD; exact in JSON, at most 2^53 - 1.",
        read=read_minor_units,
        write=int,
    ),
    Percent: _scalar(
        "Percent",
        "A percentage from 0 to 100 with at most two decimals, as a JSON number.",
        read=read_percent,
        write=write_percent,
    ),
}
"""Python type → scalar; annotations in the schema use the Python types."""
