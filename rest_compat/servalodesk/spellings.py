"""How ServaloDesk spells ids, states, roles, hours and links."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from core.appointments.life import SPELLINGS
from core.availability.hours import DAY_MINUTES, WEEKDAYS, WeeklyHours
from core.deposits import deposit
from core.directory.slugs import MAX_SLUG
from core.kernel.errors import Issue
from rest_compat.engine.codec import Codec, Unfit, from_text, under, unfit, worked
from rest_compat.engine.ids import prefixed_id
from rest_compat.engine.scalars import plain, words

USER_ID = prefixed_id("usr")
TENANT_ID = prefixed_id("ten")
ARTIST_ID = prefixed_id("art")
CLIENT_ID = prefixed_id("cli")
APPOINTMENT_ID = prefixed_id("apt")
DEPOSIT_ID = prefixed_id("dep")
API_KEY_ID = prefixed_id("key")
WEBHOOK_ENDPOINT_ID = prefixed_id("whk")
WAITLIST_ENTRY_ID = prefixed_id("wl")

STATUSES = {state: words_of["servalodesk"] for state, words_of in SPELLINGS.items()}
DEPOSIT_STATUSES = {status: status.lower() for status in deposit.STATUSES}
ROLES = {"owner": "owner", "provider": "artist", "staff": "staff", "manager": "staff", None: "artist"}
ROLE = words({role: word for role, word in ROLES.items() if role is not None})
USER_ROLE = worked(lambda role: ROLES[role], {"type": "string", "enum": ["owner", "artist", "staff"]})
"""The role of somebody who signed in; without a studio, that of an artist."""

_PAID = (deposit.PAID, deposit.FORFEITED, deposit.PARTIALLY_REFUNDED)
DEPOSIT_PAID = worked(lambda status: status in _PAID, {"type": "boolean"})
OR_EMPTY = worked(lambda text: text or "", {"type": "string"})
"""Text that ServaloDesk always has and the core may lack."""


def _first_given(*percents: Decimal | None) -> int | float:
    return plain(next(percent for percent in percents if percent is not None))


DEPOSIT_PERCENT = worked(_first_given, {"type": "number"})
"""The artist's own percentage, else the studio's."""

_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_LINK = re.compile(r"https?://[^\s\x00-\x1f\x7f]{1,1990}")


def _parse_slug(text: str) -> str:
    if len(text) > MAX_SLUG or not _SLUG.fullmatch(text):
        raise unfit("BAD_SLUG", "must be lower-case words of a-z and 0-9 joined by hyphens")
    return text


SLUG = from_text(
    _parse_slug,
    write=str,
    schema={"type": "string"},
    accepts={"type": "string", "maxLength": MAX_SLUG, "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$"},
)


def _parse_link(text: str) -> str:
    if not _LINK.fullmatch(text):
        raise unfit("BAD_URL", "must be a URL that begins with http:// or https://")
    return text


LINK = from_text(
    _parse_link,
    write=str,
    schema={"type": "string"},
    accepts={"type": "string", "pattern": "^https?://[^\\s\\x00-\\x1f\\x7f]{1,1990}$"},
)

_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)|24:00", re.ASCII)
_TIME_SCHEMA = {"type": "string", "pattern": "^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"}
_SHIFT_SCHEMA = {
    "type": "object",
    "properties": {"start": _TIME_SCHEMA, "end": _TIME_SCHEMA},
    "required": ["start", "end"],
    "additionalProperties": False,
}


def _read_hours(value: Any) -> WeeklyHours:
    """Weekday → shifts. Raises Unfit."""
    if not isinstance(value, Mapping):
        raise unfit("WRONG_TYPE", "must be an object")
    hours: WeeklyHours = {}
    issues: list[Issue] = []
    for weekday, shifts in value.items():
        if weekday not in WEEKDAYS:
            issues.append(Issue(weekday[:40], "UNKNOWN_WEEKDAY", f"must be one of {', '.join(WEEKDAYS)}"))
            continue
        try:
            hours[weekday] = _read_shifts(shifts)
        except Unfit as found:
            issues += under(weekday, found)
    if issues:
        raise Unfit(issues)
    return hours


def _read_shifts(shifts: Any) -> list[list[int]]:
    if not isinstance(shifts, list) or not all(_is_shift(shift) for shift in shifts):
        raise unfit("WRONG_TYPE", "must be a list of objects with start and end, and nothing else")
    return sorted(_read_shift(shift) for shift in shifts)


def _is_shift(shift: Any) -> bool:
    return isinstance(shift, Mapping) and shift.keys() == {"start", "end"}


def _read_shift(shift: Mapping[str, Any]) -> list[int]:
    start, end = (_minute(shift[name]) for name in ("start", "end"))
    # A shift that ends no later than it starts runs past midnight.
    return [start, end if end > start else end + DAY_MINUTES]


def _minute(text: Any) -> int:
    found = _TIME.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise unfit("BAD_TIME", "must be times of day, such as 09:30")
    return DAY_MINUTES if found[1] is None else int(found[1]) * 60 + int(found[2])


def _write_hours(hours: WeeklyHours) -> dict[str, list[dict[str, str]]]:
    return {
        weekday: [{"start": _clock(start), "end": _clock(end)} for start, end in hours[weekday]]
        for weekday in WEEKDAYS
        if weekday in hours
    }


def _clock(minute: int) -> str:
    minute = minute if minute <= DAY_MINUTES else minute - DAY_MINUTES
    return f"{minute // 60:02}:{minute % 60:02}"


HOURS = Codec(
    read=_read_hours,
    read_text=_read_hours,
    write=_write_hours,
    schema={
        "type": "object",
        "properties": {weekday: {"type": "array", "items": _SHIFT_SCHEMA} for weekday in WEEKDAYS},
        "additionalProperties": False,
    },
)
"""Weekday → list of {start, end} in wall time; a weekday that is missing is closed."""
