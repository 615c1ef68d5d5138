"""What is asked about the waitlist."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, ScalarSelect, and_, exists, func, literal, or_, select

from adapters.sql.among import among
from adapters.sql.questions.port import Answers
from adapters.sql.tables import (
    allocations,
    appointment_providers,
    appointments,
    clients,
    group_sessions,
    resources,
    tenants,
    waitlist_entries,
    waitlist_offers,
)
from core.appointments.ledger import KIT, PROVIDER, ROOM
from core.appointments.life import OCCUPYING
from core.waitlist.entry import OFFERED, WAITING
from core.waitlist.offer import OPEN, TOLD
from core.waitlist.questions import Candidate, GivenBack, Gone, OfferFound, Stretch

_MOST = 100
_DAY = timedelta(days=1)
_SHOWN = tuple(name for name in Candidate.__dataclass_fields__ if name not in ("entry_id", "ahead"))


class SqlWaitlistQuestions(Answers):
    """See core.waitlist.questions.WaitlistQuestions."""

    async def waiting(
        self,
        provider_ids: Sequence[int],
        starts_at: datetime,
        ends_at: datetime,
        opening: str,
        but_client_id: int | None,
        after: int,
        now: datetime,
    ) -> list[Candidate]:
        """By the partial index of those who wait; days a little wide, since zones differ and nights go on."""
        e, c = waitlist_entries.c, clients.c
        conditions: list[ColumnElement[bool]] = [
            e.business_id == self.business_id,
            # As the index says it: a parameter would not be known to match.
            e.status == literal(WAITING, literal_execute=True),
            e.id > after,
            or_(e.lapses_at.is_(None), e.lapses_at > now),
            or_(e.provider_id.is_(None), among(e.provider_id, provider_ids)),
            or_(e.first_day.is_(None), e.first_day <= (ends_at + _DAY).date()),
            or_(e.last_day.is_(None), e.last_day >= (starts_at - 2 * _DAY).date()),
            c.archived_at.is_(None),
            self._is_open(),
            ~self._had(opening),
        ]
        if but_client_id is not None:
            conditions.append(e.client_id != but_client_id)
        statement = (
            select(e.id.label("entry_id"), *(e[name] for name in _SHOWN), self._ahead(now).label("ahead"))
            .select_from(
                waitlist_entries.join(clients, and_(c.business_id == e.business_id, c.id == e.client_id))
            )
            .where(*conditions)
            .order_by(e.id)
            .limit(_MOST)
        )
        return [Candidate(**row._mapping) for row in await self.executes.execute(statement)]

    async def engaged(
        self, client_ids: Sequence[int], starts_at: datetime, ends_at: datetime, now: datetime
    ) -> dict[int, list[Stretch]]:
        """By the indexes of clients, of appointments and of entries."""
        a, e, o = appointments.c, waitlist_entries.c, waitlist_offers.c
        booked = select(a.client_id, a.starts_at, a.ends_at).where(
            a.business_id == self.business_id,
            among(a.client_id, client_ids),
            a.status.in_(OCCUPYING),
            a.starts_at < ends_at,
            a.ends_at > starts_at,
        )
        offered = (
            select(e.client_id, o.starts_at, o.ends_at)
            .select_from(
                waitlist_entries.join(
                    waitlist_offers, and_(o.business_id == e.business_id, o.entry_id == e.id)
                )
            )
            .where(
                e.business_id == self.business_id,
                among(e.client_id, client_ids),
                o.status == OPEN,
                o.expires_at > now,
                o.starts_at < ends_at,
                o.ends_at > starts_at,
            )
        )
        found: dict[int, list[Stretch]] = {}
        for client_id, begins, ends in await self.executes.execute(booked.union_all(offered)):
            found.setdefault(client_id, []).append((begins, ends))
        return found

    def _is_open(self) -> ColumnElement[bool]:
        """Whether the business was not closed."""
        return exists().where(tenants.c.id == self.business_id, tenants.c.closed_at.is_(None))

    def _ahead(self, now: datetime) -> ScalarSelect[int]:
        """How many appointments the client has ahead for the service: as BookingQuestions.ahead_of."""
        a, e = appointments.c, waitlist_entries.c
        return (
            select(func.count())
            .select_from(appointments)
            .where(
                a.business_id == self.business_id,
                a.client_id == e.client_id,
                a.service_id == e.service_id,
                a.status.in_(OCCUPYING),
                a.starts_at > now,
            )
            .scalar_subquery()
        )

    def _had(self, opening: str) -> ColumnElement[bool]:
        """Whether the entry was offered this opening before."""
        o = waitlist_offers.c
        return exists().where(
            o.business_id == self.business_id,
            o.entry_id == waitlist_entries.c.id,
            o.opening == opening,
        )

    async def who_had(self, opening: str, entry_ids: Sequence[int]) -> set[int]:
        """By the unique index of openings."""
        o = waitlist_offers.c
        statement = select(o.entry_id).where(
            o.business_id == self.business_id, among(o.entry_id, entry_ids), o.opening == opening
        )
        return set((await self.executes.execute(statement)).scalars())

    async def given_back(
        self, *, appointment_id: int | None, hold_id: int | None, starts_minute: int, ends_minute: int
    ) -> GivenBack:
        """By the indexes of owners and of group sessions."""
        t, r, c, g = allocations.c, resources.c, appointment_providers.c, group_sessions.c
        column, owner = ("hold_id", hold_id) if hold_id is not None else ("appointment_id", appointment_id)
        seat = allocations.alias("seat").c
        seats = select(seat.resource_id).where(seat.business_id == self.business_id, seat[column] == owner)
        session = select(g.id).where(g.business_id == self.business_id, g.seats_id.in_(seats))
        rooms = select(r.kind, r.id).select_from(
            allocations.join(resources, and_(r.business_id == t.business_id, r.id == t.resource_id))
        )
        free_then = (
            t.business_id == self.business_id,
            t.is_active.is_(False),
            t.starts_minute < ends_minute,
            t.ends_minute > starts_minute,
            r.kind.in_((ROOM, KIT)),
        )
        # Apart, since no index answers either of two: what it took itself, and what its session took.
        own = rooms.where(t[column] == owner, *free_then)
        shared = rooms.where(t.group_session_id.in_(session), *free_then)
        company = select(literal(PROVIDER).label("kind"), c.provider_id.label("id")).where(
            c.business_id == self.business_id, c.appointment_id == appointment_id
        )
        rows = list(await self.executes.execute(own.union(shared, company).order_by("id")))
        return GivenBack(
            provider_ids=tuple(key for kind, key in rows if kind == PROVIDER),
            resource_ids=tuple(key for kind, key in rows if kind != PROVIDER),
        )

    async def entries_of(self, client_id: int, joined_by: datetime) -> list[Candidate]:
        """By the index of clients."""
        e = waitlist_entries.c
        statement = (
            select(e.id.label("entry_id"), *(e[name] for name in _SHOWN))
            .where(
                e.business_id == self.business_id,
                e.client_id == client_id,
                e.status.in_((WAITING, OFFERED)),
                e.joined_at <= joined_by,
            )
            .order_by(e.id)
        )
        return [Candidate(**row._mapping) for row in await self.executes.execute(statement)]

    async def offer_of(self, token_hash: str) -> OfferFound | None:
        """By the unique index of tokens."""
        return await self._found(and_(waitlist_offers.c.token_hash == token_hash, self._is_open()))

    async def offer_of_hold(self, hold_id: int) -> OfferFound | None:
        """There is at most one."""
        return await self._found(waitlist_offers.c.hold_id == hold_id)

    async def standing(self, noun: Gone, key: int, now: datetime) -> list[int]:
        """Past the offers of a business that are not over."""
        o, e = waitlist_offers.c, waitlist_entries.c
        whose = e.client_id if noun == "client" else o[f"{noun}_id"]
        statement = (
            select(o.id)
            .select_from(
                waitlist_offers.join(
                    waitlist_entries, and_(e.business_id == o.business_id, e.id == o.entry_id)
                )
            )
            .where(
                o.business_id == self.business_id,
                whose == key,
                o.status.in_((OPEN, TOLD)),
                o.expires_at > now,
            )
            .order_by(o.id)
        )
        return list((await self.executes.execute(statement)).scalars())

    async def open_offer(self, entry_id: int) -> int | None:
        """There is at most one."""
        o = waitlist_offers.c
        statement = select(o.id).where(
            o.business_id == self.business_id, o.entry_id == entry_id, o.status == OPEN
        )
        found: int | None = (await self.executes.execute(statement)).scalar_one_or_none()
        return found

    async def _found(self, which: ColumnElement[bool]) -> OfferFound | None:
        o = waitlist_offers.c
        statement = select(o.id, o.entry_id).where(o.business_id == self.business_id, which)
        row = (await self.executes.execute(statement)).one_or_none()
        return None if row is None else OfferFound(offer_id=row.id, entry_id=row.entry_id)
