"""Recurrence rules (RFC 5545, 3.3.10) on wall time: the starts within a window, in bounded work.

A rule is looked at period by period, and only as far as the window: a rule that never hits, or hits
every second, costs no more than any other.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import product

from adapters.calendars.unreadable import MALFORMED, TOO_COMPLEX, Budget
from core.calendars.busy import Unreadable

WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_FREQUENCIES = ("YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY")
_TOO_OFTEN = ("MINUTELY", "SECONDLY")
_COUNTING = ("MONTHLY", "YEARLY")
_BY_DAY = re.compile(r"([+-]?[0-9]{1,2})?(MO|TU|WE|TH|FR|SA|SU)")
_NUMBER = re.compile(r"[+-]?[0-9]{1,9}")
_MOST_TIMES = 96
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule as it was written. `by_day` are (ordinal or 0, weekday from Monday 0); `until` is text.

    The ordinals of `by_day` are 0 where the frequency, or weeks, give them no meaning.
    """

    frequency: str
    interval: int = 1
    count: int | None = None
    until: str | None = None
    week_start: int = 0
    by_month: frozenset[int] = frozenset()
    by_week: frozenset[int] = frozenset()
    by_year_day: frozenset[int] = frozenset()
    by_month_day: frozenset[int] = frozenset()
    by_day: frozenset[tuple[int, int]] = frozenset()
    by_hour: frozenset[int] = frozenset()
    by_minute: frozenset[int] = frozenset()
    by_second: frozenset[int] = frozenset()
    by_position: frozenset[int] = frozenset()


def read_rule(text: str) -> Rule:
    """The rule that a text says. Raises Unreadable: MALFORMED, or TOO_COMPLEX where it hits too often."""
    parts = {}
    for part in text.upper().split(";"):
        name, _, value = part.partition("=")
        if part.strip():
            parts[name.strip()] = value.strip()
    frequency = parts.get("FREQ", "")
    if frequency in _TOO_OFTEN:
        raise Unreadable(TOO_COMPLEX)
    if frequency not in _FREQUENCIES:
        raise Unreadable(MALFORMED)
    rule = Rule(
        frequency=frequency,
        interval=min(_numbers(parts, "INTERVAL", 1, 100_000), default=1),
        count=min(_numbers(parts, "COUNT", 1, 10**9), default=None),
        until=parts.get("UNTIL") or None,
        week_start=_weekday(parts.get("WKST") or "MO"),
        by_month=_numbers(parts, "BYMONTH", 1, 12),
        by_week=_numbers(parts, "BYWEEKNO", -53, 53),
        by_year_day=_numbers(parts, "BYYEARDAY", -366, 366),
        by_month_day=_numbers(parts, "BYMONTHDAY", -31, 31),
        by_day=_days(parts.get("BYDAY", ""), counted=frequency in _COUNTING and not parts.get("BYWEEKNO")),
        by_hour=_numbers(parts, "BYHOUR", 0, 23),
        by_minute=_numbers(parts, "BYMINUTE", 0, 59),
        by_second=_numbers(parts, "BYSECOND", 0, 60),
        by_position=_numbers(parts, "BYSETPOS", -366, 366),
    )
    times = len(rule.by_hour or (0,)) * len(rule.by_minute or (0,)) * len(rule.by_second or (0,))
    if times > _MOST_TIMES:
        raise Unreadable(TOO_COMPLEX)
    return rule


def starts(
    rule: Rule, begin: datetime, first: datetime, last: datetime, budget: Budget, *, with_begin: bool = True
) -> list[datetime]:
    """The wall times in [first, last] at which it happens, sorted; `begin` included whatever the rule says,
    unless `with_begin` is False.

    The rule's `until` is not looked at: it is an instant, and these are not. Raises Unreadable
    (TOO_COMPLEX) where counting from a distant beginning, or the budget, goes too far.
    """
    found = {begin} if with_begin and first <= begin <= last else set()
    left = rule.count
    for period in _periods(rule, begin, first, last):
        hits = [hit for hit in _hits(rule, begin, period, budget) if hit >= begin]
        if left is not None:
            hits = hits[:left]
            left -= len(hits)
        budget.spend(len(hits))
        found.update(hit for hit in hits if first <= hit <= last)
        if left == 0:
            break
    return sorted(found)


def _periods(rule: Rule, begin: datetime, first: datetime, last: datetime) -> Iterator[datetime]:
    """The first moment of each period from the one of `begin`, or shortly before the window, to its end."""
    step = rule.interval
    anchor, apart = _anchor_of(rule, begin)
    at = 0
    if rule.count is None and first > begin:
        at = max(0, apart(first) // step - 1)
    while True:
        try:
            period = anchor(at * step)
        except (OverflowError, ValueError):
            return
        if period > last:
            return
        yield period
        at += 1


def _anchor_of(rule: Rule, begin: datetime) -> tuple[Callable[[int], datetime], Callable[[datetime], int]]:
    """A function from a number of periods after that of `begin` to its first moment, and one back."""
    midnight = datetime(begin.year, begin.month, begin.day)
    if rule.frequency == "YEARLY":
        return lambda n: datetime(begin.year + n, 1, 1), lambda at: at.year - begin.year
    if rule.frequency == "MONTHLY":
        months = begin.year * 12 + begin.month - 1
        return (
            lambda n: datetime((months + n) // 12, (months + n) % 12 + 1, 1),
            lambda at: at.year * 12 + at.month - 1 - months,
        )
    if rule.frequency == "HOURLY":
        hour = midnight + timedelta(hours=begin.hour)
        return lambda n: hour + timedelta(hours=n), lambda at: (at - hour) // timedelta(hours=1)
    if rule.frequency == "WEEKLY":
        back = (begin.weekday() - rule.week_start) % 7
        week = datetime.fromordinal(max(1, midnight.toordinal() - back))
        return lambda n: week + timedelta(weeks=n), lambda at: (at - week) // timedelta(weeks=1)
    return lambda n: midnight + timedelta(days=n), lambda at: (at - midnight) // _DAY


def _hits(rule: Rule, begin: datetime, period: datetime, budget: Budget) -> list[datetime]:
    """All starts of a period, those before `begin` included, since BYSETPOS counts them."""
    days = [day for day in _days_of(rule, begin, period, budget) if _is_hit(rule, begin, day)]
    if not days:
        return []
    if rule.frequency == "HOURLY":
        hours: Iterable[int] = (period.hour,) if not rule.by_hour or period.hour in rule.by_hour else ()
    else:
        hours = rule.by_hour or (begin.hour,)
    minutes, seconds = rule.by_minute or (begin.minute,), rule.by_second or (begin.second,)
    times = sorted({(h, m, min(s, 59)) for h, m, s in product(hours, minutes, seconds)})
    budget.spend(len(days) * len(times) + len(rule.by_position))
    found = [datetime(day.year, day.month, day.day, *time) for day in days for time in times]
    if not rule.by_position:
        return found
    places = {place - 1 if place > 0 else len(found) + place for place in rule.by_position}
    return [found[place] for place in sorted(places) if 0 <= place < len(found)]


def _days_of(rule: Rule, begin: datetime, period: datetime, budget: Budget) -> list[date]:
    """The days of a period that are worth a look."""
    if rule.frequency in ("DAILY", "HOURLY"):
        budget.spend(4)  # a period costs more than one more day in it
        return [period.date()]
    if rule.frequency == "WEEKLY":
        budget.spend(7)
        return [day for n in range(7) if (day := _plus(period.date(), n)) is not None]
    months: Iterable[int] = (period.month,)
    if rule.frequency == "YEARLY":
        months = rule.by_month or tuple(range(1, 13))
        if not rule.by_month and not (rule.by_week or rule.by_year_day or rule.by_month_day or rule.by_day):
            months = (begin.month,)
    days = []
    for month in sorted(set(months)):
        longest = monthrange(period.year, month)[1]
        budget.spend(longest)
        days += [date(period.year, month, day) for day in range(1, longest + 1)]
    return days


def _plus(day: date, days: int) -> date | None:
    try:
        return day + timedelta(days=days)
    except OverflowError:
        return None


def _is_hit(rule: Rule, begin: datetime, day: date) -> bool:
    """Whether the rule's BY parts, or where it has none the beginning's day, hold for a day."""
    if rule.by_month and day.month not in rule.by_month:
        return False
    longest = monthrange(day.year, day.month)[1]
    said = rule.by_week or rule.by_year_day or rule.by_month_day or rule.by_day
    if not said:
        if rule.frequency == "WEEKLY":
            return day.weekday() == begin.weekday()
        return rule.frequency in ("DAILY", "HOURLY") or day.day == begin.day
    if rule.by_month_day and not {day.day, day.day - longest - 1} & rule.by_month_day:
        return False
    if rule.by_year_day:
        length = date(day.year, 12, 31).timetuple().tm_yday
        number = day.timetuple().tm_yday
        if not {number, number - length - 1} & rule.by_year_day:
            return False
    if rule.by_week:
        week, weeks = _week_of(day, rule.week_start)
        if not {week, week - weeks - 1} & rule.by_week:
            return False
        if not rule.by_day:
            return day.weekday() == begin.weekday()
    return not rule.by_day or not rule.by_day.isdisjoint(_names_of(rule, day, longest))


def _names_of(rule: Rule, day: date, longest: int) -> tuple[tuple[int, int], ...]:
    """A day's weekday without ordinal and with those of both ends: of its month, or of its year for yearly
    rules without months."""
    number, weekday = day.day, day.weekday()
    if rule.frequency == "YEARLY" and not rule.by_month:
        number, longest = day.timetuple().tm_yday, date(day.year, 12, 31).timetuple().tm_yday
    return (0, weekday), ((number - 1) // 7 + 1, weekday), (-((longest - number) // 7 + 1), weekday)


def _week_of(day: date, week_start: int) -> tuple[int, int]:
    """The number of a day's week, and how many weeks its year has; week 1 has at least four days."""
    year = day.year
    if day >= _first_week(year + 1, week_start):
        year += 1
    elif day < _first_week(year, week_start):
        year -= 1
    first, after = _first_week(year, week_start), _first_week(year + 1, week_start)
    return (day - first).days // 7 + 1, (after - first).days // 7


def _first_week(year: int, week_start: int) -> date:
    """The day on which a year's week 1 begins."""
    fourth = date(min(max(year, 2), 9998), 1, 4)
    return fourth - timedelta(days=(fourth.weekday() - week_start) % 7)


def _numbers(parts: dict[str, str], name: str, least: int, most: int) -> frozenset[int]:
    """A list of whole numbers within bounds; 0 is none where there are negative ones."""
    found = set()
    for one in filter(None, parts.get(name, "").split(",")):
        if not _NUMBER.fullmatch(one.strip()):
            raise Unreadable(MALFORMED)
        value = int(one)
        if not least <= value <= most or (value == 0 and least < 0):
            raise Unreadable(MALFORMED)
        found.add(value)
    return frozenset(found)


def _days(text: str, *, counted: bool) -> frozenset[tuple[int, int]]:
    found = set()
    for one in filter(None, text.split(",")):
        match = _BY_DAY.fullmatch(one.strip())
        if match is None:
            raise Unreadable(MALFORMED)
        found.add((int(match[1] or 0) if counted else 0, WEEKDAYS.index(match[2])))
    return frozenset(found)


def _weekday(text: str) -> int:
    if text not in WEEKDAYS:
        raise Unreadable(MALFORMED)
    return WEEKDAYS.index(text)
