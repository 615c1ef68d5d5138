"""One server of the benchmark: `python -m benchmarks.fanout.server ours|asgi|real|stock PORT RATE FOLDER`.

    ours   as the program serves it, over events that are made up in memory
    asgi   the same, where each frame goes through the ASGI `send`, as with any other server
    real   the whole program on SQLite, where each event is a transaction of this process
    stock  Strawberry's own execution for each subscriber

Two events happen each second until SIGUSR1 says that all subscribers are there, and then RATE. The database of
`real` goes into FOLDER. Prints the token that they need, or an empty line, before it serves.
"""

from __future__ import annotations

import asyncio
import gc
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette

from benchmarks.fanout.side import Side

_AT_FIRST = 2.0


def main() -> None:
    """Serve until the process is ended."""
    name, port, rate = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    side = _side(name, Path(sys.argv[4]))
    sys.stdout.write(side.token + "\n")
    sys.stdout.flush()
    _emitting(side, rate)
    uvicorn.run(
        side.app,
        port=port,
        log_level="error",
        log_config=None,
        ws=_web_sockets(name),
        ws_per_message_deflate=False,
        access_log=False,
    )


def _side(name: str, folder: Path) -> Side:
    """The side of that name; nothing of the others is imported, for the sake of the figures of memory."""
    match name:
        case "real":
            from benchmarks.fanout.real import real

            return asyncio.run(real(folder))
        case "stock":
            from benchmarks.fanout.stock import stock

            return stock()
        case _:
            from benchmarks.fanout.made_up import made_up

            return made_up()


def _web_sockets(name: str) -> Any:
    if name in ("asgi", "stock"):
        return "auto"
    from app.text_frames import WEB_SOCKETS

    return WEB_SOCKETS


def _emitting(side: Side, rate: float) -> None:
    """Have events happen while the application lives."""
    inner = side.app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with inner(app):
            growing = asyncio.create_task(_grow(side, rate))
            gc.freeze()
            yield
            growing.cancel()

    side.app.router.lifespan_context = lifespan


async def _grow(side: Side, rate: float) -> None:
    loop = asyncio.get_running_loop()
    hurried = asyncio.Event()
    loop.add_signal_handler(signal.SIGUSR1, hurried.set)
    due = loop.time()
    while True:
        due = due + 1 / rate if hurried.is_set() else loop.time() + 1 / _AT_FIRST
        await asyncio.sleep(max(0.0, due - loop.time()))
        await side.emit()


if __name__ == "__main__":
    main()
