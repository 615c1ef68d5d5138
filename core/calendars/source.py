"""The source: a calendar elsewhere that says when a provider is busy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import ClassVar, Protocol

from core.availability.sweep import Stretch
from core.kernel.events import Event
from core.kernel.unit_of_work import Entity, TenantOwned

PAST = timedelta(days=7)
FUTURE = timedelta(days=400)
"""How far back and ahead busy time is kept."""

EVERY = timedelta(minutes=15)
LONGEST_WAIT = timedelta(hours=12)
MOST_SOURCES = 10
"""So many calendars of one provider may be connected at once."""

LONGEST_URL = 2_000
REFRESH = "calendar.refresh"
"""The kind of job that reads a source anew."""

JOB_KEYS = "calendar:"
"""How the keys of these jobs begin; the source's own follows."""

NEW, FRESH, FAILING = "NEW", "FRESH", "FAILING"
STATES = (NEW, FRESH, FAILING)
"""Not read yet; read; read before perhaps, and not the last time: what was read before still counts."""


@dataclass(kw_only=True, eq=False)
class CalendarSource(Entity, TenantOwned):
    """A calendar that is read every fifteen minutes. Its address is a secret and kept encrypted.

    `host` is the part of the address that may be shown. `etag` and `modified` are what its server said
    of what was read at `read_at`, the last time that the whole calendar came; `fetched_at` is when it
    last answered, `tried_at` when it was last asked. `error` names the last failure, `failures` counts
    those since it last answered.
    """

    provider_id: int
    url: str = field(repr=False)
    host: str
    state: str
    created_at: datetime
    etag: str | None = None
    modified: str | None = None
    read_at: datetime | None = None
    fetched_at: datetime | None = None
    tried_at: datetime | None = None
    error: str | None = None
    failures: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFacts:
    """What is shown of a source to those who manage it."""

    source_id: int
    provider_id: int
    host: str
    state: str
    created_at: datetime
    fetched_at: datetime | None
    error: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceToRead:
    """What reading a source needs."""

    url: str = field(repr=False)
    time_zone: str
    etag: str | None
    modified: str | None
    read_at: datetime | None


class SourceQuestions(Protocol):
    """What is asked about sources and the time they take; one statement each."""

    async def to_read(self, source_id: int) -> SourceToRead | None:
        """A source of a provider who is not archived, and the zone of the provider's location."""
        ...

    async def unplanned(self) -> list[int]:
        """The sources of providers who are not archived for which no job waits, oldest first."""
        ...

    async def sources_of(self, provider_id: int) -> list[SourceFacts]:
        """The provider's sources, oldest first."""
        ...

    async def source(self, source_id: int) -> SourceFacts | None:
        """One source."""
        ...

    async def resource_of(self, source_id: int) -> int | None:
        """The resource whose time the source takes."""
        ...

    async def taken_by(self, source_id: int) -> list[tuple[int, int, int]]:
        """The (allocation, start, end) of the source, in UTC minutes."""
        ...

    async def add(self, source_id: int, resource_id: int, stretches: Sequence[Stretch]) -> None:
        """Take the stretches for the source: at most 500 at once."""
        ...

    async def drop(self, source_id: int, allocation_ids: Sequence[int]) -> None:
        """Give back these allocations of the source."""
        ...


@dataclass(frozen=True, kw_only=True)
class CalendarConnected(Event):
    """A provider's calendar elsewhere is read from now on."""

    type: ClassVar[str] = "calendar_account.connected"
    noun: ClassVar[str] = "calendar_source"
    key_field: ClassVar[str] = "calendar_source_id"

    calendar_source_id: int
    provider_id: int


@dataclass(frozen=True, kw_only=True)
class CalendarDisconnected(Event):
    """A calendar is read no longer, and the time it took is free."""

    type: ClassVar[str] = "calendar_account.disconnected"
    noun: ClassVar[str] = "calendar_source"
    key_field: ClassVar[str] = "calendar_source_id"
    changes_taken: ClassVar[bool] = True

    calendar_source_id: int
    provider_id: int


@dataclass(frozen=True, kw_only=True)
class CalendarRefreshed(Event):
    """A calendar was read, and the provider is busy at other times than before."""

    type: ClassVar[str] = "calendar.refreshed"
    noun: ClassVar[str] = "calendar_source"
    key_field: ClassVar[str] = "calendar_source_id"
    changes_taken: ClassVar[bool] = True

    calendar_source_id: int
    provider_id: int
    added: int
    removed: int


@dataclass(frozen=True, kw_only=True)
class CalendarRefreshFailed(Event):
    """A calendar that could be read cannot be read any more; `error` says why in a word."""

    type: ClassVar[str] = "calendar_account.refresh_failed"
    noun: ClassVar[str] = "calendar_source"
    key_field: ClassVar[str] = "calendar_source_id"

    calendar_source_id: int
    provider_id: int
    error: str


@dataclass(frozen=True, kw_only=True)
class CalendarReconnected(Event):
    """A calendar that could not be read can be read again."""

    type: ClassVar[str] = "calendar_account.reconnected"
    noun: ClassVar[str] = "calendar_source"
    key_field: ClassVar[str] = "calendar_source_id"

    calendar_source_id: int
    provider_id: int
