"""Changes of time: told at once, or held and merged, and dropped where they came to nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest_asyncio

from app.house import House
from core.appointments.cancel import CancelAppointment, cancel
from core.appointments.confirm import ConfirmAppointment, confirm
from core.appointments.reschedule import RescheduleAppointment, reschedule
from core.messaging.changes import tell_or_hold
from core.messaging.configure_messages import ConfigureMessages, configure_messages
from tests.core.appointments.shop import offered, sold
from tests.kit.houses import NOW, Studio
from tests.kit.posts import Posts, at, studio_with_posts

MINUTE = timedelta(minutes=1)
START = NOW.replace(hour=15) + timedelta(days=7)


@pytest_asyncio.fixture
async def told(own_house: House, fresh_number: int) -> AsyncIterator[tuple[Studio, Posts]]:
    """A studio that holds changes for 30 minutes and reminds nobody, and what it says."""
    async with studio_with_posts(own_house, fresh_number) as (studio, posts):
        await configure_messages(studio.ctx, ConfigureMessages(changes_held_minutes=30, reminders=[]))
        yield studio, posts


async def booked(studio: Studio, posts: Posts) -> int:
    """An appointment at START that its client was told of."""
    client_id = await studio.client("Ana Lima", email="ana@example.com")
    appointment_id = await studio.appointment(client_id, starts_at=START)
    await at(studio.house, NOW)
    assert posts.said == ["booking_confirmation"]
    posts.letters.clear()
    return appointment_id


async def move(studio: Studio, appointment_id: int, starts_at: datetime) -> None:
    """Move the appointment, and let the worker hear of it."""
    await reschedule(
        studio.ctx,
        RescheduleAppointment(appointment_id=appointment_id, starts_at=starts_at, within_policies=False),
    )
    await at(studio.house, studio.house.clock.now())


async def test_dragging_about_is_one_letter_with_the_last_time(told: tuple[Studio, Posts]) -> None:
    """Three moves within ten minutes each: told 30 minutes after the last, not before."""
    studio, posts = told
    appointment_id = await booked(studio, posts)
    for step in range(3):
        await at(studio.house, NOW + 10 * step * MINUTE)
        await move(studio, appointment_id, START + (step + 1) * 60 * MINUTE)
    await at(studio.house, NOW + 50 * MINUTE - timedelta(microseconds=1))
    assert posts.letters == []
    await at(studio.house, NOW + 50 * MINUTE)
    await at(studio.house, NOW + 200 * MINUTE)
    (letter,) = posts.letters
    assert (letter.template, letter.facts["starts_at"]) == ("rescheduled", START + 180 * MINUTE)


async def test_changes_heard_of_out_of_order_are_told_after_the_latest(told: tuple[Studio, Posts]) -> None:
    """The worker hears of the second change first: told once, 30 minutes after that, and not before."""
    studio, posts = told
    appointment_id = await booked(studio, posts)
    await move(studio, appointment_id, START + 60 * MINUTE)
    for minutes in (20, 10, 0):
        await tell_or_hold(studio.ctx, appointment_id, NOW + minutes * MINUTE, f"after {minutes}")
    await at(studio.house, NOW + 50 * MINUTE - timedelta(microseconds=1))
    assert posts.letters == []
    await at(studio.house, NOW + 50 * MINUTE)
    assert posts.said == ["rescheduled"]
    await tell_or_hold(studio.ctx, appointment_id, NOW + 10 * MINUTE, "late")
    await at(studio.house, NOW + 200 * MINUTE)
    assert posts.said == ["rescheduled"]


async def test_back_where_it_was_is_not_told(told: tuple[Studio, Posts]) -> None:
    """What the client was told last still holds; a later change is told as ever."""
    studio, posts = told
    appointment_id = await booked(studio, posts)
    await move(studio, appointment_id, START + 60 * MINUTE)
    await move(studio, appointment_id, START)
    await at(studio.house, NOW + 60 * MINUTE)
    assert posts.letters == []
    await move(studio, appointment_id, START + 60 * MINUTE)
    await at(studio.house, NOW + 90 * MINUTE)
    assert posts.said == ["rescheduled"]
    await move(studio, appointment_id, START)
    await at(studio.house, NOW + 120 * MINUTE)
    assert posts.said == ["rescheduled", "rescheduled"]


async def test_a_change_of_what_is_cancelled_is_not_told(told: tuple[Studio, Posts]) -> None:
    """The cancellation is told at once, the change never."""
    studio, posts = told
    appointment_id = await booked(studio, posts)
    await move(studio, appointment_id, START + 60 * MINUTE)
    await cancel(studio.ctx, CancelAppointment(appointment_id=appointment_id))
    await at(studio.house, NOW + MINUTE)
    assert posts.said == ["cancelled"]
    await at(studio.house, NOW + 100 * MINUTE)
    assert posts.said == ["cancelled"]


async def test_held_for_no_time_is_told_at_once(told: tuple[Studio, Posts]) -> None:
    """The default: every change has its letter."""
    studio, posts = told
    await configure_messages(studio.ctx, ConfigureMessages(changes_held_minutes=0))
    appointment_id = await booked(studio, posts)
    await move(studio, appointment_id, START + 60 * MINUTE)
    await move(studio, appointment_id, START)
    assert posts.said == ["rescheduled", "rescheduled"]


async def test_both_ways_when_the_business_wants_both(told: tuple[Studio, Posts]) -> None:
    """A letter and a text; nobody is told where there is no way."""
    studio, posts = told
    await configure_messages(studio.ctx, ConfigureMessages(channels=["mail", "sms"], changes_held_minutes=0))
    client_id = await studio.client("Bo", email="bo@example.com", phone="+15125550101", language="de")
    await studio.appointment(client_id, starts_at=START)
    await at(studio.house, NOW)
    assert posts.said == ["booking_confirmation"]
    (sms,) = posts.texts
    assert sms.text.endswith(": Ihr Termin ist gebucht, Montag, 8. März 2027, 15:00 Uhr, bei Kai Rodriguez.")
    await configure_messages(studio.ctx, ConfigureMessages(channels=[]))
    await studio.appointment(client_id, starts_at=START + 60 * MINUTE)
    await at(studio.house, NOW)
    assert (len(posts.letters), len(posts.texts)) == (1, 1)


async def test_a_pending_appointment_that_moved_is_told_to_wait_still(told: tuple[Studio, Posts]) -> None:
    """At once or after it was held; confirmed while it was held it is told as booked, and no second time."""
    studio, posts = told
    client_id = await studio.client("Ana Lima", email="ana@example.com")
    asked = await offered(studio, 60, needs_approval=True)
    key = (await sold(studio, client_id, START, service_id=asked)).appointment_id
    await at(studio.house, NOW)
    await move(studio, key, START + 60 * MINUTE)
    await at(studio.house, NOW + 30 * MINUTE)
    await configure_messages(studio.ctx, ConfigureMessages(changes_held_minutes=0))
    await move(studio, key, START + 120 * MINUTE)
    await configure_messages(studio.ctx, ConfigureMessages(changes_held_minutes=30))
    await move(studio, key, START + 180 * MINUTE)
    await confirm(studio.ctx, ConfirmAppointment(appointment_id=key))
    await at(studio.house, NOW + 30 * MINUTE)
    await at(studio.house, NOW + 200 * MINUTE)
    business = posts.letters[0].facts["business"]
    assert [letter.words.subject for letter in posts.letters if letter.words is not None] == [
        f"Your request to {business}: Monday, 8 March 2027, 15:00",
        f"Your request to {business} has moved to Monday, 8 March 2027, 16:00",
        f"Your request to {business} has moved to Monday, 8 March 2027, 17:00",
        f"Your appointment at {business} on Monday, 8 March 2027, 18:00",
    ]
