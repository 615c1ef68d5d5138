"""What is asked of identities and credentials; one statement each, none of them fenced by a business.

They are asked before the caller's business is known: all they read lies outside every business.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What signing in needs of an identity."""

    identity_id: int
    password_hash: str
    epoch: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """An identity, and its place in a business where it has one: then the last five fields are known."""

    identity_id: int
    email: str
    full_name: str
    identity_epoch: int
    business_id: int | None = None
    membership_epoch: int | None = None
    role: str | None = None
    plan: str | None = None
    provider_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyStanding:
    """A working API key, and its business's plan."""

    key_id: int
    business_id: int
    role: str
    plan: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionFacts:
    """The facts of a refresh token; `identity_epoch` is the identity's when it was issued."""

    identity_id: int
    business_id: int | None
    family: str
    identity_epoch: int
    used_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFacts:
    """What is shown of an API key; `prefix` is its first characters."""

    key_id: int
    name: str
    prefix: str
    role: str
    created_by: int
    created_at: datetime


class IdentityQuestions(Protocol):
    """Questions about identities, memberships, sessions and API keys."""

    async def by_email(self, email_key: str) -> Account | None:
        """The identity with this address, given in lower case.

        SELECT id, password_hash, epoch FROM identities WHERE email_key = :email_key
        """
        ...

    async def lock_identity(self, identity_id: int) -> None:
        """Make other transactions that lock this identity wait for the end of this one.

        SELECT id FROM identities WHERE id = :identity_id FOR UPDATE (nothing more on SQLite, whose
        transactions already exclude each other)
        """
        ...

    async def keep_password_hash(self, identity_id: int, *, old_hash: str, new_hash: str) -> None:
        """Put a hash in the place of another; does nothing where the password was changed meanwhile.

        UPDATE identities SET password_hash = :new_hash WHERE id = :identity_id AND password_hash = :old_hash
        """
        ...

    async def standing(
        self, identity_id: int, business_id: int | None, *, session_id: int | None = None
    ) -> Standing | None:
        """The identity, with its membership in that business; without a business, with its oldest membership.

        With a session, only where that is the identity's own and not revoked.

        identities i LEFT JOIN (memberships m JOIN tenants t ON t.id = m.business_id AND
        t.closed_at IS NULL) ON m.identity_id = i.id AND m.ended_at IS NULL AND (:business_id IS NULL OR
        m.business_id = :business_id) WHERE i.id = :identity_id ORDER BY m.id LIMIT 1. Columns: i.id,
        i.email, i.full_name, i.epoch, m.business_id, m.epoch, m.role, t.plan, m.provider_id. None only
        where the identity or its session is not there; an ended membership or a closed business leaves the
        last five None. With a session: AND EXISTS (SELECT id FROM sessions WHERE id = :session_id AND
        identity_id = i.id AND revoked_at IS NULL).
        """
        ...

    async def key_by_hash(self, key_hash: str) -> KeyStanding | None:
        """The API key with this SHA-256, where it is not revoked and its business not closed.

        api_keys k JOIN tenants t ON t.id = k.business_id WHERE k.key_hash = :key_hash AND
        k.revoked_at IS NULL AND t.closed_at IS NULL. Columns: k.id, k.business_id, k.role, t.plan.
        """
        ...

    async def keys_of(self, business_id: int) -> list[KeyFacts]:
        """The business's keys that are not revoked, oldest first.

        SELECT … FROM api_keys WHERE business_id = :business_id AND revoked_at IS NULL ORDER BY id
        """
        ...

    async def revoke_key(self, business_id: int, key_id: int, now: datetime) -> bool:
        """Revoke a key; False where the business has no such key, or no longer.

        UPDATE api_keys SET revoked_at = :now WHERE id = :key_id AND business_id = :business_id AND
        revoked_at IS NULL RETURNING id
        """
        ...

    async def spend_session(self, token_hash: str, now: datetime) -> SessionFacts | None:
        """Use up a refresh token, or None; of several who try at once exactly one succeeds.

        UPDATE sessions SET used_at = :now WHERE token_hash = :token_hash AND used_at IS NULL AND
        revoked_at IS NULL AND expires_at > :now RETURNING identity_id, business_id, family,
        identity_epoch, used_at, revoked_at
        """
        ...

    async def session_by_hash(self, token_hash: str) -> SessionFacts | None:
        """A refresh token in whatever state.

        SELECT identity_id, business_id, family, identity_epoch, used_at, revoked_at FROM sessions
        WHERE token_hash = :token_hash
        """
        ...

    async def revoke_family(self, family: str, now: datetime) -> None:
        """Revoke every refresh token that followed one sign-in, and those that follow meanwhile.

        UPDATE sessions SET revoked_at = :now WHERE family = :family AND revoked_at IS NULL, until it finds
        none: a statement does not see what was kept while it waited for a refresh to end.
        """
        ...

    async def forget_sessions(self, before: datetime) -> int:
        """Delete the sessions whose refresh token ran out before an instant, and say how many they were.

        DELETE FROM sessions WHERE expires_at < :before
        """
        ...
