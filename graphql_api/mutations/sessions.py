"""Signing up, in and out, and keys for programs."""

from __future__ import annotations

from dataclasses import dataclass

import strawberry

from auth.allow import PUBLIC, may
from auth.create_api_key import CreatedApiKey, create_api_key
from auth.open_session import SignedIn
from auth.permissions import Permission
from auth.questions import IdentityQuestions
from auth.refresh import Refresh, refresh
from auth.revoke_api_key import RevokedApiKey, revoke_api_key
from auth.sign_in import SignIn, sign_in
from auth.sign_out import SignOut, sign_out
from auth.sign_up import SignUp, issue, sign_up
from core.kernel.errors import Unauthenticated
from graphql_api.declare.fields import answered_by, fact
from graphql_api.declare.ids import spell_id
from graphql_api.declare.inputs import MutationInput, optional, required
from graphql_api.declare.mutations import mutation
from graphql_api.declare.scalars import EmailAddress, TimeZone
from graphql_api.declare.types import input_type, payload
from graphql_api.types.sessions import ApiKey, Session, api_key_of, session_of
from graphql_api.visit import Visit


@input_type
class SignUpInput(MutationInput):
    """A new person and their new business."""

    email: EmailAddress = required("The address to sign in with.")
    password: str = required("At least 8 characters.")
    full_name: str = required("The person's name; they become owner and first provider.")
    business_name: str = required("The name that clients will see.")
    time_zone: TimeZone | None = optional("The business's zone; UTC where not given.")
    currency: str | None = optional("The ISO 4217 currency of its prices; USD where not given.")


@payload
class SignUpPayload:
    """The person signed up, and is signed in."""

    session: Session = answered_by(session_of, "A session in the new business.")


@input_type
class SignInInput(MutationInput):
    """An address and its password. Every call opens a session of its own, whatever the idempotency key."""

    email: EmailAddress = required("The address.")
    password: str = required("The password.")
    business_id: strawberry.ID | None = optional(
        "The business to stand in; the oldest one where not given.", of="business"
    )


@payload
class SignInPayload:
    """The person is signed in."""

    session: Session = answered_by(session_of, "The new session.")


@input_type
class RefreshSessionInput(MutationInput):
    """A refresh token. It works once, whatever the idempotency key."""

    refresh_token: str = required("The refresh token as it was handed out.")


@payload
class RefreshSessionPayload:
    """The session goes on with a new pair of tokens."""

    session: Session = answered_by(session_of, "The session with its new tokens.")


@input_type
class SignOutInput(MutationInput):
    """The session to end. Doing it twice is doing it once, whatever the idempotency key."""

    refresh_token: str = required("Its refresh token; any that followed the same sign-in will do.")


@dataclass(frozen=True, kw_only=True)
class _SignedOut:
    signed_out: bool = True


@payload
class SignOutPayload:
    """The session's refresh tokens work no more; an access token runs out within its hour."""

    signed_out: bool = fact("True, for an unknown token as well: it is signed out, too.")


@input_type
class CreateApiKeyInput(MutationInput):
    """A new key for a program."""

    name: str = required("The program that will hold it.")


async def _made_key(root: CreatedApiKey, info: strawberry.Info) -> ApiKey | None:
    visit: Visit = info.context
    keys = await visit.ctx.ask(IdentityQuestions).keys_of(visit.ctx.business_id)
    return next((api_key_of(key) for key in keys if key.key_id == root.key_id), None)


@payload
class CreateApiKeyPayload:
    """The key was made."""

    api_key: ApiKey | None = answered_by(_made_key, "The key; null where it has been revoked since.")
    secret: str | None = fact("Send it as `Authorization: Bearer …`. Shown once: a repeat answers null.")


@input_type
class RevokeApiKeyInput(MutationInput):
    """The key to revoke."""

    api_key_id: strawberry.ID = required("Which key.", of="api_key", to="key_id")


def _revoked_id(root: RevokedApiKey) -> strawberry.ID:
    return spell_id("api_key", root.key_id)


@payload
class RevokeApiKeyPayload:
    """The key is revoked: within five seconds it works nowhere."""

    api_key_id: strawberry.ID = answered_by(_revoked_id, "Which key.")


async def _sign_up(visit: Visit, command: SignUp) -> SignedIn:
    signed_up = await sign_up(visit.ctx, visit.gate, command, client_ip=visit.client_ip)
    return await issue(visit.ctx, visit.gate, signed_up)


async def _sign_in(visit: Visit, command: SignIn) -> SignedIn:
    return await sign_in(visit.ctx, visit.gate, command, client_ip=visit.client_ip)


async def _refresh(visit: Visit, command: Refresh) -> SignedIn:
    return await refresh(visit.ctx, visit.gate, command)


async def _sign_out(visit: Visit, command: SignOut) -> _SignedOut:
    await sign_out(visit.ctx, command)
    return _SignedOut()


@strawberry.type
class SessionMutations:
    """Becoming known, and letting programs in."""

    sign_up = mutation(
        sign_up,
        "Sign up a person and found their business, open 10:00 to 18:00 every day, with a deposit of 30 %.",
        takes=SignUpInput,
        gives=SignUpPayload,
        allow=PUBLIC,
        call=_sign_up,
        also=(Unauthenticated,),
    )
    sign_in = mutation(
        sign_in,
        "Sign in with an address and a password.",
        takes=SignInInput,
        gives=SignInPayload,
        allow=PUBLIC,
        call=_sign_in,
    )
    refresh_session = mutation(
        refresh,
        "Exchange a refresh token for a new pair of tokens. Using one twice ends its session everywhere.",
        takes=RefreshSessionInput,
        gives=RefreshSessionPayload,
        allow=PUBLIC,
        call=_refresh,
    )
    sign_out = mutation(
        sign_out,
        "End a session, on every device that holds a copy of its tokens.",
        takes=SignOutInput,
        gives=SignOutPayload,
        allow=PUBLIC,
        call=_sign_out,
    )
    create_api_key = mutation(
        create_api_key,
        "Make a key with which a program acts for the business.",
        takes=CreateApiKeyInput,
        gives=CreateApiKeyPayload,
        allow=may(Permission.API_KEYS_WRITE),
    )
    revoke_api_key = mutation(
        revoke_api_key,
        "Revoke a key for good.",
        takes=RevokeApiKeyInput,
        gives=RevokeApiKeyPayload,
        allow=may(Permission.API_KEYS_WRITE),
    )
