"""Change a room or kit."""

from __future__ import annotations

from dataclasses import dataclass

from core.directory.known import require_known
from core.kernel.context import Context
from core.kernel.errors import IdempotencyMismatch, Invalid, NotFound
from core.kernel.unset import UNSET, Maybe, given
from core.kernel.use_case import use_case
from core.resources.resource import (
    ResourceNeeded,
    ResourceTaken,
    ResourceUpdated,
    checked_facts,
    locked_resource,
)
from core.resources.use import ResourceQuestions, require_unneeded, require_untaken


@dataclass(kw_only=True)
class UpdateResource:
    """What is UNSET stays as it is; a location of None means all of them."""

    resource_id: int
    name: Maybe[str] = UNSET
    capacity: Maybe[int] = UNSET
    description: Maybe[str | None] = UNSET
    location_id: Maybe[int | None] = UNSET
    idempotency_key: str | None = None


@dataclass(kw_only=True)
class UpdatedResource:
    """The key of the resource."""

    resource_id: int


@use_case("resource.update", raises=(NotFound, ResourceTaken, ResourceNeeded, Invalid, IdempotencyMismatch))
async def update_resource(ctx: Context, command: UpdateResource) -> UpdatedResource:
    """Change what is given.

    Raises NotFound, Invalid, ResourceTaken where more is taken ahead than would be left, and
    ResourceNeeded where a service needs more at once.
    """
    async with ctx.unit_of_work() as uow:
        if earlier := await uow.earlier_answer("resource.update", command, UpdatedResource):
            return earlier
        resource = await locked_resource(uow, command.resource_id)
        before, capacity = resource.capacity, given(command.capacity, resource.capacity)
        name, description = checked_facts(
            given(command.name, resource.name), given(command.description, resource.description), capacity
        )
        location_id = given(command.location_id, resource.location_id)
        if location_id != resource.location_id:
            await require_known(uow, location_ids=[location_id])
        if capacity < before:
            await require_unneeded(uow, resource.id, capacity)
            await require_untaken(uow, resource.id, capacity)
        resource.name, resource.description = name, description
        resource.capacity, resource.location_id = capacity, location_id
        if (capacity == 1) != (before == 1):
            await uow.ask(ResourceQuestions).keep_apart(resource.id, capacity == 1)
        uow.emit(ResourceUpdated(resource_id=resource.id, capacity=capacity))
        return uow.answer(UpdatedResource(resource_id=resource.id))
