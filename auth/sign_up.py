"""Sign up: become known, and found a business where one is named."""

from __future__ import annotations

from dataclasses import dataclass, field

from auth.gate import Gate
from auth.identity import FIRST_EPOCH, Identity, Membership
from auth.open_session import SignedIn, open_session
from auth.passwords import check_password
from auth.permissions import OWNER
from auth.questions import IdentityQuestions
from auth.rate_limit import network_of
from auth.throttle import demand
from core.billing.plans import RequestLimit
from core.directory.client import EmailTaken
from core.directory.found_business import found_business
from core.kernel.context import Actor, Context
from core.kernel.errors import IdempotencyMismatch, Invalid, RateLimited, Unauthenticated
from core.kernel.text import Check
from core.kernel.unit_of_work import UnitOfWork
from core.kernel.use_case import use_case

PER_NETWORK = RequestLimit(per_minute=20, burst=100)


@dataclass(kw_only=True)
class SignUp:
    """A new identity; with a business name also a new business, in its zone and currency."""

    email: str
    password: str = field(repr=False)
    full_name: str
    business_name: str | None = None
    time_zone: str = "UTC"
    currency: str = "USD"
    idempotency_key: str | None = None


@dataclass(kw_only=True)
class SignedUp:
    """The keys of what was made; the last two are None without a business."""

    identity_id: int
    business_id: int | None
    provider_id: int | None


@use_case("identity.sign_up", raises=(EmailTaken, Invalid, RateLimited, IdempotencyMismatch))
async def sign_up(ctx: Context, gate: Gate, command: SignUp, *, client_ip: str) -> SignedUp:
    """Keep a new identity, and found its business with it as owner and first provider, or neither.

    Raises EmailTaken where somebody signs in with the address already, Invalid with every issue
    found, and RateLimited for a network that signs up too often. Tokens come from `issue`, afterwards.
    """
    checked = _checked(command)
    await demand(gate.throttle, f"sign-up:ip:{network_of(client_ip)}", PER_NETWORK)
    password_hash = await gate.passwords.hash(command.password)
    # Idempotency keys are remembered per actor: strangers must not meet in one space.
    stranger = Actor(name=f"email:{gate.secret.pseudonym(checked.email.lower())}")
    async with ctx.open_unit_of_work(stranger) as uow:
        if earlier := await uow.earlier_answer("identity.sign_up", command, SignedUp):
            return earlier
        identity = await _known_from_now(uow, checked, password_hash)
        if checked.business_name is None:
            uow.audit("identity.signed_up", "identity", identity.id)
            return uow.answer(SignedUp(identity_id=identity.id, business_id=None, provider_id=None))
        founded = await found_business(
            uow,
            name=checked.business_name,
            owner_name=checked.full_name,
            owner_identity_id=identity.id,
            time_zone=checked.time_zone,
            currency=checked.currency,
            owner_email=checked.email,
        )
        join_as_owner(uow, identity.id, founded.business.business_id, founded.provider.id)
        uow.audit("identity.signed_up", "identity", identity.id)
        return uow.answer(
            SignedUp(
                identity_id=identity.id,
                business_id=founded.business.business_id,
                provider_id=founded.provider.id,
            )
        )


async def issue(ctx: Context, gate: Gate, signed_up: SignedUp) -> SignedIn:
    """Sign in whoever has just signed up, in a transaction of its own.

    Raises Unauthenticated where an earlier answer is replayed after the password was changed.
    """
    person = Actor(name=f"user:{signed_up.identity_id}", identity_id=signed_up.identity_id)
    async with ctx.open_unit_of_work(person) as uow:
        signed_in = await open_session(
            uow,
            gate,
            identity_id=signed_up.identity_id,
            identity_epoch=FIRST_EPOCH,
            business_id=signed_up.business_id,
        )
        if signed_in is None:
            raise Unauthenticated()
        return signed_in


def join_as_owner(uow: UnitOfWork, identity_id: int, business_id: int, provider_id: int) -> None:
    """Keep the membership of whoever founded a business."""
    uow.add(
        Membership(
            identity_id=identity_id,
            business_id=business_id,
            role=OWNER,
            provider_id=provider_id,
            epoch=FIRST_EPOCH,
            created_at=uow.now,
        )
    )


async def _known_from_now(uow: UnitOfWork, checked: SignUp, password_hash: str) -> Identity:
    """Keep the identity. Raises EmailTaken; where two race, the database's constraint says it."""
    email_key = checked.email.lower()
    if await uow.ask(IdentityQuestions).by_email(email_key) is not None:
        raise EmailTaken()
    identity = Identity(
        email=checked.email,
        email_key=email_key,
        full_name=checked.full_name,
        password_hash=password_hash,
        epoch=FIRST_EPOCH,
        created_at=uow.now,
    )
    uow.add(identity)
    await uow.flush()
    return identity


def _checked(command: SignUp) -> SignUp:
    """The command with its values cleaned. Raises Invalid with every issue found."""
    check = Check()
    check_password(check, "password", command.password)
    name = command.business_name
    checked = SignUp(
        email=check.email("email", command.email),
        password=command.password,
        full_name=check.text("full_name", command.full_name),
        business_name=check.text("business_name", name) if name is not None else None,
        time_zone=check.zone("time_zone", command.time_zone),
        currency=check.currency("currency", command.currency),
    )
    check.done()
    return checked
