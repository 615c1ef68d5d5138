"""Rooms and kit: events and refusals. The entity is the ledger's, since time is taken from it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from core.appointments.ledger import KIT, ROOM, Resource
from core.kernel.errors import Conflict, NotFound
from core.kernel.events import Event
from core.kernel.text import Check
from core.kernel.unit_of_work import UnitOfWork

KINDS = (ROOM, KIT)
MOST_CAPACITY = 10_000


async def locked_resource(uow: UnitOfWork, resource_id: int) -> Resource:
    """The room or kit, locked. Raises NotFound, also for one that is archived."""
    resource = await uow.get(Resource, resource_id, lock=True)
    if resource is None or resource.kind not in KINDS or resource.archived_at is not None:
        raise NotFound("resource")
    return resource


def checked_facts(name: str, description: str | None, capacity: int) -> tuple[str, str | None]:
    """Name and description, cleaned. Raises Invalid."""
    check = Check()
    clean = check.text("name", name), check.note("description", description, longest=2_000)
    check.whole("capacity", capacity, least=1, most=MOST_CAPACITY, unit="units")
    check.done()
    return clean


@dataclass(frozen=True, kw_only=True)
class ResourceCreated(Event):
    """A room or kit was added."""

    type: ClassVar[str] = "resource.created"
    noun: ClassVar[str] = "resource"
    key_field: ClassVar[str] = "resource_id"
    changes_rules: ClassVar[bool] = True

    resource_id: int
    capacity: int


@dataclass(frozen=True, kw_only=True)
class ResourceUpdated(Event):
    """Something about a room or kit changed."""

    type: ClassVar[str] = "resource.updated"
    noun: ClassVar[str] = "resource"
    key_field: ClassVar[str] = "resource_id"
    changes_rules: ClassVar[bool] = True

    resource_id: int
    capacity: int


@dataclass(frozen=True, kw_only=True)
class ResourceArchived(Event):
    """A room or kit is used no longer."""

    type: ClassVar[str] = "resource.archived"
    noun: ClassVar[str] = "resource"
    key_field: ClassVar[str] = "resource_id"
    changes_rules: ClassVar[bool] = True

    resource_id: int


@dataclass(eq=False)
class ResourceTaken(Conflict):
    """More of the resource is taken ahead than would be left of it."""

    code: ClassVar[str] = "RESOURCE_TAKEN"

    resource_id: int
    starts_at: datetime
    taken: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return "More of it is taken by appointments ahead than would be left: move or cancel them first."


@dataclass(eq=False)
class ResourceNeeded(Conflict):
    """A service needs the resource, or more of it than would be left."""

    code: ClassVar[str] = "RESOURCE_NEEDED"

    resource_id: int
    service_id: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return "A service needs it: change the service first."
