"""Looking names up: once per request, in threads that those who keep them waiting take from nobody else.

A thread cannot be called back from a name server that stays silent. So names have threads by how they
fared: those that were answered promptly the last time, those that nobody has asked for yet, and those
that were slow. However many are slow, what was prompt finds a free thread.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

Resolve = Callable[[str, int], Awaitable[list[str]]]
"""Host and port → the addresses, as text. Raises OSError where there are none."""

PROMPT, NEW, SLOW = "prompt", "new", "slow"
THREADS = {PROMPT: 384, NEW: 128, SLOW: 64}
"""How many names are looked up at once, by how they fared the last time.

A name that was prompt and falls silent keeps a thread once, for as long as the machine's resolver has
patience (10 to 30 seconds), and is slow from then on; who asks for it gives up before, after five. A worker
asks for 104 names at once at most, one for each place of webhooks and calendars, so that 280 names may
have fallen silent together before one that is well waits. Threads begin when they are needed, and all of
them take fewer files than a process may have open.
"""

SLOW_SECONDS = 1.0
_MOST_REMEMBERED = 10_000


@dataclass(slots=True, eq=False)
class _Asking:
    """A name that is being looked up, how many wait for it, and how long it took in its thread."""

    looking: Future[list[str]] = field(init=False)
    answer: asyncio.Future[list[str]] = field(init=False)
    waiting: int = 0
    seconds: float = 0.0


class Names:
    """The machine's own resolver. A name that is being looked up already is waited for, not asked again."""

    def __init__(self) -> None:
        self._threads: dict[str, ThreadPoolExecutor] = {}
        self._asking: dict[tuple[str, int], _Asking] = {}
        self._fared: dict[str, str] = {}

    async def resolve(self, host: str, port: int) -> list[str]:
        """The addresses of a name. Raises OSError."""
        key = (host, port)
        asking = self._asking.get(key) or self._ask(key)
        asking.waiting += 1
        try:
            return await asyncio.shield(asking.answer)
        finally:
            asking.waiting -= 1
            if asking.waiting == 0 and not asking.answer.done():
                self._give_up(key, asking)

    def close(self) -> None:
        """Look nothing up any more."""
        for threads in self._threads.values():
            threads.shutdown(wait=False, cancel_futures=True)

    def _ask(self, key: tuple[str, int]) -> _Asking:
        fared = self._fared.get(key[0], NEW)
        if fared not in self._threads:
            self._threads[fared] = ThreadPoolExecutor(THREADS[fared], thread_name_prefix=f"names-{fared}")
        self._asking[key] = asking = _Asking()
        asking.looking = self._threads[fared].submit(_timed, asking, *key)
        asking.answer = asyncio.wrap_future(asking.looking)
        asking.answer.add_done_callback(lambda done: self._forget(key, asking, done))
        return asking

    def _give_up(self, key: tuple[str, int], asking: _Asking) -> None:
        """Nobody waits any more: one that has no thread yet needs none, one that has is slow."""
        if asking.looking.cancel():
            self._drop(key, asking)
        else:
            self._note(key[0], SLOW)

    def _forget(self, key: tuple[str, int], asking: _Asking, done: asyncio.Future[list[str]]) -> None:
        self._drop(key, asking)
        if not done.cancelled():
            done.exception()  # seen, also where nobody waits any more
            self._note(key[0], SLOW if asking.seconds > SLOW_SECONDS else PROMPT)

    def _drop(self, key: tuple[str, int], asking: _Asking) -> None:
        if self._asking.get(key) is asking:
            del self._asking[key]

    def _note(self, host: str, fared: str) -> None:
        """Remember how a name fared; of too many the one that was asked for longest ago is forgotten."""
        self._fared.pop(host, None)
        self._fared[host] = fared
        if len(self._fared) > _MOST_REMEMBERED:
            del self._fared[next(iter(self._fared))]


def _timed(asking: _Asking, host: str, port: int) -> list[str]:
    began = time.monotonic()
    try:
        return _look_up(host, port)
    finally:
        asking.seconds = time.monotonic() - began


def _look_up(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    except UnicodeError as error:
        raise OSError("not a name") from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))
