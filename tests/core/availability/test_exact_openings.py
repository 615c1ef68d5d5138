"""Openings to the letter, of a salon in memory: slots with every fact, the first one, and open days."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from core.availability.bits import Found, frame_of
from core.availability.find_openings import FindOpenings, Openings, Slot, find_openings
from core.availability.hours import every_day
from core.availability.next_opening import FindNextOpening, NextOpening, find_next_opening
from core.availability.open_days import FindOpenDays, OpenDays, find_open_days, first_of, has_any
from core.availability.rulebook import Rulebook, Taken
from core.kernel.errors import Invalid
from tests.core.availability.in_memory import (
    ANNEXE,
    AT,
    HOME,
    KAI,
    MARA,
    MONDAY,
    NOW,
    TEN,
    asking,
    clock_times,
    later,
    provider,
    row,
    salon,
    service,
)

HOUR = timedelta(hours=1)


async def found(rules: Rulebook, *rows: Taken, now: datetime = NOW, **more: Any) -> Openings:
    """What is listed for the Monday and service 3, unless said otherwise."""
    given = {"first": MONDAY, "last": MONDAY, "service_id": 3}
    return await find_openings(asking(rules, *rows, now=now), FindOpenings(**{**given, **more}))


def told(openings: Openings) -> list[tuple[str, int, int | None]]:
    """Start, provider and place of each slot."""
    slots = [slot for day in openings.days.values() for slot in day]
    return [(f"{slot.starts_at:%dT%H:%M}", slot.provider_id, slot.location_id) for slot in slots]


async def test_a_listing_says_who_where_and_how_long() -> None:
    """Mara at home until two, Kai at the annexe until noon; and what rules it follows."""
    listed = await found(salon(service()))
    assert (listed.time_zone, listed.duration_minutes, listed.service_id, listed.rules_revision) == (
        "UTC",
        60,
        3,
        5,
    )
    assert list(listed.days) == [MONDAY]
    assert told(listed) == [
        ("08T10:00", MARA, HOME),
        ("08T10:00", KAI, ANNEXE),
        ("08T11:00", MARA, HOME),
        ("08T11:00", KAI, ANNEXE),
        ("08T12:00", MARA, HOME),
        ("08T13:00", MARA, HOME),
    ]
    assert listed.days[MONDAY][1]._asdict() == {
        "starts_at": TEN,
        "ends_at": TEN + HOUR,
        "provider_id": KAI,
        "location_id": ANNEXE,
        "remaining": 1,
        "provider_ids": (),
        "score": None,
        "reasons": (),
    }
    assert listed.days[MONDAY][1].providers_left == 1


async def test_days_are_those_of_the_zone_asked_in() -> None:
    """Ten in UTC is half past three in Kolkata, and one in the morning of the next day on Kiritimati."""
    kolkata = await found(salon(service()), time_zone="Asia/Kolkata", provider_ids=[MARA])
    assert (kolkata.time_zone, list(kolkata.days)) == ("Asia/Kolkata", [MONDAY])
    listed = await found(
        salon(service()), time_zone="Pacific/Kiritimati", provider_ids=[MARA], last=MONDAY + timedelta(days=1)
    )
    assert [
        (day.day, clock_times([slot.starts_at for slot in slots])) for day, slots in listed.days.items()
    ] == [
        (8, ["07T10:00", "07T11:00", "07T12:00", "07T13:00"]),
        (9, ["08T10:00", "08T11:00", "08T12:00", "08T13:00"]),
    ]


async def test_notice_and_horizon_bound_a_listing() -> None:
    """Of four starts, those from an hour ahead and up to three hours ahead; the last minute included."""
    rules = salon(service(notice_minutes=60, horizon_minutes=180))
    listed = await found(rules, now=TEN - HOUR, provider_ids=[MARA])
    assert [time for time, _, _ in told(listed)] == ["08T10:00", "08T11:00", "08T12:00"]
    listed = await found(rules, now=TEN - HOUR + timedelta(seconds=1), provider_ids=[MARA])
    assert [time for time, _, _ in told(listed)] == ["08T11:00", "08T12:00"]
    assert (await found(rules, now=TEN - timedelta(hours=9))).days == {}
    by_minute = salon(service(step_minutes=1, notice_minutes=58, horizon_minutes=60))
    listed = await found(by_minute, now=TEN, provider_ids=[MARA])
    assert [time for time, _, _ in told(listed)] == ["08T10:58", "08T10:59", "08T11:00"]
    assert (await found(rules, now=TEN + timedelta(days=9))).days == {}


async def test_who_has_two_places_on_a_day_is_offered_at_the_first_of_them() -> None:
    """Kai at home and at the annexe at the same hours: home. What only the annexe has is there."""
    everywhere = [
        salon().schedules[0],
        salon()
        .schedules[0]
        .__class__(schedule_id=2, weekly_hours=every_day(600, 660), provider_id=KAI, location_id=HOME),
    ]
    for tile in (False, True):
        listed = await found(salon(service(), schedules=everywhere), provider_ids=[KAI], tile=tile)
        assert told(listed) == [("08T10:00", KAI, HOME), ("08T11:00", KAI, ANNEXE)]


async def test_tiles_begin_where_free_time_begins() -> None:
    """Twenty minutes taken at ten: an hour from 10:20 on; the grid goes on at eleven."""
    taken = row(MARA, 0, 20)
    tiled = await found(salon(service()), taken, provider_ids=[MARA], tile=True)
    assert told(tiled) == [(f"08T{hour}:20", MARA, HOME) for hour in (10, 11, 12)]
    listed = await found(salon(service()), taken, provider_ids=[MARA])
    assert told(listed) == [(f"08T{hour}:00", MARA, HOME) for hour in (11, 12, 13)]


async def test_slots_of_one_start_are_put_together() -> None:
    """At ten and eleven two could take it, then Mara alone; collectively only where both can."""
    rules = salon(service())
    listed = await found(rules, together=True)
    slots = listed.days[MONDAY]
    assert told(listed) == [(f"08T{hour}:00", MARA, HOME) for hour in (10, 11, 12, 13)]
    assert [(slot.provider_ids, slot.providers_left) for slot in slots] == [
        ((MARA, KAI), 2),
        ((MARA, KAI), 2),
        ((MARA,), 1),
        ((MARA,), 1),
    ]
    assert [slot.ends_at - slot.starts_at for slot in slots] == [HOUR] * 4
    assert (await found(rules, collective=True)).days == {}  # one of the salon takes no bookings
    both = await found(rules, collective=True, provider_ids=[MARA, KAI])
    assert [(slot.starts_at, slot.provider_ids) for slot in both.days[MONDAY]] == [
        (TEN, (MARA, KAI)),
        (later(hours=1), (MARA, KAI)),
    ]


async def test_a_group_is_not_asked_for_of_all() -> None:
    """It has one provider, from two seats on."""
    with pytest.raises(Invalid) as refused:
        await found(salon(service(capacity=2)), collective=True)
    assert [(issue.path, issue.code, issue.message) for issue in refused.value.issues] == [
        ("collective", "NOT_FOR_GROUPS", "a group service has one provider")
    ]


async def test_together_tells_the_most_seats_and_the_best_score() -> None:
    """Mara has three of four seats left in an open session, Kai a fresh start at the edge of his day."""
    group = service(capacity=4)
    session = row(MARA, 0, 60, kind="session", owner="session:1", service_id=3, seats_left=3)
    listed = await found(salon(group), session, together=True, with_scores=True)
    first, second = listed.days[MONDAY][:2]
    assert (first.starts_at, first.provider_id, first.remaining) == (TEN, MARA, 4)
    assert (first.score, first.reasons) == (100, ("JOINS_SESSION",))
    assert (second.remaining, second.score, second.reasons) == (4, 80, ("ADJACENT",))
    alone = await found(salon(group), session, with_scores=True)
    assert [(slot.remaining, slot.score, slot.reasons) for slot in alone.days[MONDAY][:2]] == [
        (3, 100, ("JOINS_SESSION",)),
        (4, 60, ("DAY_EDGE",)),
    ]


@pytest.mark.parametrize(
    ("of_service", "asked", "thin"),
    [(False, None, False), (True, None, True), (True, False, False), (False, True, True)],
)
async def test_overlapping_offers_are_hidden_as_the_service_says_or_as_asked(
    of_service: bool, asked: bool | None, thin: bool
) -> None:
    """An hour every half hour: seven offers, or the four that do not overlap."""
    rules = salon(service(step_minutes=30, maximise_utilisation=of_service))
    listed = await found(rules, provider_ids=[MARA], maximise_utilisation=asked)
    assert [time[3:] for time, _, _ in told(listed)] == (
        ["10:00", "11:00", "12:00", "13:00"]
        if thin
        else ["10:00", "10:30", "11:00", "11:30", "12:00", "12:30", "13:00"]
    )


async def first(rules: Rulebook, *rows: Taken, **more: Any) -> NextOpening:
    """The next opening of service 3 unless said otherwise."""
    return await find_next_opening(asking(rules, *rows), FindNextOpening(**{"service_id": 3, **more}))


async def test_the_next_opening_names_all_who_could_take_it() -> None:
    """At the very instant asked about; a second later it is the next one; with the most seats of any."""
    found = await first(salon(service()), after=TEN)
    assert found.rules_revision == 5
    assert found.slot is not None
    assert found.slot._asdict() == {
        "starts_at": TEN,
        "ends_at": TEN + HOUR,
        "provider_id": MARA,
        "location_id": HOME,
        "remaining": 1,
        "provider_ids": (MARA, KAI),
        "score": None,
        "reasons": (),
    }
    found = await first(salon(service()), after=TEN + timedelta(seconds=1))
    assert found.slot is not None
    assert found.slot.starts_at == later(hours=1)
    session = row(MARA, 0, 60, kind="session", owner="session:1", service_id=3, seats_left=2)
    found = await first(salon(service(capacity=4)), session, after=TEN)
    assert found.slot is not None
    assert (found.slot.provider_ids, found.slot.remaining) == ((MARA, KAI), 4)
    assert found.slot.location_id == HOME


async def test_the_next_opening_is_at_once_or_in_years() -> None:
    """Today at ten, after nine; and beyond a hundred days that are all taken."""
    found = await first(salon(service()))
    assert found.slot is not None
    assert found.slot.starts_at == datetime(2027, 3, 1, 10, tzinfo=UTC)
    full = row(MARA, -20_000, 100 * 1_440)
    found = await first(salon(service()), full, provider_ids=[MARA])
    assert found.slot is not None
    assert found.slot.starts_at == later(days=100)
    assert found.slot.provider_ids == (MARA,)
    limited = await first(salon(service(horizon_minutes=60 * 1_440)), full, provider_ids=[MARA])
    assert limited == NextOpening(
        slot=None, time_zone="UTC", duration_minutes=60, service_id=3, rules_revision=5
    )


@pytest.mark.parametrize("days", [5, 20, 33, 50, 65, 70, 97, 129, 400])
async def test_no_opening_is_stepped_over(days: int) -> None:
    """However many stretches are looked through before it."""
    full = row(MARA, -20_000, days * 1_440 + 1)
    found = await first(salon(service(step_minutes=1)), full, provider_ids=[MARA])
    assert found.slot is not None
    assert found.slot.starts_at == later(days=days, minutes=1)
    after = TEN + timedelta(minutes=5, seconds=1)
    found = await first(salon(service(step_minutes=1)), after=after)
    assert found.slot is not None
    assert found.slot.starts_at == later(minutes=6)


async def test_the_horizon_ends_the_look_for_the_next_opening() -> None:
    """Up to its very minute."""
    for minutes, expected in ((60, datetime(2027, 3, 1, 10, tzinfo=UTC)), (59, None)):
        found = await first(salon(service(horizon_minutes=minutes)))
        assert (found.slot and found.slot.starts_at) == expected


async def days(rules: Rulebook, *rows: Taken, now: datetime = NOW, **more: Any) -> OpenDays:
    """The open days of the Monday's week for service 3, unless said otherwise."""
    given = {"first": MONDAY, "last": MONDAY + timedelta(days=6), "service_id": 3}
    return await find_open_days(asking(rules, *rows, now=now), FindOpenDays(**{**given, **more}))


async def test_open_days_are_those_with_a_start_left() -> None:
    """All but the Tuesday that is full; one start left on the Wednesday is enough."""
    tuesday, wednesday = row(MARA, 1_440, 1_440 + 240), row(MARA, 2 * 1_440, 2 * 1_440 + 180)
    found = await days(salon(service()), tuesday, wednesday, provider_ids=[MARA])
    assert (found.time_zone, found.duration_minutes, found.rules_revision) == ("UTC", 60, 5)
    assert [day.day for day in found.days] == [8, 10, 11, 12, 13, 14]
    assert [day.day for day in (await days(salon(service()), tuesday)).days] == [8, 9, 10, 11, 12, 13, 14]


async def test_open_days_heed_notice_and_horizon() -> None:
    """The day of the last start that may be booked is the last."""
    rules = salon(service(notice_minutes=1_440 + 181, horizon_minutes=3 * 1_440))
    found = await days(rules, now=TEN, provider_ids=[MARA])
    assert [day.day for day in found.days] == [10, 11]
    rules = salon(service(notice_minutes=1_440 + 180, horizon_minutes=3 * 1_440 - 1))
    found = await days(rules, now=TEN, provider_ids=[MARA])
    assert [day.day for day in found.days] == [9, 10]
    assert (await days(salon(service()), provider_ids=[])).days == []
    assert (await days(salon(service()), now=TEN + timedelta(days=30))).days == []


async def test_an_open_session_opens_its_day() -> None:
    """Its seats are all that is left of the Monday, whatever minute it begins at."""
    hours = {"monday": [[600, 680]]}
    session = row(MARA, 7, 67, kind="session", owner="session:1", service_id=3, seats_left=1)
    rules = salon(service(capacity=4), weekly_hours=hours, providers={MARA: provider(MARA)})
    assert (await days(rules, session)).days == [MONDAY]
    assert (await days(rules, session, seats=2)).days == []
    slots = (await found(rules, session)).days[MONDAY]
    assert slots == [Slot(later(minutes=7), later(minutes=67), MARA, HOME)]


@pytest.mark.parametrize(
    ("begin", "end", "first"),
    [
        (0, 1, 0),
        (1, 61, 60),
        (1, 60, None),
        (60, 61, 60),
        (61, 67, None),
        (61, 68, 67),
        (67, 68, 67),
        (68, 600, None),
    ],
)
def test_masks_tell_their_first_start_of_a_range(begin: int, end: int, first: int | None) -> None:
    """Of starts in bits, at ten and eleven, and of a session at 11:07: the range's end is not in it."""
    frame = frame_of(AT, AT + 600, 5)
    bits = sum(1 << (AT + minute - frame.base) // 5 for minute in (0, 60))
    masks = [Found(frame, bits), Found(frame, 0, 3, {AT + 67: 2})]
    expected = None if first is None else AT + first
    assert first_of(masks, AT + begin, AT + end) == expected
    assert has_any(masks, AT + begin, AT + end) is (first is not None)


async def test_a_year_of_open_days_knows_every_day() -> None:
    """Also over the edges of the stretches that masks are kept by."""
    rules = salon(service(), weekly_hours={"saturday": [[600, 700]]}, schedules=[])
    listed = await days(rules, last=MONDAY + timedelta(days=365))
    saturday = date(2027, 3, 13)
    assert listed.days == [saturday + timedelta(days=7 * week) for week in range(52)]


@pytest.mark.parametrize(
    ("wanted", "more", "most", "words"),
    [
        ({}, {}, 1, "must be 1"),
        ({"capacity": 4}, {}, 4, "must be 1 to 4 seats"),
        ({}, {"service_id": None, "duration_minutes": 60}, 1, "must be 1"),
    ],
)
async def test_more_seats_than_a_start_has_are_refused(
    wanted: dict[str, Any], more: dict[str, Any], most: int, words: str
) -> None:
    """As booking refuses them, wherever starts are looked for; as many as there are, are looked for."""
    rules = salon(service(**wanted))
    for asking_for in (found, first, days):
        with pytest.raises(Invalid) as refused:
            await asking_for(rules, **more, seats=most + 1)
        assert [(issue.path, issue.code, issue.message) for issue in refused.value.issues] == [
            ("seats", "OUT_OF_RANGE", words)
        ]
    assert list((await found(rules, **more, seats=most)).days) == [MONDAY]


KAIS: dict[str, Any] = {"provider_ids": [MARA, KAI]}


async def test_days_and_the_next_opening_with_all_of_them() -> None:
    """Kai has ten and eleven at the annexe: on the Monday Mara has neither, on the Tuesday eleven."""
    rules, taken = salon(service()), (row(MARA, 0, 120), row(MARA, 1_440, 1_440 + 1))
    open_days = await days(rules, *taken, **KAIS, collective=True)
    assert [day.day for day in open_days.days] == [9, 10, 11, 12, 13, 14]
    assert [day.day for day in (await days(rules, *taken, **KAIS)).days] == [8, 9, 10, 11, 12, 13, 14]
    after = await first(rules, *taken, **KAIS, after=TEN, collective=True)
    assert after.slot is not None
    assert (after.slot.starts_at, after.slot.provider_ids) == (later(days=1, hours=1), (MARA, KAI))
    assert (after.slot.provider_id, after.slot.location_id) == (MARA, HOME)
    alone = await first(rules, *taken, **KAIS, after=TEN)
    assert alone.slot is not None
    assert (alone.slot.starts_at, alone.slot.provider_ids) == (TEN, (KAI,))


async def test_all_together_is_nobody_where_one_may_not_be_booked() -> None:
    """Zoe takes no bookings: no day, no next opening. A group is refused."""
    rules = salon(service(), service(4, capacity=2))
    assert (await days(rules, collective=True)).days == []
    assert (await first(rules, collective=True)).slot is None
    for asking_for in (first, days):
        with pytest.raises(Invalid) as refused:
            await asking_for(rules, service_id=4, collective=True)
        assert [(issue.path, issue.code) for issue in refused.value.issues] == [
            ("collective", "NOT_FOR_GROUPS")
        ]
