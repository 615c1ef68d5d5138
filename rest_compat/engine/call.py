"""A call: one request, understood, as the function of a route is given it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any

from starlette.datastructures import Headers

from auth.door import Door
from auth.gate import Gate
from core.directory.reads import BUSINESS
from core.kernel.context import Context
from core.kernel.errors import Unauthenticated
from core.kernel.reading import Selection
from core.kernel.text import zone_of
from rest_compat.engine.codec import Surroundings
from rest_compat.engine.route import Route

_FACTS = Selection(noun=BUSINESS, fields={"time_zone", "currency"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Mounted:
    """Where a request came in: the public address before the documented path, and the business's slug
    where the path names one."""

    origin: str
    prefix: str
    slug: str | None = None

    def url(self, path: str) -> str:
        """The public address of a documented path."""
        return self.origin + self.prefix + path


@dataclass(kw_only=True)
class Call:
    """One request. `values` are those of `takes` by path, `command` is what `takes` made of them."""

    ctx: Context
    door: Door
    route: Route
    mount: Mounted
    client_ip: str
    headers: Headers
    body: bytes
    values: Mapping[str, Any]
    page_values: Mapping[str, Any]
    command: Any = None
    idempotency_key: str | None = None
    answer_headers: dict[str, str] = field(default_factory=dict)
    _around: Surroundings | None = None

    @property
    def gate(self) -> Gate:
        """Where people sign in."""
        return self.door.gate

    def stranger_at(self, business_id: int) -> AbstractAsyncContextManager[Context]:
        """A Context without permissions in one business: for its public pages."""
        return self.door.stranger_at(business_id, client_ip=self.client_ip, request_id=self.ctx.request_id)

    async def surroundings(self) -> Surroundings:
        """The caller's business's zone and currency, read once. Raises Unauthenticated without a business."""
        if self._around is None:
            row = await self.ctx.read.one(_FACTS, self.ctx.business_id)
            if row is None:
                raise Unauthenticated()
            self._around = Surroundings(zone=zone_of(row["time_zone"]), currency=row["currency"])
        return self._around
