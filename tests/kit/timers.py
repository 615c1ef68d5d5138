"""Timers of every kind by the thousand: reminders, holds and waitlist offers that run out, and those that must not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Table, insert, update
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.sql.job_rows import job_row, put_jobs
from adapters.sql.tables import allocations, appointments, holds, waitlist_entries, waitlist_offers
from app.timers import lane_of
from app.worker import work_off
from core.kernel.clock import minute_of
from core.kernel.jobs import ScheduledJob
from core.messaging.configure_messages import ConfigureMessages, configure_messages
from core.messaging.settings import Reminder
from tests.kit.houses import Studio

HOUR = timedelta(hours=1)
MINUTES_BEFORE = 24 * 60
_KINDS = ("remind", "hold", "offer", "remind", "off", "remind", "hold", "offer", "remind", "off")
_OFF = ("cancelled", "released", "later", "withdrawn")


@dataclass
class Plan:
    """What must be done, by name, and from when on (seconds since 1970); and what must never be."""

    due: dict[str, float] = field(default_factory=dict)
    never: set[str] = field(default_factory=set)

    def add(self, other: Plan) -> None:
        """Plan another business's as well."""
        self.due |= other.due
        self.never |= other.never


def letter_of(business_id: int, appointment_id: int, starts_at: datetime) -> str:
    """The message id of an appointment's reminder."""
    minute = int(starts_at.timestamp()) // 60
    return f"{business_id}.remind.{appointment_id}.{MINUTES_BEFORE}.mail.{minute}@localhost"


def end_of(business_id: int, event_type: str, key: int) -> str:
    """The name of an end that an event of a business reports."""
    return f"{business_id}.{event_type}.{key}"


async def plan_timers(studio: Studio, count: int, boundary: datetime, spread: timedelta) -> Plan:
    """So many timers of a studio: of ten, four reminders due at the boundary, two holds and two offers that
    run out in the stretch after it, and two of which nothing may come.

    Those were cancelled, released or withdrawn with their jobs left as they were, or are due five hours later.
    """
    kinds = [_KINDS[at % len(_KINDS)] for at in range(count)]
    off = [_OFF[at % len(_OFF)] for at in range(kinds.count("off"))]
    ends = [boundary + spread * at / count for at in range(count)]
    plan = Plan()
    await _plan_reminders(studio, plan, kinds.count("remind"), off, boundary)
    with_end = list(zip(kinds, ends, strict=True))
    hold_ends = [end for kind, end in with_end if kind == "hold"]
    offer_ends = [end for kind, end in with_end if kind == "offer"]
    await _plan_ends(studio, plan, hold_ends, offer_ends, off, boundary)
    return plan


async def _plan_reminders(
    studio: Studio, plan: Plan, due: int, off: Sequence[str], boundary: datetime
) -> None:
    await configure_messages(studio.ctx, ConfigureMessages(reminders=[]))
    client_id = await studio.client("Ana Lima", email="ana@example.com")
    location_id = (await studio.table("locations"))[0]["id"]
    start = boundary + timedelta(minutes=MINUTES_BEFORE)
    later, cancelled = start + 5 * HOUR, off.count("cancelled")
    starts = [start] * (due + cancelled) + [later] * off.count("later")
    now = studio.house.clock.now()
    rows = [
        {
            "location_id": location_id,
            "provider_id": studio.provider_id,
            "client_id": client_id,
            "status": "CONFIRMED",
            "starts_at": starts_at,
            "ends_at": starts_at + HOUR,
            "duration_minutes": 60,
            "seats": 1,
            "buffer_before_minutes": 0,
            "buffer_after_minutes": 0,
            "currency": "USD",
            "created_at": now,
            "updated_at": now,
        }
        for starts_at in starts
    ]
    async with studio.house.database.connect(studio.business_id, write=True) as connection:
        keys = await _added(connection, studio, appointments, rows)
        await connection.commit()
    reminder = Reminder(minutes_before=MINUTES_BEFORE, channel="mail")
    await configure_messages(studio.ctx, ConfigureMessages(reminders=[reminder]))
    await work_off(studio.house)
    gone = keys[due : due + cancelled]
    async with studio.house.database.connect(studio.business_id, write=True) as connection:
        own = (appointments.c.business_id == studio.business_id) & appointments.c.id.in_(gone)
        await connection.execute(update(appointments).where(own).values(status="CANCELLED"))
        await connection.commit()
    for at, (key, starts_at) in enumerate(zip(keys, starts, strict=True)):
        letter = letter_of(studio.business_id, key, starts_at)
        if at < due:
            plan.due[letter] = boundary.timestamp()
        else:
            plan.never.add(letter)


async def _plan_ends(
    studio: Studio,
    plan: Plan,
    hold_ends: Sequence[datetime],
    offer_ends: Sequence[datetime],
    off: Sequence[str],
    boundary: datetime,
) -> None:
    released, withdrawn = off.count("released"), off.count("withdrawn")
    ends = [*hold_ends, *[boundary] * released, *offer_ends, *[boundary] * withdrawn]
    alone = len(hold_ends) + released
    # Those who wait want another provider, so that nothing is offered anew of what is not taken.
    other, waits = await studio.provider(), await studio.client("Bea Ruiz")
    async with studio.house.database.connect(studio.business_id, write=True) as connection:
        keys = await _add_holds(connection, studio, ends, alone, len(hold_ends), len(offer_ends))
        entry = {"client_id": waits, "provider_id": other, "seats": 1, "expired_offers": 0}
        offers = await _add_offers(
            connection, studio, keys[alone:], ends[alone:], len(offer_ends), entry=entry
        )
        await _add_jobs(connection, studio, "expire_hold", "hold", keys[:alone], ends[:alone])
        await _add_jobs(connection, studio, "expire_waitlist_offer", "offer", offers, ends[alone:])
        await connection.commit()
    for at, (key, end) in enumerate(zip(keys[:alone], ends[:alone], strict=True)):
        _note(plan, end_of(studio.business_id, "hold.expired", key), end, is_due=at < len(hold_ends))
    for at, (key, end) in enumerate(zip(offers, ends[alone:], strict=True)):
        name = end_of(studio.business_id, "waitlist.offer_expired", key)
        _note(plan, name, end, is_due=at < len(offer_ends))


def _note(plan: Plan, name: str, end: datetime, *, is_due: bool) -> None:
    if is_due:
        plan.due[name] = end.timestamp()
    else:
        plan.never.add(name)


async def _add_holds(
    connection: AsyncConnection,
    studio: Studio,
    ends: Sequence[datetime],
    alone: int,
    holds_due: int,
    offers_due: int,
) -> list[int]:
    """Holds an hour apart, each with the hour it takes; those after `alone` are kept for an offer."""
    now = studio.house.clock.now()
    location_id = (await studio.table("locations"))[0]["id"]
    resource_id = (await studio.table("providers"))[0]["resource_id"]
    first = now.replace(minute=0) + timedelta(days=3)
    rows, live = [], []
    for at, end in enumerate(ends):
        is_live = at < holds_due if at < alone else at - alone < offers_due
        live.append(is_live)
        rows.append(
            {
                "kind": "hold" if at < alone else "offer",
                "provider_id": studio.provider_id,
                "location_id": location_id,
                "starts_at": first + at * HOUR,
                "ends_at": first + (at + 1) * HOUR,
                "duration_minutes": 60,
                "seats": 1,
                "created_at": now,
                "expires_at": end,
                "ended_at": None if is_live else now,
                "ended_as": None if is_live else "RELEASED",
            }
        )
    keys = await _added(connection, studio, holds, rows)
    taken = [
        {
            "resource_id": resource_id,
            "quantity": 1,
            "starts_minute": minute_of(row["starts_at"]),
            "ends_minute": minute_of(row["ends_at"]),
            "kind": "hold",
            "is_active": is_live,
            "is_exclusive": True,
            "hold_id": key,
            "expires_at": row["expires_at"],
        }
        for key, row, is_live in zip(keys, rows, live, strict=True)
    ]
    await _added(connection, studio, allocations, taken)
    return keys


async def _add_offers(
    connection: AsyncConnection,
    studio: Studio,
    hold_ids: Sequence[int],
    ends: Sequence[datetime],
    due: int,
    *,
    entry: dict[str, Any],
) -> list[int]:
    """An entry and an offer for each hold; those from `due` on were withdrawn."""
    now = studio.house.clock.now()
    dates = {"joined_at": now, "updated_at": now}
    entries = await _added(
        connection,
        studio,
        waitlist_entries,
        [{**entry, **dates, "status": "OFFERED" if at < due else "WAITING"} for at in range(len(ends))],
    )
    location_id = (await studio.table("locations"))[0]["id"]
    rows = [
        {
            "entry_id": entry_id,
            "hold_id": hold_id,
            "provider_id": studio.provider_id,
            "location_id": location_id,
            "starts_at": end + HOUR,
            "ends_at": end + 2 * HOUR,
            "status": "OPEN" if at < due else "WITHDRAWN",
            "opening": f"event:{at}",
            "by_staff": True,
            "nonce": f"nonce {at}",
            "token_hash": f"hash {at}",
            "created_at": now,
            "expires_at": end,
        }
        for at, (entry_id, hold_id, end) in enumerate(zip(entries, hold_ids, ends, strict=True))
    ]
    return await _added(connection, studio, waitlist_offers, rows)


async def _add_jobs(
    connection: AsyncConnection,
    studio: Studio,
    kind: str,
    noun: str,
    keys: Sequence[int],
    ends: Sequence[datetime],
) -> None:
    rows = [
        job_row(
            studio.business_id,
            ScheduledJob(kind=kind, facts={f"{noun}_id": key}, run_at=end, dedupe_key=f"{kind}:{key}"),
            lane_of(kind),
            studio.house.clock.now(),
        )
        for key, end in zip(keys, ends, strict=True)
    ]
    if rows:
        await connection.execute(put_jobs(studio.house.database), rows)


async def _added(
    connection: AsyncConnection, studio: Studio, table: Table, rows: list[dict[str, Any]]
) -> list[int]:
    """Add rows of the studio; their keys, in the order of the rows."""
    if not rows:
        return []
    statement = insert(table).returning(table.c.id, sort_by_parameter_order=True)
    added = await connection.execute(statement, [{"business_id": studio.business_id, **row} for row in rows])
    return list(added.scalars())
