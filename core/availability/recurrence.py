"""Recurrence: the subset of RFC 5545 rules that slot rules, blocks and series are written in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

DAILY, WEEKLY, MONTHLY = "DAILY", "WEEKLY", "MONTHLY"
FREQUENCIES = (DAILY, WEEKLY, MONTHLY)
WEEKDAY_CODES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recurrence:
    """Every `interval` days, weeks (they begin on Monday) or months, counted from an anchor day.

    `byday` are codes of WEEKDAY_CODES: the days of a weekly rule (empty is the anchor's weekday), a
    filter of a daily one, not allowed in a monthly one, which hits the anchor's day of the month and
    leaves out months that lack it. `count` counts hit days from the anchor on, `until` is the last day
    that may be hit; where both are given the earlier end holds.
    """

    frequency: str
    interval: int = 1
    byday: tuple[str, ...] = ()
    count: int | None = None
    until: date | None = None
