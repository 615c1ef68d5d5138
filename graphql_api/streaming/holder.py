"""The credential behind a connection: who holds it is asked again and again while it is open."""

from __future__ import annotations

import asyncio
import logging
from contextlib import AbstractAsyncContextManager
from typing import NoReturn

from auth.door import Credential, Door
from auth.rate_limit import take_from_network
from core.kernel.context import Actor, Context
from core.kernel.errors import DomainError, RateLimited, Unauthenticated, Unavailable
from graphql_api.execution.engine import DIALECT
from graphql_api.execution.whole import whole
from graphql_api.streaming.audience import Audience, audience_of

_MOST_FAILED_CHECKS = 4

log = logging.getLogger("daybook.graphql")


class Holder:
    """Whoever opened a connection, by what they came with."""

    def __init__(self, door: Door, credential: Credential, *, client_ip: str, request_id: str) -> None:
        self.door = door
        self.credential = credential
        self.client_ip = client_ip
        self.request_id = request_id
        self._audience: Audience | None = None

    def enter(self, *, fresh: bool = False) -> AbstractAsyncContextManager[Context]:
        """A Context by the credential; a fresh one asks the database and no memory. Raises Unauthenticated."""
        return self.door.visit(
            self.credential, client_ip=self.client_ip, request_id=self.request_id, fresh=fresh
        )

    async def let_in(self, *, fresh: bool = False) -> Actor:
        """Who it is. Raises Unauthenticated, or Unavailable."""
        return await whole(self._entered(fresh))

    async def audience(self) -> Audience:
        """The audience they belong to from now on: once it is another, they have to come anew."""
        if self._audience is None:
            self._audience = audience_of(await self.let_in())
        return self._audience

    async def watch(self, every_seconds: float) -> NoReturn:
        """Ask again and again. Raises Unauthenticated once the credential is not good any more, or lets see
        something else than before, and Unavailable where that cannot be found out for a while."""
        failed = 0
        while True:
            await asyncio.sleep(every_seconds)
            try:
                actor = await self.let_in(fresh=True)
                failed = 0
            except Unauthenticated:
                raise
            except Exception as error:
                log.warning("a stream's credential could not be checked: %s", type(error).__name__)
                failed += 1
                if failed > _MOST_FAILED_CHECKS:
                    raise (error if isinstance(error, DomainError) else Unavailable()) from None
                continue
            if self._audience is not None and audience_of(actor) != self._audience:
                raise Unauthenticated()

    async def turned_away(self, error: DomainError) -> DomainError:
        """What to tell whoever is not let in. A credential that is not good is taken from the bucket of its
        network, as a stranger's request is; once that is empty, RateLimited is told instead."""
        if not isinstance(error, Unauthenticated):
            return error
        throttle = self.door.gate.throttle
        taken = await take_from_network(throttle, client_ip=self.client_ip, dialect=DIALECT)
        return error if taken.allowed else RateLimited(taken.retry_after_seconds)

    async def _entered(self, fresh: bool) -> Actor:
        async with self.enter(fresh=fresh) as ctx:
            return ctx.actor
