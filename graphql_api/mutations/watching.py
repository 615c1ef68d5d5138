"""Letting displays and browsers watch."""

from __future__ import annotations

from datetime import datetime

import strawberry

from auth.allow import may
from auth.create_display_credential import CreatedDisplayCredential, create_display_credential
from auth.create_stream_ticket import CreatedStreamTicket, create_stream_ticket
from auth.permissions import Permission
from auth.revoke_display_credential import RevokedDisplayCredential, revoke_display_credential
from auth.watch_questions import WatchQuestions
from graphql_api.declare.fields import answered_by, fact
from graphql_api.declare.ids import spell_id
from graphql_api.declare.inputs import MutationInput, required
from graphql_api.declare.mutations import mutation
from graphql_api.declare.types import input_type, payload
from graphql_api.types.watching import DisplayCredential, display_of
from graphql_api.visit import Visit


@input_type
class CreateDisplayCredentialInput(MutationInput):
    """A new credential for a wall display."""

    name: str = required("The display that will hold it.")


async def _made(root: CreatedDisplayCredential, info: strawberry.Info) -> DisplayCredential | None:
    visit: Visit = info.context
    found = await visit.ctx.ask(WatchQuestions).displays_of(visit.ctx.business_id)
    return next((display_of(one) for one in found if one.display_id == root.display_id), None)


@payload
class CreateDisplayCredentialPayload:
    """The credential was made."""

    display_credential: DisplayCredential | None = answered_by(
        _made, "The credential; null where it has been revoked since."
    )
    secret: str | None = fact("Send it as `Authorization: Bearer …`. Shown once: a repeat answers null.")


@input_type
class RevokeDisplayCredentialInput(MutationInput):
    """The display credential to revoke."""

    display_credential_id: strawberry.ID = required(
        "Which credential.", of="display_credential", to="display_id"
    )


def _revoked_id(root: RevokedDisplayCredential) -> strawberry.ID:
    return spell_id("display_credential", root.display_id)


@payload
class RevokeDisplayCredentialPayload:
    """The credential is revoked: within five seconds its streams end everywhere."""

    display_credential_id: strawberry.ID = answered_by(_revoked_id, "Which credential.")


@input_type
class CreateStreamTicketInput(MutationInput):
    """A ticket for a browser's EventSource, worth what the caller's own credential is worth."""


def _expires_at(root: CreatedStreamTicket) -> datetime:
    return datetime.fromisoformat(root.expires_at)


def _path(root: CreatedStreamTicket) -> str | None:
    return None if root.ticket is None else f"/events?ticket={root.ticket}"


@payload
class CreateStreamTicketPayload:
    """The ticket was made."""

    ticket: str | None = fact("Good for one stream of `GET /events`. Shown once: a repeat answers null.")
    path: str | None = answered_by(_path, "The address to open: `new EventSource(path)`.")
    expires_at: datetime = answered_by(_expires_at, "60 seconds from now: open the stream before that.")


@strawberry.type
class WatchMutations:
    """Letting displays and browsers watch."""

    create_display_credential = mutation(
        create_display_credential,
        "Make a credential for a wall display: it sees the board and the log, shortened names, no contact "
        "and no health data, and can change nothing.",
        takes=CreateDisplayCredentialInput,
        gives=CreateDisplayCredentialPayload,
        allow=may(Permission.API_KEYS_WRITE),
    )
    revoke_display_credential = mutation(
        revoke_display_credential,
        "Revoke a display credential for good.",
        takes=RevokeDisplayCredentialInput,
        gives=RevokeDisplayCredentialPayload,
        allow=may(Permission.API_KEYS_WRITE),
    )
    create_stream_ticket = mutation(
        create_stream_ticket,
        "Make a ticket with which a browser opens `GET /events` once, within 60 seconds.",
        takes=CreateStreamTicketInput,
        gives=CreateStreamTicketPayload,
        allow=may(Permission.EVENTS_READ),
    )
