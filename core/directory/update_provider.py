"""Change a provider."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from core.availability.hours import WeeklyHours
from core.directory.business import Business, SlugTaken
from core.directory.create_provider import CreateProvider, check_provider, require_location
from core.directory.provider import Provider, ProviderStillNeeded, ProviderUpdated, require_may_name
from core.directory.questions import DirectoryQuestions
from core.directory.slugs import SlugQuestions, claim_exact_slug
from core.kernel.context import Context
from core.kernel.errors import Forbidden, IdempotencyMismatch, Invalid, NotFound
from core.kernel.unit_of_work import UnitOfWork
from core.kernel.unset import UNSET, Maybe, given
from core.kernel.use_case import use_case

_PLAIN = (
    "display_name role email is_accepting_bookings weekly_hours deposit_percent styles instagram_handle "
    "availability_note portfolio_images"
).split()


@dataclass(kw_only=True)
class UpdateProvider:
    """What is UNSET stays as it is; the rest means what it means in CreateProvider."""

    provider_id: int
    display_name: Maybe[str] = UNSET
    location_id: Maybe[int] = UNSET
    role: Maybe[str] = UNSET
    email: Maybe[str | None] = UNSET
    slug: Maybe[str] = UNSET
    is_accepting_bookings: Maybe[bool] = UNSET
    weekly_hours: Maybe[WeeklyHours | None] = UNSET
    deposit_percent: Maybe[Decimal | None] = UNSET
    styles: Maybe[list[str]] = UNSET
    instagram_handle: Maybe[str | None] = UNSET
    availability_note: Maybe[str | None] = UNSET
    portfolio_images: Maybe[list[str]] = UNSET
    idempotency_key: str | None = None


@dataclass(kw_only=True)
class UpdatedProvider:
    """The key of the provider."""

    provider_id: int


@use_case(
    "provider.update",
    raises=(NotFound, SlugTaken, ProviderStillNeeded, Forbidden, Invalid, IdempotencyMismatch),
)
async def update_provider(ctx: Context, command: UpdateProvider) -> UpdatedProvider:
    """Change what is given.

    Raises NotFound for an unknown provider or location, SlugTaken, ProviderStillNeeded where the last
    owner would stop being one, Forbidden where somebody who is no owner would make one, and Invalid with every issue found.
    """
    async with ctx.unit_of_work() as uow:
        if earlier := await uow.earlier_answer("provider.update", command, UpdatedProvider):
            return earlier
        provider = await uow.get(Provider, command.provider_id, lock=True)
        if provider is None or provider.archived_at is not None:
            raise NotFound("provider")
        wanted = {name: given(getattr(command, name), getattr(provider, name)) for name in _PLAIN}
        cleaned = check_provider(CreateProvider(**wanted))
        if command.location_id is not UNSET:
            await require_location(uow, command.location_id)
        if provider.role != "owner":
            require_may_name(ctx.actor, wanted["role"])
        if provider.role == "owner" and wanted["role"] != "owner":
            await require_other_owner(uow, provider.id)
        await _change_slug(uow, provider, given(command.slug, provider.slug))
        provider.location_id = given(command.location_id, provider.location_id)
        for name in wanted:
            setattr(provider, name, getattr(cleaned, name))
        uow.emit(ProviderUpdated(provider_id=provider.id))
        return uow.answer(UpdatedProvider(provider_id=provider.id))


async def require_other_owner(uow: UnitOfWork, provider_id: int) -> None:
    """Raise ProviderStillNeeded where the provider is the only owner.

    The business's row is locked first: of two owners who leave at once, the second sees the first gone.
    """
    await uow.get(Business, uow.business_id, lock=True)
    if not set(await uow.ask(DirectoryQuestions).owners()) - {provider_id}:
        raise ProviderStillNeeded("LAST_OWNER")


async def _change_slug(uow: UnitOfWork, provider: Provider, slug: str) -> None:
    if slug == provider.slug:
        return
    await uow.ask(SlugQuestions).let_go("provider", provider.id)
    provider.slug = await claim_exact_slug(uow, "provider", slug, provider.id)
