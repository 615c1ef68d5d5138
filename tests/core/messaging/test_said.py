"""Saying something once: what a carrier refuses, what is tried again, and words that cannot be filled."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest_asyncio
from sqlalchemy import text

from app.house import House
from core.appointments.cancel import CancelAppointment, cancel
from core.appointments.confirm import ConfirmAppointment, confirm
from core.appointments.decline import DeclineAppointment, decline
from core.appointments.reschedule import RescheduleAppointment, reschedule
from core.kernel.money import Money
from core.messaging.configure_messages import ConfigureMessages, configure_messages
from core.messaging.mail import Letter, MailNotSent, MailRefused
from core.messaging.sms import SmsNotSent, SmsSender, TakenSms, TextMessage
from tests.core.appointments.shop import offered, sold
from tests.kit.houses import NOW, Studio
from tests.kit.posts import Posts, at, studio_with_posts

START = NOW.replace(hour=15) + timedelta(days=7)
MINUTE = timedelta(minutes=1)


@pytest_asyncio.fixture
async def told(own_house: House, fresh_number: int) -> AsyncIterator[tuple[Studio, Posts]]:
    """A studio that reminds nobody, and what it says."""
    async with studio_with_posts(own_house, fresh_number) as (studio, posts):
        await configure_messages(studio.ctx, ConfigureMessages(reminders=[]))
        yield studio, posts


class Closed:
    """Refuses every letter in one way."""

    def __init__(self, refusal: Exception) -> None:
        self._refusal = refusal

    async def send(self, letter: Letter) -> None:
        """Refuse."""
        raise self._refusal


class Down:
    """A carrier that takes no text as long as a test likes."""

    def __init__(self, posts: Posts) -> None:
        self.is_down = True
        self._posts = posts

    async def send(self, message: TextMessage, *, again: bool) -> TakenSms:
        """Take the text, or not."""
        if self.is_down:
            raise SmsNotSent("status 503")
        self._posts.texts.append(message)
        return TakenSms(sid="SM1")


async def test_a_letter_refused_for_good_is_noted_and_not_argued_with(told: tuple[Studio, Posts]) -> None:
    """One row with SMTP's code; the job is done, not dead."""
    studio, _ = told
    studio.house.mailer = Closed(MailRefused(550))
    await studio.appointment(await studio.client("Ana", email="ana@example.com"), starts_at=START)
    await at(studio.house, NOW)
    (message,) = await studio.table("messages")
    assert (message["status"], message["error_code"]) == ("REFUSED", 550)
    jobs = await studio.house.job_list.newest(
        state=None, kind="mail_booking_confirmation", business_id=studio.business_id, most=5
    )
    assert [(job.state, job.attempts) for job in jobs] == [("DONE", 1)]


async def test_a_letter_that_waits_is_seen(told: tuple[Studio, Posts]) -> None:
    """Not taken for now: the row says SENDING; the next try is SENT, in the same row, once."""
    studio, posts = told
    open_box = studio.house.mailer
    studio.house.mailer = Closed(MailNotSent("busy"))
    await studio.appointment(await studio.client("Ana", email="ana@example.com"), starts_at=START)
    await at(studio.house, NOW)
    assert [row["status"] for row in await studio.table("messages")] == ["SENDING"]
    studio.house.mailer = open_box
    await at(studio.house, NOW + MINUTE)
    assert [row["status"] for row in await studio.table("messages")] == ["SENT"]
    assert posts.said == ["booking_confirmation"]


async def test_a_held_change_that_failed_by_one_way_is_told_by_it_later(told: tuple[Studio, Posts]) -> None:
    """Mail went out, the SMS did not: the second try sends the SMS and no second letter."""
    studio, posts = told
    carrier = Down(posts)
    studio.house.outside[SmsSender] = carrier
    client_id = await studio.client("Ana", email="ana@example.com", phone="+15125550101")
    appointment_id = await studio.appointment(client_id, starts_at=START)
    await at(studio.house, NOW)
    posts.letters.clear()
    await configure_messages(studio.ctx, ConfigureMessages(channels=["mail", "sms"], changes_held_minutes=30))
    command = RescheduleAppointment(
        appointment_id=appointment_id, starts_at=START + 60 * MINUTE, within_policies=False
    )
    await reschedule(studio.ctx, command)
    await at(studio.house, NOW)
    await at(studio.house, NOW + 30 * MINUTE)
    assert (posts.said, posts.texts) == (["rescheduled"], [])
    carrier.is_down = False
    await at(studio.house, NOW + 40 * MINUTE)
    assert (posts.said, len(posts.texts)) == (["rescheduled"], 1)
    assert "16:00" in posts.texts[0].text


async def test_own_words_that_cannot_be_filled_give_way_to_those_that_are_shipped(
    told: tuple[Studio, Posts],
) -> None:
    """A template from before a fact was taken away: the client is told all the same."""
    studio, posts = told
    async with studio.house.database.connect(studio.business_id, write=True) as connection:
        await connection.execute(
            text(
                "INSERT INTO message_templates (business_id, name, channel, language, subject, text, updated_at)"
                " SELECT business_id, 'booking_confirmation', 'mail', 'en', 'x', '{{ gone }}', created_at"
                " FROM businesses WHERE business_id = :business"
            ),
            {"business": studio.business_id},
        )
        await connection.commit()
    await studio.appointment(await studio.client("Ana", email="ana@example.com"), starts_at=START)
    await at(studio.house, NOW)
    (letter,) = posts.letters
    assert letter.words is not None
    assert letter.words.text.startswith("Hello Ana,")


async def test_whoever_has_a_phone_alone_is_texted_where_the_business_texts(
    told: tuple[Studio, Posts],
) -> None:
    """What is asked for, called off and declined; where the business writes mail alone it says that nobody is told."""
    studio, posts = told
    client_id = await studio.client("Bo", phone="+15125550101")
    for channels, is_told in ((["sms"], True), (["mail"], False)):
        await configure_messages(studio.ctx, ConfigureMessages(channels=channels))
        quiet: dict[str, Any] = {"tell_client": False, "price": Money(40_000, "USD")}
        kept = await studio.appointment(client_id, starts_at=START, **quiet)
        asked = await offered(studio, 60, needs_approval=True)
        wanted = await sold(studio, client_id, START + 120 * MINUTE, service_id=asked, tell_client=False)
        dropped = wanted.appointment_id
        confirmed = await confirm(studio.ctx, ConfirmAppointment(appointment_id=kept))
        cancelled = await cancel(studio.ctx, CancelAppointment(appointment_id=kept))
        declined = await decline(studio.ctx, DeclineAppointment(appointment_id=dropped))
        assert {confirmed.client_is_told, cancelled.client_is_told, declined.client_is_told} == {is_told}
        await at(studio.house, NOW)
        assert (len(posts.texts), posts.letters) == (3, [])
    rows = await studio.table("messages")
    assert sorted(row["template"] for row in rows) == ["cancelled", "cancelled", "deposit_request"]


async def test_what_is_pending_is_told_as_asked_for_and_once_confirmed_as_booked(
    told: tuple[Studio, Posts],
) -> None:
    """A letter and a text each, once per event; confirmed again or in silence there is none."""
    studio, posts = told
    await configure_messages(studio.ctx, ConfigureMessages(channels=["mail", "sms"]))
    client_id = await studio.client("Ana", email="ana@example.com", phone="+15125550101")
    asked = await offered(studio, 60, needs_approval=True)
    kept = (await sold(studio, client_id, START, service_id=asked)).appointment_id
    await at(studio.house, NOW)
    assert _openings(posts) == (["you asked for this time at"], ["you asked for"])
    for is_told in (True, False):
        confirmed = await confirm(studio.ctx, ConfirmAppointment(appointment_id=kept))
        assert confirmed.client_is_told is is_told
        await at(studio.house, NOW)
        assert _openings(posts) == (
            ["you asked for this time at", "you are booked at"],
            ["you asked for", "you are booked on"],
        )
    rows = await studio.table("messages")
    assert [row["template"] for row in rows] == ["booking_confirmation"] * 4
    quiet = (
        await sold(studio, client_id, START + 120 * MINUTE, service_id=asked, tell_client=False)
    ).appointment_id
    await confirm(studio.ctx, ConfirmAppointment(appointment_id=quiet, tell_client=False))
    await at(studio.house, NOW)
    assert (len(posts.letters), len(posts.texts)) == (2, 2)


async def test_what_was_declined_is_told_as_not_confirmed(told: tuple[Studio, Posts]) -> None:
    """The subject of the one letter after the first; a cancelled one has its own."""
    studio, posts = told
    client_id = await studio.client("Ana", email="ana@example.com")
    asked = await offered(studio, 60, needs_approval=True)
    for minutes, is_declined in ((0, True), (120, False)):
        key = (await sold(studio, client_id, START + minutes * MINUTE, service_id=asked)).appointment_id
        await at(studio.house, NOW)
        posts.letters.clear()
        if is_declined:
            await decline(studio.ctx, DeclineAppointment(appointment_id=key))
        else:
            await cancel(studio.ctx, CancelAppointment(appointment_id=key))
        await at(studio.house, NOW)
        (letter,) = posts.letters
        assert letter.words is not None
        assert letter.words.subject is not None
        assert ("cannot confirm your appointment" in letter.words.subject) is is_declined
        assert letter.words.subject.endswith("is cancelled") is not is_declined


def _openings(posts: Posts) -> tuple[list[str], list[str]]:
    """What letters and texts begin with, to the name of the business or the day."""
    letters = [letter.words.text.splitlines()[2] for letter in posts.letters if letter.words is not None]
    phrases = ("you asked for this time at", "you are booked at", "you are booked on", "you asked for")
    return (
        [next(phrase for phrase in phrases if line.startswith(phrase)) for line in letters],
        [next(phrase for phrase in phrases if phrase in one.text) for one in posts.texts],
    )
