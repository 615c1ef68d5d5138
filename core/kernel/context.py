"""What a use case is given: who asks, what time it is, and the doors to the outside."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from core.kernel.clock import Clock
from core.kernel.errors import Unauthenticated
from core.kernel.reading import Reader
from core.kernel.unit_of_work import UnitOfWork

P = TypeVar("P")


@dataclass(frozen=True, kw_only=True)
class Actor:
    """Who is asking.

    `name` is stable and fit for audit rows: `user:7`, `key:3`, `system`, `anonymous`. An identity
    may stand in one business at a time, or in none; permissions are those it has there.
    """

    name: str
    identity_id: int | None = None
    business_id: int | None = None
    role: str | None = None
    provider_id: int | None = None
    permissions: frozenset[str] = field(default=frozenset())


ANONYMOUS = Actor(name="anonymous")


class Asker(Protocol):
    """Answers the questions of a room, each one a single statement, outside a transaction."""

    def ask(self, port: type[P]) -> P:
        """The answering side of a room's question protocol."""
        ...

    async def release(self) -> None:
        """Give back whatever is held for asking; asking again takes it anew."""
        ...


@dataclass(frozen=True, kw_only=True)
class Context:
    """One caller's view of the program; passed to every use case as `ctx`."""

    actor: Actor
    clock: Clock
    read: Reader
    asker: Asker
    open_unit_of_work: Callable[[Actor], AbstractAsyncContextManager[UnitOfWork]]
    request_id: str = ""
    outside: Mapping[type[Any], Any] = field(default_factory=dict)

    @property
    def business_id(self) -> int:
        """The caller's business. Raises Unauthenticated where the caller has none."""
        if self.actor.business_id is None:
            raise Unauthenticated()
        return self.actor.business_id

    def unit_of_work(self) -> AbstractAsyncContextManager[UnitOfWork]:
        """Open a transaction in the caller's business; leaving it commits, an exception undoes all."""
        return self.open_unit_of_work(self.actor)

    def ask(self, port: type[P]) -> P:
        """The answering side of a room's question protocol, outside a transaction."""
        return self.asker.ask(port)

    def reach(self, port: type[P]) -> P:
        """What stands behind a port to the outside: a calendar of holidays, a cache, a sender of mail.

        Calls to the outside happen between transactions, never inside one.
        """
        found: P = self.outside[port]
        return found

    async def release(self) -> None:
        """Hold no connection while something slow is waited for."""
        await self.asker.release()
