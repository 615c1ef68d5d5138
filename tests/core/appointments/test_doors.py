"""Every verb's door: unknown keys, repeated keys, words for people, and what only a race can bring about."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from core.appointments.alternatives import with_alternatives
from core.appointments.appointment import AlreadyOver, HoldExpired, OutsidePolicy, SlotTaken, Wanted
from core.appointments.arrange import Asked, arrange
from core.appointments.cancel import CancelAppointment, cancel
from core.appointments.choose_provider import ProviderSelection
from core.appointments.complete import CompleteAppointment, complete
from core.appointments.confirm import ConfirmAppointment, confirm
from core.appointments.decline import DeclineAppointment, decline
from core.appointments.edit import EditAppointment, edit
from core.appointments.hold import OFFER, RELEASED, HoldSlot, keep
from core.appointments.life import TRANSITIONS, IllegalTransition
from core.appointments.mark_no_show import MarkNoShow, mark_no_show
from core.appointments.open_ledger import OpenLedger
from core.appointments.release_hold import HoldReleased, let_go
from core.appointments.reschedule import RescheduleAppointment, reschedule
from core.appointments.terms import terms_of
from core.availability.demand import demand_of
from core.availability.shelf import RulebookShelf
from core.deposits.deposit import request_deposit
from core.directory.archive_provider import ArchiveProvider, archive_provider
from core.kernel.clock import minute_of
from core.kernel.context import Context
from core.kernel.errors import IdempotencyMismatch, NotFound
from core.kernel.money import Money
from core.kernel.unset import UNSET
from tests.core.appointments.shop import TEN, active, offered, sold
from tests.kit.houses import NOW, Studio
from tests.kit.rules import FAR, issues, refused

HOUR = timedelta(hours=1)
Verb = Callable[[Context, int, str | None], Awaitable[Any]]

VERBS: dict[str, Verb] = {
    "cancel": lambda ctx, key, again: cancel(
        ctx, CancelAppointment(appointment_id=key, idempotency_key=again)
    ),
    "complete": lambda ctx, key, again: complete(
        ctx, CompleteAppointment(appointment_id=key, idempotency_key=again)
    ),
    "confirm": lambda ctx, key, again: confirm(
        ctx, ConfirmAppointment(appointment_id=key, idempotency_key=again)
    ),
    "no show": lambda ctx, key, again: mark_no_show(
        ctx, MarkNoShow(appointment_id=key, idempotency_key=again)
    ),
    "edit": lambda ctx, key, again: edit(
        ctx, EditAppointment(appointment_id=key, style="Blackwork", idempotency_key=again)
    ),
    "move": lambda ctx, key, again: reschedule(
        ctx, RescheduleAppointment(appointment_id=key, starts_at=TEN + HOUR, idempotency_key=again)
    ),
    "decline": lambda ctx, key, again: decline(
        ctx, DeclineAppointment(appointment_id=key, idempotency_key=again)
    ),
}


@pytest.mark.parametrize("verb", VERBS)
async def test_unknown_appointments_are_not_there_and_a_repeated_key_acts_once(
    studio: Studio, other_studio: Studio, verb: str
) -> None:
    """Unknown and foreign keys alike; one effect and one answer per key, and no other input under it."""
    act = VERBS[verb]
    service_id = await offered(studio, 60, needs_approval=verb == "decline")
    made = await sold(studio, await studio.client(), TEN, service_id=service_id)
    foreign = await other_studio.appointment(await other_studio.client(), starts_at=TEN)
    for key in (FAR, foreign, 0, -1):
        assert (await refused(studio, act(studio.ctx, key, None), NotFound)).noun == "appointment"
    first = await act(studio.ctx, made.appointment_id, "once")
    before = await studio.state()
    assert await act(studio.ctx, made.appointment_id, "once") == first
    assert await studio.state() == before
    await refused(studio, act(studio.ctx, foreign, "once"), IdempotencyMismatch)


async def test_an_edit_changes_what_is_given_and_nothing_else(studio: Studio) -> None:
    """Words and money, None for nothing; the same again tells nobody; bad values are all named."""
    key = await studio.appointment(await studio.client(), starts_at=TEN, price=Money(40_000, "USD"))
    await edit(
        studio.ctx,
        EditAppointment(
            appointment_id=key,
            description="A heron",
            style="Fine line",
            notes="Left arm",
            internal_notes="Careful",
            price=Money(50_000, "USD"),
            deposit=Money(10_000, "USD"),
        ),
    )
    (row,) = await studio.table("appointments")
    assert (row["description"], row["style"], row["notes"]) == ("A heron", "Fine line", "Left arm")
    assert (row["price_minor"], row["deposit_minor"]) == (50_000, 10_000)
    assert await studio.payloads("appointment.edited") == [{"appointment_id": key}]
    before = await studio.state()
    same = EditAppointment(appointment_id=key, style="Fine line", deposit=Money(10_000, "USD"))
    await edit(studio.ctx, same)
    assert same.description is UNSET
    assert await studio.state() == before
    bad = EditAppointment(
        appointment_id=key,
        description="\x00",
        style="s" * 101,
        price=Money(-1, "USD"),
        deposit=Money(1, "EUR"),
    )
    assert await issues(studio, edit(studio.ctx, bad)) == [
        ("description", "BAD_CHARACTER"),
        ("style", "TOO_LONG"),
        ("price", "OUT_OF_RANGE"),
        ("deposit", "OTHER_CURRENCY"),
    ]
    await edit(studio.ctx, EditAppointment(appointment_id=key, notes=None, price=None, deposit=None))
    (row,) = await studio.table("appointments")
    assert (row["notes"], row["price_minor"], row["deposit_minor"]) == (None, None, None)
    assert row["style"] == "Fine line"


async def test_the_deposit_stays_once_the_client_was_asked_for_it(studio: Studio) -> None:
    """The same amount may be repeated; another, or none, is refused."""
    key = await studio.appointment(await studio.client(), starts_at=TEN, price=Money(40_000, "USD"))
    await confirm(studio.ctx, ConfirmAppointment(appointment_id=key))
    await edit(studio.ctx, EditAppointment(appointment_id=key, deposit=Money(12_000, "USD")))
    for other in (Money(1, "USD"), None):
        act = edit(studio.ctx, EditAppointment(appointment_id=key, deposit=other))
        assert await issues(studio, act) == [("deposit", "ALREADY_ASKED_FOR")]


async def test_a_deposit_that_was_asked_for_already_is_not_asked_for_again(studio: Studio) -> None:
    """Confirming answers the one there is, and writes to nobody."""
    client_id = await studio.client(email=f"paid.{studio.business_id}@example.com")
    key = await studio.appointment(client_id, starts_at=TEN, price=Money(40_000, "USD"))
    async with studio.ctx.unit_of_work() as uow:
        deposit = await request_deposit(
            uow,
            appointment_id=key,
            client_id=client_id,
            amount=Money(12_000, "USD"),
            due_at=None,
            client_is_told=False,
        )
    told = await confirm(studio.ctx, ConfirmAppointment(appointment_id=key))
    assert (told.deposit_id, told.client_is_told) == (deposit.id, False)
    assert len(await studio.table("deposits")) == 1


async def test_an_edit_moves_all_or_nothing(studio: Studio) -> None:
    """Words and time together; of what is over, the words alone."""
    key = await studio.appointment(await studio.client(), starts_at=TEN)
    move = RescheduleAppointment(appointment_id=key, starts_at=TEN + HOUR)
    await edit(studio.ctx, EditAppointment(appointment_id=key, style="Dots", move=move))
    (row,) = await active(studio)
    assert row["begins_minute"] == minute_of(TEN + HOUR)
    await complete(studio.ctx, CompleteAppointment(appointment_id=key))
    move.starts_at = TEN
    both = EditAppointment(appointment_id=key, style="Lines", move=move)
    await refused(studio, edit(studio.ctx, both), IllegalTransition)
    await edit(studio.ctx, EditAppointment(appointment_id=key, style="Lines"))
    (appointment,) = await studio.table("appointments")
    assert appointment["style"] == "Lines"


async def test_places_and_givers_that_are_not_there(studio: Studio, other_studio: Studio) -> None:
    """A location of another business, and a service whose only provider has left."""
    client_id = await studio.client()
    (place,) = await other_studio.table("locations")
    for key in (place["id"], FAR):
        act = sold(studio, client_id, TEN, duration_minutes=60, location_id=key)
        assert (await refused(studio, act, NotFound)).noun == "location"
    mara = await studio.provider()
    service_id = await offered(studio, 60, weights={mara: 1})
    await archive_provider(studio.ctx, ArchiveProvider(provider_id=mara))
    act = sold(studio, client_id, TEN, service_id=service_id, selection=ProviderSelection())
    assert (await refused(studio, act, NotFound)).noun == "provider"
    elsewhere = sold(studio, client_id, TEN, duration_minutes=60, selection=ProviderSelection())
    await elsewhere


async def test_who_has_left_meanwhile_has_no_time_and_no_alternatives(studio: Studio) -> None:
    """A provider whom the rules know no longer can be had at no start, and names no other."""
    async with studio.ctx.unit_of_work() as uow:
        terms = await terms_of(
            uow, studio.ctx.reach(RulebookShelf), provider_ids=None, client_id=None, service_id=None
        )
    demand = demand_of(60)
    ledger = OpenLedger(capacity={}, taken=[])
    assert arrange(ledger, terms, Asked(demand=demand), FAR, minute_of(TEN), NOW) == []
    assert ledger.place([]) == []
    wanted = Wanted(
        provider_ids=(FAR,),
        together=False,
        starts_at=TEN,
        demand=demand,
        service_id=None,
        location_id=None,
        seats=1,
        for_staff=False,
    )
    everybody = replace(wanted, provider_ids=(studio.provider_id, FAR), together=True)
    for error in (
        SlotTaken(FAR, TEN, wanted=wanted),
        SlotTaken(FAR, TEN, wanted=everybody),
        SlotTaken(studio.provider_id, TEN),
        OutsidePolicy("HOURS", TEN, wanted=wanted),
    ):
        assert await with_alternatives(studio.ctx, error) is error


async def test_an_offer_may_be_held_longer_than_a_hold(studio: Studio) -> None:
    """Whoever waits gets the time they were promised; letting go of it frees the time."""
    command = HoldSlot(
        provider_id=studio.provider_id, starts_at=TEN, duration_minutes=60, for_minutes=24 * 60
    )
    async with studio.ctx.unit_of_work() as uow:
        hold = await keep(uow, studio.ctx.reach(RulebookShelf), command, kind=OFFER)
        assert (hold.kind, hold.expires_at) == ("offer", NOW + timedelta(days=1))
        await let_go(uow, hold, RELEASED)
        uow.emit(HoldReleased(hold_id=hold.id))
    assert await active(studio) == []


def test_refusals_have_words_for_people() -> None:
    """One sentence each."""
    assert SlotTaken(1, TEN).message == "This time is taken: choose another."
    assert HoldExpired().message == "The hold on this time is gone: choose a time again."
    over = "This appointment is over: mark it completed or as no-show instead."
    assert AlreadyOver(TEN).message == over
    ended = "This appointment is no-show: it cannot be"
    verbs = {row.verb for row in TRANSITIONS}
    assert {verb: IllegalTransition(verb, "NO_SHOW").message for verb in verbs} == {
        "confirm": f"{ended} confirmed.",
        "reschedule": f"{ended} moved.",
        "edit": f"{ended} changed.",
        "complete": f"{ended} marked as completed.",
        "mark_no_show": f"{ended} marked as no-show.",
        "cancel": f"{ended} cancelled.",
        "decline": f"{ended} declined.",
    }
