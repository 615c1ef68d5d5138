"""One WebSocket: who it speaks for, the operations it runs, and how it ends."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from contextlib import AbstractAsyncContextManager, aclosing, suppress
from typing import Any

from starlette.types import Receive, Send

from auth.door import Door
from core.kernel.context import Context
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
from graphql_api.execution.streams import stream
from graphql_api.execution.whole import whole
from graphql_api.settings import SocketLimits
from graphql_api.transport.socket.messages import (
    DUPLICATE_ID,
    FORBIDDEN,
    INIT_TIMEOUT,
    INTERNAL_ERROR,
    INVALID_MESSAGE,
    TOO_MANY_INITS,
    TRY_AGAIN_LATER,
    UNAUTHORIZED,
    Close,
    Complete,
    Init,
    Message,
    Ping,
    Pong,
    Subscribe,
    read_message,
    written,
)
from graphql_api.transport.socket.outbox import Outbox

_CLOSING_SECONDS = 3.0
_MOST_FAILED_CHECKS = 4

log = logging.getLogger("daybook.graphql")


class Connection:
    """A connection whose handshake is done. `authorization` is the header's; the first message may bring one."""

    def __init__(
        self,
        engine: Engine,
        door: Door,
        receive: Receive,
        send: Send,
        limits: SocketLimits,
        *,
        authorization: str | None,
        client_ip: str,
        request_id: str,
    ) -> None:
        self._engine = engine
        self._door = door
        self._receive = receive
        self._send = send
        self._limits = limits
        self._authorization = authorization
        self._client_ip = client_ip
        self._request_id = request_id
        self._outbox = Outbox(send, limits)
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
            if not isinstance(given, str):
                raise Close(FORBIDDEN, "Forbidden: Authorization must be text")
            self._authorization = given
        await self._let_in()
        await self._outbox.put(written("connection_ack"))
        self._known.set()

    async def _let_in(self) -> None:
        try:
            await whole(self._visited())
        except Unauthenticated:
            raise Close(FORBIDDEN, "Forbidden: the credential is wrong, expired or revoked") from None
        except DomainError as error:
            raise Close(TRY_AGAIN_LATER, error.message) from None

    async def _visited(self) -> None:
        async with self._enter():
            pass

    def _enter(self) -> AbstractAsyncContextManager[Context]:
        return self._door.visit(self._authorization, client_ip=self._client_ip, request_id=self._request_id)

    async def _await_init(self) -> None:
        await asyncio.sleep(self._limits.init_seconds)
        if not self._known.is_set():
            raise Close(INIT_TIMEOUT, "Connection initialisation timeout")

    async def _check(self) -> None:
        """Ask again and again whether the credential is still good."""
        await self._known.wait()
        failed = 0
        while self._authorization is not None:
            await asyncio.sleep(self._limits.recheck_seconds)
            try:
                await self._let_in()
                failed = 0
            except Close as close:
                if close.code == FORBIDDEN or failed == _MOST_FAILED_CHECKS:
                    raise
                failed += 1
            except Exception as error:
                log.warning("a websocket's credential could not be checked: %s", type(error).__name__)
                if failed == _MOST_FAILED_CHECKS:
                    raise Close(TRY_AGAIN_LATER, "The credential cannot be checked now") from None
                failed += 1

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
        except Exception as error:
            await self._refuse(id, refuse_failure(error, self._request_id))
        finally:
            if self._operations.get(id) is asyncio.current_task():
                del self._operations[id]

    async def _tell_stream(self, id: str, request: GraphQLRequest) -> None:
        bodies = stream(self._engine, request, self._enter, self._door, client_ip=self._client_ip)
        async with aclosing(bodies):
            async for body in bodies:
                await self._outbox.put(written("next", id=id, payload=body))
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
            async with self._enter() as ctx:
                return await self._engine.answer(request, ctx, self._door, client_ip=self._client_ip)
        except DomainError as error:
            raise refuse_domain(error) from None

    async def _refuse(self, id: str, refused: Refused) -> None:
        await self._outbox.put(written("error", id=id, payload=shown_before_execution(refused.errors)))
