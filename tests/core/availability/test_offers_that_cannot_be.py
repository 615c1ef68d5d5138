"""What is not listed, because nobody could book it: lengths, sessions, and companies that cannot come together."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from core.appointments.appointment import OutsidePolicy, SlotTaken
from core.appointments.choose_provider import COLLECTIVE, ProviderSelection
from core.availability.find_openings import FindOpenings, find_openings
from core.availability.next_opening import FindNextOpening, find_next_opening
from core.availability.open_days import FindOpenDays, find_open_days
from core.catalog.update_service import UpdateService, update_service
from core.directory.create_location import CreateLocation, create_location
from core.directory.update_provider import UpdateProvider, update_provider
from tests.core.appointments.shop import TEN, offered, sold
from tests.kit.houses import Studio
from tests.kit.rules import issues, refused

HOUR = timedelta(hours=1)
DAY = TEN.date()


async def starts(studio: Studio, **asked: Any) -> list[str]:
    """The starts of the day, in UTC."""
    found = await find_openings(studio.ctx, FindOpenings(first=DAY, last=DAY, **asked))
    return [f"{slot.starts_at:%H:%M}" for slot in found.days.get(DAY, [])]


@pytest.mark.parametrize("capacity", [1, 3])
async def test_a_length_that_the_service_lacks_is_not_asked_for(studio: Studio, capacity: int) -> None:
    """By the public never, by staff not of a group: neither listed, nor held open, nor booked."""
    client_id = await studio.client()
    service_id = await offered(studio, 60, capacity=capacity, durations=(60, 90) if capacity == 1 else ())
    odd: dict[str, Any] = {"service_id": service_id, "duration_minutes": 75}
    expected = [("duration_minutes", "NOT_OFFERED")]
    for for_staff in (False, True):
        asked = {**odd, "for_staff": for_staff}
        acts = (
            find_openings(studio.ctx, FindOpenings(first=DAY, last=DAY, **asked)),
            find_open_days(studio.ctx, FindOpenDays(first=DAY, last=DAY, **asked)),
            find_next_opening(studio.ctx, FindNextOpening(**asked)),
            sold(studio, client_id, TEN, **asked),
        )
        for act in acts:
            if for_staff and capacity == 1:
                await act
            else:
                assert await issues(studio, act) == expected
    if capacity == 1:
        assert "17:00" not in await starts(studio, service_id=service_id, duration_minutes=90)
    else:
        assert await issues(studio, sold(studio, client_id, TEN, **odd, within_policies=False)) == expected


async def test_a_session_of_another_length_is_not_listed(studio: Studio) -> None:
    """An hour's group becomes one of an hour and a half: the hour that has begun to fill takes no more."""
    client_id = await studio.client()
    service_id = await offered(studio, 60, step_minutes=60, capacity=3)
    await sold(studio, client_id, TEN + HOUR, service_id=service_id)
    assert "11:00" in await starts(studio, service_id=service_id)
    await update_service(studio.ctx, UpdateService(service_id=service_id, duration_minutes=90))
    assert await starts(studio, service_id=service_id) == ["12:00", "13:00", "14:00", "15:00", "16:00"]
    await refused(studio, sold(studio, client_id, TEN + HOUR, service_id=service_id), SlotTaken)


async def test_all_together_are_all_or_nobody(studio: Studio) -> None:
    """One who takes no bookings, or works elsewhere, empties the list, as their booking is refused."""
    client_id = await studio.client()
    mara = await studio.provider("Mara")
    annexe = (await create_location(studio.ctx, CreateLocation(name="Annexe"))).location_id
    far = await studio.provider("Far", location_id=annexe)
    service_id = await offered(studio, 60, step_minutes=60, weights={studio.provider_id: 1, mara: 1})
    together: dict[str, Any] = {"service_id": service_id, "collective": True}
    assert (await starts(studio, **together))[0] == "10:00"
    both = [studio.provider_id, mara]
    home = (await studio.table("locations"))[0]["id"]
    assert (await starts(studio, duration_minutes=60, collective=True, provider_ids=both, location_id=home))[
        0
    ]
    three = {"duration_minutes": 60, "collective": True, "provider_ids": [*both, far]}
    assert (await starts(studio, **three))[0] == "10:00"
    assert await starts(studio, **three, location_id=home) == []
    await update_provider(studio.ctx, UpdateProvider(provider_id=mara, is_accepting_bookings=False))
    for provider_ids in (None, both):
        assert await starts(studio, **together, provider_ids=provider_ids) == []
        selection = ProviderSelection(mode=COLLECTIVE, provider_ids=provider_ids)
        act = sold(studio, client_id, TEN, service_id=service_id, selection=selection)
        assert (await refused(studio, act, OutsidePolicy)).rule == "NOT_ACCEPTING"
    assert (await starts(studio, **together, for_staff=True))[0] == "10:00"


async def test_a_group_is_not_listed_for_all_together(studio: Studio) -> None:
    """It has one provider: asking for all is refused as booking with all is."""
    service_id = await offered(studio, 60, capacity=3)
    act = find_openings(studio.ctx, FindOpenings(first=DAY, last=DAY, service_id=service_id, collective=True))
    assert await issues(studio, act) == [("collective", "NOT_FOR_GROUPS")]
