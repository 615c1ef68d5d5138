"""Hours that are for staff, places and clocks of their own: what booking, holding and moving make of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from core.appointments.appointment import Appointment, OutsidePolicy
from core.appointments.book import book
from core.appointments.choose_provider import ProviderSelection, Turns
from core.appointments.ledger import Allocation
from core.appointments.reschedule import RescheduleAppointment, reschedule
from core.appointments.series import Repeats, Series
from core.availability.hours import every_day
from core.availability.recurrence import Recurrence
from core.availability.rulebook import LocationRules, Rulebook, ScheduleRules
from core.kernel.errors import Invalid
from tests.core.appointments.on_paper import (
    Paper,
    allocated,
    appointment,
    book_or_hold,
    both,
    facts,
    hold,
    opened,
    told,
    wanted,
)
from tests.core.availability.in_memory import ANNEXE, AT, HOME, KAI, MARA, NOW, TEN, later, salon, service

WEEKLY = Repeats(recurrence=Recurrence(frequency="WEEKLY", count=2))
WEEK = 7 * 1_440
YORK, BERLIN = "America/New_York", "Europe/Berlin"


def for_staff(**more: Any) -> Rulebook:
    """Kai at the annexe from ten to twelve, for staff alone."""
    hours = ScheduleRules(
        schedule_id=1,
        weekly_hours=every_day(600, 720),
        provider_id=KAI,
        location_id=ANNEXE,
        is_public=False,
    )
    return salon(service(), schedules=[hours], **more)


@pytest.mark.parametrize(
    ("more", "is_refused"),
    [({}, True), ({"for_staff": True}, False), ({"within_policies": False, "heeding": ("HOURS",)}, False)],
)
async def test_hours_for_staff_are_sold_held_and_moved_to_by_staff(
    more: dict[str, Any], is_refused: bool
) -> None:
    """By either door of theirs, by the rules; the public does not see them."""
    for command in both(provider_id=KAI, **more):
        paper = Paper(for_staff())
        if is_refused:
            with pytest.raises(OutsidePolicy) as refused:
                await book_or_hold(paper, command)
            assert refused.value.rule == "HOURS"
        else:
            await book_or_hold(paper, command)
            assert (paper.added[0].provider_id, paper.added[0].location_id) == (KAI, ANNEXE)
    move = RescheduleAppointment(appointment_id=5, starts_at=later(hours=1), **more)
    paper = Paper(for_staff(), there=[appointment(provider_id=KAI, location_id=ANNEXE)])
    if is_refused:
        with pytest.raises(OutsidePolicy) as refused:
            await reschedule(paper.ctx, move)
        assert (refused.value.rule, refused.value.starts_at) == ("HOURS", later(hours=1))
        assert (paper.heard("add", "emit"), paper.is_kept) == ([], False)
    else:
        await reschedule(paper.ctx, move)
        assert paper.is_kept


async def test_a_hold_is_booked_where_it_was_held() -> None:
    """At the annexe, by the staff door, where Mara does not work."""
    paper = Paper(salon(service()), there=[hold(service_id=3, location_id=ANNEXE)])
    await book(paper.ctx, wanted(hold_id=6))
    assert paper.added[0].location_id == ANNEXE
    assert [line[1].location_id for line in paper.heard("emit")] == [ANNEXE]


async def test_known_rules_are_not_read_again() -> None:
    """Those on the shelf, of the revision that the facts tell; of another they are read."""
    for revision, asked in ((5, []), (6, [("changes", None, None)])):
        paper = Paper(salon(service()), booking_facts=facts(rules_revision=revision))
        paper.shelf.put(1, paper.rules)
        await book(paper.ctx, wanted())
        assert paper.heard("changes") == asked


async def test_a_move_takes_both_buffers_that_it_was_booked_with() -> None:
    """Five minutes before and ten after, whatever the service wants now."""
    there = appointment(service_id=3, buffer_before_minutes=5, buffer_after_minutes=10)
    paper = Paper(salon(service(buffer_before_minutes=30)), there=[there])
    await reschedule(paper.ctx, RescheduleAppointment(appointment_id=5, starts_at=later(hours=1)))
    assert paper.heard("lock", "taken") == [
        opened([700], 55, 130, moving=[5])[0],
        opened([700], 55, 130, moving=[5])[-1],
    ]
    assert paper.kept(Allocation) == [
        allocated(1_001, 700, 55, 130, appointment_id=5, service_id=3, begins_minute=AT + 60)
    ]


def two_zones(**more: Any) -> Rulebook:
    """Home in New York, the annexe in Berlin, where Kai works all day by a schedule."""
    hours = ScheduleRules(
        schedule_id=1, weekly_hours=every_day(0, 1_440), provider_id=KAI, location_id=ANNEXE, **more
    )
    rules = salon(service(), weekly_hours=every_day(0, 1_440), schedules=[hours])
    zones = {HOME: YORK, ANNEXE: BERLIN}
    return replace(
        rules, locations={key: LocationRules(location_id=key, time_zone=zone) for key, zone in zones.items()}
    )


@pytest.mark.parametrize(
    ("given", "more", "zone", "second"),
    [
        ({}, {}, BERLIN, WEEK),
        ({}, {"within_policies": False, "location_id": HOME}, YORK, WEEK - 60),
        ({"is_public": False}, {"for_staff": True}, BERLIN, WEEK),
        ({"is_public": False}, {"within_policies": False}, BERLIN, WEEK),
        ({"service_ids": frozenset({3})}, {}, BERLIN, WEEK),
        ({"service_ids": frozenset({4})}, {"within_policies": False}, YORK, WEEK - 60),
    ],
)
async def test_a_series_keeps_the_clock_of_where_it_is_had(
    given: dict[str, Any], more: dict[str, Any], zone: str, second: int
) -> None:
    """Where Kai works then as the asker may know, for that service; New York's clocks go forward in between."""
    paper = Paper(two_zones(**given))
    await book(paper.ctx, wanted(provider_id=KAI, repeats=WEEKLY, **more))
    assert [one["time_zone"] for one in paper.kept(Series)] == [zone]
    starts = [line[1].starts_at for line in paper.heard("emit")[:2]]
    assert starts == [TEN, later(minutes=second)]
    assert paper.heard("lock", "taken") == [
        opened([800], 0, second + 60)[0],
        opened([800], 0, second + 60)[-1],
    ]


@pytest.mark.parametrize(
    ("mode", "zone", "last"), [("COLLECTIVE", YORK, WEEK - 60), ("ROUND_ROBIN", BERLIN, WEEK)]
)
async def test_a_series_of_several_keeps_the_clock_of_the_first_or_of_the_chosen_one(
    mode: str, zone: str, last: int
) -> None:
    """All together keep Mara's, who leads; of any of them it is Kai, who was chosen less."""
    selection = ProviderSelection(mode=mode, provider_ids=[MARA, KAI])
    paper = Paper(two_zones(), turns={MARA: Turns(count=1, last_at=NOW)})
    await book(paper.ctx, wanted(selection=selection, repeats=WEEKLY))
    assert [one["time_zone"] for one in paper.kept(Series)] == [zone]
    assert paper.heard("taken") == [opened([700, 800], 0, last + 60)[-1]]
    assert [one["starts_at"] for one in paper.kept(Appointment)] == [TEN, later(minutes=last)]


async def test_what_is_wrong_with_a_recurrence_is_named_beside_all_else() -> None:
    """The seats and the recurrence, in this order."""
    never = Repeats(recurrence=Recurrence(frequency="DAILY", interval=0))
    paper = Paper(salon(service()))
    with pytest.raises(Invalid) as refused:
        await book(paper.ctx, wanted(seats=2, repeats=never))
    assert told(refused.value) == [
        ("seats", "OUT_OF_RANGE", "must be 1"),
        ("repeats.recurrence.interval", "OUT_OF_RANGE", "must be 1 to 1000"),
    ]
    assert (paper.heard("lock", "add", "emit"), paper.is_kept) == ([], False)


async def test_what_is_wrong_with_the_dates_is_told_by_the_clock_of_the_first() -> None:
    """Nobody can have Tuesdays from a Monday on; it is told once, whoever was asked for."""
    tuesdays = Repeats(recurrence=Recurrence(frequency="WEEKLY", byday=("TU",)))
    selection = ProviderSelection(mode="ROUND_ROBIN", provider_ids=[MARA, KAI])
    for more in ({}, {"selection": selection}):
        paper = Paper(two_zones())
        with pytest.raises(Invalid) as refused:
            await book(paper.ctx, wanted(repeats=tuesdays, **more))
        assert told(refused.value) == [
            ("repeats.recurrence", "NOT_ON_ITS_OWN_DAY", "must hit the day of the first start")
        ]
        assert (paper.heard("lock", "add", "emit"), paper.is_kept) == ([], False)
