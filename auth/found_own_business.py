"""Found a business, for somebody who signed up without one."""

from __future__ import annotations

from dataclasses import dataclass

from auth.identity import AlreadyInBusiness
from auth.questions import IdentityQuestions
from auth.sign_up import join_as_owner
from core.directory.business import SlugTaken
from core.directory.found_business import found_business
from core.kernel.context import Actor, Context
from core.kernel.errors import IdempotencyMismatch, Invalid, Unauthenticated
from core.kernel.text import Check
from core.kernel.use_case import use_case


@dataclass(kw_only=True)
class FoundOwnBusiness:
    """A new business, in its zone and currency; its public address is made from the name unless given."""

    name: str
    slug: str | None = None
    time_zone: str = "UTC"
    currency: str = "USD"
    idempotency_key: str | None = None


@dataclass(kw_only=True)
class FoundedOwnBusiness:
    """The keys of the new business and of its owner as provider."""

    business_id: int
    provider_id: int


@use_case(
    "business.found", raises=(AlreadyInBusiness, SlugTaken, Invalid, Unauthenticated, IdempotencyMismatch)
)
async def found_own_business(ctx: Context, command: FoundOwnBusiness) -> FoundedOwnBusiness:
    """Found a business with the caller as owner and first provider; the caller's token then stands in it.

    Raises AlreadyInBusiness where the caller belongs to one, SlugTaken, Invalid with every issue found, and
    Unauthenticated for callers who are nobody in particular.
    """
    check = Check()
    name = check.text("name", command.name)
    time_zone = check.zone("time_zone", command.time_zone)
    currency = check.currency("currency", command.currency)
    check.done()
    if ctx.actor.identity_id is None:
        raise Unauthenticated()
    # Outside every business, so that a repeat finds its answer whichever business the token names by then.
    person = Actor(name=ctx.actor.name, identity_id=ctx.actor.identity_id)
    async with ctx.open_unit_of_work(person) as uow:
        if earlier := await uow.earlier_answer("business.found", command, FoundedOwnBusiness):
            return earlier
        questions = uow.ask(IdentityQuestions)
        await questions.lock_identity(ctx.actor.identity_id)
        standing = await questions.standing(ctx.actor.identity_id, None)
        if standing is None:
            raise Unauthenticated()
        if standing.business_id is not None:
            raise AlreadyInBusiness()
        founded = await found_business(
            uow,
            name=name,
            owner_name=standing.full_name,
            owner_identity_id=standing.identity_id,
            time_zone=time_zone,
            currency=currency,
            owner_email=standing.email,
            slug=command.slug,
        )
        business_id, provider_id = founded.business.business_id, founded.provider.id
        join_as_owner(uow, standing.identity_id, business_id, provider_id)
        return uow.answer(FoundedOwnBusiness(business_id=business_id, provider_id=provider_id))
