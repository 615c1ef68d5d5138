"""One event stream: what is told over it, for how long, and how it ends."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

import orjson
from starlette.types import Receive, Send

from core.kernel.errors import DomainError
from graphql_api.execution.refusals import (
    TOO_SLOW,
    Refused,
    refuse,
    refuse_domain,
    refuse_failure,
    shown_before_execution,
)
from graphql_api.settings import SocketLimits
from graphql_api.streaming.holder import Holder
from graphql_api.streaming.outbox import Outbox
from graphql_api.streaming.reader import TooSlow

HEADERS = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-cache, no-store, no-transform"),
    (b"x-accel-buffering", b"no"),
)
_ENDING_SECONDS = 3.0
_RESUME = "You read too slowly: come back with the last cursor you got."

log = logging.getLogger("daybook.graphql")

Tell = Callable[[], Coroutine[Any, Any, None]]
Refusing = Callable[[list[dict[str, Any]]], str]


def frame(kind: str, data: str, *, id: str | None = None) -> str:
    """One event of the stream. The data is one line, as JSON is."""
    head = "" if id is None else f"id: {id}\n"
    return f"{head}event: {kind}\ndata: {data}\n\n"


class EventStream:
    """A response that goes on. `refusing` is the last frame where it cannot."""

    def __init__(
        self, receive: Receive, send: Send, holder: Holder, limits: SocketLimits, refusing: Refusing
    ) -> None:
        self.outbox: Outbox[bytes] = Outbox(self._write, limits)
        self._receive = receive
        self._send = send
        self._holder = holder
        self._limits = limits
        self._refusing = refusing
        self._is_silent = False
        self._ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def run(self, hello: str, tell: Tell, heartbeat: Callable[[], str]) -> None:
        """Tell until it is all told, refused, or one side ends it; nothing is left running afterwards."""
        await self._send({"type": "http.response.start", "status": 200, "headers": list(HEADERS)})
        await self.put(hello)
        works: tuple[Coroutine[Any, Any, Any], ...] = (
            self.outbox.run(),
            tell(),
            self._beat(heartbeat),
            self._watch(),
            self._until_gone(),
        )
        tasks = [asyncio.create_task(work) for work in works]
        waiting = [*tasks, self._ended]
        try:
            done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            await self._say_goodbye(next(iter(done)), is_stuck=tasks[0] in done)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        if not self._is_silent:
            with suppress(OSError, RuntimeError, TimeoutError):
                async with asyncio.timeout(_ENDING_SECONDS):
                    await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def put(self, text: str) -> None:
        """Have text sent after what waits."""
        await self.outbox.put(text.encode())

    def end(self) -> None:
        """End it between two frames and without a last word, so that the client comes back."""
        if not self._ended.done():
            self._ended.set_result(None)

    async def _say_goodbye(self, ended: asyncio.Future[Any], *, is_stuck: bool) -> None:
        """Have the last frames sent, where there is somebody to read them.

        Whoever read too slowly gets the last one instead of what waits for them: they resume after what they
        have. Where the outbox `is_stuck` it goes past it, should the client take something after all.
        """
        error = ended.exception()
        match error:
            case None:
                last = None
            case Refused():
                last = self._refusing(shown_before_execution(error.errors))
            case OSError():
                self._is_silent = True
                return
            case TooSlow():
                last = self._refusing(shown_before_execution(refuse(TOO_SLOW, _RESUME).errors))
                self.outbox.give_up()
            case DomainError():
                last = self._refusing(shown_before_execution(refuse_domain(error).errors))
            case _:
                assert isinstance(error, Exception)
                refused = refuse_failure(error, self._holder.request_id)
                last = self._refusing(shown_before_execution(refused.errors))
        with suppress(TimeoutError):
            async with asyncio.timeout(_ENDING_SECONDS):
                if last is not None and is_stuck:
                    await self._write(last.encode())
                    return
                if last is not None:
                    await self.put(last)
                await self.outbox.emptied()

    async def _write(self, frames: bytes) -> None:
        await self._send({"type": "http.response.body", "body": frames, "more_body": True})

    async def _beat(self, heartbeat: Callable[[], str]) -> None:
        """Keep proxies from thinking that nobody is there; what waits to be sent does that already."""
        while True:
            await asyncio.sleep(self._limits.ping_seconds)
            if self.outbox.is_empty():
                await self.put(heartbeat())

    async def _watch(self) -> None:
        if self._holder.credential is None:
            await asyncio.Event().wait()
        await self._holder.watch(self._limits.recheck_seconds)

    async def _until_gone(self) -> None:
        while True:
            if (await self._receive())["type"] == "http.disconnect":
                raise ConnectionResetError


def error_of(errors: list[dict[str, Any]]) -> str:
    """The first error as a program reads it: its code, message and facts."""
    (first, *_) = errors
    return orjson.dumps({"message": first["message"], **first["extensions"]}).decode()
