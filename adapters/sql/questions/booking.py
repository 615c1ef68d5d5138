"""What booking asks, and the ledger of taken time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    and_,
    bindparam,
    case,
    exists,
    false,
    func,
    or_,
    select,
    union_all,
    update,
)

from adapters.sql.among import among, among_named
from adapters.sql.flag import flag
from adapters.sql.questions.port import Answers
from adapters.sql.tables import (
    allocations,
    appointment_providers,
    appointments,
    businesses,
    clients,
    group_sessions,
    holds,
    provider_choices,
    providers,
    resources,
    sequences,
    services,
    waitlist_entries,
)
from adapters.sql.types import Instant
from core.appointments.choose_provider import COLLECTIVE, Turns
from core.appointments.ledger import SESSION, Locked
from core.appointments.life import CANCELLED, DECLINED, OCCUPYING
from core.appointments.terms import BookingFacts
from core.waitlist.entry import OFFERED, WAITING


@cache
def _booking_facts(named: frozenset[str]) -> Select[Any]:
    """The statement for what is named of provider_ids, client_id and service_id, built once."""
    b, p, c, s = businesses.c, providers.c, clients.c, services.c
    client, service, own = (
        bindparam(name, type_=BigInteger) for name in ("client_id", "service_id", "business_id")
    )
    asked = and_(p.business_id == b.business_id, p.archived_at.is_(None))
    if "provider_ids" in named:
        asked = and_(asked, among_named(p.id, "provider_ids"))
    of_client: ColumnElement[bool] = false()
    is_waiting: ColumnElement[bool] = false()
    if "client_id" in named:
        of_client = and_(c.business_id == b.business_id, c.id == client, c.archived_at.is_(None))
        e = waitlist_entries.c  # by the index of the waitlist's clients
        is_waiting = exists().where(
            e.business_id == own, e.client_id == client, e.status.in_((WAITING, OFFERED))
        )
    of_service: ColumnElement[bool] = false()
    if "service_id" in named:
        of_service = and_(s.business_id == b.business_id, s.id == service, s.archived_at.is_(None))
    joined = (
        businesses.join(sequences, sequences.c.business_id == b.business_id)
        .outerjoin(providers, asked)
        .outerjoin(clients, of_client)
        .outerjoin(services, of_service)
    )
    return (
        select(
            b.currency,
            b.deposit_percent.label("business_percent"),
            sequences.c.rules_revision,
            c.id.label("client_id"),
            is_waiting.label("client_is_waiting"),
            p.id.label("provider_id"),
            p.deposit_percent.label("provider_percent"),
            s.price_minor,
            s.deposit_percent.label("service_percent"),
        )
        .select_from(joined)
        .where(b.business_id == own)
    )


class SqlBookingQuestions(Answers):
    """See core.appointments.terms.BookingQuestions."""

    async def booking_facts(
        self, provider_ids: Sequence[int] | None, client_id: int | None, service_id: int | None
    ) -> BookingFacts:
        """A row per provider, each carrying the business, the client and the service."""
        given = {"provider_ids": provider_ids, "client_id": client_id, "service_id": service_id}
        named = {name: value for name, value in given.items() if value is not None}
        statement = _booking_facts(frozenset(named))
        rows = (await self.executes.execute(statement, {"business_id": self.business_id, **named})).all()
        first = rows[0]
        return BookingFacts(
            currency=first.currency,
            rules_revision=first.rules_revision,
            business_percent=first.business_percent,
            client_is_known=first.client_id is not None,
            client_is_waiting=bool(first.client_is_waiting),
            service_percent=first.service_percent,
            price_minor=first.price_minor,
            provider_percents={
                row.provider_id: row.provider_percent for row in rows if row.provider_id is not None
            },
        )

    async def ahead_of(self, client_id: int, service_id: int, now: datetime) -> int:
        """A count of what stands."""
        a = appointments.c
        ahead = (
            select(func.count())
            .select_from(appointments)
            .where(
                a.business_id == self.business_id,
                a.client_id == client_id,
                a.service_id == service_id,
                a.status.in_(OCCUPYING),
                a.starts_at > now,
            )
        )
        return int((await self.executes.execute(ahead)).scalar_one())


class SqlChoiceQuestions(Answers):
    """See core.appointments.choose_provider.ChoiceQuestions."""

    async def turns(
        self, service_id: int | None, provider_ids: Sequence[int], since: datetime, now: datetime
    ) -> dict[int, Turns]:
        """The choices since then whose appointments were not called off, and live holds that were chosen,
        counted per provider from the last change of who there is to choose."""
        c, a, h, p, s = provider_choices.c, appointments.c, holds.c, providers.c, services.c
        booked = (
            select(c.provider_id, c.created_at)
            .select_from(
                provider_choices.join(
                    appointments, and_(a.business_id == c.business_id, a.id == c.appointment_id)
                )
            )
            .where(
                c.business_id == self.business_id,
                c.service_id == service_id if service_id is not None else c.service_id.is_(None),
                among(c.provider_id, provider_ids),
                c.created_at >= since,
                c.mode != COLLECTIVE,
                a.status.not_in((CANCELLED, DECLINED)),
            )
        )
        held = select(h.provider_id, h.created_at).where(
            h.business_id == self.business_id,
            h.service_id == service_id if service_id is not None else h.service_id.is_(None),
            among(h.provider_id, provider_ids),
            h.mode.is_not(None),
            h.ended_at.is_(None),
            h.expires_at > now,
        )
        turn = union_all(booked, held).subquery().c
        joined = select(func.max(p.created_at)).where(
            p.business_id == self.business_id, among(p.id, provider_ids)
        )
        changed = select(s.turns_since).where(s.business_id == self.business_id, s.id == service_id)
        counts = and_(
            turn.created_at >= joined.scalar_subquery(),
            turn.created_at >= func.coalesce(changed.scalar_subquery(), turn.created_at),
        )
        statement = select(
            turn.provider_id,
            func.sum(case((counts, 1), else_=0)),
            func.max(turn.created_at).label("last_at"),
        ).group_by(turn.provider_id)
        return {
            provider_id: Turns(count, last_at)
            for provider_id, count, last_at in await self.executes.execute(statement)
        }


class SqlCompanyQuestions(Answers):
    """See core.appointments.reschedule.CompanyQuestions."""

    async def company_of(self, appointment_id: int) -> list[int]:
        """The other providers of a collective appointment."""
        c = appointment_providers.c
        statement = (
            select(c.provider_id)
            .where(c.business_id == self.business_id, c.appointment_id == appointment_id)
            .order_by(c.provider_id)
        )
        return list((await self.executes.execute(statement)).scalars())


_OWN = bindparam("business_id", type_=BigInteger)


@cache
def _lock(columns: frozenset[str]) -> Select[Any]:
    """The statement that locks `resource_ids` in the order of keys, and what is taken by the rows whose
    columns, appointment_id or hold_id, are among `appointment_ids` or `hold_ids`; built once for each."""
    r, p = resources.c, providers.c
    gone = exists().where(p.business_id == r.business_id, p.resource_id == r.id, p.archived_at.is_not(None))
    wanted = [among_named(r.id, "resource_ids")]
    for column in sorted(columns):
        wanted += [r.id.in_(_taken_by(column)), r.id.in_(_sat_in_by(column))]
    return (
        select(
            r.id,
            r.kind,
            case((or_(gone, r.archived_at.is_not(None)), 0), else_=r.capacity).label("capacity"),
        )
        .where(r.business_id == _OWN, or_(*wanted))
        .order_by(r.id)
        .with_for_update(of=resources)
    )


def _taken_by(column: str) -> Select[Any]:
    a = allocations.c
    return select(a.resource_id).where(
        a.business_id == _OWN, among_named(a[column], f"{column}s"), flag(a.is_active)
    )


def _sat_in_by(column: str) -> Select[Any]:
    """What the group sessions take whose seats are taken by the appointments or holds."""
    session, seat = allocations.alias("session"), allocations.alias("seat")
    g = group_sessions.c
    return (
        select(session.c.resource_id)
        .select_from(session)
        .where(
            session.c.business_id == _OWN,
            flag(session.c.is_active),
            session.c.group_session_id.in_(
                select(g.id)
                .select_from(
                    group_sessions.join(
                        seat,
                        and_(seat.c.business_id == g.business_id, seat.c.resource_id == g.seats_id),
                    )
                )
                .where(
                    g.business_id == _OWN,
                    g.ended_at.is_(None),
                    among_named(seat.c[column], f"{column}s"),
                    flag(seat.c.is_active),
                )
            ),
        )
    )


class SqlLedger(Answers):
    """See core.appointments.ledger.Ledger."""

    async def lock(
        self,
        resource_ids: Sequence[int],
        *,
        appointment_ids: Sequence[int] = (),
        hold_ids: Sequence[int] = (),
    ) -> list[Locked]:
        """Lock in the order of keys; on SQLite the transaction itself is the lock."""
        given = {"appointment_id": list(appointment_ids), "hold_id": list(hold_ids)}
        moved = {f"{name}s": keys for name, keys in given.items() if keys}
        values = {"business_id": self.business_id, "resource_ids": list(resource_ids), **moved}
        rows = await self.executes.execute(_lock(frozenset(name[:-1] for name in moved)), values)
        return [Locked(resource_id=row.id, kind=row.kind, capacity=row.capacity) for row in rows]

    async def release_expired(self, resource_ids: Sequence[int], now: datetime) -> list[int]:
        """Switch off what has run out; one statement, and another where group sessions end with it."""
        g = group_sessions.c
        released = await self.executes.execute(
            _RELEASE, {"of_business": self.business_id, "resources": list(resource_ids), "as_of": now}
        )
        empty = [
            (row.resource_id, row.group_session_id) for row in released if row.group_session_id is not None
        ]
        if empty:
            await self.executes.execute(
                update(group_sessions)
                .where(
                    g.business_id == self.business_id,
                    among(g.id, sorted({session_id for _, session_id in empty})),
                    g.ended_at.is_(None),
                )
                .values(ended_at=now)
            )
        return [resource_id for resource_id, _ in empty]

    async def free(self, appointment_ids: Sequence[int]) -> list[int]:
        """Switch off the appointments' active rows."""
        return await self._switch_off(among(allocations.c.appointment_id, appointment_ids))

    async def free_hold(self, hold_id: int) -> list[int]:
        """Switch off the hold's rows."""
        return await self._switch_off(allocations.c.hold_id == hold_id)

    async def end_empty_sessions(self, resource_ids: Sequence[int], now: datetime) -> list[int]:
        """End those without an active seat; one statement, and another where there are any."""
        a, g = allocations.c, group_sessions.c
        sat_in, place = allocations.alias(), allocations.alias()
        ended = await self.executes.execute(
            update(group_sessions)
            .where(
                g.business_id == self.business_id,
                g.ended_at.is_(None),
                g.id.in_(
                    select(place.c.group_session_id).where(
                        place.c.business_id == self.business_id,
                        among(place.c.resource_id, resource_ids),
                        flag(place.c.is_active),
                    )
                ),
                ~exists().where(
                    sat_in.c.business_id == self.business_id,
                    sat_in.c.resource_id == g.seats_id,
                    flag(sat_in.c.is_active),
                ),
            )
            .values(ended_at=now)
            .returning(g.id)
        )
        keys = list(ended.scalars())
        return await self._switch_off(among(a.group_session_id, keys)) if keys else []

    async def _switch_off(self, which: ColumnElement[bool]) -> list[int]:
        a = allocations.c
        statement = (
            update(allocations)
            .where(a.business_id == self.business_id, which, flag(a.is_active))
            .values(is_active=False)
            .returning(a.resource_id)
        )
        return list((await self.executes.execute(statement)).scalars())


def _release() -> Any:
    """Switch off what has run out on some resources, built once. The business is that of `of_business`:
    an update takes a parameter named like a column for a value to be set."""
    a, g = allocations.c, group_sessions.c
    own, now = bindparam("of_business", type_=BigInteger), bindparam("as_of", type_=Instant)
    place, seat = allocations.alias("place"), allocations.alias("seat")
    seats_there = (
        select(g.seats_id)
        .select_from(
            group_sessions.join(
                place,
                and_(place.c.business_id == g.business_id, place.c.group_session_id == g.id),
            )
        )
        .where(g.business_id == own, among_named(place.c.resource_id, "resources"), flag(place.c.is_active))
    )
    sat_in = (
        exists()
        .where(
            g.business_id == own,
            g.id == a.group_session_id,
            seat.c.business_id == g.business_id,
            seat.c.resource_id == g.seats_id,
            flag(seat.c.is_active),
            or_(seat.c.expires_at.is_(None), seat.c.expires_at > now),
        )
        .correlate(allocations)
    )
    here = among_named(a.resource_id, "resources")
    return (
        update(allocations)
        .where(
            a.business_id == own,
            flag(a.is_active),
            or_(
                and_(or_(here, a.resource_id.in_(seats_there)), a.expires_at <= now),
                and_(here, a.kind == SESSION, ~sat_in),
            ),
        )
        .values(is_active=False)
        .returning(a.resource_id, a.group_session_id)
    )


_RELEASE = _release()
