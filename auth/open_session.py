"""Open a session: an access token for an hour and a refresh token for thirty days."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import timedelta

from auth.gate import Gate
from auth.identity import Session
from auth.opaque_tokens import hash_of_refresh_token, new_refresh_token
from auth.questions import IdentityQuestions
from auth.tokens import LIFETIME_SECONDS
from core.kernel.unit_of_work import UnitOfWork

REFRESH_LIFETIME = timedelta(days=30)


@dataclass(kw_only=True)
class SignedIn:
    """The two tokens, shown this once, with who signed in and where; lifetime in seconds."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_in_seconds: int = LIFETIME_SECONDS
    identity_id: int
    email: str
    full_name: str
    business_id: int | None
    role: str | None
    provider_id: int | None


async def open_session(
    uow: UnitOfWork,
    gate: Gate,
    *,
    identity_id: int,
    identity_epoch: int,
    business_id: int | None,
    family: str | None = None,
) -> SignedIn | None:
    """Keep a new refresh token, the first of a family unless one is named, and hand out both tokens.

    Without a business the session stands in the identity's oldest one, if any. None, and nothing is
    kept, where the identity is gone or its epoch has moved on, or where it has no place in the business.
    """
    standing = await uow.ask(IdentityQuestions).standing(identity_id, business_id)
    if standing is None or standing.identity_epoch != identity_epoch:
        return None
    if business_id is not None and standing.business_id != business_id:
        return None
    refresh_token = new_refresh_token()
    token_hash = hash_of_refresh_token(refresh_token)
    assert token_hash is not None
    session = Session(
        identity_id=identity_id,
        identity_epoch=identity_epoch,
        business_id=standing.business_id,
        family=family or secrets.token_hex(16),
        token_hash=token_hash,
        created_at=uow.now,
        expires_at=uow.now + REFRESH_LIFETIME,
    )
    uow.add(session)
    await uow.flush()
    access_token = gate.tokens.issue(
        identity_id=identity_id,
        session_id=session.id,
        identity_epoch=identity_epoch,
        business_id=standing.business_id,
        membership_epoch=standing.membership_epoch,
    )
    return SignedIn(
        access_token=access_token,
        refresh_token=refresh_token,
        identity_id=identity_id,
        email=standing.email,
        full_name=standing.full_name,
        business_id=standing.business_id,
        role=standing.role,
        provider_id=standing.provider_id,
    )
