"""Who is asking: the viewer, people who sign in, their sessions, and keys for programs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import strawberry

from auth.allow import INHERITED, PUBLIC, may
from auth.open_session import SignedIn
from auth.permissions import Permission
from auth.questions import IdentityQuestions, KeyFacts
from core.kernel.context import Actor
from graphql_api.declare.fields import answered_by, fact, keyed
from graphql_api.declare.ids import spell_id
from graphql_api.declare.scalars import EmailAddress
from graphql_api.declare.types import object_type
from graphql_api.types.business import Business
from graphql_api.types.people import Role
from graphql_api.types.providers import Provider
from graphql_api.visit import Visit


@object_type(allow=INHERITED)
class User:
    """A person who signs in. They may belong to several businesses."""

    id: strawberry.ID = fact("The global id.")
    email: EmailAddress = fact("The address they sign in with.")
    full_name: str = fact("Their name.")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Viewer:
    business_id: int | None
    provider_id: int | None
    role: str | None
    permissions: list[str]


async def _user(info: strawberry.Info) -> User | None:
    visit: Visit = info.context
    actor = visit.ctx.actor
    if actor.identity_id is None:
        return None
    standing = await visit.ctx.ask(IdentityQuestions).standing(actor.identity_id, actor.business_id)
    if standing is None:
        return None
    return User(
        id=spell_id("user", standing.identity_id),
        email=EmailAddress(standing.email),
        full_name=standing.full_name,
    )


@object_type(allow=PUBLIC)
class Viewer:
    """Whoever sends the request. A stranger has no user, no business and no permissions."""

    user: User | None = answered_by(_user, "The person; null for strangers and for API keys.")
    business: Business | None = keyed("business_id", "The business the credential stands in.")
    provider: Provider | None = keyed("provider_id", "The provider that the person is there, if any.")
    role: Role | None = fact("What the viewer is in the business.")
    permissions: list[str] = fact("What the viewer may do there, such as `appointments:write`.")


async def viewer(info: strawberry.Info) -> Viewer:
    """The caller as a Viewer's source."""
    visit: Visit = info.context
    return viewer_of(visit.ctx.actor)  # type: ignore[return-value]  # a source, shown as a Viewer


def viewer_of(actor: Actor) -> _Viewer:
    """An actor as a Viewer's source."""
    return _Viewer(
        business_id=actor.business_id,
        provider_id=actor.provider_id,
        role=actor.role,
        permissions=sorted(actor.permissions),
    )


@object_type(allow=INHERITED)
class Session:
    """What signing in gives. The tokens are shown this once."""

    access_token: str = fact("Send it as `Authorization: Bearer …`.")
    refresh_token: str = fact("Exchange it, once, for the next pair with `refreshSession`.")
    expires_in_seconds: int = fact("How long the access token works.")
    user: User = fact("Who signed in.")
    business_id: strawberry.ID | None = fact("The business that the session stands in.")
    role: Role | None = fact("What the user is there.")


def session_of(root: SignedIn) -> Session:
    """A session as it is shown."""
    return Session(
        access_token=root.access_token,
        refresh_token=root.refresh_token,
        expires_in_seconds=root.expires_in_seconds,
        user=User(
            id=spell_id("user", root.identity_id), email=EmailAddress(root.email), full_name=root.full_name
        ),
        business_id=None if root.business_id is None else spell_id("business", root.business_id),
        role=None if root.role is None else Role(root.role),
    )


@object_type(allow=may(Permission.API_KEYS_READ))
class ApiKey:
    """A key with which a program acts for the business. The secret itself is not kept."""

    id: strawberry.ID = fact("The global id.")
    name: str = fact("The program that holds it.")
    prefix: str = fact("Its first characters, to tell keys apart.")
    role: Role = fact("As what it acts.")
    created_at: datetime = fact("When it was made.")


def api_key_of(key: KeyFacts) -> ApiKey:
    """A key as it is shown."""
    return ApiKey(
        id=spell_id("api_key", key.key_id),
        name=key.name,
        prefix=key.prefix,
        role=Role(key.role),
        created_at=key.created_at,
    )


async def api_keys(info: strawberry.Info) -> list[ApiKey]:
    """The business's keys, oldest first."""
    visit: Visit = info.context
    keys = await visit.ctx.ask(IdentityQuestions).keys_of(visit.ctx.business_id)
    return [api_key_of(key) for key in keys]
