"""Looking names up: once per request, in threads of its own, so that a slow name server delays nobody else."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor

Resolve = Callable[[str, int], Awaitable[list[str]]]
"""Host and port → the addresses, as text. Raises OSError where there are none."""

_THREADS = 32


class Names:
    """The machine's own resolver. A name that is being looked up already is waited for, not asked again."""

    def __init__(self) -> None:
        self._threads: ThreadPoolExecutor | None = None
        self._asking: dict[tuple[str, int], asyncio.Future[list[str]]] = {}

    async def resolve(self, host: str, port: int) -> list[str]:
        """The addresses of a name. Raises OSError."""
        key = (host, port)
        asking = self._asking.get(key)
        if asking is None:
            if self._threads is None:
                self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="names")
            asking = asyncio.get_running_loop().run_in_executor(self._threads, _look_up, host, port)
            self._asking[key] = asking
            asking.add_done_callback(lambda done: self._forget(key, done))
        return await asyncio.shield(asking)

    def close(self) -> None:
        """Look nothing up any more."""
        if self._threads is not None:
            self._threads.shutdown(wait=False, cancel_futures=True)

    def _forget(self, key: tuple[str, int], done: asyncio.Future[list[str]]) -> None:
        self._asking.pop(key, None)
        if not done.cancelled():
            done.exception()  # seen, also where nobody waits any more


def _look_up(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    except UnicodeError as error:
        raise OSError("not a name") from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))
