"""A transaction on paper: verbs of this room without a database, and every word they say to it, in order."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import fields
from datetime import datetime
from decimal import Decimal
from typing import Any

from core.appointments.appointment import Appointment
from core.appointments.book import BookAppointment, Booked, book
from core.appointments.group_session import GroupSession
from core.appointments.hold import HeldSlot, Hold, HoldSlot, hold_slot
from core.appointments.ledger import KIT, PROVIDER, Locked
from core.appointments.terms import BookingFacts
from core.availability.questions import Changes
from core.availability.rulebook import Rulebook, Taken
from core.availability.shelf import RulebookShelf
from core.directory.client import Client
from core.kernel.clock import FixedClock
from core.kernel.context import Actor, Context
from core.kernel.errors import Invalid
from core.kernel.events import Event
from core.kernel.unit_of_work import UnitOfWork
from tests.core.availability.in_memory import AT, HOME, KAI, MARA, NOW, TEN, ZOE, later

FIRST_KEY = 1_001
"""The key of the first entity that is added; the next ones follow."""


def facts(**more: Any) -> BookingFacts:
    """Dollars, no percentages, everybody known and nobody waiting."""
    given: dict[str, Any] = {
        "currency": "USD",
        "rules_revision": 5,
        "business_percent": Decimal(0),
        "client_is_known": True,
        "client_is_waiting": False,
        "service_percent": None,
        "price_minor": None,
        "provider_percents": {MARA: None, KAI: None, ZOE: None},
    }
    return BookingFacts(**{**given, **more})


def client(key: int, **more: Any) -> Client:
    """A client who says nothing of themselves."""
    given: dict[str, Any] = dict.fromkeys(field.name for field in fields(Client))
    found = Client(**{**given, "display_name": "Ada Quinn", "created_at": NOW, **more})
    found.id = key
    return found


class Paper:
    """A unit of work and its own questions.

    `said` holds each call as a tuple of its name and its arguments, named ones last in a dict. What is asked
    is answered by `answers`, by the name of the question: a value, or a function of its arguments. `is_kept`
    tells whether the block was left in peace.
    """

    def __init__(self, rules: Rulebook, *rows: Taken, there: Iterable[Any] = (), **answers: Any) -> None:
        self.business_id = 1
        self.now = NOW
        self.rules = rules
        self.rows = rows
        self.there = {(type(one), one.id): one for one in there}
        self.added: list[Any] = []
        self.said: list[tuple[Any, ...]] = []
        self.is_kept: bool | None = None
        self.shelf = RulebookShelf()
        given: dict[str, Any] = {
            "booking_facts": facts(),
            "changes": Changes(last=1, rules_revision=5, rulebook=rules),
            "lock": self._locked,
            "release_expired": [],
            "free": [],
            "free_hold": [],
            "end_empty_sessions": [],
            "taken": lambda *_: list(rows),
            "ahead_of": 0,
            "turns": {},
            "company_of": [],
            "moving": None,
            "current": None,
            "client_is_reached": True,
            "earlier_answer": None,
        }
        self.answers = {**given, **answers}

    def _locked(self, resource_ids: Sequence[int], **_: Any) -> list[Locked]:
        """Rooms and kit as in the rules, anything else the time of a provider."""
        return [
            Locked(resource_id=key, kind=KIT, capacity=self.rules.resources[key].capacity)
            if key in self.rules.resources
            else Locked(resource_id=key, kind=PROVIDER, capacity=1)
            for key in resource_ids
        ]

    def _answered(self, name: str, *given: Any, **named: Any) -> Any:
        self.said.append((name, *given, named) if named else (name, *given))
        answer = self.answers[name]
        return answer(*given, **named) if callable(answer) else answer

    def ask(self, port: type[Any]) -> Any:
        """The questions of any room, and no others."""
        return _Questions(self, port)

    def add(self, entity: Any) -> None:
        """Keep it, with a key, so that it can be got."""
        self.said.append(("add", type(entity).__name__))
        self.added.append(entity)

    async def get(self, kind: type[Any], key: int, *, lock: bool = False) -> Any:
        """What is there or was added; every client is there of whom nothing else is said."""
        self.said.append(("get", kind.__name__, key, "locked" if lock is True else "not locked"))
        added = [one for one in self.added if isinstance(one, kind) and one.id == key]
        found = added[0] if added else self.there.get((kind, key))
        return client(key) if found is None and kind is Client else found

    async def flush(self) -> None:
        """Keys for what was added."""
        for number, entity in enumerate(self.added):
            entity.id = FIRST_KEY + number

    def emit(self, event: Event) -> None:
        """An event."""
        self.said.append(("emit", event))

    def touch(self, resource_ids: Iterable[int]) -> None:
        """Resources, where there are any."""
        if keys := sorted(resource_ids):
            self.said.append(("touch", keys))

    def schedule(
        self,
        kind: str,
        facts: dict[str, Any],
        *,
        run_at: datetime,
        dedupe_key: str,
        unless_later: bool = False,
    ) -> None:
        """A job."""
        moved = ({"unless_later": True},) if unless_later else ()
        self.said.append(("schedule", kind, facts, run_at, dedupe_key, *moved))

    def cancel_job(self, dedupe_key: str) -> None:
        """No job."""
        self.said.append(("cancel_job", dedupe_key))

    async def earlier_answer(self, verb: str, command: Any, kind: type[Any]) -> Any:
        """The earlier answer, which is none unless one is given."""
        return self._answered("earlier_answer", verb, command, kind)

    def answer(self, result: Any) -> Any:
        """What is answered."""
        self.said.append(("answer", result))
        return result

    @asynccontextmanager
    async def _block(self, actor: Actor) -> AsyncIterator[Paper]:
        self.is_kept = False
        yield self
        await self.flush()
        self.is_kept = True

    @property
    def uow(self) -> UnitOfWork:
        """This, where a unit of work is asked for."""
        found: Any = self
        typed: UnitOfWork = found
        return typed

    @property
    def ctx(self) -> Context:
        """A Context whose transaction and questions this is."""
        given: dict[str, Any] = {"read": None, "asker": self, "open_unit_of_work": self._block}
        return Context(
            actor=Actor(name="system", business_id=1),
            clock=FixedClock(self.now),
            outside={RulebookShelf: self.shelf},
            **given,
        )

    def kept(self, kind: type[Any]) -> list[dict[str, Any]]:
        """All fields of each entity of a kind that was added, without the business."""
        found = [vars(one) for one in self.added if type(one) is kind]
        return [
            {name: row[name] for name in row if name[0] != "_" and name != "business_id"} for row in found
        ]

    def heard(self, *names: str) -> list[tuple[Any, ...]]:
        """What was said by those names alone."""
        return [line for line in self.said if line[0] in names]


class _Questions:
    """The questions of a port, each an awaitable method."""

    def __init__(self, paper: Paper, port: type[Any]) -> None:
        self._paper, self._port = paper, port

    def __getattr__(self, name: str) -> Any:
        assert hasattr(self._port, name), f"{self._port} does not ask {name}"

        async def answer(*given: Any, **named: Any) -> Any:
            return self._paper._answered(name, *given, **named)

        return answer


def appointment(**more: Any) -> Appointment:
    """Appointment 5: client 4, an hour from ten with Mara at home."""
    given: dict[str, Any] = {
        "id": 5,
        "location_id": HOME,
        "provider_id": MARA,
        "client_id": 4,
        "service_id": None,
        "status": "CONFIRMED",
        "starts_at": TEN,
        "ends_at": later(hours=1),
        "duration_minutes": 60,
        "buffer_before_minutes": 0,
        "buffer_after_minutes": 0,
        "price_minor": None,
        "deposit_minor": None,
        "currency": "USD",
        "description": None,
        "style": None,
        "notes": None,
        "internal_notes": None,
        "created_at": TEN.replace(year=2026),
        "updated_at": TEN.replace(year=2026),
    }
    return Appointment(**{**given, **more})


def hold(**more: Any) -> Hold:
    """Hold 6: an hour from ten with Mara at home, for ten minutes more."""
    given: dict[str, Any] = {
        "id": 6,
        "kind": "hold",
        "provider_id": MARA,
        "service_id": None,
        "client_id": None,
        "location_id": HOME,
        "starts_at": TEN,
        "ends_at": later(hours=1),
        "duration_minutes": 60,
        "seats": 1,
        "created_at": NOW,
        "expires_at": NOW.replace(minute=10),
    }
    return Hold(**{**given, **more})


def session(**more: Any) -> GroupSession:
    """Session 2 of service 3 at ten with Mara, of eight seats, which are resource 90."""
    given: dict[str, Any] = {
        "id": 2,
        "provider_id": MARA,
        "service_id": 3,
        "location_id": HOME,
        "seats_id": 90,
        "starts_at": TEN,
        "ends_at": later(hours=1),
        "duration_minutes": 60,
        "capacity": 8,
        "created_at": NOW,
    }
    return GroupSession(**{**given, **more})


def wanted(**more: Any) -> BookAppointment:
    """Service 3 with Mara at ten for client 4."""
    given: dict[str, Any] = {"client_id": 4, "service_id": 3, "starts_at": TEN}
    if "selection" not in more:
        given["provider_id"] = MARA
    return BookAppointment(**{**given, **more})


def held(**more: Any) -> HoldSlot:
    """The same time of Mara, to be held."""
    given: dict[str, Any] = {"service_id": 3, "starts_at": TEN}
    if "selection" not in more:
        given["provider_id"] = MARA
    return HoldSlot(**{**given, **more})


def both(**more: Any) -> tuple[BookAppointment | HoldSlot, ...]:
    """The same time booked and held."""
    return wanted(**more), held(**more)


async def book_or_hold(paper: Paper, command: BookAppointment | HoldSlot) -> Booked | HeldSlot:
    """Whichever the command asks for."""
    if isinstance(command, HoldSlot):
        return await hold_slot(paper.ctx, command)
    return await book(paper.ctx, command)


def told(refusal: Invalid) -> list[tuple[str, str, str]]:
    """The issues as they are shown."""
    return [(issue.path, issue.code, issue.message) for issue in refusal.issues]


def opened(
    keys: Sequence[int], begin: int, end: int, *, moving: Sequence[int] = (), holds: Sequence[int] = ()
) -> list[tuple[Any, ...]]:
    """What opening the ledger says: locks first, then what is taken three days around, in minutes from ten."""
    return [
        ("lock", list(keys), {"appointment_ids": moving, "hold_ids": list(holds)}),
        ("release_expired", list(keys), NOW),
        *[("free_hold", key) for key in holds],
        *([("free", moving)] if moving else []),
        ("taken", list(keys), AT + begin - 3 * 1_440, AT + end + 3 * 1_440, NOW),
    ]


def allocated(key: int, resource_id: int, start: int, end: int, **more: Any) -> dict[str, Any]:
    """An allocation as it is kept, in minutes from ten: one unit, of an appointment at ten unless said."""
    return {
        "id": key,
        "resource_id": resource_id,
        "quantity": 1,
        "starts_minute": AT + start,
        "ends_minute": AT + end,
        "kind": "appointment",
        "is_active": True,
        "is_exclusive": True,
        "appointment_id": None,
        "expires_at": None,
        "hold_id": None,
        "group_session_id": None,
        "service_id": None,
        "begins_minute": AT,
        "calendar_source_id": None,
        **more,
    }
