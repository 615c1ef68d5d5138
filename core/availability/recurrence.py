"""Recurrence: the subset of RFC 5545 rules that slot rules, blocks and series are written in."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import islice

from core.kernel.errors import Issue

DAILY, WEEKLY, MONTHLY = "DAILY", "WEEKLY", "MONTHLY"
FREQUENCIES = (DAILY, WEEKLY, MONTHLY)
WEEKDAY_CODES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
MOST_INTERVAL, MOST_COUNT = 1_000, 10_000
"""Rules beyond these are refused: they hide mistakes, and a count is walked from its anchor on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recurrence:
    """Every `interval` days, weeks (they begin on Monday) or months, counted from an anchor day.

    `byday` are codes of WEEKDAY_CODES: the days of a weekly rule (empty is the anchor's weekday), a
    filter of a daily one, not allowed in a monthly one, which hits the anchor's day of the month and
    leaves out months that lack it. `count` counts hit days from the anchor on, `until` is the last day
    that may be hit; where both are given the earlier end holds. A rule that does not hit its anchor
    does not count it either.
    """

    frequency: str
    interval: int = 1
    byday: tuple[str, ...] = ()
    count: int | None = None
    until: date | None = None


def occurrences(rule: Recurrence, anchor: date, first: date, last: date) -> list[date]:
    """The days from `first` to `last`, both included, that a sound rule hits, in order.

    Nothing is hit before the anchor. Years past 9999 do not exist.
    """
    end = last if rule.until is None else min(last, rule.until)
    if rule.count is None:
        days = _hits(rule, anchor, max(first, anchor), end)
    else:
        days = islice(_hits(rule, anchor, anchor, end), rule.count)
    return [day for day in days if day >= first]


def issues_in(rule: Recurrence, path: str, *, anchor: date | None = None) -> list[Issue]:
    """What is wrong with a rule, if anything; with its anchor, whether it ends before it begins, or never hits.

    Paths name `byday` by what it holds, `weekdays`.
    """
    issues: list[Issue] = []

    def refuse(field: str, code: str, message: str) -> None:
        issues.append(Issue(f"{path}.{field}", code, message))

    if rule.frequency not in FREQUENCIES:
        refuse("frequency", "UNKNOWN_FREQUENCY", f"must be one of {', '.join(FREQUENCIES)}")
    if not 1 <= rule.interval <= MOST_INTERVAL:
        refuse("interval", "OUT_OF_RANGE", f"must be 1 to {MOST_INTERVAL}")
    if any(code not in WEEKDAY_CODES for code in rule.byday):
        refuse("weekdays", "UNKNOWN_WEEKDAY", f"must be of {', '.join(WEEKDAY_CODES)}, without ordinals")
    elif len(set(rule.byday)) < len(rule.byday):
        refuse("weekdays", "REPEATED", "must name each weekday once")
    elif rule.byday and rule.frequency == MONTHLY:
        refuse("weekdays", "NOT_ALLOWED", "must be empty in a monthly rule")
    if rule.count is not None and not 1 <= rule.count <= MOST_COUNT:
        refuse("count", "OUT_OF_RANGE", f"must be 1 to {MOST_COUNT}")
    if rule.until is not None and anchor is not None and rule.until < anchor:
        refuse("until", "BEFORE_FIRST", "must not be before the first day")
    if not issues and anchor is not None and not first_hits(rule, anchor, 1):
        issues.append(Issue(path, "NO_OCCURRENCE", "must hit at least one day"))
    return issues


def first_hits(rule: Recurrence, anchor: date, most: int) -> list[date]:
    """The first days that a sound rule hits, as many as there are up to `most`."""
    if rule.frequency == DAILY and rule.byday and rule.interval % 7 == 0:
        # It walks from weekday to the same weekday: hit at once, or never.
        most = most if WEEKDAY_CODES[anchor.weekday()] in rule.byday else 0
    last = date.max if rule.until is None else rule.until
    most = most if rule.count is None else min(most, rule.count)
    return list(islice(_hits(rule, anchor, anchor, last), most))


def _hits(rule: Recurrence, anchor: date, first: date, last: date) -> Iterator[date]:
    """The days in [first, last] that the rule hits, its count left out; `first` is not before the anchor."""
    if first > last:
        return iter(())
    if rule.frequency == MONTHLY:
        return _months(anchor, rule.interval, first, last)
    weekdays = {WEEKDAY_CODES.index(code) for code in rule.byday}
    if rule.frequency == WEEKLY:
        return _weeks(anchor, rule.interval, weekdays or {anchor.weekday()}, first, last)
    return _days(anchor, rule.interval, weekdays, first, last)


def _days(anchor: date, interval: int, weekdays: set[int], first: date, last: date) -> Iterator[date]:
    at, end = first.toordinal(), last.toordinal()
    at += -(at - anchor.toordinal()) % interval
    for ordinal in range(at, end + 1, interval):
        if not weekdays or (ordinal - 1) % 7 in weekdays:
            yield date.fromordinal(ordinal)


def _weeks(anchor: date, interval: int, weekdays: set[int], first: date, last: date) -> Iterator[date]:
    monday = anchor.toordinal() - anchor.weekday()
    begins, ends = first.toordinal(), last.toordinal()
    skipped = (begins - monday) // (7 * interval)
    for week in range(monday + skipped * 7 * interval, ends + 1, 7 * interval):
        for weekday in sorted(weekdays):
            if begins <= week + weekday <= ends:
                yield date.fromordinal(week + weekday)


def _months(anchor: date, interval: int, first: date, last: date) -> Iterator[date]:
    month = anchor.year * 12 + anchor.month - 1
    passed = first.year * 12 + first.month - 1 - month
    for at in range(month + passed // interval * interval, last.year * 12 + last.month, interval):
        year, index = divmod(at, 12)
        if anchor.day > monthrange(year, index + 1)[1]:
            continue
        day = date(year, index + 1, anchor.day)
        if first <= day <= last:
            yield day


def days_between(first: date, last: date) -> Iterator[date]:
    """Each day from `first` to `last`, both included."""
    for ordinal in range(first.toordinal(), last.toordinal() + 1):
        yield date.fromordinal(ordinal)
