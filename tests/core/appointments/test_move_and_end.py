"""Rescheduling, cancelling, no-shows and holds: the time goes where it should, and nowhere else."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from core.appointments.appointment import AlreadyOver, HoldExpired, SlotTaken
from core.appointments.book import BookAppointment, book
from core.appointments.cancel import CancelAppointment, cancel
from core.appointments.confirm import ConfirmAppointment, confirm
from core.appointments.edit import EditAppointment, edit
from core.appointments.hold import HoldSlot, hold_slot
from core.appointments.mark_no_show import MarkNoShow, mark_no_show
from core.appointments.release_hold import ReleaseHold, release_hold
from core.appointments.reschedule import RescheduleAppointment, reschedule
from core.deposits.deposit import settle_deposit
from core.kernel.clock import FixedClock
from core.kernel.errors import Invalid, NotFound
from core.kernel.money import Money
from tests.core.appointments.shop import at
from tests.kit.houses import NOW, Studio

THREE = NOW.replace(hour=15) + timedelta(days=7)


def moved(appointment_id: int, **more: object) -> RescheduleAppointment:
    """A move by the staff door."""
    return RescheduleAppointment(appointment_id=appointment_id, within_policies=False, **more)  # type: ignore[arg-type]


async def test_a_move_keeps_the_id_and_frees_the_old_time(studio: Studio) -> None:
    """The same appointment, an hour later; its old hour can be sold to somebody else."""
    client_id = await studio.client()
    key = await studio.appointment(client_id, starts_at=THREE)
    await reschedule(studio.ctx, moved(key, starts_at=THREE + timedelta(hours=1)))
    (kept,) = await studio.table("appointments")
    assert kept["id"] == key
    assert await studio.appointment(client_id, starts_at=THREE) != key
    with pytest.raises(SlotTaken):
        await studio.appointment(client_id, starts_at=THREE + timedelta(minutes=90))


async def test_a_move_may_overlap_its_own_old_time(studio: Studio) -> None:
    """Half an hour later and longer: only other people's time counts against it."""
    key = await studio.appointment(await studio.client(), starts_at=THREE)
    await reschedule(studio.ctx, moved(key, starts_at=THREE + timedelta(minutes=30), duration_minutes=120))
    active = [row for row in await studio.table("allocations") if row["is_active"]]
    assert [row["ends_minute"] - row["starts_minute"] for row in active] == [120]


async def test_a_move_onto_taken_time_changes_nothing(studio: Studio) -> None:
    """SlotTaken, and the appointment keeps the time it had."""
    client_id = await studio.client()
    key = await studio.appointment(client_id, starts_at=THREE)
    await studio.appointment(client_id, starts_at=THREE + timedelta(hours=2))
    before = await studio.state()
    with pytest.raises(SlotTaken):
        await reschedule(studio.ctx, moved(key, starts_at=THREE + timedelta(minutes=90)))
    assert await studio.state() == before


async def test_a_move_onto_itself_changes_nothing_and_tells_nobody(studio: Studio) -> None:
    """The same start, length and provider: the answer is yes, and there is no event."""
    key = await studio.appointment(await studio.client(), starts_at=THREE)
    before = await studio.state()
    await reschedule(studio.ctx, moved(key, starts_at=THREE, duration_minutes=60))
    assert await studio.state() == before


async def test_what_is_under_way_may_be_edited_with_the_time_it_has(studio: Studio) -> None:
    """Whoever sends all of it back changes its words; another start, or another length of it, has passed."""
    key = await studio.appointment(await studio.client(), starts_at=THREE)
    now = THREE + timedelta(minutes=30)
    whole = EditAppointment(appointment_id=key, notes="Late", move=moved(key, starts_at=THREE))
    await at(studio, now, lambda ctx: edit(ctx, whole))
    (kept,) = await studio.table("appointments")
    assert kept["notes"] == "Late"
    before = await studio.state()
    later = replace(whole, notes="\x00", move=moved(key, starts_at=THREE, duration_minutes=0))
    with pytest.raises(Invalid) as told:
        await at(studio, now, lambda ctx: edit(ctx, later))
    assert [(issue.path, issue.code) for issue in told.value.issues] == [
        ("notes", "BAD_CHARACTER"),
        ("duration_minutes", "OUT_OF_RANGE"),
        ("starts_at", "IN_THE_PAST"),
    ]
    assert await studio.state() == before


async def test_a_move_to_nobody_changes_nothing(studio: Studio, other_studio: Studio) -> None:
    """Another business's provider is as one that is not there."""
    key = await studio.appointment(await studio.client(), starts_at=THREE)
    before = await studio.state()
    for provider_id in (other_studio.provider_id, 2**52):
        with pytest.raises(NotFound) as refused:
            await reschedule(studio.ctx, moved(key, provider_id=provider_id))
        assert refused.value.noun == "provider"
    assert await studio.state() == before


async def test_a_move_to_another_provider_frees_the_first(studio: Studio) -> None:
    """Both resources change hands in one transaction."""
    client_id = await studio.client()
    mara = await studio.provider()
    key = await studio.appointment(client_id, starts_at=THREE)
    await reschedule(studio.ctx, moved(key, provider_id=mara))
    await studio.appointment(client_id, starts_at=THREE)
    with pytest.raises(SlotTaken):
        await studio.appointment(client_id, starts_at=THREE, provider_id=mara)


@pytest.mark.parametrize("wrong", [{"starts_at": NOW}, {"duration_minutes": 0}, {"duration_minutes": 9_999}])
async def test_a_move_to_a_bad_time_is_refused(studio: Studio, wrong: dict[str, object]) -> None:
    """The past, nothing and a week are no times to move to; nothing changes."""
    key = await studio.appointment(await studio.client(), starts_at=THREE)
    before = await studio.state()
    with pytest.raises(Invalid):
        await reschedule(studio.ctx, moved(key, **wrong))
    assert await studio.state() == before


async def test_two_moves_that_swap_never_overlap_nor_deadlock(studio: Studio) -> None:
    """Two appointments moved onto each other's provider at once: each is refused or moved whole."""
    client_id = await studio.client()
    mara = await studio.provider()
    mine = await studio.appointment(client_id, starts_at=THREE)
    hers = await studio.appointment(client_id, starts_at=THREE, provider_id=mara)

    async def swap(key: int, to: int) -> bool:
        async with studio.house.context(studio.ctx.actor, "race") as ctx:
            try:
                await reschedule(ctx, moved(key, provider_id=to))
            except SlotTaken:
                return False
            return True

    for _ in range(4):
        answers = await asyncio.gather(swap(mine, mara), swap(hers, studio.provider_id))
        assert not any(answers)
    active = [row for row in await studio.table("allocations") if row["is_active"]]
    assert len({row["resource_id"] for row in active}) == len(active) == 2


async def test_cancelling_frees_the_time_and_withdraws_what_is_unpaid(studio: Studio) -> None:
    """The hour is free, the pending deposit is cancelled, the reason is kept and in no event."""
    client_id = await studio.client(email="a@example.com")
    key = await studio.appointment(client_id, starts_at=THREE, price=Money(40_000, "USD"))
    await confirm(studio.ctx, ConfirmAppointment(appointment_id=key))
    await cancel(studio.ctx, CancelAppointment(appointment_id=key, reason="CANARY broke her arm"))
    (deposit,) = await studio.table("deposits")
    assert deposit["status"] == "CANCELLED"
    (kept,) = await studio.table("appointments")
    assert kept["cancellation_reason"] == "CANARY broke her arm"
    assert "CANARY" not in repr(await studio.table("events")) + repr(await studio.table("audit"))
    await studio.appointment(client_id, starts_at=THREE)


@pytest.mark.parametrize(
    ("paid", "after_no_show", "after_cancel"),
    [(True, "FORFEITED", "PAID"), (False, "CANCELLED", "CANCELLED")],
)
async def test_no_show_forfeits_and_cancel_keeps_a_paid_deposit(
    studio: Studio, paid: bool, after_no_show: str, after_cancel: str
) -> None:
    """A paid deposit is forfeited by a no-show and stays paid when cancelled; a pending one is withdrawn."""
    client_id = await studio.client()
    for number, (verb, expected) in enumerate((("no_show", after_no_show), ("cancel", after_cancel))):
        key = await studio.appointment(
            client_id, starts_at=THREE + timedelta(days=number), price=Money(40_000, "USD")
        )
        confirmed = await confirm(studio.ctx, ConfirmAppointment(appointment_id=key))
        assert confirmed.deposit_id is not None
        if paid:
            async with studio.ctx.unit_of_work() as uow:
                await settle_deposit(uow, confirmed.deposit_id)
        if verb == "no_show":
            await mark_no_show(studio.ctx, MarkNoShow(appointment_id=key))
        else:
            await cancel(studio.ctx, CancelAppointment(appointment_id=key))
        statuses = {row["id"]: row["status"] for row in await studio.table("deposits")}
        assert statuses[confirmed.deposit_id] == expected


async def test_what_is_over_cannot_be_cancelled(studio: Studio) -> None:
    """After its end an appointment is completed or a no-show; cancelling is AlreadyOver and changes nothing."""
    key = await studio.appointment(await studio.client(), starts_at=THREE)
    before = await studio.state()
    after = FixedClock(THREE + timedelta(minutes=60))
    async with studio.house.context(studio.ctx.actor, "later", after) as ctx:
        with pytest.raises(AlreadyOver):
            await cancel(ctx, CancelAppointment(appointment_id=key))
    assert await studio.state() == before


@pytest.mark.parametrize("for_staff", [False, True])
async def test_what_is_over_is_moved_by_the_staff_door_alone(studio: Studio, for_staff: bool) -> None:
    """From its last minute on the rules refuse, an edit's too, and nothing changes; the minute before they do
    not; the staff door moves it."""
    key = await studio.appointment(await studio.client(), starts_at=THREE)
    end, tomorrow = THREE + timedelta(minutes=60), THREE + timedelta(days=1)
    by_rules = RescheduleAppointment(appointment_id=key, starts_at=tomorrow, for_staff=for_staff)
    before = await studio.state()
    async with studio.house.context(studio.ctx.actor, "later", FixedClock(end)) as ctx:
        for act in (
            reschedule(ctx, by_rules),
            edit(ctx, EditAppointment(appointment_id=key, style="Dots", move=by_rules)),
        ):
            with pytest.raises(AlreadyOver) as refused:
                await act
            assert refused.value.ended_at == end
            assert await studio.state() == before
        await reschedule(ctx, moved(key, starts_at=tomorrow))
    almost = FixedClock(tomorrow + timedelta(minutes=59))
    async with studio.house.context(studio.ctx.actor, "later", almost) as ctx:
        by_rules.starts_at = tomorrow + timedelta(days=1)
        await reschedule(ctx, by_rules)
    assert [row["type"] for row in await studio.table("events")].count("appointment.rescheduled") == 2


async def test_a_hold_keeps_others_out_until_it_runs_out(studio: Studio) -> None:
    """Held for ten minutes: taken until the eleventh, free again at it, for listing and booking alike."""
    client_id = await studio.client()
    hold = HoldSlot(provider_id=studio.provider_id, starts_at=THREE, duration_minutes=60)
    await hold_slot(studio.ctx, hold)
    with pytest.raises(SlotTaken):
        await studio.appointment(client_id, starts_at=THREE)
    later = FixedClock(NOW + timedelta(minutes=10))
    async with studio.house.context(studio.ctx.actor, "later", later) as ctx:
        command = BookAppointment(
            client_id=client_id, provider_id=studio.provider_id, starts_at=THREE, duration_minutes=60
        )
        await book(ctx, command)
    assert len(await studio.table("appointments")) == 1


async def test_ones_own_hold_turns_into_the_booking_once(studio: Studio) -> None:
    """With the hold the time is sold; the same hold a second time, or for other time, is gone."""
    client_id = await studio.client()
    held = await hold_slot(
        studio.ctx, HoldSlot(provider_id=studio.provider_id, starts_at=THREE, duration_minutes=60)
    )
    before = await studio.state()
    with pytest.raises(HoldExpired):
        await studio.appointment(client_id, starts_at=THREE + timedelta(minutes=1), hold_id=held.hold_id)
    assert await studio.state() == before
    await studio.appointment(client_id, starts_at=THREE, hold_id=held.hold_id)
    with pytest.raises(HoldExpired):
        await studio.appointment(client_id, starts_at=THREE + timedelta(hours=1), hold_id=held.hold_id)


async def test_releasing_frees_the_time_and_is_harmless_twice(studio: Studio, other_studio: Studio) -> None:
    """Released: bookable at once, one event; again: nothing; somebody else's: not there."""
    held = await hold_slot(
        studio.ctx, HoldSlot(provider_id=studio.provider_id, starts_at=THREE, duration_minutes=60)
    )
    with pytest.raises(NotFound):
        await release_hold(other_studio.ctx, ReleaseHold(hold_id=held.hold_id))
    await release_hold(studio.ctx, ReleaseHold(hold_id=held.hold_id))
    before = await studio.state()
    await release_hold(studio.ctx, ReleaseHold(hold_id=held.hold_id))
    assert await studio.state() == before
    await studio.appointment(await studio.client(), starts_at=THREE)
