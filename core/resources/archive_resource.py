"""Archive a room or kit that is used no longer."""

from __future__ import annotations

from dataclasses import dataclass

from core.kernel.context import Context
from core.kernel.errors import IdempotencyMismatch, NotFound
from core.kernel.use_case import use_case
from core.resources.resource import ResourceArchived, ResourceNeeded, ResourceTaken, locked_resource
from core.resources.use import require_unneeded, require_untaken


@dataclass(kw_only=True)
class ArchiveResource:
    """The room or kit that is used no longer."""

    resource_id: int
    idempotency_key: str | None = None


@dataclass(kw_only=True)
class ArchivedResource:
    """The key of the resource."""

    resource_id: int


@use_case("resource.archive", raises=(NotFound, ResourceTaken, ResourceNeeded, IdempotencyMismatch))
async def archive_resource(ctx: Context, command: ArchiveResource) -> ArchivedResource:
    """Take a room or kit out of every list; past appointments keep it.

    Raises NotFound, ResourceTaken while any of it is taken ahead, and ResourceNeeded while a service
    names it.
    """
    async with ctx.unit_of_work() as uow:
        if earlier := await uow.earlier_answer("resource.archive", command, ArchivedResource):
            return earlier
        resource = await locked_resource(uow, command.resource_id)
        await require_unneeded(uow, resource.id, 0)
        await require_untaken(uow, resource.id, 0)
        resource.archived_at = uow.now
        uow.emit(ResourceArchived(resource_id=resource.id))
        return uow.answer(ArchivedResource(resource_id=resource.id))
