"""Reminders: at their time, of what still holds, once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest_asyncio
from sqlalchemy import text

from app.house import House
from core.appointments.cancel import CancelAppointment, cancel
from core.appointments.confirm import ConfirmAppointment, confirm
from core.appointments.reschedule import RescheduleAppointment, reschedule
from core.directory.update_client import UpdateClient, update_client
from core.messaging.configure_messages import ConfigureMessages, configure_messages
from core.messaging.reminders import plan_reminders, remind
from core.messaging.settings import Reminder
from tests.core.appointments.shop import offered, sold
from tests.kit.houses import NOW, Studio, counted
from tests.kit.posts import Posts, at, studio_with_posts

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
START = NOW.replace(hour=15) + 7 * DAY
INSTANT = timedelta(microseconds=1)


@pytest_asyncio.fixture
async def told(own_house: House, fresh_number: int) -> AsyncIterator[tuple[Studio, Posts]]:
    """A studio, and what it says."""
    async with studio_with_posts(own_house, fresh_number) as made:
        yield made


async def booked(studio: Studio, **more: Any) -> tuple[int, int]:
    """A client with an address and an appointment at START: their keys."""
    client_id = await studio.client("Ana Lima", email="ana@example.com", phone="+15125550100")
    return client_id, await studio.appointment(client_id, starts_at=START, tell_client=False, **more)


async def waiting(studio: Studio) -> list[Any]:
    """When each reminder of the business is due."""
    jobs = await studio.house.job_list.newest(
        state="WAITING", kind="remind", business_id=studio.business_id, most=1_000
    )
    return [job.run_at for job in jobs]


async def test_a_client_is_reminded_a_day_ahead_by_mail_unless_said_otherwise(
    told: tuple[Studio, Posts],
) -> None:
    """Not a moment before, and once."""
    studio, posts = told
    await booked(studio)
    await at(studio.house, START - DAY - INSTANT)
    assert posts.letters == []
    await at(studio.house, START - DAY)
    await at(studio.house, START + DAY)
    (letter,) = posts.letters
    assert (letter.template, letter.to) == ("reminder", "ana@example.com")
    assert letter.words is not None
    assert letter.words.subject == f"Reminder: {letter.facts['business']} on Monday, 8 March 2027, 15:00"


async def test_an_appointment_that_moves_takes_its_reminder_along(told: tuple[Studio, Posts]) -> None:
    """Nothing at the old time, one at the new."""
    studio, posts = told
    _, appointment_id = await booked(studio)
    await at(studio.house, NOW)
    await reschedule(
        studio.ctx,
        RescheduleAppointment(
            appointment_id=appointment_id, starts_at=START + 2 * DAY, within_policies=False, tell_client=False
        ),
    )
    await at(studio.house, START - DAY + HOUR)
    assert (posts.letters, await waiting(studio)) == ([], [START + DAY])
    await at(studio.house, START + DAY)
    assert posts.said == ["reminder"]


async def test_a_cancelled_appointment_is_not_reminded_of(told: tuple[Studio, Posts]) -> None:
    """Its job is dropped; where the drop has not been done yet, the reminder itself looks again."""
    studio, posts = told
    _, appointment_id = await booked(studio)
    await at(studio.house, NOW)
    assert await waiting(studio) == [START - DAY]
    await cancel(studio.ctx, CancelAppointment(appointment_id=appointment_id, tell_client=False))
    async with studio.house.system_at(studio.business_id) as ctx:
        studio.house.clock.instant = START - DAY  # type: ignore[attr-defined]
        await remind(ctx, facts_of(appointment_id))
        studio.house.clock.instant = NOW  # type: ignore[attr-defined]
    await at(studio.house, NOW)
    assert await waiting(studio) == []
    await at(studio.house, START)
    assert posts.letters == []


def facts_of(appointment_id: int) -> dict[str, Any]:
    """The facts of the default reminder of an appointment at START."""
    return {
        "appointment_id": appointment_id,
        "starts_minute": int(START.timestamp()) // 60,
        "minutes_before": 1_440,
        "channel": "mail",
    }


async def test_who_is_reminded_of_what_is_pending_hears_that_it_is_not_confirmed(
    told: tuple[Studio, Posts],
) -> None:
    """By mail and by SMS; what was confirmed before the reminder is reminded of as booked."""
    studio, posts = told
    reminders = [Reminder(minutes_before=1_440, channel=channel) for channel in ("mail", "sms")]
    await configure_messages(studio.ctx, ConfigureMessages(reminders=reminders))
    client_id = await studio.client("Ana Lima", email="ana@example.com", phone="+15125550100")
    asked = await offered(studio, 60, needs_approval=True)
    keys = [
        (
            await sold(studio, client_id, START + hours * HOUR, service_id=asked, tell_client=False)
        ).appointment_id
        for hours in (0, 2)
    ]
    await confirm(studio.ctx, ConfirmAppointment(appointment_id=keys[1], tell_client=False))
    await at(studio.house, NOW)
    assert (posts.letters, posts.texts) == ([], [])
    await at(studio.house, START - DAY)
    await at(studio.house, START - DAY + 2 * HOUR)
    subjects = [letter.words.subject for letter in posts.letters if letter.words is not None]
    business = posts.letters[0].facts["business"]
    assert subjects == [
        f"Not confirmed yet: {business} on Monday, 8 March 2027, 15:00",
        f"Reminder: {business} on Monday, 8 March 2027, 17:00",
    ]
    assert [one.text for one in posts.texts] == [
        f"{business}: your request for Monday, 8 March 2027, 15:00 with Kai Rodriguez is not confirmed yet.",
        f"Reminder from {business}: Monday, 8 March 2027 at 17:00 with Kai Rodriguez.",
    ]


async def test_a_reminder_run_again_or_at_the_wrong_time_says_nothing(told: tuple[Studio, Posts]) -> None:
    """Early, late, of another business, twice: one letter in all."""
    studio, posts = told
    _, appointment_id = await booked(studio)
    clock = studio.house.clock
    async with studio.house.system_at(studio.business_id) as ctx:
        for instant in (START - DAY - INSTANT, START, START + DAY):
            clock.instant = instant  # type: ignore[attr-defined]
            await remind(ctx, facts_of(appointment_id))
        clock.instant = START - DAY  # type: ignore[attr-defined]
        for wrong in ({"appointment_id": 424_242}, {"starts_minute": 1}, {"minutes_before": 60}):
            await remind(ctx, {**facts_of(appointment_id), **wrong})
        assert posts.letters == []
        for _ in range(2):
            await remind(ctx, facts_of(appointment_id))
    async with studio.house.system_at(studio.business_id + 1) as ctx:
        await remind(ctx, facts_of(appointment_id))
    assert posts.said == ["reminder"]


async def test_planning_again_changes_nothing(told: tuple[Studio, Posts]) -> None:
    """A worker that hears of the booking late still reminds, once; an unknown appointment has none."""
    studio, posts = told
    _, appointment_id = await booked(studio)
    assert await at(studio.house, START - DAY) == 3
    assert posts.said == ["reminder"]
    async with studio.house.system_at(studio.business_id) as ctx:
        await plan_reminders(ctx, appointment_id)
        await plan_reminders(ctx, 424_242)
    await at(studio.house, START)
    assert posts.said == ["reminder"]


async def test_what_is_booked_within_the_day_has_no_reminder(told: tuple[Studio, Posts]) -> None:
    """Its time has passed already."""
    studio, posts = told
    client_id = await studio.client("Ana", email="ana@example.com")
    await studio.appointment(client_id, starts_at=NOW + 10 * HOUR, tell_client=False)
    await at(studio.house, NOW + 9 * HOUR)
    assert (posts.letters, await waiting(studio)) == ([], [])


async def test_new_settings_hold_for_appointments_to_come(told: tuple[Studio, Posts]) -> None:
    """By SMS two hours ahead instead: the mail is dropped, the text goes to the number."""
    studio, posts = told
    client_id, _ = await booked(studio)
    await at(studio.house, NOW)
    command = ConfigureMessages(reminders=[Reminder(minutes_before=120, channel="sms")])
    await configure_messages(studio.ctx, command)
    await at(studio.house, NOW)
    assert await waiting(studio) == [START - DAY, START - 2 * HOUR]
    await at(studio.house, START - HOUR)
    assert posts.letters == []
    (sms,) = posts.texts
    assert sms.to == "+15125550100"
    assert sms.text.endswith(": Monday, 8 March 2027 at 15:00 with Kai Rodriguez.")
    (message,) = await studio.table("messages")
    assert (message["status"], message["sid"], message["segments"]) == ("SENT", "SM1", 1)
    assert (message["client_id"], message["channel"], message["template"]) == (client_id, "sms", "reminder")


async def test_who_opted_out_gets_no_sms(told: tuple[Studio, Posts]) -> None:
    """Until they opt in again."""
    studio, posts = told
    client_id, _ = await booked(studio)
    reminders = [Reminder(minutes_before=minutes, channel="sms") for minutes in (120, 60)]
    await configure_messages(studio.ctx, ConfigureMessages(reminders=reminders))
    await update_client(studio.ctx, UpdateClient(client_id=client_id, wants_sms=False))
    await at(studio.house, NOW)
    await at(studio.house, START - 2 * HOUR)
    assert posts.texts == []
    await update_client(studio.ctx, UpdateClient(client_id=client_id, wants_sms=True))
    await at(studio.house, START - HOUR)
    assert len(posts.texts) == 1


async def test_more_appointments_than_a_batch_are_planned_anew(
    told: tuple[Studio, Posts], monkeypatch: Any
) -> None:
    """Batch after batch, each in one insert, until all have their reminder."""
    studio, _ = told
    monkeypatch.setattr("core.messaging.reminders.REPLANNED_AT_ONCE", 2)
    client_id = await studio.client("Ana", email="ana@example.com")
    for day in range(5):
        await studio.appointment(client_id, starts_at=START + day * DAY, tell_client=False)
    await at(studio.house, NOW)
    await configure_messages(
        studio.ctx, ConfigureMessages(reminders=[Reminder(minutes_before=60, channel="mail")])
    )
    async with studio.house.database.connect(None, write=True) as connection:
        await connection.execute(text("DELETE FROM jobs WHERE kind = 'remind'"))
        await connection.commit()
    await at(studio.house, NOW)
    assert await waiting(studio) == [START - HOUR + day * DAY for day in range(5)]


async def test_planning_is_three_statements(told: tuple[Studio, Posts]) -> None:
    """The appointment, the settings, and one insert however many reminders there are."""
    studio, _ = told
    _, appointment_id = await booked(studio)
    reminders = [Reminder(minutes_before=60 * hours, channel="mail") for hours in (1, 2, 3, 4, 5)]
    await configure_messages(studio.ctx, ConfigureMessages(reminders=reminders))
    async with studio.house.system_at(studio.business_id) as ctx:
        with counted(studio.house) as seen:
            await plan_reminders(ctx, appointment_id)
    assert [statement.split()[0] for statement in seen] == ["SELECT", "SELECT", "INSERT"]
