"""What an edge needs of the program: a way from a request's credential to a Context."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from auth.gate import Credential, Gate
from core.kernel.bell import Bell
from core.kernel.clock import Clock
from core.kernel.context import Actor, Context
from core.kernel.log import Log

__all__ = ["Credential", "Door"]


class Door(Protocol):
    """Handed to every edge when the program is put together."""

    gate: Gate
    log: Log
    bell: Bell
    clock: Clock

    def visit(
        self, credential: Credential, *, client_ip: str, request_id: str, fresh: bool = False
    ) -> AbstractAsyncContextManager[Context]:
        """The Context of one request, in a block that gives its connection back.

        The credential is the Authorization header's value, None for a stranger, or a ticket that was
        redeemed. A fresh visit trusts no memory. Raises Unauthenticated where a credential came and is
        not valid.
        """
        ...

    def context(self, actor: Actor, request_id: str) -> AbstractAsyncContextManager[Context]:
        """A Context for an actor whom the caller has made: for what is told to many at once."""
        ...

    def stranger_at(
        self, business_id: int, *, client_ip: str, request_id: str
    ) -> AbstractAsyncContextManager[Context]:
        """A Context without permissions that stands in one business: for its public pages."""
        ...
