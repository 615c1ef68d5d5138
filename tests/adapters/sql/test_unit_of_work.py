"""The unit of work: state, event, audit, idempotency and jobs are kept together or not at all."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import IntegrityError

from core.appointments.book import BookAppointment, book
from core.appointments.release_hold import HoldReleased
from core.directory.client import Client, ClientCreated, ClientUpdated
from core.directory.create_client import CreateClient, create_client
from core.events.catalogue import CATALOGUE, Unlisted
from core.kernel.clock import FixedClock
from core.kernel.errors import IdempotencyMismatch, Invalid
from core.kernel.events import EVENT_TYPES
from tests.kit.houses import NOW, Studio, counted


class _Power(Exception):
    """The power fails."""


async def jobs_of(studio: Studio) -> list[dict[str, Any]]:
    """The jobs of a business, oldest first."""
    async with studio.house.database.connect(None) as connection:
        rows = await connection.execute(
            text("SELECT * FROM jobs WHERE business_id = :business ORDER BY id"),
            {"business": studio.business_id},
        )
        return [dict(row._mapping) for row in rows]


@asynccontextmanager
async def failing_at(studio: Studio, number: int) -> AsyncIterator[None]:
    """Within the block the writer's statement of that number, counted from 1, raises instead of running."""
    seen = 0
    engine = studio.house.database.writer.sync_engine

    def fail(_c: Any, _k: Any, statement: str, *_: Any) -> None:
        nonlocal seen
        if not statement.startswith(("BEGIN", "COMMIT", "ROLLBACK")):
            seen += 1
            if seen == number:
                raise _Power

    event.listen(engine, "before_cursor_execute", fail)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", fail)


async def test_an_exception_at_any_statement_leaves_nothing(studio: Studio) -> None:
    """A booking with a key is cut off before each of its statements in turn, and every time nothing is kept."""
    client_id = await studio.client()
    command = BookAppointment(
        client_id=client_id,
        provider_id=studio.provider_id,
        starts_at=NOW + timedelta(days=7),
        duration_minutes=60,
        within_policies=False,
        idempotency_key="k",
    )
    before, jobs = await studio.state(), await jobs_of(studio)
    number = 0
    while True:
        number += 1
        try:
            async with failing_at(studio, number):
                await book(studio.ctx, command)
        except _Power:
            assert (await studio.state(), await jobs_of(studio)) == (before, jobs)
            continue
        break
    assert number == 1 + 13  # eleven statements of a booking, two of its key, and then the one that works
    after = await studio.state()
    grown = {name: len(after[name]) - len(before[name]) for name in after}
    assert {name: count for name, count in grown.items() if count} == {
        "appointments": 1,
        "allocations": 1,
        "events": 1,
        "audit": 1,
        "idempotency": 1,
    }
    assert len(await jobs_of(studio)) == len(jobs) + 2  # a letter, and the reminders


async def test_an_exception_after_the_work_leaves_nothing(studio: Studio) -> None:
    """Entities flushed, events emitted and audit noted: an exception at the end of the block undoes all."""
    before = await studio.state()
    with pytest.raises(_Power):
        async with studio.ctx.unit_of_work() as uow:
            uow.audit("test.acted", "test", None, why="to see")
            made = await create_client_in(uow)
            assert made.id is not None
            raise _Power
    assert await studio.state() == before


async def create_client_in(uow: Any) -> Client:
    """A client, added and flushed."""
    names = (
        "display_name given_name family_name email email_key phone phone_e164 allergies medical_notes"
        " internal_notes"
    ).split()
    texts: dict[str, Any] = dict.fromkeys(names, "x")
    client = Client(**texts, preferred_provider_id=None, created_at=uow.now)
    uow.add(client)
    await uow.flush()
    return client


async def test_readers_see_all_of_it_or_nothing(studio: Studio) -> None:
    """What an open transaction has written is in no table for anybody else before it commits."""
    before = await studio.state()
    async with studio.ctx.unit_of_work() as uow:
        await create_client_in(uow)
        uow.audit("test.acted", "test", None)
        assert await studio.state() == before
    after = await studio.state()
    assert [len(after[name]) - len(before[name]) for name in ("clients", "audit")] == [1, 1]


async def test_a_unit_of_work_that_did_nothing_keeps_nothing(studio: Studio) -> None:
    """Opening and leaving writes no row and runs no statement."""
    before = await studio.state()
    with counted(studio.house) as statements:
        async with studio.ctx.unit_of_work():
            pass
    assert statements == []
    assert await studio.state() == before


async def test_an_audit_row_says_who_asked_what_in_which_request(studio: Studio) -> None:
    """An act that is no event is recorded with its actor, request and instant."""
    async with studio.ctx.unit_of_work() as uow:
        uow.audit("client.exported", "client", 7, rows=3, format="csv")
    row = (await studio.table("audit"))[-1]
    facts = row["facts"]
    assert facts in ({"rows": 3, "format": "csv"}, '{"rows": 3, "format": "csv"}')
    assert (row["action"], row["noun"], row["key"]) == ("client.exported", "client", 7)
    assert (row["actor"], row["request_id"]) == (f"user:{studio.identity_id}", "test-request")


async def test_a_broken_constraint_that_means_no_refusal_is_a_fault(studio: Studio) -> None:
    """A null where none may be is a mistake of the program: the error is raised as it is."""
    before = await studio.state()
    with pytest.raises(IntegrityError):
        async with studio.ctx.unit_of_work() as uow:
            client = await create_client_in(uow)
            client.display_name = None  # type: ignore[assignment]
    assert await studio.state() == before


async def test_a_key_is_remembered_for_a_day_per_actor_and_verb(studio: Studio) -> None:
    """Within 24 hours it answers as before; after them it is new; another actor has keys of its own."""

    async def at(hours: float, name: str, actor: str = "user:one") -> int:
        clock = FixedClock(NOW + timedelta(hours=hours))
        who = type(studio.ctx.actor)(name=actor, business_id=studio.business_id)
        async with studio.house.context(who, "later", clock=clock) as ctx:
            command = CreateClient(display_name=name, idempotency_key="k")
            return (await create_client(ctx, command)).client_id

    first = await at(0, "Ana")
    assert await at(23.99, "Ana") == first
    with pytest.raises(IdempotencyMismatch):
        await at(23.99, "Bea")
    other = await at(0, "Bea", actor="user:two")
    assert other != first
    renewed = await at(24.01, "Bea")
    assert renewed not in (first, other)
    assert await at(48, "Bea") == renewed
    assert len(await studio.table("clients")) == 3
    assert len(await studio.table("idempotency")) == 2


async def test_one_key_may_serve_several_verbs(studio: Studio) -> None:
    """A key belongs to a verb: adding a client and booking may both use `1`."""
    client = await create_client(studio.ctx, CreateClient(display_name="Ana", idempotency_key="1"))
    booked = await studio.appointment(client.client_id, idempotency_key="1")
    assert booked > 0
    assert len(await studio.table("idempotency")) == 2


@pytest.mark.parametrize("key", ["", "k" * 201, "a\x00b", "a\nb", "schlüssel", "\ud800"])
async def test_a_key_that_no_header_could_carry_is_refused(studio: Studio, key: str) -> None:
    """Empty, endless, or beyond printable ASCII: named, and nothing is kept."""
    before = await studio.state()
    with pytest.raises(Invalid) as refused:
        await create_client(studio.ctx, CreateClient(display_name="Ana", idempotency_key=key))
    assert [issue.path for issue in refused.value.issues] == ["idempotency_key"]
    assert await studio.state() == before


@pytest.mark.parametrize("fault", ["no row", "a row for later", "another version"])
async def test_what_is_not_in_the_catalogue_is_not_emitted(
    studio: Studio, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    """It is refused where it is emitted, and nothing of its transaction is kept; with its row it is written."""
    command = CreateClient(display_name="Ana", idempotency_key="one")
    before = await studio.state()
    with monkeypatch.context() as patch:
        match fault:
            case "no row":
                patch.delitem(CATALOGUE, ClientCreated.type)
            case "a row for later":
                row = dataclasses.replace(CATALOGUE[ClientCreated.type], later=True)
                patch.setitem(CATALOGUE, ClientCreated.type, row)
            case _:
                patch.setattr(ClientCreated, "version", 2)
        with pytest.raises(Unlisted):
            await create_client(studio.ctx, command)
        assert await studio.state() == before
    await create_client(studio.ctx, command)
    assert [row["type"] for row in await studio.table("events")][-1] == "client.created"


async def test_what_is_taken_does_not_change_unreported(studio: Studio) -> None:
    """A verb that touches time and emits no event of taken time fails as a whole; with one it is kept.

    So whoever watches openings hears of every verb there is, and of the next one too.
    """
    client = await studio.client()
    (resource,) = [row["id"] for row in await studio.table("resources")]
    before = await studio.state()
    for reported in ([], [ClientUpdated(client_id=client)]):
        with pytest.raises(AssertionError, match="what is taken changed"):
            async with studio.ctx.unit_of_work() as uow:
                uow.touch([resource])
                for event_ in reported:
                    uow.emit(event_)
        assert await studio.state() == before
    async with studio.ctx.unit_of_work() as uow:
        uow.touch([resource])
        uow.emit(HoldReleased(hold_id=1))
    (row,) = await studio.table("resources")
    assert row["revision"] == (await studio.table("events"))[-1]["sequence"]
    taken = {kind.type for kind in EVENT_TYPES.values() if kind.changes_taken}
    assert taken == {
        *("appointment.booked", "appointment.confirmed", "appointment.declined", "appointment.edited"),
        *("appointment.rescheduled", "appointment.completed", "appointment.marked_no_show"),
        *("appointment.cancelled", "slot.held", "hold.released", "hold.expired"),
        *("calendar.refreshed", "calendar_account.disconnected", "waitlist.slot_offered", "waitlist.claimed"),
        *("waitlist.offer_declined", "waitlist.offer_expired", "waitlist.offer_withdrawn"),
    }
