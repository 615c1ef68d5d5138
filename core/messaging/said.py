"""Saying something to a client about an appointment."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from core.appointments.life import DECLINED, PENDING
from core.appointments.reads import APPOINTMENT
from core.catalog.reads import SERVICE
from core.deposits.reads import DEPOSIT
from core.directory.reads import BUSINESS, CLIENT, LOCATION, PROVIDER
from core.kernel.clock import minute_of
from core.kernel.context import Context
from core.kernel.money import to_major
from core.kernel.reading import Row, Selection
from core.kernel.text import zone_of
from core.messaging.sending import CLIENT_FIELDS, Matter, Saying, send

_SELECTION = Selection(
    noun=APPOINTMENT,
    fields={"starts_at", "duration_minutes", "client_id", "provider_id", "status"},
    relations={
        "client": Selection(noun=CLIENT, fields=set(CLIENT_FIELDS)),
        "provider": Selection(noun=PROVIDER, fields={"display_name"}),
        "location": Selection(noun=LOCATION, fields={"time_zone", "address"}),
        "service": Selection(noun=SERVICE, fields={"name"}),
        "deposit": Selection(noun=DEPOSIT, fields={"amount_minor", "currency", "due_at"}),
        "business": Selection(noun=BUSINESS, fields={"name"}),
    },
)


async def appointment_row(ctx: Context, appointment_id: int) -> Row | None:
    """All that can be said about an appointment, in one statement."""
    return await ctx.read.one(_SELECTION, appointment_id)


async def say(ctx: Context, saying: Saying, row: Row | None = None) -> bool:
    """Say it of the appointment that the saying names, once; see core.messaging.sending.send."""
    assert saying.appointment_id is not None
    row = row or await appointment_row(ctx, saying.appointment_id)
    if row is None:
        return False
    return await send(ctx, saying, Matter(client=row["client"], facts=facts_of(row), told=told_of(row)))


def told_of(row: Row) -> dict[str, Any]:
    """The time and the provider that a message tells: numbers only."""
    return {
        "starts_minute": minute_of(row["starts_at"]),
        "duration_minutes": row["duration_minutes"],
        "provider_id": row["provider_id"],
    }


def facts_of(row: Row) -> dict[str, Any]:
    """What words are filled with; times are in the zone of the location."""
    zone = row["location"]["time_zone"]
    deposit = row["deposit"]
    service = row["service"]
    return {
        "business": row["business"]["name"],
        "client": row["client"]["display_name"],
        "provider": row["provider"]["display_name"],
        "service": None if service is None else service["name"],
        "starts_at": _local(row["starts_at"], zone),
        "duration_minutes": row["duration_minutes"],
        "time_zone": zone,
        "address": row["location"]["address"],
        "pending": "yes" if row["status"] == PENDING else None,
        "declined": "yes" if row["status"] == DECLINED else None,
        "deposit": None
        if deposit is None
        else f"{to_major(deposit['amount_minor'], deposit['currency'])} {deposit['currency']}",
        "deposit_due_at": None if deposit is None else _local(deposit["due_at"], zone),
    }


def _local(instant: datetime, zone: str) -> datetime:
    return instant.astimezone(zone_of(zone))
