"""Refresh: exchange a refresh token, once, for a new pair of tokens."""

from __future__ import annotations

from dataclasses import dataclass, field

from auth.gate import Gate
from auth.opaque_tokens import hash_of_refresh_token
from auth.open_session import SignedIn, open_session
from auth.questions import IdentityQuestions
from core.kernel.context import ANONYMOUS, Context
from core.kernel.errors import Unauthenticated
from core.kernel.unit_of_work import UnitOfWork
from core.kernel.use_case import use_case


@dataclass(kw_only=True)
class Refresh:
    """The refresh token as it was handed out."""

    refresh_token: str = field(repr=False)


@use_case("session.refresh", raises=(Unauthenticated,))
async def refresh(ctx: Context, gate: Gate, command: Refresh) -> SignedIn:
    """Use the token up and hand out the next pair.

    Raises Unauthenticated for a token that is unknown, expired or revoked, and for one used before:
    then somebody else holds a copy, and every token of the same sign-in is revoked.
    """
    token_hash = hash_of_refresh_token(command.refresh_token)
    if token_hash is None:
        raise Unauthenticated()
    async with ctx.open_unit_of_work(ANONYMOUS) as uow:
        # A refusal is raised after the block, so that what it revoked is kept.
        signed_in = await _exchanged(uow, gate, token_hash)
    if signed_in is None:
        raise Unauthenticated()
    return signed_in


async def _exchanged(uow: UnitOfWork, gate: Gate, token_hash: str) -> SignedIn | None:
    questions = uow.ask(IdentityQuestions)
    spent = await questions.spend_session(token_hash, uow.now)
    if spent is None:
        known = await questions.session_by_hash(token_hash)
        if known is not None and known.used_at is not None and known.revoked_at is None:
            await questions.revoke_family(known.family, uow.now)
            uow.audit("session.reused", "identity", known.identity_id)
        return None
    signed_in = await open_session(
        uow,
        gate,
        identity_id=spent.identity_id,
        identity_epoch=spent.identity_epoch,
        business_id=spent.business_id,
        family=spent.family,
    )
    if signed_in is None:
        await questions.revoke_family(spent.family, uow.now)
    return signed_in
