"""The newest of one business's log, read once for all channels of this process that follow it."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from itertools import islice

from core.kernel.bell import Bell, events_of
from core.kernel.log import Log, LoggedEvent
from graphql_api.declare.places import require_next
from graphql_api.execution.whole import WholeLog

_AT_ONCE = 256
_REMEMBERED = 512
_LONGEST_WAIT_SECONDS = 5.0
_RETRY_SECONDS = 1.0

log = logging.getLogger("daybook.graphql")


class Tail:
    """Follows a log from its live end on; where a ring is lost it looks within five seconds."""

    def __init__(self, log: Log, bell: Bell, business_id: int) -> None:
        self.business_id = business_id
        self.position = -1
        self.turn = asyncio.Lock()
        """Held by whoever makes a state of the business anew: one at a time, so that others get their turn."""
        self._log = WholeLog(log)
        self._bell = bell
        self._newest: deque[LoggedEvent] = deque(maxlen=_REMEMBERED)
        self._grown = asyncio.Event()
        self._found_end: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._running = asyncio.create_task(self._run(), name="tail")

    async def ready(self) -> None:
        """Return once the live end is known."""
        await asyncio.shield(self._found_end)

    async def after(self, sequence: int) -> list[LoggedEvent]:
        """The next events after a number; waits until there are some. Raises CursorExpired for a gap."""
        while sequence >= self.position:
            await self._grown.wait()
        return await self.page(sequence)

    async def page(self, sequence: int) -> list[LoggedEvent]:
        """The next events after a number, none where there are none. Raises CursorExpired for a gap."""
        if self._newest and self._newest[0].sequence <= sequence + 1:
            return list(islice(self._newest, sequence + 1 - self._newest[0].sequence, None))
        found = await self._log.after(self.business_id, sequence, most=_AT_ONCE)
        for event in found:
            require_next(event.sequence, sequence)
            sequence = event.sequence
        return found

    def stop(self) -> None:
        """Follow no longer."""
        self._running.cancel()
        self._found_end.cancel()

    async def _run(self) -> None:
        async with self._bell.listen(events_of(self.business_id)) as listener:
            while True:
                try:
                    has_more = await self._look()
                except Exception as error:
                    log.warning("the log could not be read: %s", type(error).__name__)
                    await asyncio.sleep(_RETRY_SECONDS)
                    continue
                if not has_more:
                    await listener.wait(_LONGEST_WAIT_SECONDS)

    async def _look(self) -> bool:
        """Take in what is new; whether there may be more."""
        if self.position < 0:
            self.position = (await self._log.reach(self.business_id)).newest
            if not self._found_end.done():
                self._found_end.set_result(None)
            return True
        found = await self._log.after(self.business_id, self.position, most=_AT_ONCE)
        if not found:
            return False
        if found[0].sequence != self.position + 1:
            self._newest.clear()  # pruned under us: whoever still needs it is told by `page`
        self._newest.extend(found)
        self.position = found[-1].sequence
        self._grown.set()
        self._grown = asyncio.Event()
        return len(found) == _AT_ONCE
