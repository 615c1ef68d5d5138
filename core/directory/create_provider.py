"""Add a provider to the business."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal

from core.appointments.ledger import Resource
from core.availability.hours import WeeklyHours, issues_in
from core.directory.business import Location, SlugTaken
from core.directory.provider import ROLES, Provider, ProviderCreated, require_may_name
from core.directory.questions import DirectoryQuestions
from core.directory.slugs import claim_exact_slug, claim_slug
from core.kernel.context import Context
from core.kernel.errors import Forbidden, IdempotencyMismatch, Invalid, NotFound
from core.kernel.text import Check
from core.kernel.unit_of_work import UnitOfWork
from core.kernel.use_case import use_case


@dataclass(kw_only=True)
class CreateProvider:
    """A new provider, at the business's first location unless one is named.

    `weekly_hours` are wall-clock minutes in the location's zone; None means the business's hours.
    """

    display_name: str
    location_id: int | None = None
    role: str = "provider"
    email: str | None = None
    slug: str | None = None
    is_accepting_bookings: bool = True
    weekly_hours: WeeklyHours | None = None
    deposit_percent: Decimal | None = None
    styles: list[str] = field(default_factory=list)
    instagram_handle: str | None = None
    availability_note: str | None = None
    portfolio_images: list[str] = field(default_factory=list)
    idempotency_key: str | None = None


@dataclass(kw_only=True)
class CreatedProvider:
    """The key of the new provider."""

    provider_id: int


@use_case("provider.create", raises=(NotFound, SlugTaken, Forbidden, Invalid, IdempotencyMismatch))
async def create_provider(ctx: Context, command: CreateProvider) -> CreatedProvider:
    """Add a provider who can be booked at once.

    Raises NotFound for an unknown location, SlugTaken for a public address in use, Forbidden where
    somebody who is no owner would make one, and Invalid with
    every issue found.
    """
    require_may_name(ctx.actor, command.role)
    async with ctx.unit_of_work() as uow:
        if earlier := await uow.earlier_answer("provider.create", command, CreatedProvider):
            return earlier
        command = check_provider(command)
        location_id = command.location_id
        if location_id is None:
            location_id = await uow.ask(DirectoryQuestions).first_location()
        else:
            await require_location(uow, location_id)
        provider = await add_provider(
            uow,
            location_id=location_id,
            display_name=command.display_name,
            role=command.role,
            email=command.email,
            slug=command.slug,
        )
        provider.is_accepting_bookings = command.is_accepting_bookings
        provider.weekly_hours = command.weekly_hours
        provider.deposit_percent = command.deposit_percent
        provider.styles = command.styles
        provider.instagram_handle = command.instagram_handle
        provider.availability_note = command.availability_note
        provider.portfolio_images = command.portfolio_images
        return uow.answer(CreatedProvider(provider_id=provider.id))


async def require_location(uow: UnitOfWork, location_id: int) -> None:
    """Raise NotFound where the place is not there or was given up; it is locked, so that it stays."""
    location = await uow.get(Location, location_id, lock=True)
    if location is None or location.archived_at is not None:
        raise NotFound("location")


def check_provider(command: CreateProvider) -> CreateProvider:
    """The description of a provider, cleaned. Raises Invalid with every issue found."""
    check, hours = Check(), command.weekly_hours
    if command.role not in ROLES:
        check.refuse("role", "UNKNOWN_ROLE", f"must be one of {', '.join(ROLES)}")
    if hours is not None:
        check.issues += issues_in(hours, "weekly_hours")
    cleaned = replace(
        command,
        display_name=check.text("display_name", command.display_name),
        email=check.email("email", command.email) if command.email is not None else None,
        deposit_percent=check.percent("deposit_percent", command.deposit_percent),
        styles=check.texts("styles", command.styles, most=50),
        instagram_handle=check.note("instagram_handle", command.instagram_handle, longest=100),
        availability_note=check.note("availability_note", command.availability_note, longest=500),
        portfolio_images=check.links("portfolio_images", command.portfolio_images, most=100),
        weekly_hours=None if hours is None else {day: sorted(shifts) for day, shifts in hours.items()},
    )
    check.done()
    return cleaned


async def add_provider(
    uow: UnitOfWork,
    *,
    location_id: int,
    display_name: str,
    role: str,
    email: str | None = None,
    slug: str | None = None,
) -> Provider:
    """Keep a new provider, with the resource that stands for their time and a public address."""
    resource = Resource(kind="provider", name=display_name, capacity=1)
    uow.add(resource)
    await uow.flush()
    provider = Provider(
        location_id=location_id,
        resource_id=resource.id,
        display_name=display_name,
        slug="",
        role=role,
        email=email,
        is_accepting_bookings=True,
        weekly_hours=None,
        deposit_percent=None,
        created_at=uow.now,
    )
    uow.add(provider)
    await uow.flush()
    if slug is None:
        provider.slug = await claim_slug(uow, "provider", display_name, provider.id)
    else:
        provider.slug = await claim_exact_slug(uow, "provider", slug, provider.id)
    uow.emit(ProviderCreated(provider_id=provider.id, location_id=location_id))
    return provider
