"""One WebSocket: who it speaks for, the operations it runs, and how it ends."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from typing import Any

from starlette.types import Receive, Send

from auth.door import Door
from core.kernel.errors import DomainError, Unauthenticated
from graphql_api.execution.engine import Answer, Engine, GraphQLRequest
from graphql_api.execution.refusals import (
    LIMIT_EXCEEDED,
    Refused,
    refuse,
    refuse_domain,
    refuse_failure,
    shown_before_execution,
)
from graphql_api.execution.whole import whole
from graphql_api.settings import SocketLimits
from graphql_api.streaming.batch import Batch
from graphql_api.streaming.burst import Burst, FrameWriter
from graphql_api.streaming.holder import Holder
from graphql_api.streaming.hub import Hub
from graphql_api.streaming.outbox import Outbox
from graphql_api.streaming.reader import TooSlow
from graphql_api.transport.socket.frames import frame_parts
from graphql_api.transport.socket.messages import (
    DUPLICATE_ID,
    FORBIDDEN,
    INIT_TIMEOUT,
    INTERNAL_ERROR,
    INVALID_MESSAGE,
    TOO_MANY_INITS,
    TOO_SLOW,
    TRY_AGAIN_LATER,
    UNAUTHORIZED,
    Close,
    Complete,
    Init,
    Message,
    Ping,
    Pong,
    Subscribe,
    next_message,
    read_message,
    written,
)

_CLOSING_SECONDS = 3.0
_NOT_GOOD = "Forbidden: the credential is wrong, expired or revoked"
_NO_TEXT = "Forbidden: Authorization must be text"

log = logging.getLogger("daybook.graphql")


class Connection:
    """A connection whose handshake is done. `authorization` is the header's; the first message may bring one."""

    def __init__(
        self,
        engine: Engine,
        hub: Hub,
        door: Door,
        receive: Receive,
        send: Send,
        limits: SocketLimits,
        *,
        authorization: str | None,
        client_ip: str,
        request_id: str,
        writer: FrameWriter | None = None,
    ) -> None:
        self._engine = engine
        self._hub = hub
        self._door = door
        self._receive = receive
        self._send = send
        self._limits = limits
        self._holder = Holder(door, authorization, client_ip=client_ip, request_id=request_id)
        self._request_id = request_id
        self._outbox = Outbox(self._write, limits, writer)
        self._begun = False
        self._known = asyncio.Event()
        self._operations: dict[str, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._ended: asyncio.Future[Close | None] = asyncio.get_running_loop().create_future()

    async def run(self) -> None:
        """Speak until one side ends it; nothing of it is left running afterwards."""
        for work in (self._read(), self._outbox.run(), self._await_init(), self._check(), self._ping()):
            self._start(work)
        try:
            close = await self._ended
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
        if close is not None:
            with suppress(OSError, RuntimeError, TimeoutError):
                async with asyncio.timeout(_CLOSING_SECONDS):
                    await self._send({"type": "websocket.close", "code": close.code, "reason": close.reason})

    def end(self, close: Close | None) -> None:
        """End the connection: with a code, or without a word where the client is gone. The first call counts."""
        if not self._ended.done():
            self._ended.set_result(close)

    async def _write(self, frame: str) -> None:
        try:
            await self._send({"type": "websocket.send", "text": frame})
        except RuntimeError as error:  # what uvicorn raises once it has closed the connection itself
            raise ConnectionResetError from error

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        match error:
            case None:
                return
            case Close():
                self.end(error)
            case TooSlow():
                self.end(Close(TOO_SLOW, "Too slow: subscribe again with the last cursor you got"))
            case OSError():  # what servers raise once the client is gone
                self.end(None)
            case _:
                log.error("a websocket failed", exc_info=error)
                self.end(Close(INTERNAL_ERROR, "Something went wrong here, not with the request"))

    async def _read(self) -> None:
        while True:
            received = await self._receive()
            if received["type"] == "websocket.disconnect":
                self.end(None)
                return
            text = received.get("text")
            if text is None:
                raise Close(INVALID_MESSAGE, "Invalid message: send text")
            await self._take(read_message(text))

    async def _take(self, message: Message) -> None:
        match message:
            case Init(payload):
                await self._begin(payload)
            case Ping(payload):
                await self._outbox.put(written("pong", payload=payload))
            case Pong():
                pass
            case Subscribe(id, request):
                await self._subscribe(id, request)
            case Complete(id):
                operation = self._operations.pop(id, None)
                if operation is not None:
                    operation.cancel()

    async def _begin(self, payload: dict[str, Any]) -> None:
        """Let the client in, by what the payload or the handshake's header says; a stranger says nothing."""
        if self._begun:
            raise Close(TOO_MANY_INITS, "Too many initialisation requests")
        self._begun = True
        given = next((value for name, value in payload.items() if name.lower() == "authorization"), None)
        if given is not None:
            self._holder.credential = given if isinstance(given, str) else ""
        try:
            await self._holder.let_in()
        except DomainError as error:
            why = _NO_TEXT if given is not None and not isinstance(given, str) else _NOT_GOOD
            raise _close_for(await self._holder.turned_away(error), why) from None
        await self._outbox.put(written("connection_ack"))
        self._known.set()

    async def _await_init(self) -> None:
        await asyncio.sleep(self._limits.init_seconds)
        if not self._known.is_set():
            raise Close(INIT_TIMEOUT, "Connection initialisation timeout")

    async def _check(self) -> None:
        """Ask again and again whether the credential is still good."""
        await self._known.wait()
        if self._holder.credential is None:
            return
        try:
            await self._holder.watch(self._limits.recheck_seconds)
        except DomainError as error:
            raise _close_for(error) from None

    async def _ping(self) -> None:
        """Keep proxies from thinking that nobody is there."""
        await self._known.wait()
        while True:
            await asyncio.sleep(self._limits.ping_seconds)
            await self._outbox.put(written("ping"))

    async def _subscribe(self, id: str, request: GraphQLRequest) -> None:
        if not self._known.is_set():
            raise Close(UNAUTHORIZED, "Unauthorized: send connection_init first")
        if id in self._operations:
            raise Close(DUPLICATE_ID, f"Subscriber for {id} already exists")
        if len(self._operations) >= self._limits.operations:
            most = self._limits.operations
            await self._refuse(
                id, refuse(LIMIT_EXCEEDED, f"At most {most} operations run over one connection.")
            )
            return
        self._operations[id] = self._start(self._operate(id, request))

    async def _operate(self, id: str, request: GraphQLRequest) -> None:
        """Run an operation to its end, and tell how it ended."""
        try:
            if self._engine.subscribes(request):
                await self._tell_stream(id, request)
            else:
                await self._tell_answer(id, request)
        except Refused as refused:
            await self._refuse(id, refused)
        except TooSlow:
            raise
        except Exception as error:
            await self._refuse(id, refuse_failure(error, self._request_id))
        finally:
            if self._operations.get(id) is asyncio.current_task():
                del self._operations[id]

    async def _tell_stream(self, id: str, request: GraphQLRequest) -> None:
        await self._hub.tell(request, self._holder, _Operation(self._outbox, id))
        await self._outbox.put(written("complete", id=id))

    async def _tell_answer(self, id: str, request: GraphQLRequest) -> None:
        answer = await whole(self._answer(request))
        if answer.ran:
            await self._outbox.put(written("next", id=id, payload=answer.body))
            await self._outbox.put(written("complete", id=id))
        else:
            await self._outbox.put(written("error", id=id, payload=answer.body["errors"]))

    async def _answer(self, request: GraphQLRequest) -> Answer:
        try:
            async with self._holder.enter() as ctx:
                client_ip = self._holder.client_ip
                return await self._engine.answer(request, ctx, self._door, client_ip=client_ip)
        except DomainError as error:
            raise refuse_domain(error) from None

    async def _refuse(self, id: str, refused: Refused) -> None:
        await self._outbox.put(written("error", id=id, payload=shown_before_execution(refused.errors)))


class _Operation:
    """Where one operation's results go: a Sink that wraps each in a `next` message of its id."""

    __slots__ = ("_head", "_head_bytes", "_outbox", "_tail", "_width", "is_busy", "settled")

    def __init__(self, outbox: Outbox[str], id: str) -> None:
        self._outbox = outbox
        self._head, self._tail = next_message(id)
        self._head_bytes = self._head.encode()
        self._width = len(self._head_bytes)
        self.is_busy = outbox.is_busy
        self.settled = outbox.settled

    def write(self, batch: Batch, burst: Burst) -> bool:
        """Have all of it written in a burst, where that can be done."""
        parts = batch.made.get(self._width) or batch.make(self._width, self._parts)
        return self._outbox.join(burst, self._head_bytes.join(parts))

    def _parts(self, bodies: Sequence[bytes]) -> list[bytes]:
        return frame_parts(self._width, self._tail.encode(), bodies)

    def offer(self, text: str) -> bool:
        """Have a result sent; False where there is no room."""
        return self._outbox.offer(self._head + text + self._tail)

    async def put(self, text: str) -> None:
        """The same after waiting for room."""
        await self._outbox.put(self._head + text + self._tail)


def _close_for(error: DomainError, why: str = _NOT_GOOD) -> Close:
    """How a connection ends whose credential is refused."""
    if isinstance(error, Unauthenticated):
        return Close(FORBIDDEN, why)
    return Close(TRY_AGAIN_LATER, error.message)
