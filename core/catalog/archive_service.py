"""Archive a service that is offered no longer."""

from __future__ import annotations

from dataclasses import dataclass

from core.catalog.service import Service, ServiceArchived
from core.kernel.context import Context
from core.kernel.errors import IdempotencyMismatch, NotFound
from core.kernel.use_case import use_case


@dataclass(kw_only=True)
class ArchiveService:
    """The service that is offered no longer."""

    service_id: int
    idempotency_key: str | None = None


@dataclass(kw_only=True)
class ArchivedService:
    """The key of the service."""

    service_id: int


@use_case("service.archive", raises=(NotFound, IdempotencyMismatch))
async def archive_service(ctx: Context, command: ArchiveService) -> ArchivedService:
    """Take a service out of every list; appointments, those ahead too, stay and name it. Raises NotFound."""
    async with ctx.unit_of_work() as uow:
        if earlier := await uow.earlier_answer("service.archive", command, ArchivedService):
            return earlier
        service = await uow.get(Service, command.service_id, lock=True)
        if service is None or service.archived_at is not None:
            raise NotFound("service")
        service.archived_at = uow.now
        uow.emit(ServiceArchived(service_id=service.id))
        return uow.answer(ArchivedService(service_id=service.id))
