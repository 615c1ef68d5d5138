"""Revoke a wall display's credential."""

from __future__ import annotations

from dataclasses import dataclass

from auth.watch_questions import WatchQuestions
from core.kernel.context import Context
from core.kernel.errors import IdempotencyMismatch, NotFound
from core.kernel.use_case import use_case


@dataclass(kw_only=True)
class RevokeDisplayCredential:
    """The credential to revoke."""

    display_id: int
    idempotency_key: str | None = None


@dataclass(kw_only=True)
class RevokedDisplayCredential:
    """The credential that was revoked."""

    display_id: int


@use_case("display_credential.revoke", raises=(NotFound, IdempotencyMismatch))
async def revoke_display_credential(
    ctx: Context, command: RevokeDisplayCredential
) -> RevokedDisplayCredential:
    """Revoke it for good; within five seconds its streams end, in every process.

    Raises NotFound where the business has no such credential, or has it no longer.
    """
    async with ctx.unit_of_work() as uow:
        if earlier := await uow.earlier_answer(
            "display_credential.revoke", command, RevokedDisplayCredential
        ):
            return earlier
        if not await uow.ask(WatchQuestions).revoke_display(ctx.business_id, command.display_id, uow.now):
            raise NotFound("display_credential")
        uow.audit("display_credential.revoked", "display_credential", command.display_id)
        return uow.answer(RevokedDisplayCredential(display_id=command.display_id))
