"""A backing of a few lines for the samples: rows in memory, a Reader over them, and a Door without locks."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import httpx

from auth.permissions import Permission
from auth.throttle import Unlimited
from core.appointments.appointment import SlotTaken
from core.kernel.clock import FixedClock
from core.kernel.context import Actor, Context
from core.kernel.errors import Invalid, NotFound, Unauthenticated
from core.kernel.reading import AnyOf, Page, PageRequest, Row, Selection, Where
from core.kernel.unset import UNSET, Maybe
from core.kernel.use_case import use_case
from rest_compat.engine.dialect import Dialect
from rest_compat.mounts import RestSettings, rest_app

NOW = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)
BUSINESS = 7
OWNER = Actor(name="user:1", identity_id=1, business_id=BUSINESS, permissions=frozenset(Permission))
FRONT_DESK = Actor(
    name="user:2", identity_id=2, business_id=BUSINESS, permissions=frozenset({Permission.CLIENTS_READ})
)
TOKENS = {"Bearer owner": OWNER, "Bearer front-desk": FRONT_DESK}

_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda have, want: have == want,
    "in": lambda have, want: have in want,
    "ge": lambda have, want: have >= want,
    "lt": lambda have, want: have < want,
    "contains": lambda have, want: want.lower() in (have or "").lower(),
}


@dataclass
class Rows:
    """Rows by noun, and everything that use cases were asked to do."""

    kept: dict[str, list[Row]] = field(default_factory=dict)
    commands: list[Any] = field(default_factory=list)
    statements: int = 0

    def add(self, noun: str, **row: Any) -> int:
        """Keep a row; the answer is its key."""
        rows = self.kept.setdefault(noun, [])
        rows.append({"id": len(rows) + 1, "archived_at": None, **row})
        return int(rows[-1]["id"])

    async def one(self, selection: Selection, key: int) -> Row | None:
        """The row with that key, or None."""
        self.statements += 1
        found = (row for row in self._found(selection) if row[selection.noun.key] == key)
        row = next(found, None)
        return None if row is None else self._shown(row, selection)

    async def rows(self, selection: Selection) -> list[Row]:
        """All rows in order."""
        self.statements += 1
        return [self._shown(row, selection) for row in self._found(selection)]

    async def page(self, selection: Selection, page: PageRequest) -> Page:
        """A page of the rows."""
        rows = await self.rows(selection)
        start = page.skip
        if page.after is not None:
            keys = [row[selection.noun.key] for row in rows]
            if page.after not in keys:
                raise NotFound(selection.noun.name)
            start = keys.index(page.after) + 1
        end = start + page.size
        return Page(rows=rows[start:end], has_next=end < len(rows), has_previous=start > 0, total=len(rows))

    async def grouped(self, selection: Selection, column: str, keys: Sequence[int]) -> dict[int, list[Row]]:
        """The rows by a column."""
        found: dict[int, list[Row]] = {}
        self.statements += 1
        for row in self._found(selection):
            if row[column] in keys:
                shown = {**self._shown(row, selection), column: row[column]}
                found.setdefault(row[column], []).append(shown)
        return found

    async def pages(self, *_: Any) -> Any:
        """No sample reads pages of many rows at once."""
        raise AssertionError("no sample reads pages of many rows at once")

    def _found(self, selection: Selection) -> list[Row]:
        wheres = (*selection.noun.always, *selection.where)
        rows = [
            row for row in self.kept.get(selection.noun.name, []) if all(_holds(row, one) for one in wheres)
        ]
        if selection.order is not None:
            column = selection.order.column
            rows.sort(key=lambda row: (row[column], row["id"]), reverse=selection.order.descending)
        return rows

    def _shown(self, row: Row, selection: Selection) -> Row:
        shown: Row = {name: row.get(name) for name in selection.fields}
        for name, wanted in selection.relations.items():
            relation = selection.noun.relations[name]
            others = (
                other
                for other in self.kept.get(relation.noun, [])
                if all(row[mine] == other[theirs] for mine, theirs in relation.on)
            )
            other = next(others, None)
            shown[name] = None if other is None else self._shown(other, wanted)
        return shown


def _holds(row: Row, where: Where | AnyOf) -> bool:
    if isinstance(where, AnyOf):
        return any(_holds(row, one) for one in where.conditions)
    return _OPERATORS[where.operator](row.get(where.column), where.value)


class OpenDoor:
    """A Door that knows two tokens; see auth.door."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        self.clock = FixedClock(NOW)
        self.gate = SimpleNamespace(throttle=Unlimited(self.clock))
        self.log = self.bell = None

    @asynccontextmanager
    async def visit(self, authorization: str | None, **_: Any) -> AsyncIterator[Context]:
        """The Context of one request."""
        if authorization is not None and authorization not in TOKENS:
            raise Unauthenticated()
        yield self._context(TOKENS[authorization] if authorization else Actor(name="anonymous"))

    @asynccontextmanager
    async def stranger_at(self, business_id: int, **_: Any) -> AsyncIterator[Context]:
        """A Context without permissions in one business."""
        yield self._context(Actor(name="anonymous", business_id=business_id))

    def _context(self, actor: Actor) -> Context:
        return Context(
            actor=actor,
            clock=self.clock,
            read=self.rows,
            asker=self.rows,  # type: ignore[arg-type]  # no sample asks a question
            open_unit_of_work=None,  # type: ignore[arg-type]  # no sample opens a transaction
        )


def filled() -> Rows:
    """A business in New York with two clients, a provider, a service and two appointments."""
    rows = Rows()
    rows.add(
        "business",
        business_id=BUSINESS,
        name="Lumi",
        slug="lumi",
        time_zone="America/New_York",
        currency="USD",
    )
    rows.add("location", name="Main Street", time_zone="America/New_York")
    rows.add("provider", location_id=1, display_name="James Wilson", slug="james-wilson")
    for given, family, spent in (("Emily", "Chen", 3500), ("John", "Smith", 0)):
        rows.add(
            "client",
            display_name=f"{given} {family}",
            given_name=given,
            family_name=family,
            email=f"{given.lower()}@example.com",
            phone=None,
            total_spent_minor=spent,
            preferred_provider_id=1,
            created_at=NOW,
        )
    rows.add(
        "service",
        name="Consultation",
        duration_minutes=90,
        price_minor=10_000,
        currency="USD",
        description=None,
    )
    for client_id, day in ((1, 24), (2, 25)):
        rows.add(
            "appointment",
            client_id=client_id,
            provider_id=1,
            location_id=1,
            service_id=1,
            status="CONFIRMED",
            starts_at=datetime(2027, 3, day, 14, 0, tzinfo=UTC),
            ends_at=datetime(2027, 3, day, 15, 30, tzinfo=UTC),
            notes="",
            price_minor=10_000,
            currency="USD",
        )
    return rows


@dataclass(kw_only=True)
class Arrange:
    """Arrange an appointment of 90 minutes."""

    client_id: int
    provider_id: int
    starts_at: datetime
    service_id: int | None = None
    notes: str | None = None
    idempotency_key: str | None = None


@dataclass(kw_only=True)
class Arranged:
    """Its key."""

    appointment_id: int


@use_case("sample.arrange", raises=(SlotTaken, NotFound, Invalid))
async def arrange(ctx: Context, command: Arrange) -> Arranged:
    """Keep an appointment, unless one starts then."""
    rows: Rows = ctx.read  # type: ignore[assignment]
    rows.commands.append(command)
    for noun, key in (("client", command.client_id), ("provider", command.provider_id)):
        if key > len(rows.kept[noun]):
            raise NotFound(noun)
        if not key:
            raise NotFound(noun)
    if any(row["starts_at"] == command.starts_at for row in rows.kept["appointment"]):
        raise SlotTaken(command.provider_id, command.starts_at)
    key = rows.add(
        "appointment",
        client_id=command.client_id,
        provider_id=command.provider_id,
        location_id=1,
        service_id=command.service_id,
        status="CONFIRMED",
        starts_at=command.starts_at,
        ends_at=command.starts_at,
        notes=command.notes or "",
        price_minor=None,
        currency="USD",
    )
    return Arranged(appointment_id=key)


@dataclass(kw_only=True)
class Rename:
    """Change a client; what is UNSET stays."""

    client_id: int
    display_name: Maybe[str] = UNSET
    phone: Maybe[str | None] = UNSET
    idempotency_key: str | None = None


@dataclass(kw_only=True)
class Renamed:
    """The client's key."""

    client_id: int


@use_case("sample.rename", raises=(NotFound, Invalid))
async def rename(ctx: Context, command: Rename) -> Renamed:
    """Change what is given."""
    rows: Rows = ctx.read  # type: ignore[assignment]
    rows.commands.append(command)
    row = next((row for row in rows.kept["client"] if row["id"] == command.client_id), None)
    if row is None:
        raise NotFound("client")
    for name in ("display_name", "phone"):
        if getattr(command, name) is not UNSET:
            row[name] = getattr(command, name)
    return Renamed(client_id=row["id"])


def calling(dialect: Dialect, rows: Rows, **more: Any) -> httpx.AsyncClient:
    """A client that speaks to one sample dialect at the root, as the owner."""
    settings = RestSettings(
        root_dialect=dialect.name,
        public_url="http://sample.test",
        rate_limits=False,
        dialects=(dialect,),
        **more,
    )
    app = rest_app(OpenDoor(rows), settings)  # type: ignore[arg-type]  # a gate of its throttle alone
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://sample.test")
