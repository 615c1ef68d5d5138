"""The rules of a business at the door: each code that explain gives is refused as that rule, and staff pass."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from core.appointments.appointment import OutsidePolicy, SlotTaken, TooManyAhead
from core.appointments.book import BookAppointment, Booked, book, sell
from core.appointments.cancel import CancelAppointment, cancel
from core.appointments.confirm import ConfirmAppointment, confirm
from core.appointments.decline import DeclineAppointment, decline
from core.appointments.edit import EditAppointment, edit
from core.appointments.life import IllegalTransition
from core.appointments.mark_no_show import MarkNoShow, mark_no_show
from core.appointments.reschedule import RescheduleAppointment, reschedule
from core.availability.explain import POLICY_CODES
from core.availability.recurrence import Recurrence
from core.availability.rulebook import MAX_AHEAD_MINUTES, SlotRule
from core.availability.shelf import RulebookShelf
from core.blocks.block import Span
from core.blocks.create_block import CreateBlock, create_block
from core.directory.update_provider import UpdateProvider, update_provider
from core.holidays.create_holiday import CreateHoliday, create_holiday
from core.kernel.errors import NotFound
from core.kernel.money import Money
from core.schedules.set_date_override import SetDateOverride, set_date_override
from tests.core.appointments.shop import TEN, active, at, at_once, offered, sold
from tests.kit.houses import NOW, Studio
from tests.kit.rules import issues, refused

HOUR = timedelta(hours=1)
MONDAY = TEN.date()


async def _nothing(studio: Studio) -> None:
    pass


async def _override(studio: Studio) -> None:
    await set_date_override(studio.ctx, SetDateOverride(day=MONDAY, shifts=[[720, 1_080]]))


async def _holiday(studio: Studio) -> None:
    await create_holiday(studio.ctx, CreateHoliday(name="Fair", first_day=MONDAY, last_day=MONDAY))


async def _block(studio: Studio) -> None:
    wall = TEN.replace(tzinfo=None)
    await create_block(studio.ctx, CreateBlock(span=Span(starts=wall, ends=wall + HOUR)))


async def _not_accepting(studio: Studio) -> None:
    change = UpdateProvider(provider_id=studio.provider_id, is_accepting_bookings=False)
    await update_provider(studio.ctx, change)


async def _one_appointment(studio: Studio) -> None:
    await studio.appointment(await studio.client(), starts_at=TEN + 5 * HOUR)


async def _gap(studio: Studio) -> None:
    starts_at = TEN + timedelta(minutes=80)
    await studio.appointment(await studio.client(), starts_at=starts_at)


AT_NOON = (SlotRule(recurrence=Recurrence(frequency="DAILY"), start_times=(720,), anchor=date(2027, 3, 1)),)
CASES: dict[str, tuple[Any, dict[str, Any], datetime, datetime | None]] = {
    "NOTICE": (_nothing, {"notice_minutes": 8 * 1_440}, TEN, TEN + 24 * HOUR),
    "HORIZON": (_nothing, {"horizon_minutes": 1_440}, TEN, None),
    "NOT_ACCEPTING": (_not_accepting, {}, TEN, None),
    "NOT_OFFERED": (_nothing, {"allow_booking": False}, TEN, None),
    "PROVIDER": (_nothing, {"weights": "another"}, TEN, None),
    "HOURS": (_nothing, {}, TEN - HOUR, TEN),
    "OVERRIDE": (_override, {}, TEN, TEN + 2 * HOUR),
    "HOLIDAY": (_holiday, {}, TEN, TEN + 24 * HOUR),
    "BLOCK": (_block, {}, TEN, TEN + HOUR),
    "DAILY_LIMIT": (_one_appointment, {"daily_limit": 1}, TEN, TEN + 24 * HOUR),
    "NO_GAP": (_gap, {"no_gap_minutes": 30}, TEN, TEN + 3 * HOUR),
    "GRID": (_nothing, {"slot_rules": AT_NOON}, TEN, TEN + 2 * HOUR),
}


def test_every_rule_has_a_case() -> None:
    """The past is a bad value before it is a rule; everything else is below."""
    assert set(CASES) | {"PAST"} == POLICY_CODES
    words = {OutsidePolicy(code, TEN).message for code in CASES}
    assert len(words) == len(CASES)
    assert OutsidePolicy("UNHEARD_OF", TEN).message == "This time is against the booking rules."


@pytest.mark.parametrize("rule", CASES)
async def test_each_rule_refuses_by_its_name_and_staff_pass(studio: Studio, rule: str) -> None:
    """Booked: refused with the rule and the earliest start it allows; by the staff door: booked, once."""
    arrange, policies, starts_at, earliest = CASES[rule]
    if policies.get("weights") == "another":
        policies = {"weights": {await studio.provider(): 1}}
    await arrange(studio)
    client_id = await studio.client()
    service_id = await offered(studio, 60, **policies)
    error = await refused(studio, sold(studio, client_id, starts_at, service_id=service_id), OutsidePolicy)
    latest = NOW + timedelta(days=1) if rule == "HORIZON" else None
    told = (error.rule, error.starts_at, error.earliest, error.latest)
    assert told == (rule, starts_at, earliest, latest)
    asked: dict[str, Any] = {"service_id": service_id, "within_policies": False}
    await sold(studio, client_id, starts_at, **asked)
    await refused(studio, sold(studio, client_id, starts_at, **asked), SlotTaken)


async def test_approval_keeps_the_time_pending_until_somebody_decides(studio: Studio) -> None:
    """Pending with its time taken; confirmed it stays, declined the time is free; staff need no approval."""
    client_id = await studio.client(email=f"ask.{studio.business_id}@example.com")
    service_id = await offered(studio, 60, needs_approval=True, price=Money(10_000, "USD"))
    yes = (await sold(studio, client_id, TEN, service_id=service_id)).appointment_id
    no = (await sold(studio, client_id, TEN + HOUR, service_id=service_id)).appointment_id
    staff = await sold(studio, client_id, TEN + 2 * HOUR, service_id=service_id, within_policies=False)
    rows = {row["id"]: (row["status"], row["awaiting"]) for row in await studio.table("appointments")}
    assert rows == {
        yes: ("PENDING", "BUSINESS"),
        no: ("PENDING", "BUSINESS"),
        staff.appointment_id: ("CONFIRMED", None),
    }
    assert len(await active(studio)) == 3
    await refused(studio, sold(studio, client_id, TEN + HOUR, service_id=service_id), SlotTaken)
    await confirm(studio.ctx, ConfirmAppointment(appointment_id=yes))
    refusal = DeclineAppointment(appointment_id=no, reason="Fully booked", idempotency_key="no")
    told = await decline(studio.ctx, refusal)
    assert told.client_is_told is True
    before = await studio.state()
    assert await decline(studio.ctx, refusal) == told
    assert await studio.state() == before
    rows = {row["id"]: (row["status"], row["awaiting"]) for row in await studio.table("appointments")}
    assert (rows[yes], rows[no]) == (("CONFIRMED", None), ("DECLINED", None))
    assert await studio.payloads("appointment.declined") == [{"appointment_id": no, "client_is_told": True}]
    assert len(await active(studio)) == 2
    again = decline(studio.ctx, DeclineAppointment(appointment_id=yes))
    await refused(studio, again, IllegalTransition)
    await refused(studio, decline(studio.ctx, DeclineAppointment(appointment_id=2**40)), NotFound)
    too_long = DeclineAppointment(appointment_id=yes, reason="x" * 1_001)
    assert await issues(studio, decline(studio.ctx, too_long)) == [("reason", "TOO_LONG")]


@pytest.mark.parametrize("verb", ["cancel", "mark_no_show"])
async def test_nobody_is_awaited_where_it_is_over(studio: Studio, verb: str) -> None:
    """A pending appointment that is called off, or that nobody came to, waits for no decision."""
    service_id = await offered(studio, 60, needs_approval=True)
    made = await sold(studio, await studio.client(), TEN, service_id=service_id)
    key = made.appointment_id
    if verb == "cancel":
        await cancel(studio.ctx, CancelAppointment(appointment_id=key))
    else:
        await mark_no_show(studio.ctx, MarkNoShow(appointment_id=key))
    (row,) = await studio.table("appointments")
    assert row["awaiting"] is None


def wish(studio: Studio, client_id: int, starts_at: datetime, **more: Any) -> Any:
    """A booking with the owner by the public's door."""
    given = {"provider_id": studio.provider_id, **more}
    command = BookAppointment(client_id=client_id, starts_at=starts_at, **given)
    return lambda ctx: book(ctx, command)


async def test_a_client_has_no_more_ahead_than_allowed_however_many_ask_at_once(studio: Studio) -> None:
    """Eight times at once with two allowed: two are booked; another service is not counted."""
    client_id, other_client = await studio.client(), await studio.client()
    service_id = await offered(studio, 30, client_limit=2)
    mara = await studio.provider()
    wishes = [
        wish(
            studio,
            client_id,
            TEN + number * timedelta(minutes=30),
            service_id=service_id,
            provider_id=(studio.provider_id, mara)[number % 2],
        )
        for number in range(8)
    ]
    answers = await at_once(studio, wishes)
    refusals = [answer for answer in answers if not isinstance(answer, Booked)]
    assert [(type(error), error.limit) for error in refusals] == [(TooManyAhead, 2)] * 6
    assert refusals[0].message == "No more than 2 appointments of this kind can be booked ahead."
    assert len(await studio.table("appointments")) == len(await active(studio)) == 2
    for own in (True, False):
        act = sold(
            studio,
            client_id if own else other_client,
            TEN + 5 * HOUR,
            service_id=service_id,
        )
        await (refused(studio, act, TooManyAhead) if own else act)
    free = TEN + 6 * HOUR
    await sold(studio, client_id, free, service_id=service_id, within_policies=False)


async def test_a_counted_client_and_an_uncounted_one_never_deadlock(studio: Studio) -> None:
    """One client books with a limit and without one at once, of one provider: the locks have one order."""
    client_id = await studio.client()
    limited = await offered(studio, 30, client_limit=100)
    wishes = []
    for number in range(12):
        starts_at = TEN + (number // 2) * timedelta(minutes=30)
        more = {"service_id": limited} if number % 2 else {"duration_minutes": 30}
        wishes.append(wish(studio, client_id, starts_at, **more))
    answers = await at_once(studio, wishes)
    assert {type(answer) for answer in answers} == {Booked, SlotTaken}
    assert len(await active(studio)) == 6


async def test_a_providers_day_is_not_overfilled_by_two_at_once(studio: Studio) -> None:
    """Eight times of one day at once with three allowed: three; the next day is counted anew."""
    client_id = await studio.client()
    service_id = await offered(studio, 30, daily_limit=3)
    wishes = [
        wish(studio, client_id, TEN + number * timedelta(minutes=30), service_id=service_id)
        for number in range(8)
    ]
    answers = await at_once(studio, wishes)
    refusals = [answer for answer in answers if not isinstance(answer, Booked)]
    assert [error.rule for error in refusals] == ["DAILY_LIMIT"] * 5
    assert len(await active(studio)) == 3
    await sold(studio, client_id, TEN + timedelta(days=1), service_id=service_id)


@pytest.mark.parametrize(
    ("notice", "late", "rule"),
    [
        (None, False, "CANCELLATION"),
        (24 * 60, True, "CANCELLATION_NOTICE"),
        (24 * 60, False, None),
        (0, True, None),
    ],
)
async def test_cancelling_heeds_its_notice_within_policies(
    studio: Studio, notice: int | None, late: bool, rule: str | None
) -> None:
    """A minute too late, or never: OutsidePolicy and it stands; in time, or by the staff door: cancelled."""
    service_id = await offered(studio, 60, cancellation_notice_minutes=notice)
    made = await sold(studio, await studio.client(), TEN, service_id=service_id)
    command = CancelAppointment(appointment_id=made.appointment_id)
    now = TEN - timedelta(days=1) + (timedelta(minutes=1) if late else timedelta(0))

    async def not_now(ctx: Any) -> None:
        error = await refused(studio, cancel(ctx, command), OutsidePolicy)
        assert (error.rule, error.starts_at, error.earliest) == (rule, TEN, None)

    if rule is not None:
        await at(studio, now, not_now)
        command.within_policies = False
    await at(studio, now, partial(cancel, command=command))
    assert await active(studio) == []


async def test_what_is_of_no_service_can_be_cancelled_at_any_time(studio: Studio) -> None:
    """No service, no notice; one that is archived by then, neither."""
    key = await studio.appointment(await studio.client(), starts_at=TEN)
    command = CancelAppointment(appointment_id=key)
    await at(studio, TEN - timedelta(minutes=1), partial(cancel, command=command))
    assert await active(studio) == []


@pytest.mark.parametrize(
    ("notice", "late", "rule"),
    [(None, False, "RESCHEDULING"), (24 * 60, True, "RESCHEDULING_NOTICE"), (24 * 60, False, None)],
)
async def test_moving_heeds_its_notice_within_policies(
    studio: Studio, notice: int | None, late: bool, rule: str | None
) -> None:
    """A minute too late, or never: OutsidePolicy and it stays; in time, or by the staff door: moved."""
    service_id = await offered(studio, 60, rescheduling_notice_minutes=notice)
    made = await sold(studio, await studio.client(), TEN, service_id=service_id)
    command = RescheduleAppointment(appointment_id=made.appointment_id, starts_at=TEN + 2 * HOUR)
    now = TEN - timedelta(days=1) + (timedelta(minutes=1) if late else timedelta(0))

    async def not_now(ctx: Any) -> None:
        error = await refused(studio, reschedule(ctx, command), OutsidePolicy)
        assert (error.rule, error.earliest) == (rule, None)

    if rule is not None:
        await at(studio, now, not_now)
        command.within_policies = False
    await at(studio, now, partial(reschedule, command=command))
    (row,) = await active(studio)
    assert row["begins_minute"] == int((TEN + 2 * HOUR).timestamp()) // 60


async def test_a_move_is_within_the_rules_too(studio: Studio) -> None:
    """Out of hours, over the daily limit of another day, to who does not give it: refused, staff pass."""
    client_id = await studio.client()
    service_id = await offered(studio, 60, daily_limit=1, weights={studio.provider_id: 1})
    made = await sold(studio, client_id, TEN, service_id=service_id)
    tomorrow = TEN + timedelta(days=1)
    await sold(studio, client_id, tomorrow, service_id=service_id)
    mara = await studio.provider()
    for change, rule in (
        ({"starts_at": TEN - 2 * HOUR}, "HOURS"),
        ({"starts_at": tomorrow + 3 * HOUR}, "DAILY_LIMIT"),
        ({"provider_id": mara}, "PROVIDER"),
        ({"starts_at": NOW + timedelta(minutes=MAX_AHEAD_MINUTES - 60)}, "HOURS"),
    ):
        command = RescheduleAppointment(appointment_id=made.appointment_id, **change)
        error = await refused(studio, reschedule(studio.ctx, command), OutsidePolicy)
        assert error.rule == rule
        staff = replace(command, within_policies=False)
        await reschedule(studio.ctx, staff)
        back = RescheduleAppointment(
            appointment_id=made.appointment_id,
            starts_at=TEN,
            provider_id=studio.provider_id,
            within_policies=False,
        )
        await reschedule(studio.ctx, back)
    await reschedule(
        studio.ctx, RescheduleAppointment(appointment_id=made.appointment_id, starts_at=TEN + 4 * HOUR)
    )


async def test_an_edit_that_moves_onto_taken_time_names_the_nearest_free(studio: Studio) -> None:
    """The words stay too, and the refusal tells what rescheduling would: its own time is not in the way."""
    client_id = await studio.client()
    key = await studio.appointment(client_id, starts_at=TEN)
    await studio.appointment(client_id, starts_at=TEN + 2 * HOUR)
    move = RescheduleAppointment(appointment_id=key, starts_at=TEN + 2 * HOUR)
    command = EditAppointment(appointment_id=key, style="Fine line", move=move)
    error = await refused(studio, edit(studio.ctx, command), SlotTaken)
    assert error.next_free == [TEN + number * HOUR for number in (0, 1, 3)]


async def test_two_verbs_at_once_end_an_appointment_once(studio: Studio) -> None:
    """Cancelled six times at once: once, and the others are told that it is."""
    key = await studio.appointment(await studio.client(), starts_at=TEN)
    command = CancelAppointment(appointment_id=key)
    answers = await asyncio.wait_for(at_once(studio, [partial(cancel, command=command)] * 6), 30)
    assert sum(isinstance(answer, IllegalTransition) for answer in answers) == 5
    assert len(await studio.payloads("appointment.cancelled")) == 1


async def test_whoever_sells_may_want_approval_for_it(studio: Studio) -> None:
    """A service that needs none, sold by somebody who cannot decide: pending, with its time taken."""
    command = BookAppointment(
        client_id=await studio.client(), provider_id=studio.provider_id, starts_at=TEN, duration_minutes=60
    )
    async with studio.ctx.unit_of_work() as uow:
        await sell(uow, studio.ctx.reach(RulebookShelf), command, needs_approval=True)
    (row,) = await studio.table("appointments")
    assert (row["status"], row["awaiting"], len(await active(studio))) == ("PENDING", "BUSINESS", 1)
