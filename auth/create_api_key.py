"""Make an API key for programs."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from auth.identity import ApiKey
from auth.opaque_tokens import SHOWN_LENGTH, hash_of_api_key, new_api_key
from auth.permissions import OWNER, Permission
from core.kernel.context import Context
from core.kernel.errors import Forbidden, IdempotencyMismatch, Invalid
from core.kernel.text import Check
from core.kernel.use_case import use_case


@dataclass(kw_only=True)
class CreateApiKey:
    """A new key, named for the program that will hold it."""

    name: str
    idempotency_key: str | None = None


@dataclass(kw_only=True)
class CreatedApiKey:
    """The new key. `secret` is shown this once: a repeated command is answered without it.

    `created_at` is an instant in ISO 8601, fit to be remembered.
    """

    key_id: int
    created_at: str
    secret: str | None = field(default=None, repr=False)


@use_case("api_key.create", raises=(Forbidden, Invalid, IdempotencyMismatch))
async def create_api_key(ctx: Context, command: CreateApiKey) -> CreatedApiKey:
    """Make a key that acts for the business with an owner's permissions.

    Raises Forbidden where the caller is no person, since keys do not make keys, and Invalid with
    every issue found. Only the SHA-256 of the secret is kept.
    """
    if ctx.actor.identity_id is None:
        raise Forbidden(Permission.API_KEYS_WRITE)
    check = Check()
    name = check.text("name", command.name, longest=100)
    check.done()
    async with ctx.unit_of_work() as uow:
        if earlier := await uow.earlier_answer("api_key.create", command, CreatedApiKey):
            return earlier
        secret = new_api_key()
        key_hash = hash_of_api_key(secret)
        assert key_hash is not None
        key = ApiKey(
            business_id=ctx.business_id,
            name=name,
            prefix=secret[:SHOWN_LENGTH],
            key_hash=key_hash,
            role=OWNER,
            created_by=ctx.actor.identity_id,
            created_at=uow.now,
        )
        uow.add(key)
        await uow.flush()
        uow.audit("api_key.created", "api_key", key.id)
        remembered = uow.answer(CreatedApiKey(key_id=key.id, created_at=uow.now.isoformat()))
    return replace(remembered, secret=secret)
