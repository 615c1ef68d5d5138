"""Identities and their credentials: tenant-free, since a person may belong to several businesses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from core.kernel.errors import Conflict, Unauthenticated
from core.kernel.unit_of_work import Entity

FIRST_EPOCH = 1


@dataclass(kw_only=True, eq=False)
class Identity(Entity):
    """Somebody who signs in. `email_key` is the address in lower case, unique.

    `epoch` goes up when everything issued before must stop working, such as on a new password.
    """

    email: str
    email_key: str
    full_name: str
    password_hash: str
    epoch: int
    created_at: datetime


@dataclass(kw_only=True, eq=False)
class Membership(Entity):
    """An identity's place in a business; `epoch` goes up when its role changes or it ends."""

    identity_id: int
    business_id: int
    role: str
    provider_id: int | None
    epoch: int
    created_at: datetime
    ended_at: datetime | None = None


@dataclass(kw_only=True, eq=False)
class Session(Entity):
    """A refresh token: only its SHA-256 is kept. `family` joins the tokens that followed one sign-in.

    `identity_epoch` is the identity's at issue; once that has gone up, the token works no more.
    """

    identity_id: int
    identity_epoch: int
    business_id: int | None
    family: str
    token_hash: str
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None = None
    revoked_at: datetime | None = None


@dataclass(kw_only=True, eq=False)
class ApiKey(Entity):
    """A key for programs: only its SHA-256 and its first characters are kept."""

    business_id: int
    name: str
    prefix: str
    key_hash: str
    role: str
    created_by: int
    created_at: datetime
    revoked_at: datetime | None = None


@dataclass(kw_only=True, eq=False)
class DisplayCredential(Entity):
    """What a wall display watches with: only its SHA-256 and its first characters are kept."""

    business_id: int
    name: str
    prefix: str
    token_hash: str
    created_by: int
    created_at: datetime
    revoked_at: datetime | None = None


@dataclass(kw_only=True, eq=False)
class StreamTicket(Entity):
    """A short way into `/events` for browsers, which cannot send headers: only its SHA-256 is kept.

    `actor` names the credential it was made with, the epochs and the session those of a person then: the
    ticket is worth no more than that credential is now. `uses` counts the streams it opened.
    """

    business_id: int
    ticket_hash: str
    actor: str
    identity_epoch: int | None
    membership_epoch: int | None
    session_id: int | None
    credential_expires_at: datetime | None
    created_at: datetime
    expires_at: datetime
    uses: int = 0


@dataclass(eq=False)
class InvalidCredentials(Unauthenticated):
    """The address or the password is wrong; which one is not said."""

    code: ClassVar[str] = "INVALID_CREDENTIALS"

    @property
    def message(self) -> str:
        """One sentence for people."""
        return "The e-mail address or the password is wrong."


@dataclass(eq=False)
class AlreadyInBusiness(Conflict):
    """The person belongs to a business already."""

    code: ClassVar[str] = "ALREADY_IN_BUSINESS"

    @property
    def message(self) -> str:
        """One sentence for people."""
        return "You belong to a business already."
