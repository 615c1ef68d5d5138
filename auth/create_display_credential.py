"""Make a credential for a wall display."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from auth.identity import DisplayCredential
from auth.opaque_tokens import SHOWN_LENGTH, hash_of_display_token, new_display_token
from auth.permissions import Permission
from core.kernel.context import Context
from core.kernel.errors import Forbidden, IdempotencyMismatch, Invalid
from core.kernel.text import Check
from core.kernel.use_case import use_case


@dataclass(kw_only=True)
class CreateDisplayCredential:
    """A new credential, named for the display that will hold it."""

    name: str
    idempotency_key: str | None = None


@dataclass(kw_only=True)
class CreatedDisplayCredential:
    """The new credential. `secret` is shown this once: a repeated command is answered without it.

    `created_at` is an instant in ISO 8601, fit to be remembered.
    """

    display_id: int
    created_at: str
    secret: str | None = field(default=None, repr=False)


@use_case("display_credential.create", raises=(Forbidden, Invalid, IdempotencyMismatch))
async def create_display_credential(
    ctx: Context, command: CreateDisplayCredential
) -> CreatedDisplayCredential:
    """Make a credential that watches the board and the log, and does nothing else.

    Raises Forbidden where the caller is no person, and Invalid with every issue found. Only the SHA-256
    of the secret is kept.
    """
    if ctx.actor.identity_id is None:
        raise Forbidden(Permission.API_KEYS_WRITE)
    check = Check()
    name = check.text("name", command.name, longest=100)
    check.done()
    async with ctx.unit_of_work() as uow:
        if earlier := await uow.earlier_answer(
            "display_credential.create", command, CreatedDisplayCredential
        ):
            return earlier
        secret = new_display_token()
        token_hash = hash_of_display_token(secret)
        assert token_hash is not None
        credential = DisplayCredential(
            business_id=ctx.business_id,
            name=name,
            prefix=secret[:SHOWN_LENGTH],
            token_hash=token_hash,
            created_by=ctx.actor.identity_id,
            created_at=uow.now,
        )
        uow.add(credential)
        await uow.flush()
        uow.audit("display_credential.created", "display_credential", credential.id)
        made = CreatedDisplayCredential(display_id=credential.id, created_at=uow.now.isoformat())
        remembered = uow.answer(made)
    return replace(remembered, secret=secret)
