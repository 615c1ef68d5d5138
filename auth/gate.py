"""The gate: from the text of an Authorization header to an Actor, checked anew every few seconds."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

from auth.opaque_tokens import API_KEY_PREFIX, DISPLAY_PREFIX, hash_of_api_key, hash_of_display_token
from auth.passwords import Passwords
from auth.permissions import DISPLAY, permissions_of, permissions_of_display, permissions_of_key
from auth.questions import IdentityQuestions, KeyStanding, Standing
from auth.recent import Recent
from auth.redeem_stream_ticket import TicketSpent
from auth.secret_key import SecretKey
from auth.throttle import Throttle
from auth.tokens import MAX_TOKEN_CHARACTERS, Claims, Tokens
from auth.watch_questions import DisplayStanding, TicketFacts, WatchQuestions
from core.billing.plans import STARTER
from core.kernel.clock import Clock
from core.kernel.context import ANONYMOUS, Actor, Asker
from core.kernel.errors import Unauthenticated

MEMORY_SECONDS = 5.0
"""How long a revoked credential may still pass anywhere (design: A3)."""

FRESH_SECONDS = 0.5
"""How old an answer may be that a stream's credential is checked by: as many streams as have one
credential then ask once."""

_TAKEN_UP_WITHIN = timedelta(minutes=1)
"""For how long after a ticket ran out its uses are looked at: later nobody can have added one."""

Credential: TypeAlias = str | TicketFacts | None
"""What somebody comes with: an Authorization header, a ticket that was redeemed, or nothing."""

_BEARER = re.compile(r"bearer +([A-Za-z0-9._-]+)", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Caller(Actor):
    """An actor who came with a credential: the plan its requests count against, and when it runs out.

    API keys do not run out: `expires_at` is None. People came with a session, and go with it.
    """

    plan: str = STARTER
    session_id: int | None = None
    expires_at: datetime | None = None


class Gate:
    """What signing in and being recognised need: tokens, passwords, throttle, and a short memory."""

    def __init__(
        self,
        *,
        secret: SecretKey,
        clock: Clock,
        passwords: Passwords,
        throttle: Throttle,
        monotonic: Callable[[], float] = time.monotonic,
        largest_memory: int = 10_000,
    ) -> None:
        self.secret = secret
        self._clock = clock
        self.tokens = Tokens(secret, clock)
        self.passwords = passwords
        self.throttle = throttle
        self._monotonic = monotonic
        self._claims: Recent[bytes, Claims] = Recent(
            seconds=MEMORY_SECONDS, largest=largest_memory, monotonic=monotonic
        )
        self._standings: Recent[tuple[int, int, int], Standing] = Recent(
            seconds=MEMORY_SECONDS, largest=largest_memory, monotonic=monotonic
        )
        self._keys: Recent[str, KeyStanding] = Recent(
            seconds=MEMORY_SECONDS, largest=largest_memory, monotonic=monotonic
        )
        self._displays: Recent[str, DisplayStanding] = Recent(
            seconds=MEMORY_SECONDS, largest=largest_memory, monotonic=monotonic
        )

    async def actor_of(self, credential: Credential, asker: Asker, *, fresh: bool = False) -> Actor:
        """Who comes with this Authorization header: a Caller, or ANONYMOUS where there is no header.

        Raises Unauthenticated for whatever is malformed, unknown, tampered with, expired or revoked.
        Asks the database at most every five seconds per key, and per session and business, or every
        half second where the answer must be fresh; what is refused is not remembered.
        """
        within = FRESH_SECONDS if fresh else MEMORY_SECONDS
        if credential is None:
            return ANONYMOUS
        if isinstance(credential, TicketFacts):
            return await self._with_ticket(credential, asker, within)
        if len(credential) > MAX_TOKEN_CHARACTERS + len("Bearer "):
            raise Unauthenticated()
        bearer = _BEARER.fullmatch(credential)
        if bearer is None:
            raise Unauthenticated()
        if bearer[1].startswith(API_KEY_PREFIX):
            return await self._program(bearer[1], asker, within)
        if bearer[1].startswith(DISPLAY_PREFIX):
            return await self._display(bearer[1], asker, within)
        return await self._person(bearer[1], asker, within)

    async def _program(self, key: str, asker: Asker, within: float) -> Caller:
        key_hash = hash_of_api_key(key)
        if key_hash is None:
            raise Unauthenticated()
        found = self._keys.get(key_hash, within_seconds=within)
        if found is None:
            asked_at = self._monotonic()
            found = await asker.ask(IdentityQuestions).key_by_hash(key_hash)
            if found is None:
                self._keys.forget(key_hash)
                raise Unauthenticated()
            self._keys.keep(key_hash, found, asked_at=asked_at)
        return _caller_of_key(found)

    async def _display(self, token: str, asker: Asker, within: float) -> Caller:
        token_hash = hash_of_display_token(token)
        if token_hash is None:
            raise Unauthenticated()
        found = self._displays.get(token_hash, within_seconds=within)
        if found is None:
            asked_at = self._monotonic()
            found = await asker.ask(WatchQuestions).display_by_hash(token_hash)
            if found is None:
                self._displays.forget(token_hash)
                raise Unauthenticated()
            self._displays.keep(token_hash, found, asked_at=asked_at)
        return _caller_of_display(found)

    async def _with_ticket(self, ticket: TicketFacts, asker: Asker, within: float) -> Caller:
        """Whoever made the ticket, as they stand now; nobody once its stream was taken up elsewhere."""
        if self._clock.now() < ticket.expires_at + _TAKEN_UP_WITHIN:
            uses = await asker.ask(WatchQuestions).uses_of(ticket.ticket_id)
            if uses not in (None, ticket.uses):
                raise TicketSpent()
        kind, _, number = ticket.actor.partition(":")
        if kind == "key":
            key = await asker.ask(WatchQuestions).key_by_id(int(number))
            if key is None:
                raise Unauthenticated()
            return _caller_of_key(key)
        if kind == "display":
            display = await asker.ask(WatchQuestions).display_by_id(int(number))
            if display is None:
                raise Unauthenticated()
            return _caller_of_display(display)
        expires_at = ticket.credential_expires_at
        if ticket.identity_epoch is None or ticket.session_id is None or expires_at is None:
            raise Unauthenticated()
        claims = Claims(
            identity_id=int(number),
            session_id=ticket.session_id,
            business_id=ticket.business_id,
            identity_epoch=ticket.identity_epoch,
            membership_epoch=ticket.membership_epoch,
            jti="",
            issued_at=0,
            expires_at=int(expires_at.timestamp()),
        )
        self.tokens.check_time(claims)
        return await self._standing_as(claims, asker, within)

    async def _person(self, token: str, asker: Asker, within: float) -> Caller:
        return await self._standing_as(self._verified(token), asker, within)

    async def _standing_as(self, claims: Claims, asker: Asker, within: float) -> Caller:
        standing = await self._standing(claims, asker, within)
        if standing is None or standing.identity_epoch != claims.identity_epoch:
            raise Unauthenticated()
        if claims.business_id is not None and (
            standing.business_id != claims.business_id or standing.membership_epoch != claims.membership_epoch
        ):
            raise Unauthenticated()
        return Caller(
            name=f"user:{standing.identity_id}",
            identity_id=standing.identity_id,
            business_id=standing.business_id,
            role=standing.role,
            provider_id=standing.provider_id,
            permissions=permissions_of(standing.role or ""),
            plan=standing.plan or STARTER,
            session_id=claims.session_id,
            expires_at=datetime.fromtimestamp(claims.expires_at, UTC),
        )

    def _verified(self, token: str) -> Claims:
        """The token's claims; the signature is checked once in a while, its time on every call."""
        digest = hashlib.sha256(token.encode()).digest()
        claims = self._claims.get(digest)
        if claims is None:
            claims = self.tokens.verify(token)
            self._claims.keep(digest, claims, asked_at=self._monotonic())
        else:
            self.tokens.check_time(claims)
        return claims

    async def _standing(self, claims: Claims, asker: Asker, within: float) -> Standing | None:
        """The identity's standing in the token's business; None once its session has ended.

        A token without a business stands in the one its holder has founded since; that is not
        remembered, so that founding one is felt at once.
        """
        questions = asker.ask(IdentityQuestions)
        business_id, session_id = claims.business_id, claims.session_id
        if business_id is None:
            return await questions.standing(claims.identity_id, None, session_id=session_id)
        key = (claims.identity_id, business_id, session_id)
        kept = self._standings.get(key, within_seconds=within)
        if kept is not None and not _is_newer(claims, kept):
            return kept
        asked_at = self._monotonic()
        found = await questions.standing(claims.identity_id, business_id, session_id=session_id)
        if found is None:
            self._standings.forget(key)
        elif found.business_id == business_id:
            self._standings.keep(key, found, asked_at=asked_at)
        return found


def _caller_of_key(key: KeyStanding) -> Caller:
    return Caller(
        name=f"key:{key.key_id}",
        business_id=key.business_id,
        role=key.role,
        permissions=permissions_of_key(key.role),
        plan=key.plan,
    )


def _caller_of_display(display: DisplayStanding) -> Caller:
    return Caller(
        name=f"display:{display.display_id}",
        business_id=display.business_id,
        role=DISPLAY,
        permissions=permissions_of_display(),
        plan=display.plan,
    )


def _is_newer(claims: Claims, kept: Standing) -> bool:
    """Whether a token was issued after something changed that the memory has not heard of."""
    return claims.identity_epoch > kept.identity_epoch or (claims.membership_epoch or 0) > (
        kept.membership_epoch or 0
    )
