"""Revoke an API key."""

from __future__ import annotations

from dataclasses import dataclass

from auth.questions import IdentityQuestions
from core.kernel.context import Context
from core.kernel.errors import IdempotencyMismatch, NotFound
from core.kernel.use_case import use_case


@dataclass(kw_only=True)
class RevokeApiKey:
    """The key to revoke."""

    key_id: int
    idempotency_key: str | None = None


@dataclass(kw_only=True)
class RevokedApiKey:
    """The key that was revoked."""

    key_id: int


@use_case("api_key.revoke", raises=(NotFound, IdempotencyMismatch))
async def revoke_api_key(ctx: Context, command: RevokeApiKey) -> RevokedApiKey:
    """Revoke a key for good; within five seconds no process lets it pass.

    Raises NotFound where the business has no such key, or has it no longer.
    """
    async with ctx.unit_of_work() as uow:
        if earlier := await uow.earlier_answer("api_key.revoke", command, RevokedApiKey):
            return earlier
        questions = uow.ask(IdentityQuestions)
        if not await questions.revoke_key(ctx.business_id, command.key_id, uow.now):
            raise NotFound("api_key")
        uow.audit("api_key.revoked", "api_key", command.key_id)
        return uow.answer(RevokedApiKey(key_id=command.key_id))
