"""Add a client to the business."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from core.directory.client import Client, ClientCreated, EmailTaken
from core.directory.provider import Provider
from core.directory.questions import DirectoryQuestions
from core.kernel.context import Context
from core.kernel.errors import IdempotencyMismatch, Invalid, invalid
from core.kernel.text import Check, e164, split_name
from core.kernel.unit_of_work import UnitOfWork
from core.kernel.use_case import use_case


@dataclass(kw_only=True)
class NewClient:
    """Who somebody is: a display name, or given and family names to make it from."""

    display_name: str | None = None
    given_name: str | None = None
    family_name: str | None = None
    email: str | None = None
    phone: str | None = None
    allergies: str | None = None
    medical_notes: str | None = None
    internal_notes: str | None = None
    language: str | None = None


@dataclass(kw_only=True)
class CreateClient(NewClient):
    """A new client."""

    preferred_provider_id: int | None = None
    idempotency_key: str | None = None


@dataclass(kw_only=True)
class CreatedClient:
    """The key of the new client."""

    client_id: int


@use_case("client.create", raises=(EmailTaken, Invalid, IdempotencyMismatch))
async def create_client(ctx: Context, command: CreateClient) -> CreatedClient:
    """Add a client.

    Raises EmailTaken where another client of the business has the address, and Invalid with every
    issue found, an unknown preferred provider among them.
    """
    async with ctx.unit_of_work() as uow:
        if earlier := await uow.earlier_answer("client.create", command, CreatedClient):
            return earlier
        client = describe_client(command, uow.now)
        await require_provider(uow, client.preferred_provider_id)
        await require_free_address(uow, client.email_key)
        return uow.answer(CreatedClient(client_id=await add_client(uow, client)))


async def add_client(uow: UnitOfWork, client: Client) -> int:
    """Keep and report a new client; answers its key. Raises EmailTaken where somebody was quicker."""
    uow.add(client)
    await uow.flush()
    uow.emit(ClientCreated(client_id=client.id))
    return client.id


async def require_provider(uow: UnitOfWork, provider_id: int | None) -> None:
    """Raise Invalid where a provider is named that the business does not have."""
    if provider_id is None:
        return
    provider = await uow.get(Provider, provider_id)
    if provider is None or provider.archived_at is not None:
        raise invalid("preferred_provider_id", "NOT_FOUND", "must be a provider of the business")


async def require_free_address(uow: UnitOfWork, email_key: str | None) -> None:
    """Raise EmailTaken where a client of the business has the address, given in lower case."""
    if email_key and await uow.ask(DirectoryQuestions).client_with_email(email_key) is not None:
        raise EmailTaken()


def describe_client(command: CreateClient, now: datetime) -> Client:
    """The client that a command describes. Raises Invalid with every issue found."""
    check = Check()
    client = described(check, command, now)
    client.preferred_provider_id = command.preferred_provider_id
    check.done()
    return client


def described(check: Check, new: NewClient, now: datetime) -> Client:
    """The client as it would be kept. Issues are noted in `check`."""
    given, family = new.given_name, new.family_name
    if given is not None:
        given = check.text("given_name", given, longest=100)
    if family is not None:
        family = check.text("family_name", family, longest=100)
    if new.display_name is not None:
        display = check.text("display_name", new.display_name)
        if given is None and family is None:
            given, family = split_name(display)
    else:
        display = " ".join(part for part in (given, family) if part)
        if not display:
            check.refuse("display_name", "REQUIRED", "is needed where no given or family name is")
    email = check.email("email", new.email) if new.email is not None else None
    phone = check.text("phone", new.phone, longest=40) if new.phone is not None else None
    return Client(
        display_name=display,
        given_name=given,
        family_name=family,
        email=email,
        email_key=email.lower() if email else None,
        phone=phone,
        phone_e164=e164(phone),
        allergies=check.note("allergies", new.allergies),
        medical_notes=check.note("medical_notes", new.medical_notes),
        internal_notes=check.note("internal_notes", new.internal_notes),
        preferred_provider_id=None,
        created_at=now,
        language=check.language("language", new.language),
    )
