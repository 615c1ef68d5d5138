"""The block: time in which nothing is booked, once or again and again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any, ClassVar

from core.availability.hours import DAY_MINUTES
from core.availability.kept import kept_reaches, kept_recurrence, kept_wall
from core.availability.recurrence import (
    DAILY,
    WEEKDAY_CODES,
    WEEKLY,
    Recurrence,
    first_hits,
    issues_in,
    occurrences,
)
from core.availability.rulebook import Reach
from core.kernel.events import Event
from core.kernel.text import Check
from core.kernel.unit_of_work import Entity, TenantOwned

LONGEST = timedelta(days=366)
MOST_REACHES, MOST_EXCEPTIONS = 100, 500
EVERYBODY = (Reach(),)
_SHORTEST_MONTH = 28


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """From `starts` to `ends` by the wall clock, to the minute, without a zone."""

    starts: datetime
    ends: datetime

    @property
    def is_all_day(self) -> bool:
        """Whether it is whole days, from a midnight to a midnight."""
        return self.starts.time() == self.ends.time() == time()


@dataclass(kw_only=True, eq=False)
class Block(Entity, TenantOwned):
    """Time in which nothing is booked, as core.availability.kept keeps it; what it means is said at
    BlockRules."""

    title: str | None
    starts: str
    ends: str
    time_zone: str | None
    recurrence: dict[str, Any] | None
    exceptions: list[str]
    reaches: list[dict[str, int]]
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class BlockValues:
    """All that a block says, as rules; `exceptions` are the days of occurrences that are left out."""

    title: str | None
    span: Span
    time_zone: str | None
    recurrence: Recurrence | None
    exceptions: Sequence[date]
    reaches: Sequence[Reach]


def block_values(wanted: BlockValues) -> dict[str, Any]:
    """What is kept of a block, by field. Raises Invalid with every issue found."""
    check = Check()
    title = check.note("title", wanted.title, longest=200)
    if wanted.time_zone is not None:
        check.zone("time_zone", wanted.time_zone)
    reaches = list(dict.fromkeys(wanted.reaches))
    if not 1 <= len(reaches) <= MOST_REACHES:
        check.refuse("reaches", "OUT_OF_RANGE", f"must be 1 to {MOST_REACHES}")
    _check_span(check, wanted.span)
    if not check.issues:
        _check_recurrence(check, wanted)
    check.done()
    return {
        "title": title,
        "starts": kept_wall(wanted.span.starts),
        "ends": kept_wall(wanted.span.ends),
        "time_zone": wanted.time_zone,
        "recurrence": None if wanted.recurrence is None else kept_recurrence(wanted.recurrence),
        "exceptions": [
            kept_wall(datetime.combine(day, wanted.span.starts.time()))
            for day in sorted(set(wanted.exceptions))
        ],
        "reaches": kept_reaches(reaches),
    }


def shortest_gap(rule: Recurrence) -> int:
    """The fewest days from one day that a sound rule hits to the next."""
    if rule.frequency == DAILY:
        return rule.interval
    if rule.frequency != WEEKLY:
        return rule.interval * _SHORTEST_MONTH
    days = sorted(WEEKDAY_CODES.index(code) for code in rule.byday) or [0]
    gaps = [later - earlier for earlier, later in pairwise(days)]
    return min([*gaps, rule.interval * 7 - days[-1] + days[0]])


def _check_span(check: Check, span: Span) -> None:
    if any(_is_unkept(wall) for wall in (span.starts, span.ends)):
        check.refuse("span", "BAD_TIME", "must be wall-clock times of whole minutes, without an offset")
        return
    check.day("span", span.starts.date())
    check.day("span", span.ends.date())
    if span.ends <= span.starts:
        check.refuse("span", "ENDS_BEFORE_IT_STARTS", "must end after it starts")
    elif span.ends - span.starts > LONGEST:
        check.refuse("span", "TOO_LONG", f"must not be longer than {LONGEST.days} days")


def _check_recurrence(check: Check, wanted: BlockValues) -> None:
    """Judge the rule and its exceptions against a sound span."""
    rule, span = wanted.recurrence, wanted.span
    if rule is None:
        if wanted.exceptions:
            check.refuse("exceptions", "NOT_RECURRING", "must be empty where nothing recurs")
        return
    anchor = span.starts.date()
    if issues := issues_in(rule, "recurrence", anchor=anchor):
        check.issues += issues
        return
    check.day("recurrence.until", rule.until)
    if span.ends - span.starts > timedelta(minutes=shortest_gap(rule) * DAY_MINUTES):
        check.refuse(
            "span", "LONGER_THAN_ITS_INTERVAL", "must not be longer than the time between occurrences"
        )
    if len(wanted.exceptions) > MOST_EXCEPTIONS:
        check.refuse("exceptions", "TOO_MANY", f"must not hold more than {MOST_EXCEPTIONS}")
    elif wanted.exceptions:
        hit = set(occurrences(rule, anchor, min(wanted.exceptions), max(wanted.exceptions)))
        for at, day in enumerate(wanted.exceptions):
            if day not in hit:
                check.refuse(
                    f"exceptions.{at}", "NO_OCCURRENCE", "must be a day on which an occurrence starts"
                )
        left_out = set(wanted.exceptions)
        if left_out.issuperset(first_hits(rule, anchor, len(left_out) + 1)):
            check.refuse("exceptions", "NOTHING_LEFT", "must leave an occurrence")


def _is_unkept(wall: datetime) -> bool:
    return wall.tzinfo is not None or wall.second != 0 or wall.microsecond != 0


@dataclass(frozen=True, kw_only=True)
class BlockCreated(Event):
    """Time was blocked."""

    type: ClassVar[str] = "block.created"
    noun: ClassVar[str] = "block"
    key_field: ClassVar[str] = "block_id"
    changes_rules: ClassVar[bool] = True

    block_id: int


@dataclass(frozen=True, kw_only=True)
class BlockUpdated(Event):
    """A block's time, recurrence or reach changed."""

    type: ClassVar[str] = "block.updated"
    noun: ClassVar[str] = "block"
    key_field: ClassVar[str] = "block_id"
    changes_rules: ClassVar[bool] = True

    block_id: int


@dataclass(frozen=True, kw_only=True)
class BlockDeleted(Event):
    """Time is blocked no longer."""

    type: ClassVar[str] = "block.deleted"
    noun: ClassVar[str] = "block"
    key_field: ClassVar[str] = "block_id"
    changes_rules: ClassVar[bool] = True

    block_id: int
