"""Tell on which days there is an opening at all: for calendars that grey out the others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from core.availability.asking import Asked, all_are_willing, midnight, range_of, wish_of
from core.availability.bits import Found
from core.availability.masks import between
from core.availability.outlook import outlook
from core.availability.recurrence import days_between
from core.availability.walls import DAY, wall_clock
from core.kernel.context import Context
from core.kernel.errors import Invalid, NotFound
from core.kernel.use_case import use_case

MOST_DAYS = 366
_EPOCH = date(1970, 1, 1).toordinal()


@dataclass(kw_only=True)
class FindOpenDays(Asked):
    """A range of local days, both included, at most 366; they are those of `time_zone`, else of the
    business. See Asked for who, where and what."""

    first: date
    last: date


@dataclass(frozen=True, kw_only=True)
class OpenDays:
    """The days with an opening, in order, in the zone they are of, by the rules of a revision."""

    time_zone: str
    duration_minutes: int
    service_id: int | None
    rules_revision: int
    days: list[date] = field(default_factory=list)


@use_case("availability.open_days", raises=(NotFound, Invalid))
async def find_open_days(ctx: Context, command: FindOpenDays) -> OpenDays:
    """The days on which somebody asked for has an opening, or all have the same, in one statement or two.

    Raises NotFound for an unknown service, provider, location or appointment, and Invalid.
    """
    range_of(command, most_days=MOST_DAYS)
    look = await outlook(ctx, command.moving_appointment_id)
    wish, providers = wish_of(command, look, ctx.clock.now())
    zone_name = command.time_zone or look.book.time_zone
    answer = OpenDays(
        time_zone=zone_name,
        duration_minutes=wish.duration,
        service_id=command.service_id,
        rules_revision=look.book.revision,
    )
    begin = max(midnight(command.first, 0, zone_name), wish.earliest)
    end = min(midnight(command.last, 1, zone_name), wish.latest + 1)
    if command.collective and not all_are_willing(command, wish, look, providers):
        return answer
    if not providers or begin >= end:
        return answer
    asking = look.everybody if command.collective else look.anybody
    found = dict(await asking(wish, providers, begin, end))
    chunks, at = sorted(found), 0
    utc = wall_clock(zone_name).utc
    for day in days_between(command.first, command.last):
        wall = (day.toordinal() - _EPOCH) * DAY
        low, high = max(utc(wall), begin), min(utc(wall + DAY), end)
        while at < len(chunks) and chunks[at][1] <= low:
            at += 1
        near = [chunk for chunk in chunks[at : at + 3] if chunk[0] < high]
        if low < high and any(has_any(found[chunk], low, high) for chunk in near):
            answer.days.append(day)
    return answer


def has_any(masks: Sequence[Found], begin: int, end: int) -> bool:
    """Whether one of the masks has a start in [begin, end)."""
    return any(_has(found, begin, end) for found in masks)


def first_of(masks: Sequence[Found], begin: int, end: int) -> int | None:
    """The first start in [begin, end) of any of the masks."""
    return min(_firsts(masks, begin, end), default=None)


def _has(found: Found, begin: int, end: int) -> bool:
    frame = found.frame
    low = max(0, -((frame.base - begin) // frame.unit))
    high = -((frame.base - end) // frame.unit)
    if (found.mask >> low) & ((1 << max(0, high - low)) - 1):
        return True
    return any(begin <= minute < end for minute in found.joined)


def _firsts(masks: Sequence[Found], begin: int, end: int) -> Iterator[int]:
    for found in masks:
        frame = found.frame
        left = between(found.mask, frame, begin, end)
        if left:
            yield frame.base + ((left & -left).bit_length() - 1) * frame.unit
        yield from (minute for minute in found.joined if begin <= minute < end)
