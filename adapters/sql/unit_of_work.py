"""The unit of work in SQL: one transaction for state, events, outbox, audit and idempotency."""

from __future__ import annotations

import dataclasses
import hashlib
import hmac
import json
import re
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import event, insert, select, text, true, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import ORMExecuteState, Session, with_loader_criteria

from adapters.sql.among import among
from adapters.sql.database import TENANT_SETTING, Database, committing
from adapters.sql.job_rows import drop_jobs, job_row, put_jobs, reaction_row
from adapters.sql.questions import questions_for
from adapters.sql.refusals import refusal_of
from adapters.sql.tables import audit, events, idempotency, resources, sequences, webhook_turns
from core.events.catalogue import require_row
from core.kernel.clock import Clock
from core.kernel.context import Actor
from core.kernel.errors import IdempotencyMismatch, Issue, invalid
from core.kernel.events import Event
from core.kernel.jobs import ScheduledJob
from core.kernel.unit_of_work import NO_BUSINESS, Command, TenantOwned

E = TypeVar("E", bound=TenantOwned)
R = TypeVar("R")
P = TypeVar("P")

MEMORY = timedelta(hours=24)
_KEY = re.compile(r"[\x20-\x7e]{1,200}")


@dataclass(frozen=True, kw_only=True)
class Workshop:
    """What units of work are made with. `reactions` tells which jobs follow an event type, `lane_of` the
    lane of a kind; `ring` wakes readers after a commit and may fail without harm; `secret` keys the
    fingerprints of idempotent input."""

    database: Database
    clock: Clock
    reactions: Callable[[str], Sequence[str]]
    lane_of: Callable[[str], str]
    ring: Callable[[int, bool], Any]
    secret: bytes

    def at(self, clock: Clock) -> Workshop:
        """The same workshop by another clock."""
        return dataclasses.replace(self, clock=clock)

    @asynccontextmanager
    async def open(self, actor: Actor, request_id: str = "") -> AsyncIterator[SqlUnitOfWork]:
        """A unit of work for the actor's business; commits when left, rolls back on an exception."""
        business_id = NO_BUSINESS if actor.business_id is None else actor.business_id
        async with self.database.connect(business_id, write=True) as connection:
            session = AsyncSession(bind=connection, expire_on_commit=False, autoflush=False)
            uow = SqlUnitOfWork(self, actor, request_id, business_id, session)
            try:
                yield uow
                await uow.finish()
            except BaseException as error:
                with suppress(DBAPIError, ConnectionError):  # what is lost is undone
                    await session.rollback()
                if isinstance(error, DBAPIError) and (refusal := refusal_of(error)):
                    raise refusal from None
                raise
            finally:
                await session.close()
        await self.ring(uow.business_id, bool(uow.queued) or uow.is_followed)


class SqlUnitOfWork:
    """One open transaction; see core.kernel.unit_of_work.UnitOfWork."""

    def __init__(
        self,
        workshop: Workshop,
        actor: Actor,
        request_id: str,
        business_id: int,
        session: AsyncSession,
    ) -> None:
        self.business_id = business_id
        self.now: datetime = workshop.clock.now()
        self.queued = 0
        self.is_followed = False
        self._workshop = workshop
        self._actor = actor
        self._request_id = request_id
        self._session = session
        self._events: list[Event] = []
        self._touched: set[int] = set()
        self._audit: list[dict[str, Any]] = []
        self._jobs: dict[str, ScheduledJob | None] = {}
        self._remembering: tuple[int, str, str] | None = None
        self._answer: Any = None
        session.sync_session.info["unit_of_work"] = self

    def add(self, entity: object) -> None:
        """Keep a new entity, stamped with the business."""
        if isinstance(entity, TenantOwned) and entity.business_id is None:
            entity.business_id = self.business_id
        self._session.add(entity)

    async def get(self, kind: type[E], key: int, *, lock: bool = False) -> E | None:
        """The business's entity with that key, or None; locked where asked (SQLite's whole file is)."""
        if not _keyed_by_business(kind):
            primary = (self.business_id, key)
            return await self._session.get(kind, primary, with_for_update=lock, populate_existing=lock)
        if key != self.business_id:
            return None
        return await self._session.get(kind, key, with_for_update=lock, populate_existing=lock)

    async def delete(self, entity: object) -> None:
        """Stop keeping an entity."""
        await self._session.delete(entity)

    async def flush(self) -> None:
        """Send what was added and changed. Raises the refusal that a broken constraint means."""
        try:
            await self._session.flush()
        except DBAPIError as error:
            raise refusal_of(error) or error from None

    def ask(self, port: type[P]) -> P:
        """The answering side of a question protocol, on this transaction's connection."""
        return questions_for(port, self._session, self.business_id)

    def emit(self, event: Event) -> None:
        """Report what happened. Raises Unlisted for what is not in the catalogue."""
        require_row(event)
        self._events.append(event)

    def touch(self, resource_ids: Iterable[int]) -> None:
        """Say that what is taken of these resources changes; their rows are locked already."""
        self._touched.update(resource_ids)

    def audit(self, action: str, noun: str, key: int | None, **facts: Any) -> None:
        """Record an act that is no event."""
        self._audit.append(
            {
                "action": action,
                "noun": noun,
                "key": key,
                "facts": facts,
                "actor": self._actor.name,
                "request_id": self._request_id,
                "at": self.now,
            }
        )

    def schedule(
        self,
        kind: str,
        facts: dict[str, Any],
        *,
        run_at: datetime,
        dedupe_key: str,
        unless_later: bool = False,
    ) -> None:
        """Have a job done at `run_at` or later."""
        self._jobs[dedupe_key] = ScheduledJob(
            kind=kind, facts=facts, run_at=run_at, dedupe_key=dedupe_key, unless_later=unless_later
        )

    def cancel_job(self, dedupe_key: str) -> None:
        """Drop the waiting job of this key."""
        self._jobs[dedupe_key] = None

    async def enter(self, business_id: int) -> None:
        """Go on in another business, within this transaction."""
        await self.flush()
        self.business_id = business_id
        await self._stand_in(business_id)

    async def earlier_answer(self, verb: str, command: Command, kind: type[R]) -> R | None:
        """What the command was answered before under its key, or None where it is new."""
        key = command.idempotency_key
        if key is None:
            return None
        if not _KEY.fullmatch(key):
            raise invalid("idempotency_key", "BAD_KEY", "must be 1 to 200 printable ASCII characters")
        where = (
            (idempotency.c.business_id == self.business_id)
            & (idempotency.c.actor == self._actor.name)
            & (idempotency.c.verb == verb)
            & (idempotency.c.key == key)
        )
        fingerprint = self._fingerprint(command)
        row = {
            "business_id": self.business_id,
            "actor": self._actor.name,
            "verb": verb,
            "key": key,
            "fingerprint": fingerprint,
            "created_at": self.now,
        }
        added = await self._session.execute(_insert_unless_remembered(self._workshop.database, row))
        if added.rowcount == 1:  # type: ignore[attr-defined]
            self._remembering = (self.business_id, verb, key)
            return None
        found = (
            await self._session.execute(select(idempotency.c.fingerprint, idempotency.c.result).where(where))
        ).one()
        if not hmac.compare_digest(found.fingerprint, fingerprint):
            raise IdempotencyMismatch(
                [Issue("idempotency_key", "IDEMPOTENCY_MISMATCH", "was used before with other input")]
            )
        return kind(**found.result)

    def answer(self, result: R) -> R:
        """Remember the result under the command's key, and hand it back."""
        self._answer = result
        return result

    async def finish(self) -> None:
        """Flush, number and write the events with their outbox and audit rows, and commit."""
        await self._session.flush()
        if self._remembering is not None:
            await self._remember(*self._remembering)
        if self._touched and not any(happened.changes_taken for happened in self._events):
            raise AssertionError("what is taken changed, and no event reports it")
        queue = await self._log() if self._events else []
        await self._queue(queue)
        if self._audit:
            rows = [{"business_id": self.business_id, **row} for row in self._audit]
            await self._session.execute(insert(audit), rows)
        async with committing():
            await self._session.commit()

    async def _stand_in(self, business_id: int) -> None:
        """On PostgreSQL, see another business until this transaction ends."""
        if self._workshop.database.is_postgresql:
            setting = text("SELECT set_config(:name, :value, true)")
            await self._session.execute(setting, {"name": TENANT_SETTING, "value": str(business_id)})

    async def _remember(self, business_id: int, verb: str, key: str) -> None:
        if business_id != self.business_id:
            await self._stand_in(business_id)
        await self._session.execute(
            update(idempotency)
            .where(
                idempotency.c.business_id == business_id,
                idempotency.c.actor == self._actor.name,
                idempotency.c.verb == verb,
                idempotency.c.key == key,
            )
            .values(result=dataclasses.asdict(self._answer))
        )
        if business_id != self.business_id:
            await self._stand_in(self.business_id)

    async def _log(self) -> list[dict[str, Any]]:
        """Number and write the events; answers the jobs that follow from them."""
        changes_rules = any(happened.changes_rules for happened in self._events)
        last = await self._next_sequence(len(self._events), changes_rules=changes_rules)
        rows: list[dict[str, Any]] = []
        queue: list[dict[str, Any]] = []
        for sequence, happened in enumerate(self._events, start=last - len(self._events) + 1):
            rows.append(
                {
                    "business_id": self.business_id,
                    "sequence": sequence,
                    "type": happened.type,
                    "version": happened.version,
                    "noun": happened.noun,
                    "key": happened.key,
                    "payload": happened.payload(),
                    "actor": self._actor.name,
                    "occurred_at": self.now,
                }
            )
            self.audit(happened.type, happened.noun, happened.key, sequence=sequence)
            queue += [
                reaction_row(self.business_id, reaction, sequence, self._workshop.lane_of(reaction), self.now)
                for reaction in self._workshop.reactions(happened.type)
            ]
        await self._session.execute(insert(events), rows)
        if self._touched:
            await self._session.execute(
                update(resources)
                .where(
                    resources.c.business_id == self.business_id, among(resources.c.id, sorted(self._touched))
                )
                .values(revision=last)
            )
        if self.is_followed:
            await self._wake_followers(last)
        return queue

    async def _queue(self, rows: list[dict[str, Any]]) -> None:
        """Write the jobs that follow from events and those that were scheduled, and drop the cancelled."""
        jobs = [job for job in self._jobs.values() if job is not None]
        for unless_later in (False, True):
            rows += [
                job_row(self.business_id, job, self._workshop.lane_of(job.kind), self.now)
                for job in jobs
                if job.unless_later is unless_later
            ]
            if rows:
                put = put_jobs(self._workshop.database, unless_later=unless_later)
                await self._session.execute(put, rows)
                self.queued += sum(row["run_at"] <= self.now for row in rows)
            rows = []
        if cancelled := [key for key, job in self._jobs.items() if job is None]:
            await self._session.execute(drop_jobs(self.business_id, cancelled, self.now))

    async def _next_sequence(self, count: int, *, changes_rules: bool) -> int:
        """Take the business's next sequence numbers; its row stays locked until the commit.

        The last of them is the new revision of the rules, where they change.
        """
        taken = sequences.c.last + count
        values = {"last": taken, "rules_revision": taken} if changes_rules else {"last": taken}
        raised = await self._session.execute(
            update(sequences)
            .where(sequences.c.business_id == self.business_id)
            .values(**values)
            .returning(sequences.c.last, sequences.c.is_followed)
        )
        row = raised.one_or_none()
        if row is None:
            first = {"last": count, "rules_revision": count if changes_rules else 0, "is_followed": False}
            await self._session.execute(insert(sequences).values(business_id=self.business_id, **first))
            return count
        self.is_followed = row.is_followed
        return int(row.last)

    async def _wake_followers(self, last: int) -> None:
        """Let the worker know, where the business has webhooks, how far its log reaches by now."""
        await self._session.execute(
            update(webhook_turns)
            .where(webhook_turns.c.business_id == self.business_id, webhook_turns.c.is_listening == true())
            .values(newest=last, due_at=self.now)
        )

    def _fingerprint(self, command: Command) -> str:
        facts = {
            field.name: getattr(command, field.name)
            for field in dataclasses.fields(command)  # type: ignore[arg-type]
            if field.name != "idempotency_key"
        }
        canonical = json.dumps(facts, sort_keys=True, default=_plain)
        return hmac.new(self._workshop.secret, canonical.encode(), hashlib.sha256).hexdigest()


def _plain(value: Any) -> Any:
    """What stands for a value in a fingerprint."""
    return dataclasses.asdict(value) if dataclasses.is_dataclass(value) else str(value)  # type: ignore[arg-type]


def _keyed_by_business(kind: type[Any]) -> bool:
    return "id" not in {field.name for field in dataclasses.fields(kind)}


def _insert_unless_remembered(database: Database, row: dict[str, Any]) -> Any:
    """Insert the key's row, or take over one whose memory has run out; otherwise no row is touched."""
    dialect = postgresql if database.is_postgresql else sqlite
    statement = dialect.insert(idempotency).values(**row)
    return statement.on_conflict_do_update(
        index_elements=["business_id", "actor", "verb", "key"],
        set_={"fingerprint": row["fingerprint"], "result": None, "created_at": row["created_at"]},
        where=idempotency.c.created_at < row["created_at"] - MEMORY,
    )


@event.listens_for(Session, "do_orm_execute")
def _fence_reads(state: ORMExecuteState) -> None:
    """Every ORM statement of a unit of work sees only its business."""
    uow = state.session.info.get("unit_of_work")
    if uow is None:
        return
    business_id = uow.business_id
    state.statement = state.statement.options(
        with_loader_criteria(
            TenantOwned, lambda entity: entity.business_id == business_id, include_aliases=True
        )
    )


@event.listens_for(Session, "before_flush")
def _fence_writes(session: Session, *_: Any) -> None:
    """Nothing of another business is ever written."""
    uow = session.info.get("unit_of_work")
    if uow is None:
        return
    for entity in (*session.new, *session.dirty, *session.deleted):
        if isinstance(entity, TenantOwned) and entity.business_id != uow.business_id:
            raise AssertionError(f"{type(entity).__name__} belongs to another business")
