"""A night shift: a time after midnight goes to those who want the night that it belongs to."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from core.directory.create_location import CreateLocation, create_location
from core.kernel.errors import NotFound
from core.schedules.set_date_override import SetDateOverride, set_date_override
from tests.core.waitlist.waiting import Told, call_off, someone, statuses, waits
from tests.kit.houses import NOW, Studio
from tests.kit.posts import at
from tests.kit.rules import FAR, issues, refused

MONDAY = date(2027, 3, 8)
MIDNIGHT = datetime(2027, 3, 9, tzinfo=UTC)
NIGHT = [[22 * 60, 26 * 60]]
MINUTE = timedelta(minutes=1)


async def works_at_night(studio: Studio, day: date) -> None:
    """Have everybody work from 22:00 to 02:00 of the next morning."""
    await set_date_override(studio.ctx, SetDateOverride(day=day, shifts=NIGHT))


@pytest.mark.parametrize(
    ("wish", "suits"),
    [
        ({"times": NIGHT}, True),
        ({"times": NIGHT, "weekdays": ["monday"]}, True),
        ({"times": NIGHT, "days": [MONDAY]}, True),
        ({"times": NIGHT, "last_day": MONDAY}, True),
        ({"times": [[22 * 60, 24 * 60]]}, False),
        ({"times": NIGHT, "weekdays": ["tuesday"]}, False),
    ],
)
async def test_a_time_after_midnight_is_of_the_night_before(
    told: Told, wish: dict[str, Any], suits: bool
) -> None:
    """Midnight to one becomes free; the hours about it are taken."""
    studio, _ = told
    await works_at_night(studio, MONDAY)
    other = await studio.client("Somebody Else")
    keys = [
        await studio.appointment(other, starts_at=starts_at, duration_minutes=minutes, tell_client=False)
        for starts_at, minutes in (
            (MIDNIGHT - timedelta(hours=2), 120),
            (MIDNIGHT, 60),
            (MIDNIGHT + timedelta(hours=1), 60),
        )
    ]
    await waits(studio, await someone(studio, "Ada"), **wish)
    await call_off(studio, keys[1])
    await at(studio.house, NOW)
    assert await statuses(studio) == ["OFFERED" if suits else "WAITING"]


async def test_a_last_night_is_waited_for_to_its_end(told: Told) -> None:
    """An entry for the night of the last day expires at two in the morning; it cannot be joined then."""
    studio, _ = told
    ada = await someone(studio, "Ada")
    last = NOW.date()
    await waits(studio, ada, last_day=last, times=NIGHT)
    await waits(studio, ada, last_day=last, times=[[22 * 60, 24 * 60]])
    end = datetime(2027, 3, 2, 2, 0, tzinfo=UTC)
    await at(studio.house, end - MINUTE)
    assert await statuses(studio) == ["WAITING", "EXPIRED"]
    await waits(studio, ada, last_day=last, times=NIGHT)
    await at(studio.house, end)
    assert await statuses(studio) == ["EXPIRED", "EXPIRED", "EXPIRED"]
    assert await issues(studio, waits(studio, ada, last_day=last, times=NIGHT)) == [("last_day", "PAST")]


async def test_a_last_day_is_over_by_the_clock_of_the_location(told: Told) -> None:
    """In Los Angeles eight hours after it is in the business, which keeps UTC; one that is not there is refused."""
    studio, _ = told
    ada = await someone(studio, "Ada")
    west = CreateLocation(name="West", time_zone="America/Los_Angeles")
    location_id = (await create_location(studio.ctx, west)).location_id
    last = NOW.date()
    await waits(studio, ada, last_day=last)
    await waits(studio, ada, last_day=last, location_id=location_id)
    await at(studio.house, datetime(2027, 3, 2, 7, 59, tzinfo=UTC))
    assert await statuses(studio) == ["EXPIRED", "WAITING"]
    await at(studio.house, datetime(2027, 3, 2, 8, 0, tzinfo=UTC))
    assert await statuses(studio) == ["EXPIRED", "EXPIRED"]
    unknown = waits(studio, ada, last_day=NOW.date() + timedelta(days=9), location_id=FAR)
    assert (await refused(studio, unknown, NotFound)).noun == "location"
