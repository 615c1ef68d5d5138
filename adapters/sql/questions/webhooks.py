"""What is asked about webhooks, and what the worker notes down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Integer,
    Update,
    and_,
    bindparam,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert  # its ON CONFLICT is SQLite's too

from adapters.sql.among import among
from adapters.sql.questions.port import Answers
from adapters.sql.tables import (
    events,
    sequences,
    webhook_attempts,
    webhook_bodies,
    webhook_deliveries,
    webhook_endpoints,
    webhook_turns,
)
from adapters.sql.types import Instant
from core.webhooks.endpoint import WebhookEndpoint
from core.webhooks.questions import DELIVERED, FAILED, WAITING, DueDelivery, NewDelivery, TriedDelivery

_e, _d, _b, _a = webhook_endpoints.c, webhook_deliveries.c, webhook_bodies.c, webhook_attempts.c

_IS_WAITING = _d.state == literal(WAITING, literal_execute=True)
"""As the partial index says it: a parameter would not be known to match."""


class SqlWebhookQuestions(Answers):
    """See core.webhooks.questions.WebhookQuestions."""

    async def endpoint(self, endpoint_id: int) -> WebhookEndpoint | None:
        """The endpoint's row, in no session."""
        statement = select(*webhook_endpoints.columns).where(
            _e.business_id == self.business_id, _e.id == endpoint_id
        )
        row = (await self.executes.execute(statement)).one_or_none()
        return None if row is None else WebhookEndpoint(**row._mapping)

    async def count_endpoints(self) -> int:
        """The endpoints in use."""
        statement = select(func.count()).where(_e.business_id == self.business_id, _e.archived_at.is_(None))
        return int((await self.executes.execute(statement)).scalar_one())

    async def follow(self) -> int:
        """Mark the business's numbers as followed, and tell the last of them."""
        statement = (
            update(sequences)
            .where(sequences.c.business_id == self.business_id)
            .values(is_followed=True)
            .returning(sequences.c.last)
        )
        return int((await self.executes.execute(statement)).scalar_one())

    async def give_turn(self, endpoint_id: int, now: datetime) -> None:
        """Insert the endpoint's turn, or make it due."""
        statement = insert(webhook_turns).values(
            business_id=self.business_id,
            endpoint_id=endpoint_id,
            newest=0,
            due_at=now,
            is_listening=True,
            is_ailing=False,
        )
        await self.executes.execute(
            statement.on_conflict_do_update(
                index_elements=["business_id", "endpoint_id"], set_={"due_at": now, "is_listening": True}
            )
        )

    async def worded(self, scheme: str, version: str, sequences: Sequence[int]) -> list[int]:
        """The events that have a body."""
        statement = select(_b.sequence).where(
            _b.business_id == self.business_id,
            _b.scheme == scheme,
            _b.version == version,
            among(_b.sequence, list(sequences)),
        )
        return list((await self.executes.execute(statement)).scalars())

    async def word(self, scheme: str, version: str, bodies: Mapping[int, str], now: datetime) -> None:
        """Insert the bodies that are not there, in one statement."""
        statement = insert(webhook_bodies).values(
            business_id=self.business_id, scheme=scheme, version=version, created_at=now
        )
        rows = [{"sequence": sequence, "body": body} for sequence, body in bodies.items()]
        await self.executes.execute(statement.on_conflict_do_nothing(), rows)

    async def queue(self, endpoint_id: int, new: Sequence[NewDelivery], now: datetime) -> None:
        """Insert the deliveries that are not there."""
        statement = insert(webhook_deliveries).values(
            business_id=self.business_id,
            endpoint_id=endpoint_id,
            state=WAITING,
            attempts=0,
            tries=0,
            next_at=now,
            created_at=now,
        )
        rows = [{"sequence": one.sequence, "event_type": one.event_type} for one in new]
        await self.executes.execute(statement.on_conflict_do_nothing(), rows)

    async def take_to(self, endpoint_id: int, sequence: int) -> None:
        """Move the endpoint's place in the log forward."""
        await self.executes.execute(
            update(webhook_endpoints)
            .where(_e.business_id == self.business_id, _e.id == endpoint_id, _e.taken_to < sequence)
            .values(taken_to=sequence)
        )

    async def due(
        self, endpoint_id: int, scheme: str, version: str, now: datetime, most: int
    ) -> list[DueDelivery]:
        """The due deliveries and their bodies."""
        statement = (
            select(_d.id.label("delivery_id"), _d.sequence, _d.attempts, _d.tries, _b.body)
            .outerjoin_from(
                webhook_deliveries,
                webhook_bodies,
                (_b.business_id == _d.business_id)
                & (_b.sequence == _d.sequence)
                & (_b.scheme == scheme)
                & (_b.version == version),
            )
            .where(
                _d.business_id == self.business_id,
                _d.endpoint_id == endpoint_id,
                _IS_WAITING,
                _d.next_at <= now,
            )
            .order_by(_d.next_at, _d.sequence)
            .limit(most)
        )
        return [DueDelivery(**row._mapping) for row in await self.executes.execute(statement)]

    async def next_due(self, endpoint_id: int) -> datetime | None:
        """The earliest next try."""
        statement = select(func.min(_d.next_at, type_=Instant())).where(
            _d.business_id == self.business_id, _d.endpoint_id == endpoint_id, _IS_WAITING
        )
        found: datetime | None = (await self.executes.execute(statement)).scalar_one()
        return found

    async def note_attempts(self, tried: Sequence[TriedDelivery]) -> None:
        """Insert the tries."""
        names = ("delivery_id", "number", "at", "status", "error", "milliseconds", "answer")
        await self.executes.execute(
            insert(webhook_attempts).values(business_id=self.business_id),
            [{name: getattr(one, name) for name in names} for one in tried],
        )

    async def settle(self, tried: Sequence[TriedDelivery]) -> None:
        """Update the deliveries that nobody else has tried meanwhile."""
        statement = (
            update(webhook_deliveries)
            .where(
                _d.business_id == self.business_id,
                _d.id == bindparam("the_id"),
                _d.attempts == bindparam("the_number", type_=Integer) - 1,
            )
            .values(
                state=bindparam("new_state"),
                attempts=bindparam("the_number"),
                tries=bindparam("new_tries"),
                next_at=bindparam("new_next_at"),
                settled_at=bindparam("new_settled_at"),
            )
        )
        await self.executes.execute(
            statement,
            [
                {
                    "the_id": one.delivery_id,
                    "the_number": one.number,
                    "new_state": one.state,
                    "new_tries": one.tries,
                    "new_next_at": one.next_at,
                    "new_settled_at": one.settled_at,
                }
                for one in tried
            ],
        )

    async def events_between(
        self,
        first: int | None,
        last: int | None,
        since: datetime | None,
        before: datetime | None,
        most: int,
    ) -> list[NewDelivery]:
        """A stretch of the log."""
        statement = (
            select(events.c.sequence, events.c.type.label("event_type"))
            .where(events.c.business_id == self.business_id)
            .order_by(events.c.sequence)
            .limit(most)
        )
        if first is not None:
            statement = statement.where(events.c.sequence >= first)
        if last is not None:
            statement = statement.where(events.c.sequence <= last)
        if since is not None:
            statement = statement.where(events.c.occurred_at >= since)
        if before is not None:
            statement = statement.where(events.c.occurred_at < before)
        return [NewDelivery(**row._mapping) for row in await self.executes.execute(statement)]

    async def again(self, delivery_id: int, now: datetime) -> int | None:
        """Make one delivery wait again."""
        statement = self._again(now).where(_d.id == delivery_id).returning(_d.endpoint_id)
        found: int | None = (await self.executes.execute(statement)).scalar_one_or_none()
        return found

    async def again_all(self, endpoint_id: int, sequences: Sequence[int], now: datetime) -> None:
        """Make the deliveries of several events wait again."""
        await self.executes.execute(
            self._again(now).where(_d.endpoint_id == endpoint_id, among(_d.sequence, list(sequences)))
        )

    async def prune_attempts(self, endpoint_id: int, before: datetime, *, with_waiting: bool) -> None:
        """Delete the tries of old deliveries."""
        old = select(_d.id).where(*self._old(endpoint_id, before, with_waiting))
        await self.executes.execute(
            delete(webhook_attempts).where(_a.business_id == self.business_id, _a.delivery_id.in_(old))
        )

    async def prune_deliveries(self, endpoint_id: int, before: datetime, *, with_waiting: bool) -> None:
        """Delete old deliveries."""
        await self.executes.execute(
            delete(webhook_deliveries).where(*self._old(endpoint_id, before, with_waiting))
        )

    def _old(self, endpoint_id: int, before: datetime, with_waiting: bool) -> tuple[ColumnElement[bool], ...]:
        is_old = and_(_d.settled_at < before, _d.state.in_((DELIVERED, FAILED)))
        if with_waiting:
            is_old = or_(is_old, and_(_d.state == WAITING, _d.created_at < before))
        return (_d.business_id == self.business_id, _d.endpoint_id == endpoint_id, is_old)

    async def prune_bodies(self, before: datetime) -> None:
        """Delete old bodies without a delivery."""
        needed = exists().where(_d.business_id == self.business_id, _d.sequence == _b.sequence)
        await self.executes.execute(
            delete(webhook_bodies).where(_b.business_id == self.business_id, _b.created_at < before, ~needed)
        )

    def _again(self, now: datetime) -> Update:
        return (
            update(webhook_deliveries)
            .where(_d.business_id == self.business_id)
            .values(state=WAITING, tries=0, next_at=now, settled_at=None)
        )
