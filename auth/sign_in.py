"""Sign in with an address and a password."""

from __future__ import annotations

from dataclasses import dataclass, field

from auth.gate import Gate
from auth.identity import InvalidCredentials
from auth.open_session import SignedIn, open_session
from auth.questions import IdentityQuestions
from auth.rate_limit import network_of
from auth.throttle import demand
from core.billing.plans import RequestLimit
from core.kernel.context import Actor, Context
from core.kernel.errors import NotFound, RateLimited
from core.kernel.text import Check
from core.kernel.use_case import use_case

PER_NETWORK = RequestLimit(per_minute=30, burst=60)
PER_ADDRESS = RequestLimit(per_minute=5, burst=10)


@dataclass(kw_only=True)
class SignIn:
    """An address and its password; the business to stand in, else the person's oldest one."""

    email: str
    password: str = field(repr=False)
    business_id: int | None = None


@use_case("identity.sign_in", raises=(InvalidCredentials, NotFound, RateLimited))
async def sign_in(ctx: Context, gate: Gate, command: SignIn, *, client_ip: str) -> SignedIn:
    """Open a session.

    Raises InvalidCredentials alike, and after the same work, for an unknown address and a wrong
    password; NotFound for a business the person does not belong to; and RateLimited for a network
    or an address that is tried too often. Failures are audited under a pseudonym of the address.
    """
    email_key = command.email.strip().lower()
    pseudonym = gate.secret.pseudonym(email_key)
    await demand(gate.throttle, f"sign-in:ip:{network_of(client_ip)}", PER_NETWORK)
    await demand(gate.throttle, f"sign-in:email:{pseudonym}", PER_ADDRESS)
    account = await ctx.ask(IdentityQuestions).by_email(email_key) if _is_address(email_key) else None
    await ctx.release()  # whoever waits for the password threads must not keep readers waiting
    verdict = await gate.passwords.verify(command.password, account.password_hash if account else None)
    if account is None or not verdict.matches:
        async with ctx.open_unit_of_work(Actor(name=f"email:{pseudonym}")) as uow:
            uow.audit("identity.sign_in_refused", "identity", None, email=pseudonym)
        raise InvalidCredentials()
    new_hash = await gate.passwords.hash(command.password) if verdict.is_outdated else None
    person = Actor(name=f"user:{account.identity_id}", identity_id=account.identity_id)
    async with ctx.open_unit_of_work(person) as uow:
        if new_hash is not None:
            await uow.ask(IdentityQuestions).keep_password_hash(
                account.identity_id, old_hash=account.password_hash, new_hash=new_hash
            )
        signed_in = await open_session(
            uow,
            gate,
            identity_id=account.identity_id,
            identity_epoch=account.epoch,
            business_id=command.business_id,
        )
        if signed_in is None:
            # Without a business named, the password was changed between the two transactions.
            raise InvalidCredentials() if command.business_id is None else NotFound("business")
        uow.audit("identity.signed_in", "identity", account.identity_id)
        return signed_in


def _is_address(text: str) -> bool:
    """Whether the text can be somebody's address, and so may be asked for."""
    check = Check()
    check.email("email", text)
    return not check.issues
