"""Make a ticket: a short way into an event stream for browsers, whose EventSource cannot send headers."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta

from auth.gate import Caller
from auth.identity import StreamTicket
from auth.opaque_tokens import hash_of_ticket, new_ticket
from auth.permissions import Permission
from auth.questions import IdentityQuestions
from core.kernel.context import Context
from core.kernel.errors import Forbidden, IdempotencyMismatch, Invalid, Unauthenticated
from core.kernel.unit_of_work import UnitOfWork
from core.kernel.use_case import use_case

LIFETIME = timedelta(seconds=60)


@dataclass(kw_only=True)
class CreateStreamTicket:
    """A ticket for whoever asks, worth what their own credential is worth."""

    idempotency_key: str | None = None


@dataclass(kw_only=True)
class CreatedStreamTicket:
    """The new ticket. `ticket` is shown this once: a repeated command is answered without it.

    `expires_at` is an instant in ISO 8601, fit to be remembered.
    """

    expires_at: str
    ticket: str | None = field(default=None, repr=False)


@use_case("stream_ticket.create", raises=(Forbidden, Invalid, IdempotencyMismatch))
async def create_stream_ticket(ctx: Context, command: CreateStreamTicket) -> CreatedStreamTicket:
    """Make a ticket for 60 seconds. Only its SHA-256 is kept.

    It opens streams as the caller stands when they are opened, and never for longer than the caller's
    own credential works. Raises Forbidden where that is no credential.
    """
    actor = ctx.actor
    if not isinstance(actor, Caller):
        raise Forbidden(Permission.EVENTS_READ)
    async with ctx.unit_of_work() as uow:
        if earlier := await uow.earlier_answer("stream_ticket.create", command, CreatedStreamTicket):
            return earlier
        ticket = new_ticket()
        ticket_hash = hash_of_ticket(ticket)
        assert ticket_hash is not None
        identity_epoch, membership_epoch = await _epochs(uow, actor)
        uow.add(
            StreamTicket(
                business_id=ctx.business_id,
                ticket_hash=ticket_hash,
                actor=actor.name,
                identity_epoch=identity_epoch,
                membership_epoch=membership_epoch,
                session_id=actor.session_id,
                credential_expires_at=actor.expires_at,
                created_at=uow.now,
                expires_at=uow.now + LIFETIME,
            )
        )
        remembered = uow.answer(CreatedStreamTicket(expires_at=(uow.now + LIFETIME).isoformat()))
    return replace(remembered, ticket=ticket)


async def _epochs(uow: UnitOfWork, actor: Caller) -> tuple[int | None, int | None]:
    """A person's epochs as they are: once they go up, the ticket is worth nothing."""
    if actor.identity_id is None:
        return None, None
    standing = await uow.ask(IdentityQuestions).standing(actor.identity_id, actor.business_id)
    if standing is None or standing.business_id != actor.business_id:
        raise Unauthenticated()
    return standing.identity_epoch, standing.membership_epoch
