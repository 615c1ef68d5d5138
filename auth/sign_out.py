"""Sign out: end a session on every device that holds a copy of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from auth.opaque_tokens import hash_of_refresh_token
from auth.questions import IdentityQuestions
from core.kernel.context import ANONYMOUS, Context
from core.kernel.use_case import use_case


@dataclass(kw_only=True)
class SignOut:
    """The session's refresh token; any that followed the same sign-in will do."""

    refresh_token: str = field(repr=False)


@use_case("session.sign_out", raises=())
async def sign_out(ctx: Context, command: SignOut) -> None:
    """Revoke every refresh token of the session; an unknown token is no error, it is signed out too.

    Access tokens handed out before stop within five seconds, and the streams opened with them end.
    """
    token_hash = hash_of_refresh_token(command.refresh_token)
    if token_hash is None:
        return
    async with ctx.open_unit_of_work(ANONYMOUS) as uow:
        questions = uow.ask(IdentityQuestions)
        session = await questions.session_by_hash(token_hash)
        if session is None or session.revoked_at is not None:
            return
        await questions.revoke_family(session.family, uow.now)
        uow.audit("identity.signed_out", "identity", session.identity_id)
