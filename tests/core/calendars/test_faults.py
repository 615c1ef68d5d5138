"""Whatever goes wrong while a calendar is read, it is read again later, on both databases."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from app.timers import TIMERS
from core.availability.sweep import Stretch
from core.calendars import refresh
from core.calendars.busy import CalendarReader
from core.calendars.refresh import refresh_calendar
from core.calendars.source import REFRESH
from core.kernel.outbound import OutboundRequest, OutboundResponse
from tests.core.calendars.test_sources import (
    DAY,
    Elsewhere,
    beside,
    connected,
    external,
    next_due,
    source,
    tells,
    types,
)
from tests.kit.houses import NOW, Studio


class Broken:
    """A reader with a fault."""

    async def busy(
        self, body: bytes, *, business_id: int, time_zone: str, first: int, last: int
    ) -> list[Stretch]:
        """Never."""
        raise ZeroDivisionError


@dataclass
class Silent(Elsewhere):
    """Takes the question and never answers."""

    async def send(self, request: OutboundRequest) -> OutboundResponse:
        """Wait for ever."""
        self.asked.append(request)
        await asyncio.Event().wait()
        raise AssertionError


@pytest.mark.parametrize("kind", ["fault", "silence"])
async def test_a_fault_or_silence_is_noted_and_the_next_time_planned(
    studio: Studio, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """The job does not fail, what was read before stays taken, and the next reading makes all well."""
    elsewhere = Elsewhere(tells((DAY, 60)))
    source_id = await connected(studio, elsewhere)
    ctx = beside(studio, elsewhere)
    if kind == "fault":
        worse = replace(ctx, outside={**ctx.outside, CalendarReader: Broken()})
    else:
        monkeypatch.setattr(refresh, "_LONGEST_SECONDS", 0.01)
        worse = beside(studio, Silent())
    for failures in (1, 2):
        await TIMERS[REFRESH](worse, {"source_id": source_id})
        row = await source(studio)
        assert (row["state"], row["error"], row["failures"]) == (
            "FAILING",
            "FAULT" if kind == "fault" else "TIMED_OUT",
            failures,
        )
        due = await next_due(studio, source_id)
        assert due is not None
        assert (due - NOW) // timedelta(minutes=15) == failures
        assert await external(studio) == [(0, 60)]
    monkeypatch.undo()
    await refresh_calendar(ctx, source_id)
    assert (await source(studio))["state"] == "FRESH"
    assert await types(studio) == [
        "calendar_account.connected",
        "calendar.refreshed",
        "calendar_account.refresh_failed",
        "calendar_account.reconnected",
    ]


async def test_a_calendar_past_the_year_9999_is_malformed_and_read_again(studio: Studio) -> None:
    """An event that ends in 9998 and recurs each day: the reason is kept, the next time planned."""
    endless = (
        "BEGIN:VEVENT\r\nUID:1@x\r\nDTSTART:20260101T000000Z\r\nDTEND:99980101T000000Z\r\n"
        "RRULE:FREQ=DAILY\r\nEND:VEVENT\r\n"
    )
    source_id = await connected(studio, Elsewhere(tells(extra=endless)))
    row = await source(studio)
    assert (row["state"], row["error"]) == ("FAILING", "MALFORMED")
    assert await next_due(studio, source_id) is not None


async def test_the_name_of_a_fault_is_answered_for_the_log(studio: Studio) -> None:
    """Of the program's own alone; where there is none, or the calendar is at fault, there is no name."""
    elsewhere = Elsewhere(tells((DAY, 60)))
    source_id = await connected(studio, elsewhere)
    ctx = beside(studio, elsewhere)
    assert await refresh_calendar(ctx, source_id) is None
    elsewhere.status = 500
    assert await refresh_calendar(ctx, source_id) is None
    elsewhere.status = 200
    broken = replace(ctx, outside={**ctx.outside, CalendarReader: Broken()})
    assert await refresh_calendar(broken, source_id) == "ZeroDivisionError"
