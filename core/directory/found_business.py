"""Found a business: its row, its first location and its owner as first provider."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from core.availability.hours import every_day
from core.billing.plans import STARTER
from core.directory.business import Business, BusinessFounded, Location, Tenant
from core.directory.create_provider import add_provider
from core.directory.provider import Provider
from core.directory.slugs import claim_exact_slug, claim_slug
from core.kernel.unit_of_work import UnitOfWork

OPENS, CLOSES = 10 * 60, 18 * 60
DEPOSIT_PERCENT = Decimal(30)
TRIAL = timedelta(days=14)


@dataclass(frozen=True, kw_only=True)
class Founded:
    """What was founded: the business, its first location and the owner as provider."""

    business: Business
    location: Location
    provider: Provider


async def found_business(
    uow: UnitOfWork,
    *,
    name: str,
    owner_name: str,
    owner_identity_id: int,
    time_zone: str = "UTC",
    currency: str = "USD",
    owner_email: str | None = None,
    slug: str | None = None,
) -> Founded:
    """Found a business and go on in it.

    Open 10:00 to 18:00 every day, 30 % deposit, a trial of 14 days on the starter plan; the owner is
    the first provider. All values but the slug are checked by the caller. Raises Invalid for a
    malformed slug, SlugTaken for one in use.
    """
    tenant = Tenant(plan=STARTER, trial_ends_at=uow.now + TRIAL, created_at=uow.now)
    uow.add(tenant)
    await uow.flush()
    await uow.enter(tenant.id)
    business = Business(
        business_id=tenant.id,
        name=name,
        slug=await _slug(uow, name, slug, tenant.id),
        time_zone=time_zone,
        currency=currency,
        weekly_hours=every_day(OPENS, CLOSES),
        deposit_percent=DEPOSIT_PERCENT,
        created_at=uow.now,
    )
    location = Location(name=name, time_zone=time_zone, address=None, created_at=uow.now)
    uow.add(business)
    await uow.flush()
    uow.add(location)
    await uow.flush()
    uow.emit(BusinessFounded(founded_id=tenant.id, owner_identity_id=owner_identity_id))
    provider = await add_provider(
        uow, location_id=location.id, display_name=owner_name, role="owner", email=owner_email
    )
    return Founded(business=business, location=location, provider=provider)


async def _slug(uow: UnitOfWork, name: str, slug: str | None, key: int) -> str:
    if slug is None:
        return await claim_slug(uow, "business", name, key)
    return await claim_exact_slug(uow, "business", slug, key)
