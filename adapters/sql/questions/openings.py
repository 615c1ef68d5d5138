"""What is taken of resources, in one statement."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Select, Text, and_, bindparam, case, cast, func, or_, select

from adapters.sql.among import among_named
from adapters.sql.flag import flag
from adapters.sql.tables import allocations, group_sessions
from adapters.sql.types import Instant
from core.appointments.ledger import APPOINTMENT, HOLD, LONGEST_MINUTES, SESSION


def _taken() -> Select[Any]:
    a, g = allocations.c, group_sessions.c
    own, now = bindparam("business_id", type_=BigInteger), bindparam("now", type_=Instant)
    start, end, after = (bindparam(name, type_=BigInteger) for name in ("start", "end", "after"))
    seat = allocations.alias("seat")
    counted = (
        seat.c.business_id == own,
        seat.c.resource_id == g.seats_id,
        flag(seat.c.is_active),
        or_(seat.c.expires_at.is_(None), seat.c.expires_at > now),
    )
    seats = select(func.coalesce(func.sum(seat.c.quantity), 0)).where(*counted).scalar_subquery()
    until = select(func.min(seat.c.expires_at)).where(*counted).scalar_subquery()
    key = case(
        (a.kind == APPOINTMENT, a.appointment_id), (a.kind == HOLD, a.hold_id), else_=a.group_session_id
    )
    of_session = and_(g.business_id == a.business_id, g.id == a.group_session_id, a.kind == SESSION)
    return (
        select(
            a.resource_id,
            a.starts_minute,
            a.ends_minute,
            a.quantity,
            a.kind,
            a.kind + ":" + cast(func.coalesce(key, a.id), Text),
            a.begins_minute,
            a.service_id,
            case((g.id.is_not(None), g.capacity - seats)),
            case((g.id.is_not(None), until)),
            a.expires_at,
            case((g.id.is_not(None), g.duration_minutes)),
        )
        .select_from(allocations.outerjoin(group_sessions, of_session))
        .where(
            a.business_id == own,
            among_named(a.resource_id, "resource_ids"),
            flag(a.is_active),
            a.starts_minute < end,
            a.starts_minute > after,
            a.ends_minute > start,
            or_(a.expires_at.is_(None), a.expires_at > now),
            or_(g.id.is_(None), seats > 0),
        )
        .order_by(a.resource_id, a.starts_minute)
    )


TAKEN = _taken()
"""The active rows that touch [start, end), as the fields of core.availability.rulebook.Taken in order.

Of group sessions with the seats that are left, and when the first seat that is only held comes back; a
session that nobody sits in takes no time. Built once: that cost more than to run it. See `taken_values`.
"""


def taken_values(
    business_id: int, resource_ids: Sequence[int], start: int, end: int, now: datetime
) -> dict[str, Any]:
    """What TAKEN is run with: a stretch in UTC minutes, and the instant at which holds are judged."""
    return {
        "business_id": business_id,
        "resource_ids": list(resource_ids),
        "start": start,
        "end": end,
        "after": start - LONGEST_MINUTES,
        "now": now,
    }
