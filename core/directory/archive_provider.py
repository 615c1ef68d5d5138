"""Archive a provider who left."""

from __future__ import annotations

from dataclasses import dataclass

from core.directory.provider import Provider, ProviderArchived, ProviderStillNeeded
from core.directory.questions import DirectoryQuestions
from core.directory.slugs import SlugQuestions
from core.directory.update_provider import require_other_owner
from core.kernel.context import Context
from core.kernel.errors import IdempotencyMismatch, NotFound
from core.kernel.use_case import use_case


@dataclass(kw_only=True)
class ArchiveProvider:
    """The provider who left."""

    provider_id: int
    idempotency_key: str | None = None


@dataclass(kw_only=True)
class ArchivedProvider:
    """The key of the provider."""

    provider_id: int


@use_case("provider.archive", raises=(NotFound, ProviderStillNeeded, IdempotencyMismatch))
async def archive_provider(ctx: Context, command: ArchiveProvider) -> ArchivedProvider:
    """Take a provider out of every list; past appointments keep them, the public address is freed.

    Raises NotFound, and ProviderStillNeeded for one with appointments ahead or the last owner.
    """
    async with ctx.unit_of_work() as uow:
        if earlier := await uow.earlier_answer("provider.archive", command, ArchivedProvider):
            return earlier
        provider = await uow.get(Provider, command.provider_id, lock=True)
        if provider is None or provider.archived_at is not None:
            raise NotFound("provider")
        if provider.role == "owner":
            await require_other_owner(uow, provider.id)
        if await uow.ask(DirectoryQuestions).appointments_ahead(provider.id, uow.now):
            raise ProviderStillNeeded("APPOINTMENTS_AHEAD")
        provider.archived_at = uow.now
        provider.is_accepting_bookings = False
        await uow.ask(SlugQuestions).let_go("provider", provider.id)
        uow.emit(ProviderArchived(provider_id=provider.id))
        return uow.answer(ArchivedProvider(provider_id=provider.id))
