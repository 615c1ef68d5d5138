"""How long a listing stands: it is the same until that instant, and another from it on."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from core.availability.find_openings import FindOpenings, Openings, find_openings
from core.availability.rulebook import Rulebook
from tests.core.availability.in_memory import KAI, MARA, NOW, asking, row, salon, service

MICROSECOND = timedelta(microseconds=1)
DAY = timedelta(days=1)
MONDAY = date(2027, 3, 8)


async def listed(rules: Rulebook, now: datetime, **more: Any) -> Openings:
    """What is listed of service 3 on the Monday and Tuesday, unless said otherwise."""
    given = {"first": MONDAY, "last": MONDAY + DAY, "service_id": 3, "with_until": True}
    return await find_openings(asking(rules, row(MARA, 0, 60), now=now), FindOpenings(**{**given, **more}))


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """An instant of March 2027."""
    return datetime(2027, 3, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("rules", "more", "until"),
    [
        ({}, {}, at(8, 10)),
        ({"notice_minutes": 11}, {}, at(8, 9, 49) + MICROSECOND),
        ({"notice_minutes": 2 * 1_440}, {}, at(6, 10) + MICROSECOND),
        ({"notice_minutes": 2 * 1_440, "notice_binds_staff": False}, {"for_staff": True}, at(8, 10)),
        ({"notice_minutes": 11}, {"provider_ids": [MARA]}, at(8, 10, 49) + MICROSECOND),
        ({"horizon_minutes": 6 * 1_440}, {}, at(2, 10)),
        ({"horizon_minutes": 7 * 1_440 + 90}, {}, at(1, 9, 30)),
        ({"horizon_minutes": 7 * 1_440 + 90, "notice_binds_staff": False}, {"for_staff": True}, at(8, 10)),
        ({}, {"service_id": None, "duration_minutes": 60}, at(8, 10)),
    ],
)
async def test_it_changes_at_that_instant_and_not_before(
    rules: dict[str, Any], more: dict[str, Any], until: datetime
) -> None:
    """By a start that is too near, by the notice or because it begins, and by one that the horizon reaches."""
    book = salon(service(**rules))
    now = await listed(book, NOW, **more)
    assert now.until == until
    assert (await listed(book, until - MICROSECOND, **more)).days == now.days
    assert (await listed(book, until, **more)).days != now.days


async def test_from_change_to_change_a_whole_week_is_told() -> None:
    """Whoever looks at each `until` and at no other time has seen every listing there is."""
    book = salon(service(notice_minutes=70, horizon_minutes=1_440))
    now, seen = at(6, 9), []
    while True:
        found = await listed(book, now)
        seen.append(found.days)
        if found.until is None:
            break
        assert found.until > now
        now = found.until
    every: list[Any] = []
    for minute in range(0, 5 * 1_440, 10):
        for instant in (
            at(6, 9) + timedelta(minutes=minute),
            at(6, 9) + timedelta(minutes=minute, seconds=1),
        ):
            days = (await listed(book, instant)).days
            if not every or every[-1] != days:
                every.append(days)
    assert [days for i, days in enumerate(seen) if i == 0 or days != seen[i - 1]] == every
    assert len(every) > 8


@pytest.mark.parametrize(
    "more",
    [
        {"first": date(2027, 2, 1), "last": date(2027, 2, 28)},
        {"provider_ids": [KAI], "location_id": 1},
        {"with_until": False},
    ],
)
async def test_what_never_changes_by_itself_has_no_such_instant(more: dict[str, Any]) -> None:
    """Days that are over, nobody who could be had; and a listing that was not asked for it."""
    assert (await listed(salon(service()), NOW, **more)).until is None


async def test_nothing_free_is_told_of_too() -> None:
    """All is taken or beyond the horizon: the listing is empty, and stands until the horizon brings a start."""
    book = salon(service(horizon_minutes=1_440))
    found = await listed(book, NOW)
    assert (found.days, found.until) == ({}, at(7, 10))
    taken = [row(MARA, at_, at_ + 60) for at_ in range(0, 240, 60)] + [row(KAI, 0, 240)]
    wanted = FindOpenings(first=MONDAY, last=MONDAY, service_id=3, with_until=True)
    assert (await find_openings(asking(salon(service()), *taken, now=NOW), wanted)).until is None
