"""What every question about openings has in common: refusals to the letter, and who may be asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from core.availability.asking import Asked, midnight, range_of, service_in, wish_of
from core.availability.find_openings import FindOpenings
from core.availability.open_days import MOST_DAYS
from core.availability.outlook import outlook
from core.availability.rulebook import Segment
from core.kernel.errors import Invalid, NotFound
from tests.core.availability.in_memory import (
    ANNEXE,
    AT,
    HOME,
    KAI,
    MARA,
    MONDAY,
    NOW,
    ZOE,
    asking,
    salon,
    service,
)

LONG = "must be at most 92 days in all"
OFF = "must be a date that a calendar can hold"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, []),
        ({"last": MONDAY + timedelta(days=91)}, []),
        ({"last": MONDAY + timedelta(days=92)}, [("last", "RANGE_TOO_LONG", LONG)]),
        (
            {"last": MONDAY - timedelta(days=1)},
            [("last", "BEFORE_FIRST", "must not be before the first day")],
        ),
        (
            {"first": date(2027, 1, 1), "last": date(2026, 12, 31)},
            [("last", "BEFORE_FIRST", "must not be before the first day")],
        ),
        ({"first": date(1970, 12, 31), "last": date(1971, 1, 1)}, [("first", "OUT_OF_RANGE", OFF)]),
        ({"first": date(1971, 1, 1), "last": date(1971, 1, 1)}, []),
        ({"first": date(9997, 12, 31), "last": date(9997, 12, 31)}, []),
        ({"first": date(9997, 12, 31), "last": date(9998, 1, 1)}, [("last", "OUT_OF_RANGE", OFF)]),
        (
            {"first": date(1970, 1, 1), "last": date(1970, 1, 1)},
            [("first", "OUT_OF_RANGE", OFF), ("last", "OUT_OF_RANGE", OFF)],
        ),
        (
            {"duration_minutes": None},
            [("duration_minutes", "REQUIRED", "is needed where no service is named")],
        ),
        ({"duration_minutes": None, "service_id": 3}, []),
        ({"duration_minutes": 1}, []),
        ({"duration_minutes": 1_440}, []),
        ({"duration_minutes": 0}, [("duration_minutes", "OUT_OF_RANGE", "must be 1 to 1440 minutes")]),
        ({"duration_minutes": 1_441}, [("duration_minutes", "OUT_OF_RANGE", "must be 1 to 1440 minutes")]),
        ({"seats": 10_000}, []),
        ({"seats": 10_001}, [("seats", "OUT_OF_RANGE", "must be 1 to 10000 seats")]),
        ({"seats": 0}, [("seats", "OUT_OF_RANGE", "must be 1 to 10000 seats")]),
        ({"time_zone": "Asia/Kolkata"}, []),
        (
            {"time_zone": "localtime"},
            [("time_zone", "UNKNOWN_TIME_ZONE", "must be an IANA time zone, such as Europe/Berlin")],
        ),
    ],
)
def test_what_is_refused_of_any_question(
    change: dict[str, Any], expected: list[tuple[str, str, str]]
) -> None:
    """Each bound, its neighbour, and the sentence."""
    asked = FindOpenings(**{"first": MONDAY, "last": MONDAY, "duration_minutes": 60, **change})
    try:
        range_of(asked)
    except Invalid as refused:
        assert [(issue.path, issue.code, issue.message) for issue in refused.issues] == expected
    else:
        assert expected == []


def test_a_calendar_of_open_days_may_span_a_leap_year() -> None:
    """366 days and no more."""
    days = [
        FindOpenings(first=MONDAY, last=MONDAY + timedelta(days=n), duration_minutes=1) for n in (365, 366)
    ]
    range_of(days[0], most_days=MOST_DAYS)
    with pytest.raises(Invalid) as refused:
        range_of(days[1], most_days=MOST_DAYS)
    assert refused.value.issues[0].message == "must be at most 366 days in all"


async def test_a_wish_says_what_was_asked_for() -> None:
    """Length, place, seats and whose door; the service's own length where none is chosen."""
    look = await outlook(asking(salon(service(capacity=4))))
    asked = Asked(service_id=3, location_id=HOME, for_staff=True, seats=2)
    wish, _ = wish_of(asked, look, NOW)
    assert (wish.service, wish.duration, wish.now) == (look.book.services[3], 60, NOW)
    assert (wish.location_id, wish.for_staff, wish.seats) == (HOME, True, 2)
    wish, _ = wish_of(Asked(duration_minutes=25), look, NOW)
    assert (wish.service, wish.duration, wish.location_id, wish.for_staff, wish.seats) == (
        None,
        25,
        None,
        False,
        1,
    )


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, [MARA, KAI]),
        ({"for_staff": True}, [MARA, KAI, ZOE]),
        ({"location_id": ANNEXE}, [KAI]),
        ({"location_id": HOME, "for_staff": True}, [MARA, KAI, ZOE]),
        ({"provider_ids": [KAI, MARA, KAI]}, [MARA, KAI]),
        ({"provider_ids": [ZOE]}, []),
        ({"provider_ids": [ZOE, KAI], "for_staff": True}, [KAI, ZOE]),
        ({"provider_ids": []}, []),
        ({"service_id": 4}, [KAI]),
        ({"service_id": 4, "location_id": HOME}, [KAI]),
        ({"service_id": 5}, []),
        ({"service_id": 5, "for_staff": True}, [MARA, KAI, ZOE]),
    ],
)
async def test_who_may_be_asked(more: dict[str, Any], expected: list[int]) -> None:
    """Who gives the service, takes bookings or is asked by staff, and works there; asked again, the same."""
    only_kai = service(4, provider_ids=frozenset({KAI}))
    look = await outlook(asking(salon(service(), only_kai, service(5, allow_booking=False))))
    wanted = Asked(**{"duration_minutes": 60, **more})
    for _ in range(2):
        assert wish_of(wanted, look, NOW)[1] == expected
    assert wish_of(Asked(duration_minutes=60), look, NOW)[1] == [MARA, KAI]
    assert wish_of(Asked(duration_minutes=60, for_staff=True), look, NOW)[1] == [MARA, KAI, ZOE]


@pytest.mark.parametrize(
    ("more", "noun"),
    [
        ({"location_id": 99}, "location"),
        ({"service_id": 99}, "service"),
        ({"provider_ids": [MARA, 99]}, "provider"),
    ],
)
async def test_what_is_not_there_is_named(more: dict[str, Any], noun: str) -> None:
    """By its noun."""
    look = await outlook(asking(salon()))
    with pytest.raises(NotFound) as refused:
        wish_of(Asked(**{"duration_minutes": 60, **more}), look, NOW)
    assert refused.value.noun == noun
    assert service_in(look, None) is None


async def test_a_length_too_short_for_the_segments_is_refused() -> None:
    """One minute is left for the stretch that shrinks, or the length is refused by name."""
    parts = (Segment(minutes=20), Segment(minutes=20, provider_is_busy=False), Segment(minutes=20))
    look = await outlook(asking(salon(service(segments=parts))))
    staff = Asked(service_id=3, duration_minutes=41, for_staff=True)
    assert wish_of(staff, look, NOW)[0].demand.duration == 41
    with pytest.raises(Invalid) as refused:
        wish_of(replace(staff, duration_minutes=40), look, NOW)
    assert [(issue.path, issue.code, issue.message) for issue in refused.value.issues] == [
        ("duration_minutes", "TOO_SHORT", "is too short for the service")
    ]


@pytest.mark.parametrize(
    ("minutes", "more", "sold"),
    [
        (60, {}, True),
        (90, {}, True),
        (61, {}, False),
        (61, {"for_staff": True}, True),
        (61, {"service_id": 4, "for_staff": True}, False),
    ],
)
async def test_a_service_has_its_lengths(minutes: int, more: dict[str, Any], sold: bool) -> None:
    """Its own and those to choose from; any other for staff, but not of a group."""
    services = [service(key, durations=(90,), capacity=key - 2) for key in (3, 4)]
    look = await outlook(asking(salon(*services)))
    asked = Asked(**{"service_id": 3, "duration_minutes": minutes, **more})
    if sold:
        assert wish_of(asked, look, NOW)[0].duration == minutes
        return
    with pytest.raises(Invalid) as refused:
        wish_of(asked, look, NOW)
    assert [(issue.path, issue.code, issue.message) for issue in refused.value.issues] == [
        ("duration_minutes", "NOT_OFFERED", "must be a length that the service has")
    ]


def test_a_local_midnight_is_of_the_zone() -> None:
    """Six hours after UTC's in New York's winter, and a day later."""
    assert midnight(MONDAY, 0, "UTC") == AT - 600
    assert midnight(MONDAY, 0, "America/New_York") == AT - 600 + 300
    assert midnight(MONDAY, 1, "UTC") == AT - 600 + 1_440
