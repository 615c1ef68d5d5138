"""Add a room or kit."""

from __future__ import annotations

from dataclasses import dataclass

from core.appointments.ledger import ROOM, Resource
from core.directory.known import require_known
from core.kernel.context import Context
from core.kernel.errors import IdempotencyMismatch, Invalid, NotFound, invalid
from core.kernel.use_case import use_case
from core.resources.resource import KINDS, ResourceCreated, checked_facts


@dataclass(kw_only=True)
class CreateResource:
    """A room or kit of `capacity` units; it serves its location, or all where none is named."""

    name: str
    kind: str = ROOM
    capacity: int = 1
    description: str | None = None
    location_id: int | None = None
    idempotency_key: str | None = None


@dataclass(kw_only=True)
class CreatedResource:
    """The key of the new resource."""

    resource_id: int


@use_case("resource.create", raises=(NotFound, Invalid, IdempotencyMismatch))
async def create_resource(ctx: Context, command: CreateResource) -> CreatedResource:
    """Add a room or kit. Raises NotFound for an unknown location, and Invalid with every issue found."""
    async with ctx.unit_of_work() as uow:
        if earlier := await uow.earlier_answer("resource.create", command, CreatedResource):
            return earlier
        if command.kind not in KINDS:
            raise invalid("kind", "UNKNOWN_KIND", f"must be one of {', '.join(KINDS)}")
        name, description = checked_facts(command.name, command.description, command.capacity)
        await require_known(uow, location_ids=[command.location_id])
        resource = Resource(
            kind=command.kind,
            name=name,
            capacity=command.capacity,
            description=description,
            location_id=command.location_id,
        )
        uow.add(resource)
        await uow.flush()
        uow.emit(ResourceCreated(resource_id=resource.id, capacity=resource.capacity))
        return uow.answer(CreatedResource(resource_id=resource.id))
