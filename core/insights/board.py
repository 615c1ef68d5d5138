"""Today's board of a business or of one of its locations: who comes when, to whom, and who is next."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from core.appointments.life import CONFIRMED, PENDING
from core.appointments.reads import APPOINTMENT
from core.catalog.reads import SERVICE
from core.directory.reads import BUSINESS, CLIENT, LOCATION, PROVIDER
from core.kernel.context import Context
from core.kernel.errors import NotFound
from core.kernel.reading import Order, PageRequest, Row, Selection, Where
from core.kernel.text import zone_of

CLIENTS_READ = "clients:read"
MOST_ENTRIES = 1_000
_EXPECTED = (PENDING, CONFIRMED)


@dataclass(frozen=True, kw_only=True)
class BoardEntry:
    """An appointment as a wall shows it. `client_name` is whole for those who may see clients, else short;
    then `service_name` is None, since beside a name it may tell of somebody's health."""

    appointment_id: int
    provider_id: int
    provider_name: str
    location_id: int
    client_name: str
    service_name: str | None
    status: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, kw_only=True)
class ProviderNow:
    """What a provider has now, and what comes next today."""

    provider_id: int
    provider_name: str
    now: BoardEntry | None
    next: BoardEntry | None


@dataclass(frozen=True, kw_only=True)
class Board:
    """A day in the zone of its location, else of the business. `changes_at` is when it changes by itself."""

    date: date
    time_zone: str
    location_id: int | None
    counts: dict[str, int]
    entries: list[BoardEntry]
    providers: list[ProviderNow]
    changes_at: datetime


async def board(ctx: Context, location_id: int | None = None) -> Board:
    """Today's appointments that start within the day, in order, at most MOST_ENTRIES of them.

    Raises NotFound where the business has no such location.
    """
    zone_name = await _zone_name(ctx, location_id)
    zone = zone_of(zone_name)
    now = ctx.clock.now()
    today = now.astimezone(zone).date()
    begins = datetime.combine(today, time(), zone).astimezone(UTC)
    ends = datetime.combine(today + timedelta(days=1), time(), zone).astimezone(UTC)
    whole_names = CLIENTS_READ in ctx.actor.permissions
    rows = await _rows(ctx, begins, ends, location_id)
    entries = [_entry(row, whole_names) for row in rows]
    return Board(
        date=today,
        time_zone=zone_name,
        location_id=location_id,
        counts=dict(sorted(Counter(entry.status for entry in entries).items())),
        entries=entries,
        providers=_by_provider(entries, now),
        changes_at=_next_change(entries, now, ends),
    )


async def _zone_name(ctx: Context, location_id: int | None) -> str:
    if location_id is None:
        place, noun = Selection(noun=BUSINESS, fields={"time_zone"}), "business"
        row = await ctx.read.one(place, ctx.business_id)
    else:
        place, noun = Selection(noun=LOCATION, fields={"time_zone"}), "location"
        row = await ctx.read.one(place, location_id)
    if row is None:
        raise NotFound(noun)
    return str(row["time_zone"])


async def _rows(ctx: Context, begins: datetime, ends: datetime, location_id: int | None) -> list[Row]:
    """One statement; of people it reads names and nothing else."""
    where = [Where("starts_at", "ge", begins), Where("starts_at", "lt", ends)]
    if location_id is not None:
        where.append(Where("location_id", "eq", location_id))
    selection = Selection(
        noun=APPOINTMENT,
        fields={"id", "provider_id", "location_id", "status", "starts_at", "ends_at"},
        relations={
            "provider": Selection(noun=PROVIDER, fields={"display_name"}),
            "client": Selection(noun=CLIENT, fields={"display_name", "given_name"}),
            "service": Selection(noun=SERVICE, fields={"name"}),
        },
        where=tuple(where),
        order=Order("starts_at"),
    )
    return (await ctx.read.page(selection, PageRequest(size=MOST_ENTRIES))).rows


def _entry(row: Row, whole_names: bool) -> BoardEntry:
    client, service = row["client"], row["service"]
    return BoardEntry(
        appointment_id=row["id"],
        provider_id=row["provider_id"],
        provider_name=row["provider"]["display_name"],
        location_id=row["location_id"],
        client_name=client["display_name"] if whole_names else short_name(**client),
        service_name=service["name"] if service is not None and whole_names else None,
        status=row["status"],
        starts_at=row["starts_at"],
        ends_at=row["ends_at"],
    )


def short_name(display_name: str, given_name: str | None) -> str:
    """The given name where it is known, else the initials."""
    if given_name:
        return given_name
    return " ".join(f"{word[0].upper()}." for word in display_name.split()[:3])


def _by_provider(entries: list[BoardEntry], now: datetime) -> list[ProviderNow]:
    """Each provider of the day, in order of their names."""
    names = {entry.provider_id: entry.provider_name for entry in entries}
    expected = [entry for entry in entries if entry.status in _EXPECTED]
    return [
        ProviderNow(
            provider_id=key,
            provider_name=name,
            now=next(
                (one for one in expected if one.provider_id == key and one.starts_at <= now < one.ends_at),
                None,
            ),
            next=next((one for one in expected if one.provider_id == key and one.starts_at > now), None),
        )
        for key, name in sorted(names.items(), key=lambda item: (item[1], item[0]))
    ]


def _next_change(entries: list[BoardEntry], now: datetime, midnight: datetime) -> datetime:
    times = {time for entry in entries for time in (entry.starts_at, entry.ends_at) if time > now}
    return min({midnight, *times})
