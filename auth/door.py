"""What an edge needs of the program: a way from a request's credential to a Context."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from auth.gate import Gate
from core.kernel.bell import Bell
from core.kernel.context import Context
from core.kernel.log import Log


class Door(Protocol):
    """Handed to every edge when the program is put together."""

    gate: Gate
    log: Log
    bell: Bell

    def visit(
        self, authorization: str | None, *, client_ip: str, request_id: str
    ) -> AbstractAsyncContextManager[Context]:
        """The Context of one request, in a block that gives its connection back.

        `authorization` is the header's value, None for a stranger. Raises Unauthenticated where a
        credential came and is not valid.
        """
        ...

    def stranger_at(
        self, business_id: int, *, client_ip: str, request_id: str
    ) -> AbstractAsyncContextManager[Context]:
        """A Context without permissions that stands in one business: for its public pages."""
        ...
