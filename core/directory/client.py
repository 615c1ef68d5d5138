"""The client: the person an appointment is for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from core.kernel.errors import Conflict, NotFound
from core.kernel.events import Event
from core.kernel.unit_of_work import Entity, TenantOwned, UnitOfWork


@dataclass(kw_only=True, eq=False)
class Client(Entity, TenantOwned):
    """A client. `email_key` is the address in lower case, unique among the business's clients.

    `language` is the one they are written to in, None the business's. `sms_opted_out_at` is since when
    they want no SMS.

    Allergies, medical and internal notes are kept encrypted and never enter events or logs.
    """

    display_name: str
    given_name: str | None
    family_name: str | None
    email: str | None
    email_key: str | None
    phone: str | None
    phone_e164: str | None
    allergies: str | None
    medical_notes: str | None
    internal_notes: str | None
    preferred_provider_id: int | None
    created_at: datetime
    archived_at: datetime | None = None
    language: str | None = None
    sms_opted_out_at: datetime | None = None


async def locked_client(uow: UnitOfWork, client_id: int) -> Client:
    """The client, locked. Raises NotFound for one who is archived, or was while the lock was waited for."""
    client = await uow.get(Client, client_id, lock=True)
    if client is None or client.archived_at is not None:
        raise NotFound("client")
    return client


@dataclass(frozen=True, kw_only=True)
class ClientCreated(Event):
    """A client was added."""

    type: ClassVar[str] = "client.created"
    noun: ClassVar[str] = "client"
    key_field: ClassVar[str] = "client_id"

    client_id: int


@dataclass(frozen=True, kw_only=True)
class ClientUpdated(Event):
    """Something about a client changed."""

    type: ClassVar[str] = "client.updated"
    noun: ClassVar[str] = "client"
    key_field: ClassVar[str] = "client_id"

    client_id: int


@dataclass(frozen=True, kw_only=True)
class ClientArchived(Event):
    """A client was removed; their appointments stay."""

    type: ClassVar[str] = "client.archived"
    noun: ClassVar[str] = "client"
    key_field: ClassVar[str] = "client_id"

    client_id: int


@dataclass(frozen=True, kw_only=True)
class ClientErased(Event):
    """Whoever a client was is forgotten for good; whoever keeps copies should forget them, too."""

    type: ClassVar[str] = "client.erased"
    noun: ClassVar[str] = "client"
    key_field: ClassVar[str] = "client_id"

    client_id: int


@dataclass(eq=False)
class EmailTaken(Conflict):
    """Another client of the business, or another person who signs in, has this address."""

    code: ClassVar[str] = "EMAIL_TAKEN"

    @property
    def message(self) -> str:
        """One sentence for people; does not echo the address."""
        return "This e-mail address is in use already."
