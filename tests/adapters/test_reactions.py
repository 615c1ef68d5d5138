"""Reactions: mail follows what happened, once, however often the job is done, and not where silence was asked."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import text

from adapters.mail.fake import KeptMailer
from app.house import House
from app.reactions import BY_NAME, REACTIONS, reactions_to
from app.worker import work_off
from core.kernel.clock import FixedClock
from core.kernel.events import EVENT_TYPES
from core.messaging.mail import Letter, MailNotSent
from tests.kit.houses import NOW, Studio, new_studio

REDO = "UPDATE jobs SET state = 'WAITING', run_at = created_at WHERE kind = 'mail_booking_confirmation'"


class Posting:
    """A mailer that notes what it is given, or refuses so many times first."""

    def __init__(self) -> None:
        self.letters: list[Letter] = []
        self.refusals = 0

    async def send(self, letter: Letter) -> None:
        """Note the letter, or refuse it."""
        if self.refusals:
            self.refusals -= 1
            raise MailNotSent("SMTPServerDisconnected")
        self.letters.append(letter)

    @property
    def templates(self) -> list[str]:
        """What was sent, by template."""
        return [letter.template for letter in self.letters]


@pytest.fixture
def posting(own_house: House, monkeypatch: pytest.MonkeyPatch) -> Posting:
    """The house's mailer during a test."""
    made = Posting()
    monkeypatch.setattr(own_house, "mailer", made)
    return made


@pytest_asyncio.fixture
async def own_studio(own_house: House, fresh_number: int, posting: Posting) -> AsyncIterator[Studio]:
    """A studio in the module's house, whose welcome has been sent."""
    await run(own_house, "DELETE FROM jobs")
    made, block = await new_studio(own_house, fresh_number)
    await work_off(own_house)
    posting.letters.clear()
    yield made
    await block.__aexit__(None, None, None)


async def run(house: House, statement: str, **values: Any) -> None:
    """Change rows by SQL, outside every business."""
    async with house.database.connect(None, write=True) as connection:
        await connection.execute(text(statement), values)
        await connection.commit()


async def jobs_of(house: House) -> list[dict[str, Any]]:
    """Every job, oldest first."""
    async with house.database.connect(None) as connection:
        rows = await connection.execute(
            text("SELECT kind, state, attempts, last_error FROM jobs ORDER BY id")
        )
        return [dict(row._mapping) for row in rows]


async def confirmation(house: House) -> dict[str, Any]:
    """The newest job that confirms a booking."""
    return [job for job in await jobs_of(house) if job["kind"] == "mail_booking_confirmation"][-1]


async def test_signing_up_mails_a_welcome_to_the_owner(
    own_house: House, posting: Posting, fresh_number: int
) -> None:
    """One letter, to the address that signed up, with an id of its own."""
    await run(own_house, "DELETE FROM jobs")
    made, block = await new_studio(own_house, fresh_number)
    assert await work_off(own_house) == 1
    (letter,) = posting.letters
    assert (letter.template, letter.to) == ("welcome", made.email)
    assert letter.facts == {"business": f"Midnight Ink {fresh_number}", "owner": "Kai Rodriguez"}
    assert letter.message_id == f"{made.business_id}.1.mail_welcome@localhost"
    await block.__aexit__(None, None, None)


async def test_a_booking_mails_the_client_in_the_locations_zone(own_studio: Studio, posting: Posting) -> None:
    """One letter with the facts of the appointment; doing it again finds nothing to do."""
    client_id = await own_studio.client("Ana Lima", email="ana@example.com")
    await own_studio.appointment(client_id, starts_at=NOW + timedelta(days=7, hours=6))
    assert await work_off(own_studio.house) == 2
    (letter,) = posting.letters
    assert (letter.template, letter.to) == ("booking_confirmation", "ana@example.com")
    assert letter.facts["client"] == "Ana Lima"
    assert letter.facts["starts_at"] == NOW + timedelta(days=7, hours=6)
    assert await work_off(own_studio.house) == 0
    assert [(job["kind"], job["state"], job["attempts"]) for job in await jobs_of(own_studio.house)][-3:] == [
        ("mail_booking_confirmation", "DONE", 1),
        ("plan_reminders_of_booked", "DONE", 1),
        ("remind", "WAITING", 0),
    ]


async def test_silence_is_kept(own_studio: Studio, posting: Posting) -> None:
    """A booking that promised silence does its job and sends nothing; so does one without an address."""
    client_id = await own_studio.client("Ana", email="ana@example.com")
    await own_studio.appointment(client_id, tell_client=False)
    nameless = await own_studio.client("Bea")
    await own_studio.appointment(nameless, starts_at=NOW + timedelta(days=8))
    assert await work_off(own_studio.house) == 4
    assert posting.letters == []
    assert {job["state"] for job in await jobs_of(own_studio.house) if job["kind"] != "remind"} == {"DONE"}


async def test_a_job_done_twice_is_one_mail(
    own_house: House, own_studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that died before it could say so: the letter of the second try has the same id, kept once."""
    monkeypatch.setattr(own_house, "mailer", KeptMailer(own_house.kept_mail.keep))
    address = f"twice{own_studio.business_id}@example.com"
    client_id = await own_studio.client("Ana", email=address)
    await own_studio.appointment(client_id)
    for jobs in (2, 1):
        assert await work_off(own_house) == jobs
        await run(own_house, REDO)
    assert [to for _, to, _, _ in await own_house.kept_mail.newest(500)].count(address) == 1


async def test_a_letter_that_was_not_taken_is_sent_later_under_the_same_id(
    own_studio: Studio, posting: Posting
) -> None:
    """Refused twice: tried again after 5 and after 30 seconds and up to a tenth more, and then done."""
    house, clock = own_studio.house, own_studio.house.clock
    assert isinstance(clock, FixedClock)
    client_id = await own_studio.client("Ana", email="ana@example.com")
    await own_studio.appointment(client_id)
    posting.refusals = 2
    assert await work_off(house) == 2
    assert await confirmation(house) == {
        "kind": "mail_booking_confirmation",
        "state": "WAITING",
        "attempts": 1,
        "last_error": "MailNotSent",
    }
    try:
        for seconds in (5, 30):
            assert await work_off(house) == 0
            clock.advance(timedelta(seconds=seconds) * 1.1)
            assert await work_off(house) == 1
    finally:
        clock.instant = NOW
    assert posting.templates == ["booking_confirmation"]
    sequence = (await own_studio.table("events"))[-1]["sequence"]
    assert posting.letters[0].message_id == (
        f"{own_studio.business_id}.{sequence}.mail_booking_confirmation@localhost"
    )
    assert (await confirmation(house))["state"] == "DONE"


async def test_an_event_that_was_pruned_is_too_old_to_act_on(own_studio: Studio, posting: Posting) -> None:
    """The job is done and nothing is sent."""
    client_id = await own_studio.client("Ana", email="ana@example.com")
    await own_studio.appointment(client_id)
    async with own_studio.house.database.connect(own_studio.business_id, write=True) as connection:
        await connection.execute(text("DELETE FROM events"))
        await connection.commit()
    assert await work_off(own_studio.house) == 2
    assert (posting.letters, (await confirmation(own_studio.house))["state"]) == ([], "DONE")


def test_every_reaction_follows_an_event_that_exists() -> None:
    """By its type; reactions have names of their own, which jobs are kept under."""
    assert set(REACTIONS) <= set(EVENT_TYPES)
    reactions = {reaction for several in REACTIONS.values() for reaction in several}
    assert {reaction.__name__: reaction for reaction in reactions} == BY_NAME
    assert len(BY_NAME) == len(reactions)
    assert all(len(several) == len(set(several)) for several in REACTIONS.values())
    assert reactions_to("appointment.booked") == (
        "mail_booking_confirmation",
        "plan_reminders_of_booked",
    )
    assert reactions_to("client.created") == ()
