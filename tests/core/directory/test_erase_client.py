"""Erasing a client: no trace of who they were is left in any table, and nobody else is touched."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from adapters.sql.tables import TENANT_TABLES
from core.appointments.cancel import CancelAppointment, cancel
from core.appointments.confirm import ConfirmAppointment, confirm
from core.calendars.create_feed import CreateCalendarFeed, create_calendar_feed
from core.calendars.read_feed import ReadCalendarFeed, read_calendar_feed
from core.directory.archive_client import ArchiveClient, archive_client
from core.directory.erase_client import ClientStillExpected, EraseClient, erase_client
from core.kernel.errors import NotFound
from core.messaging.message import Message
from core.waitlist.join import JoinWaitlist, join_waitlist
from core.waitlist.leave import LeaveWaitlist, leave_waitlist
from core.waitlist.offer_slot import OfferWaitlistSlot, offer_waitlist_slot
from tests.core.webhooks.conftest import Sending, sending, webhook_url
from tests.kit.houses import NOW, Studio, counted
from tests.kit.receivers import status

__all__ = ["sending", "webhook_url"]

CANARY = "Xanthippe"
"""Stands in everything that is written of the client, and in nothing else."""


async def traces(studio: Studio) -> dict[str, int]:
    """The tenant tables in which the word stands, and in how many rows."""
    found = {}
    for name in TENANT_TABLES:
        rows = await studio.table(name)
        count = sum(CANARY.lower() in str(list(row.values())).lower() for row in rows)
        if count:
            found[name] = count
    return found


async def known_client(studio: Studio) -> int:
    """A client of whom much was written: told, sealed, waited, offered, called off."""
    key = await studio.client(
        f"{CANARY} Lima",
        email=f"{CANARY}@example.com",
        phone="+15125550100",
        allergies=f"{CANARY} latex",
        internal_notes=CANARY,
    )
    appointment = await studio.appointment(
        key, notes=CANARY, description=f"{CANARY}'s heron", style=CANARY, internal_notes=CANARY
    )
    await confirm(studio.ctx, ConfirmAppointment(appointment_id=appointment))
    joined = await join_waitlist(
        studio.ctx,
        JoinWaitlist(client_id=key, duration_minutes=60, notes=CANARY, description=CANARY, style=CANARY),
    )
    offer = OfferWaitlistSlot(
        waitlist_entry_id=joined.waitlist_entry_id,
        starts_at=NOW + timedelta(days=9),
        provider_id=studio.provider_id,
        message=f"Yours, {CANARY}",
    )
    await offer_waitlist_slot(studio.ctx, offer)
    async with studio.ctx.unit_of_work() as uow:
        uow.add(
            Message(
                message_key="one",
                channel="sms",
                template="reminder",
                language="en",
                client_id=key,
                appointment_id=appointment,
                facts={},
                status="SENT",
                sid=f"SM{CANARY}",
                created_at=uow.now,
                updated_at=uow.now,
            )
        )
    return key


async def nothing_ahead(studio: Studio) -> None:
    """Call off what is ahead, and take whoever waits off the list."""
    for row in await studio.table("appointments"):
        await cancel(studio.ctx, CancelAppointment(appointment_id=row["id"], reason=f"{CANARY} is ill"))
    for row in await studio.table("waitlist_entries"):
        await leave_waitlist(studio.ctx, LeaveWaitlist(waitlist_entry_id=row["id"]))


async def test_no_trace_is_left_in_any_table(sending: Sending) -> None:
    """Names, notes, messages, bodies of webhooks and what receivers answered; what took place stays, of nobody."""
    studio = sending.studio
    _, _, receiver = await sending.endpoint(status(500, CANARY.encode()), scheme="servalodesk")
    key = await known_client(studio)
    await sending.send()
    await nothing_ahead(studio)
    await sending.send()
    assert any(CANARY.encode() in one.body for one in receiver.received)
    before = await traces(studio)
    assert {"clients", "appointments", "waitlist_entries", "waitlist_offers", "messages"} <= before.keys()
    assert {"webhook_bodies", "webhook_attempts"} <= before.keys()
    await erase_client(studio.ctx, EraseClient(client_id=key))
    assert await traces(studio) == {}
    (client,) = await studio.table("clients")
    left = {name for name, value in client.items() if value is not None}
    assert left == {"business_id", "id", "created_at", "archived_at", "display_name"}
    assert client["display_name"] == "Erased"
    (appointment,) = await studio.table("appointments")
    assert (appointment["client_id"], appointment["status"]) == (key, "CANCELLED")
    assert await studio.payloads("client.erased") == [{"client_id": key}]
    receiver.ways, receiver.count = [status(204)], 0
    receiver.received.clear()
    await sending.send(timedelta(minutes=2))
    await sending.send(timedelta(minutes=2))
    told = [json.loads(one.body) for one in receiver.received]
    assert {one["event"] for one in told} >= {"appointment.confirmed", "appointment.cancelled"}
    assert CANARY not in str(told)
    assert "Erased" in str(told)


async def test_while_something_is_ahead_nobody_is_erased(studio: Studio, other_studio: Studio) -> None:
    """An appointment, or a place on the waitlist; unknown and others' clients are not there; nothing changes."""
    key = await known_client(studio)
    before = await studio.state()
    with pytest.raises(ClientStillExpected):
        await erase_client(studio.ctx, EraseClient(client_id=key))
    for ctx, wrong in ((other_studio.ctx, key), (studio.ctx, 2**50)):
        with pytest.raises(NotFound):
            await erase_client(ctx, EraseClient(client_id=wrong))
    assert await studio.state() == before
    (row,) = await studio.table("appointments")
    await cancel(studio.ctx, CancelAppointment(appointment_id=row["id"]))
    with pytest.raises(ClientStillExpected):
        await erase_client(studio.ctx, EraseClient(client_id=key))


async def test_nobody_else_is_touched(studio: Studio) -> None:
    """Another client of the same name keeps everything; archived ones are erased, and a second time as well."""
    await known_client(studio)
    before = await traces(studio)
    twin = await studio.client(f"{CANARY} Twin")
    clients = [row for row in await studio.table("clients") if row["id"] != twin]
    await archive_client(studio.ctx, ArchiveClient(client_id=twin))
    for _ in range(2):
        with counted(studio.house) as statements:
            await erase_client(studio.ctx, EraseClient(client_id=twin))
        assert len(statements) <= 14, statements
    assert await traces(studio) == before
    assert [row for row in await studio.table("clients") if row["id"] != twin] == clients


async def test_their_feeds_end(studio: Studio) -> None:
    """A feed of the client answers like one that never was."""
    key = await studio.client(CANARY)
    made = await create_calendar_feed(studio.ctx, CreateCalendarFeed(client_id=key))
    assert made.token is not None
    await read_calendar_feed(studio.ctx, ReadCalendarFeed(token=made.token))
    await erase_client(studio.ctx, EraseClient(client_id=key))
    with pytest.raises(NotFound):
        await read_calendar_feed(studio.ctx, ReadCalendarFeed(token=made.token))
