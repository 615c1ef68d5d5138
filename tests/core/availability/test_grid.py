"""Where starts fall: the grid begins anew when a shift opens, whichever day a listing begins with."""

from __future__ import annotations

from datetime import timedelta

from core.availability.find_openings import FindOpenings, find_openings
from core.availability.hours import every_day
from core.availability.sweep import grid
from tests.kit.houses import NOW, Studio


def test_the_grid_begins_anew_with_each_shift() -> None:
    """Two shifts that touch, at 0 and 100: every 30 minutes from each, whatever part is asked for."""
    whole = list(grid([(0, 200)], [(0, 100), (100, 200)], 30, 0, 200))
    assert whole == [0, 30, 60, 90, 100, 130, 160, 190]
    assert list(grid([(0, 200)], [(0, 100), (100, 200)], 30, 61, 160)) == [90, 100, 130]


async def test_a_day_lists_the_same_whichever_day_is_asked_first(studio: Studio) -> None:
    """Open around the clock with a step that does not divide a day: the third day is the third day."""
    night_and_day = await studio.provider(weekly_hours=every_day(0, 1440))
    service_id = await studio.service(duration_minutes=40, step_minutes=50)
    third = NOW.date() + timedelta(days=3)

    async def starts_of(first_day: int) -> list[str]:
        command = FindOpenings(
            first=NOW.date() + timedelta(days=first_day),
            last=third,
            service_id=service_id,
            provider_ids=[night_and_day],
        )
        listed = await find_openings(studio.ctx, command)
        return [slot.starts_at.strftime("%H:%M") for slot in listed.days[third]]

    alone = await starts_of(3)
    assert alone[:3] == ["00:00", "00:50", "01:40"]
    assert await starts_of(1) == await starts_of(2) == alone
