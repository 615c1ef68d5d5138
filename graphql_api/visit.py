"""One request's surroundings: what every resolver finds in `info.context`."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field

import strawberry

from auth.allow import Allow, check
from auth.door import Door
from auth.gate import Gate
from core.kernel.context import Context
from core.kernel.errors import Forbidden
from graphql_api.reading.loaders import Loaders
from graphql_api.reading.lookahead import Info, Lookahead
from graphql_api.reading.plan import ReadPlan


@dataclass(kw_only=True)
class Visit:
    """Who asks, through which Context, and what this request has worked out already."""

    ctx: Context
    door: Door
    client_ip: str
    plan: ReadPlan
    _verdicts: dict[Allow, bool] = field(default_factory=dict, init=False)
    _lookahead: Lookahead | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.loaders = Loaders(self.ctx.read)

    @property
    def gate(self) -> Gate:
        """What signing in needs."""
        return self.door.gate

    def stranger_at(self, business_id: int) -> AbstractAsyncContextManager[Context]:
        """A Context without permissions in one business: for what a secret link names."""
        return self.door.stranger_at(business_id, client_ip=self.client_ip, request_id=self.ctx.request_id)

    def lets(self, allow: Allow) -> bool:
        """Whether the caller may pass; judged once per request."""
        verdict = self._verdicts.get(allow)
        if verdict is None:
            try:
                check(allow, self.ctx.actor)
                verdict = True
            except Forbidden:
                verdict = False
            self._verdicts[allow] = verdict
        return verdict

    def require(self, allow: Allow) -> None:
        """Let the caller pass. Raises Forbidden, or Unauthenticated for a stranger."""
        if not self.lets(allow):
            check(allow, self.ctx.actor)

    def lookahead(self, info: Info) -> Lookahead:
        """What the operation asks for below a field."""
        if self._lookahead is None:
            self._lookahead = Lookahead(self.plan, info, self.lets)
        return self._lookahead


def asked(info: strawberry.Info) -> tuple[Visit, Info]:
    """The request's surroundings, and what graphql-core says of the field that is resolved."""
    return info.context, info._raw_info
