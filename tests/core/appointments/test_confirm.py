"""Confirming: the deposit that is asked for once, and the mail that goes with it."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from app.worker import work_off
from core.appointments.confirm import ConfirmAppointment, confirm
from core.kernel.errors import Invalid, NotFound
from core.kernel.money import Money
from tests.kit.houses import NOW, Studio


async def priced(studio: Studio, email: str | None = "jas@example.com") -> int:
    """An appointment of 400 dollars, booked in silence."""
    client_id = await studio.client(email=email)
    return await studio.appointment(client_id, price=Money(40_000, "USD"), tell_client=False)


async def test_the_first_confirm_asks_for_thirty_percent_due_in_48_hours(studio: Studio) -> None:
    """30 % of 400 is 120, pending, due two days from now; one event each."""
    key = await priced(studio)
    confirmed = await confirm(studio.ctx, ConfirmAppointment(appointment_id=key))
    (deposit,) = await studio.table("deposits")
    assert confirmed.deposit_id == deposit["id"]
    assert confirmed.client_is_told is True
    assert (deposit["amount_minor"], deposit["currency"], deposit["status"]) == (12_000, "USD", "PENDING")
    (payload,) = await studio.payloads("deposit.requested")
    assert payload["due_at"] == "2027-03-03T09:00:00Z"


async def test_confirming_twice_makes_one_deposit_and_one_mail(studio: Studio) -> None:
    """The second call answers the same deposit, and changes and sends nothing."""
    key = await priced(studio, email=f"once.{studio.business_id}@example.com")
    first = await confirm(studio.ctx, ConfirmAppointment(appointment_id=key))
    before = await studio.state()
    second = await confirm(studio.ctx, ConfirmAppointment(appointment_id=key))
    assert (second.deposit_id, second.client_is_told) == (first.deposit_id, False)
    assert await studio.state() == before
    await work_off(studio.house)
    subjects = [
        subject
        for _, to, subject, _ in await studio.house.kept_mail.newest(500)
        if to == f"once.{studio.business_id}@example.com"
    ]
    assert len(subjects) == 1
    assert subjects[0].startswith("A deposit of 120.00 USD")


async def test_two_confirms_at_once_make_one_deposit(studio: Studio) -> None:
    """The appointment's row lock lets one of two concurrent calls ask for the money."""
    key = await priced(studio)

    async def once() -> int | None:
        async with studio.house.context(studio.ctx.actor, "race") as ctx:
            return (await confirm(ctx, ConfirmAppointment(appointment_id=key))).deposit_id

    answers = await asyncio.gather(*(once() for _ in range(6)))
    assert len(set(answers)) == 1
    assert len(await studio.table("deposits")) == 1
    types = [event["type"] for event in await studio.table("events")]
    assert types.count("appointment.confirmed") == 1


async def test_without_an_amount_there_is_no_deposit(studio: Studio) -> None:
    """No price and no explicit amount: confirmed, no deposit, nobody told."""
    key = await studio.appointment(await studio.client(email="a@example.com"))
    confirmed = await confirm(studio.ctx, ConfirmAppointment(appointment_id=key))
    assert (confirmed.deposit_id, confirmed.client_is_told) == (None, False)
    assert await studio.table("deposits") == []


async def test_silence_and_missing_addresses_send_no_mail(studio: Studio) -> None:
    """The deposit is made either way; told only where a mail will go out."""
    silent = await priced(studio)
    told = await confirm(studio.ctx, ConfirmAppointment(appointment_id=silent, tell_client=False))
    assert (told.deposit_id is not None, told.client_is_told) == (True, False)
    client_id = await studio.client(display_name="No Address")
    nameless = await studio.appointment(
        client_id, price=Money(10_000, "USD"), starts_at=NOW + timedelta(days=3)
    )
    told = await confirm(studio.ctx, ConfirmAppointment(appointment_id=nameless))
    assert (told.deposit_id is not None, told.client_is_told) == (True, False)


async def test_a_due_time_in_the_past_is_refused(studio: Studio) -> None:
    """A deposit cannot be due before now; nothing is confirmed."""
    key = await priced(studio)
    before = await studio.state()
    with pytest.raises(Invalid) as refused:
        await confirm(studio.ctx, ConfirmAppointment(appointment_id=key, deposit_due_at=NOW))
    assert [(issue.path, issue.code) for issue in refused.value.issues] == [("deposit_due_at", "IN_THE_PAST")]
    assert await studio.state() == before


async def test_an_appointment_of_another_business_is_not_there(studio: Studio, other_studio: Studio) -> None:
    """A foreign key is NotFound, and the other business is as before."""
    foreign = await priced(other_studio)
    before = await other_studio.state()
    with pytest.raises(NotFound):
        await confirm(studio.ctx, ConfirmAppointment(appointment_id=foreign))
    assert await other_studio.state() == before
