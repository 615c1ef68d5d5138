"""Mail that goes nowhere: kept, so that development and tests can read what would have been sent."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from adapters.mail.render import Rendered, render
from core.messaging.mail import Letter


class KeptMailer:
    """Hands each rendered letter to `keep`; a repeat of a message id is kept once."""

    def __init__(self, keep: Callable[[Rendered], Awaitable[None]]) -> None:
        self._keep = keep

    async def send(self, letter: Letter) -> None:
        """Keep the letter."""
        await self._keep(render(letter))
