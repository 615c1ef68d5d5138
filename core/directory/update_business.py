"""Change the business: its name, public address, zone, hours, deposit and how its waitlist works."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from core.availability.hours import WeeklyHours, issues_in
from core.directory.business import WAITLIST_MODES, Business, BusinessUpdated, SlugTaken
from core.directory.questions import DirectoryQuestions
from core.directory.slugs import SlugQuestions, claim_exact_slug
from core.kernel.context import Context
from core.kernel.errors import IdempotencyMismatch, Invalid
from core.kernel.text import Check
from core.kernel.unset import UNSET, Maybe, given
from core.kernel.use_case import use_case


@dataclass(kw_only=True)
class UpdateBusiness:
    """What is UNSET stays as it is. Locations in the old zone move to the new one with the business.

    `waitlist_mode` is one of WAITLIST_MODES.
    """

    name: Maybe[str] = UNSET
    slug: Maybe[str] = UNSET
    time_zone: Maybe[str] = UNSET
    weekly_hours: Maybe[WeeklyHours] = UNSET
    deposit_percent: Maybe[Decimal] = UNSET
    waitlist_mode: Maybe[str] = UNSET
    idempotency_key: str | None = None


@dataclass(kw_only=True)
class UpdatedBusiness:
    """The key of the business."""

    business_id: int


@use_case("business.update", raises=(SlugTaken, Invalid, IdempotencyMismatch))
async def update_business(ctx: Context, command: UpdateBusiness) -> UpdatedBusiness:
    """Change what is given. Raises SlugTaken, and Invalid with every issue found."""
    async with ctx.unit_of_work() as uow:
        if earlier := await uow.earlier_answer("business.update", command, UpdatedBusiness):
            return earlier
        business = await uow.get(Business, uow.business_id, lock=True)
        assert business is not None
        check = Check()
        name = check.text("name", given(command.name, business.name))
        zone = check.zone("time_zone", given(command.time_zone, business.time_zone))
        hours = given(command.weekly_hours, business.weekly_hours)
        check.issues += issues_in(hours, "weekly_hours")
        percent = check.percent("deposit_percent", given(command.deposit_percent, business.deposit_percent))
        mode = given(command.waitlist_mode, business.waitlist_mode)
        if mode not in WAITLIST_MODES:
            check.refuse("waitlist_mode", "UNKNOWN_MODE", f"must be one of {', '.join(WAITLIST_MODES)}")
        check.done()
        assert percent is not None
        slug = given(command.slug, business.slug)
        if slug != business.slug:
            await uow.ask(SlugQuestions).let_go("business", uow.business_id)
            business.slug = await claim_exact_slug(uow, "business", slug, uow.business_id)
        if zone != business.time_zone:
            await uow.ask(DirectoryQuestions).move_zone(business.time_zone, zone)
        business.name, business.time_zone, business.waitlist_mode = name, zone, mode
        business.weekly_hours = {day: sorted(shifts) for day, shifts in hours.items()}
        business.deposit_percent = percent
        uow.emit(BusinessUpdated(updated_id=uow.business_id))
        return uow.answer(UpdatedBusiness(business_id=uow.business_id))
