"""Change a client."""

from __future__ import annotations

from dataclasses import dataclass

from core.directory.client import Client, ClientUpdated, EmailTaken, locked_client
from core.directory.create_client import CreateClient, describe_client, require_free_address, require_provider
from core.kernel.context import Context
from core.kernel.errors import Forbidden, IdempotencyMismatch, Invalid, NotFound
from core.kernel.unset import UNSET, Maybe, given
from core.kernel.use_case import use_case

_PLAIN = (
    "display_name given_name family_name email phone allergies medical_notes internal_notes "
    "preferred_provider_id language"
).split()
_HEALTH = ("allergies", "medical_notes", "internal_notes")
HEALTH = "clients:health"
_NAMES = ("display_name", "given_name", "family_name")


@dataclass(kw_only=True)
class UpdateClient:
    """What is UNSET stays as it is; the rest means what it means in CreateClient.

    `wants_sms` False is an opt-out, kept with its time; True takes it back.

    A new display name is split anew; new given or family names make a new display name.
    """

    client_id: int
    display_name: Maybe[str] = UNSET
    given_name: Maybe[str | None] = UNSET
    family_name: Maybe[str | None] = UNSET
    email: Maybe[str | None] = UNSET
    phone: Maybe[str | None] = UNSET
    allergies: Maybe[str | None] = UNSET
    medical_notes: Maybe[str | None] = UNSET
    internal_notes: Maybe[str | None] = UNSET
    preferred_provider_id: Maybe[int | None] = UNSET
    language: Maybe[str | None] = UNSET
    wants_sms: Maybe[bool] = UNSET
    idempotency_key: str | None = None


@dataclass(kw_only=True)
class UpdatedClient:
    """The key of the client."""

    client_id: int


@use_case("client.update", raises=(NotFound, EmailTaken, Forbidden, Invalid, IdempotencyMismatch))
async def update_client(ctx: Context, command: UpdateClient) -> UpdatedClient:
    """Change what is given. Raises NotFound, EmailTaken, Invalid with every issue found, and Forbidden
    for health answers and internal notes where the caller may not read what they would overwrite."""
    if any(getattr(command, name) is not UNSET for name in _HEALTH) and HEALTH not in ctx.actor.permissions:
        raise Forbidden(HEALTH)
    async with ctx.unit_of_work() as uow:
        if earlier := await uow.earlier_answer("client.update", command, UpdatedClient):
            return earlier
        client = await locked_client(uow, command.client_id)
        described = describe_client(_wanted(client, command), client.created_at)
        if described.preferred_provider_id != client.preferred_provider_id:
            await require_provider(uow, described.preferred_provider_id)
        if described.email_key != client.email_key:
            await require_free_address(uow, described.email_key)
        for name in (*_PLAIN, "email_key", "phone_e164"):
            setattr(client, name, getattr(described, name))
        if command.wants_sms is not UNSET and command.wants_sms == (client.sms_opted_out_at is not None):
            client.sms_opted_out_at = None if command.wants_sms else uow.now
        uow.emit(ClientUpdated(client_id=client.id))
        return uow.answer(UpdatedClient(client_id=client.id))


def _wanted(client: Client, command: UpdateClient) -> CreateClient:
    """The client as it will be, described as if it were new."""
    wanted = {name: given(getattr(command, name), getattr(client, name)) for name in _PLAIN}
    renamed = [name for name in _NAMES if getattr(command, name) is not UNSET]
    if renamed == ["display_name"]:
        wanted["given_name"] = wanted["family_name"] = None
    elif renamed and "display_name" not in renamed:
        wanted["display_name"] = None
    return CreateClient(**wanted)
