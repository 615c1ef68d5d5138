"""Archive a client."""

from __future__ import annotations

from dataclasses import dataclass

from core.directory.client import ClientArchived, locked_client
from core.kernel.context import Context
from core.kernel.errors import IdempotencyMismatch, NotFound
from core.kernel.use_case import use_case


@dataclass(kw_only=True)
class ArchiveClient:
    """The client to take out of the lists."""

    client_id: int
    idempotency_key: str | None = None


@dataclass(kw_only=True)
class ArchivedClient:
    """The key of the client."""

    client_id: int


@use_case("client.archive", raises=(NotFound, IdempotencyMismatch))
async def archive_client(ctx: Context, command: ArchiveClient) -> ArchivedClient:
    """Take a client out of every list; appointments keep them, the address is free again. Raises NotFound."""
    async with ctx.unit_of_work() as uow:
        if earlier := await uow.earlier_answer("client.archive", command, ArchivedClient):
            return earlier
        client = await locked_client(uow, command.client_id)
        client.archived_at = uow.now
        uow.emit(ClientArchived(client_id=client.id))
        return uow.answer(ArchivedClient(client_id=client.id))
