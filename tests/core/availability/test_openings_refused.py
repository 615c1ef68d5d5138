"""Listing openings: what is refused, and that the refusal names every problem."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from core.availability.find_openings import FindOpenings, find_openings
from core.kernel.errors import Invalid, NotFound
from tests.kit.houses import NOW, Studio

MONDAY = date(2027, 3, 8)


def command(**more: Any) -> FindOpenings:
    """An hour on a Monday, unless said otherwise."""
    return FindOpenings(**{"first": MONDAY, "last": MONDAY, "duration_minutes": 60, **more})


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"last": MONDAY - timedelta(days=1)}, [("last", "BEFORE_FIRST")]),
        ({"last": MONDAY + timedelta(days=92)}, [("last", "RANGE_TOO_LONG")]),
        ({"last": MONDAY + timedelta(days=100), "most_days": 100}, [("last", "RANGE_TOO_LONG")]),
        ({"last": date.max}, [("last", "RANGE_TOO_LONG"), ("last", "OUT_OF_RANGE")]),
        ({"first": date.min, "last": date.min}, [("first", "OUT_OF_RANGE"), ("last", "OUT_OF_RANGE")]),
        ({"first": date.max, "last": date.max}, [("first", "OUT_OF_RANGE"), ("last", "OUT_OF_RANGE")]),
        ({"duration_minutes": None}, [("duration_minutes", "REQUIRED")]),
        ({"duration_minutes": 0}, [("duration_minutes", "OUT_OF_RANGE")]),
        ({"duration_minutes": -60}, [("duration_minutes", "OUT_OF_RANGE")]),
        ({"duration_minutes": 366 * 1_440}, [("duration_minutes", "OUT_OF_RANGE")]),
        ({"time_zone": ""}, [("time_zone", "UNKNOWN_TIME_ZONE")]),
        ({"time_zone": "Mars/Olympus"}, [("time_zone", "UNKNOWN_TIME_ZONE")]),
        (
            {"last": MONDAY - timedelta(days=9), "time_zone": "localtime", "duration_minutes": None},
            [
                ("last", "BEFORE_FIRST"),
                ("duration_minutes", "REQUIRED"),
                ("time_zone", "UNKNOWN_TIME_ZONE"),
            ],
        ),
    ],
)
async def test_bad_values_are_named_all_at_once(
    studio: Studio, change: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    """Each broken rule is an issue with its path and code."""
    with pytest.raises(Invalid) as refused:
        await find_openings(studio.ctx, command(**change))
    assert [(issue.path, issue.code) for issue in refused.value.issues] == expected


@pytest.mark.parametrize("first", [date(1971, 1, 1), date(2026, 1, 1), date(9_997, 1, 1)])
async def test_the_edges_of_the_calendar_are_answered(studio: Studio, first: date) -> None:
    """Long ago and far ahead nothing can be booked, and so nothing is offered; nothing breaks."""
    openings = await find_openings(studio.ctx, command(first=first, last=first + timedelta(days=91)))
    assert openings.days == {}
    longer = command(first=first, last=first + timedelta(days=99), most_days=100)
    assert (await find_openings(studio.ctx, longer)).days == {}


async def test_nothing_is_offered_that_booking_refuses_as_too_far_ahead(studio: Studio) -> None:
    """The last slots end five years from now, where booking ends."""
    ends = NOW + timedelta(days=5 * 366)
    last = ends.date()
    openings = await find_openings(studio.ctx, command(first=last - timedelta(days=2), last=last))
    slots = [slot.starts_at for day in openings.days.values() for slot in day]
    assert len(slots) == 16
    assert max(slots) <= ends


async def test_unknown_and_foreign_keys_are_refused_alike(studio: Studio, other_studio: Studio) -> None:
    """Another business's service or provider is worth as much as one that never was."""
    foreign_service, foreign_provider = await other_studio.service(), other_studio.provider_id
    for key in (foreign_service, 2**53 - 1):
        with pytest.raises(NotFound) as refused:
            await find_openings(studio.ctx, command(service_id=key))
        assert refused.value.noun == "service"
    for key in (foreign_provider, 2**53 - 1):
        with pytest.raises(NotFound) as refused:
            await find_openings(studio.ctx, command(provider_ids=[studio.provider_id, key]))
        assert refused.value.noun == "provider"


async def test_everyone_means_everyone_of_the_business(studio: Studio, other_studio: Studio) -> None:
    """No slot of another business is ever offered."""
    openings = await find_openings(studio.ctx, command())
    offered = {slot.provider_id for slot in openings.days[MONDAY]}
    assert offered == {studio.provider_id}
    assert other_studio.provider_id not in offered
