"""What is moved is not in its own way: in listings, days, the next opening and reasons."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from benchmarks.availability.memory import InMemory, in_memory
from core.appointments.appointment import SlotTaken
from core.appointments.reschedule import RescheduleAppointment, reschedule
from core.availability.cache import AvailabilityCache
from core.availability.explain_availability import ExplainAvailability, explain_availability
from core.availability.find_openings import FindOpenings, find_openings
from core.availability.moving import Moving, MovingQuestions, without
from core.availability.next_opening import FindNextOpening, find_next_opening
from core.availability.open_days import FindOpenDays, find_open_days
from core.availability.rulebook import ResourceNeed, ServiceRules, Taken
from core.kernel.context import Context
from core.kernel.errors import NotFound
from tests.core.appointments.shop import TEN as SHOP_TEN
from tests.core.appointments.shop import offered, sold
from tests.core.availability.in_memory import (
    AT,
    MARA,
    MONDAY,
    NOW,
    TEN,
    clock_times,
    later,
    row,
    salon,
    service,
)
from tests.kit.houses import Studio, counted
from tests.kit.rules import refused

HOUR = timedelta(hours=1)
ALL = ["08T10:00", "08T11:00", "08T12:00", "08T13:00"]


def known(*rows: Taken, moved: Moving | None = None, wanted: ServiceRules | None = None) -> InMemory:
    """The salon with these rows, in which appointment 5 can be moved."""
    memory = in_memory(salon(wanted or service()), rows)
    moved = moved or Moving(appointment_id=5)
    memory.appointments[moved.appointment_id] = moved
    return memory


async def listed(ctx: Context, **more: Any) -> list[str]:
    """The Monday's starts of Mara."""
    asked = FindOpenings(first=MONDAY, last=MONDAY, service_id=3, provider_ids=[MARA], **more)
    return clock_times([slot.starts_at for slot in (await find_openings(ctx, asked)).days.get(MONDAY, [])])


@pytest.mark.parametrize("more", [{}, {"tile": True}, {"together": True}, {"maximise_utilisation": True}])
async def test_listings_leave_out_what_is_moved(more: dict[str, Any]) -> None:
    """Two hours from eleven on are appointment 5: with it, and past it; what others take stays taken."""
    memory = known(row(MARA, 60, 180), row(MARA, 0, 30, owner="appointment:6"))
    ctx = memory.context(AvailabilityCache(), NOW)
    expected = ["08T10:30", "08T11:30", "08T12:30"] if "tile" in more else ALL[1:]
    for _ in range(2):  # the second time from what is kept
        assert await listed(ctx, **more, moving_appointment_id=5) == expected
        assert await listed(ctx, **more) == ALL[3:]
    with pytest.raises(NotFound) as error:
        await listed(ctx, **more, moving_appointment_id=6)
    assert error.value.noun == "appointment"


async def test_scores_do_not_lean_on_what_is_moved() -> None:
    """Noon is beside it, and beside nothing once it is let go."""
    ctx = known(row(MARA, 60, 120)).context(AvailabilityCache(), NOW)
    for moving, expected in ((None, (80, ("ADJACENT",))), (5, (50, ()))):
        asked = FindOpenings(
            first=MONDAY,
            last=MONDAY,
            service_id=3,
            provider_ids=[MARA],
            with_scores=True,
            moving_appointment_id=moving,
        )
        slots = (await find_openings(ctx, asked)).days[MONDAY]
        (noon,) = [slot for slot in slots if slot.starts_at == later(hours=2)]
        assert (noon.score, noon.reasons) == expected


async def test_days_the_next_opening_and_reasons_leave_it_out() -> None:
    """Its own four hours fill the Monday; to move it within them is no conflict."""
    ctx = known(row(MARA, 0, 240)).context(AvailabilityCache(), NOW)
    asked: dict[str, Any] = {"service_id": 3, "provider_ids": [MARA]}
    for moving, days, first, codes in (
        (None, [], later(days=1), ["APPOINTMENT"]),
        (5, [MONDAY], TEN, []),
    ):
        more = {**asked, "moving_appointment_id": moving}
        open_days = await find_open_days(ctx, FindOpenDays(first=MONDAY, last=MONDAY, **more))
        assert open_days.days == days
        found = await find_next_opening(ctx, FindNextOpening(after=TEN, **more))
        assert found.slot is not None
        assert found.slot.starts_at == first
        explained = await explain_availability(
            ctx, ExplainAvailability(provider_id=MARA, starts_at=TEN, **more)
        )
        assert [reason.code for reason in explained.reasons] == codes
    for ask in (
        find_open_days(ctx, FindOpenDays(first=MONDAY, last=MONDAY, moving_appointment_id=9, **asked)),
        find_next_opening(ctx, FindNextOpening(moving_appointment_id=9, **asked)),
        explain_availability(
            ctx, ExplainAvailability(provider_id=MARA, starts_at=TEN, service_id=3, moving_appointment_id=9)
        ),
    ):
        with pytest.raises(NotFound):
            await ask


async def test_rooms_and_the_days_limit_are_free_of_it_too() -> None:
    """The room is its own, and it is the one appointment that the day allows."""
    wanted = service(needs=(ResourceNeed(resource_ids=(80,), quantity=2),), daily_limit=1)
    room = Taken(resource_id=80, start=AT, end=AT + 240, quantity=2, owner="appointment:5")
    memory = known(row(MARA, 180, 240), room, wanted=wanted)
    ctx = memory.context(AvailabilityCache(), NOW)
    assert await listed(ctx) == []
    assert await listed(ctx, moving_appointment_id=5) == ALL


@pytest.mark.parametrize(
    ("moving", "expected"),
    [
        (Moving(appointment_id=5, session_id=7, capacity=5, seats=2), [(0, 4), (120, None)]),
        (Moving(appointment_id=5, session_id=7, capacity=4, seats=2), [(120, None)]),
        (Moving(appointment_id=5, session_id=8, capacity=5, seats=2), [(0, 2), (120, None)]),
        (Moving(appointment_id=5, session_id=7, capacity=5, seats=0), [(0, 2), (120, None)]),
        (Moving(appointment_id=6), [(0, 2), (60, None), (120, None)]),
    ],
)
def test_seats_come_back_and_the_last_ones_take_the_session_along(
    moving: Moving, expected: list[tuple[int, int | None]]
) -> None:
    """Two seats of session 7 are left, beside appointment 5 and somebody's hold."""
    rows = [
        row(MARA, 0, 60, kind="session", owner="session:7", service_id=3, seats_left=2),
        row(MARA, 60, 120),
        row(MARA, 120, 180, kind="hold", owner="hold:7"),
    ]
    assert [(one.start - AT, one.seats_left) for one in without(rows, moving)] == expected


async def test_what_is_listed_past_an_appointment_can_be_had_by_it(studio: Studio) -> None:
    """Each start of the day that is listed past two hours at three is one to which they can be moved, and no
    other of the grid is; what stands in the way of others stays."""
    client_id, service_id = await studio.client(), await offered(studio, 120, step_minutes=60)
    key = (await sold(studio, client_id, SHOP_TEN + 5 * HOUR, service_id=service_id)).appointment_id
    await sold(studio, client_id, SHOP_TEN, service_id=service_id)
    day = SHOP_TEN.date()
    asked: dict[str, Any] = {"first": day, "last": day, "service_id": service_id}
    with counted(studio.house) as statements:
        openings = await find_openings(studio.ctx, FindOpenings(**asked, moving_appointment_id=key))
    assert len(statements) == 3
    starts = [slot.starts_at for slot in openings.days[day]]
    assert starts == [SHOP_TEN + number * HOUR for number in (2, 3, 4, 5, 6)]
    plain = await find_openings(studio.ctx, FindOpenings(**asked))
    assert [slot.starts_at for slot in plain.days[day]] == [SHOP_TEN + number * HOUR for number in (2, 3)]
    for starts_at in [SHOP_TEN, SHOP_TEN + HOUR]:
        move = RescheduleAppointment(appointment_id=key, starts_at=starts_at)
        error = await refused(studio, reschedule(studio.ctx, move), SlotTaken)
        assert error.next_free == starts[:3]
    for starts_at in starts:
        await reschedule(studio.ctx, RescheduleAppointment(appointment_id=key, starts_at=starts_at))


async def test_of_a_group_the_seats_that_it_has_now_are_told(studio: Studio) -> None:
    """Two of five with somebody else's one; none once it is called off; nobody else's appointment."""
    client_id = await studio.client()
    service_id = await offered(studio, 60, capacity=5, step_minutes=60)
    key = (await sold(studio, client_id, SHOP_TEN, service_id=service_id, seats=2)).appointment_id
    await sold(studio, client_id, SHOP_TEN, service_id=service_id, seats=1)
    alone = await studio.appointment(client_id, starts_at=SHOP_TEN + 3 * HOUR, duration_minutes=60)
    (session,) = await studio.table("group_sessions")
    ask = studio.ctx.ask(MovingQuestions)
    assert await ask.moving(key) == Moving(appointment_id=key, session_id=session["id"], capacity=5, seats=2)
    assert await ask.moving(alone) == Moving(appointment_id=alone)
    assert await ask.moving(alone + 1_000) is None
    asked: dict[str, Any] = {"service_id": service_id, "provider_id": studio.provider_id, "seats": 4}
    for moving, codes in ((None, ["CAPACITY"]), (key, [])):
        explained = await explain_availability(
            studio.ctx, ExplainAvailability(starts_at=SHOP_TEN, moving_appointment_id=moving, **asked)
        )
        assert [reason.code for reason in explained.reasons] == codes
