"""The GraphQL endpoint: queries and mutations by POST, queries by GET, everything over WebSocket and as
event streams, and GraphiQL for browsers."""

from __future__ import annotations

import asyncio
import secrets

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.types import Receive, Scope, Send

from auth.door import Door
from core.kernel.errors import DomainError, RateLimited, Unauthenticated, Unavailable
from graphql_api.execution.engine import Engine, refusal
from graphql_api.execution.refusals import Refused, refuse_domain
from graphql_api.settings import GraphQLSettings
from graphql_api.streaming.holder import Holder
from graphql_api.streaming.hub import Hub
from graphql_api.transport.events.log import PATH as EVENTS_PATH
from graphql_api.transport.events.log import LogStreams
from graphql_api.transport.events.operation import refused_operation, run_operation
from graphql_api.transport.events.stream import EventStream
from graphql_api.transport.events.streams import EventStreams
from graphql_api.transport.ide import ide_file, ide_page
from graphql_api.transport.request import bad_request, read_request
from graphql_api.transport.response import EVENT_STREAM, HTML, JSON, media_type_for, respond
from graphql_api.transport.socket.sockets import Sockets, may_connect

__all__ = ["GraphQLEndpoint", "GraphQLSettings", "graphql_endpoint"]

PATH = "/graphql"
_ASSETS = f"{PATH}/assets/"
_ACCEPT = "Accept application/json, application/graphql-response+json or text/event-stream."


def graphql_endpoint(door: Door, settings: GraphQLSettings) -> GraphQLEndpoint:
    """The ASGI application of /graphql and all below it; `routes` says where it belongs."""
    return GraphQLEndpoint(door, settings)


class GraphQLEndpoint:
    """See `graphql_endpoint`."""

    def __init__(self, door: Door, settings: GraphQLSettings) -> None:
        self._door = door
        self._settings = settings
        self._engine = Engine(settings)
        self.hub = Hub(self._engine, door, settings.sockets)
        self.sockets = Sockets(self._engine, self.hub, door, settings)
        self.streams = EventStreams()
        self._log = LogStreams(self.hub, door, settings, self.streams)

    @property
    def routes(self) -> list[BaseRoute]:
        """Everything under /graphql: HTTP, WebSocket, and GraphiQL's files; and the log at /events."""
        return [
            Route(PATH, self),
            WebSocketRoute(PATH, self),
            Mount(PATH, self),
            Route(EVENTS_PATH, self._log),
        ]

    async def close(self) -> None:
        """End every WebSocket and event stream so that clients come back: call it when the program stops."""
        await asyncio.gather(self.sockets.close(), self.streams.close())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request, or speak over one WebSocket."""
        if scope["type"] == "websocket":
            if scope["path"].rstrip("/").endswith(PATH):
                await self.sockets.serve(scope, receive, send)
            else:
                await send({"type": "websocket.close"})
            return
        request = Request(scope, receive)
        response = self._page(request) or await self._answer(request, send)
        if response is not None:
            await response(scope, receive, send)

    def _page(self, request: Request) -> Response | None:
        """GraphiQL or one of its files, where that is what is asked for."""
        if request.method != "GET" or not self._settings.ide:
            return None
        path: str = request.scope["path"]
        if _ASSETS in path:
            return ide_file(path.rpartition(_ASSETS)[2])
        accept = request.headers.get("accept", "")
        if HTML in accept.lower() and media_type_for(accept, (HTML, JSON)) == HTML:
            return ide_page(path.rstrip("/"))
        return None

    async def _answer(self, request: Request, send: Send) -> Response | None:
        """The response; None where it was an event stream, and is over."""
        media_type = media_type_for(request.headers.get("accept"))
        try:
            if not request.scope["path"].rstrip("/").endswith(PATH):
                raise bad_request("There is nothing here.", status=404)
            if request.method not in ("GET", "POST"):
                raise bad_request("Use GET or POST.", status=405, headers={"Allow": "GET, POST"})
            if media_type is None:
                raise bad_request(_ACCEPT, status=406)
            if media_type == EVENT_STREAM:
                await self._stream(request, send)
                return None
            return await self._answered(request, media_type)
        except Refused as refused:
            return respond(refusal(refused), media_type or JSON)

    async def _stream(self, request: Request, send: Send) -> None:
        """One operation over a stream of its own. Raises Refused for whoever may not begin one at all."""
        if not may_connect(request.headers, self._settings.origins):
            raise bad_request("Pages of this origin may not listen.", status=403)
        asked = await read_request(request)
        holder = self._holder(request)
        try:
            await holder.let_in()
        except DomainError as error:
            raise _refuse_visit(await holder.turned_away(error)) from None
        stream = EventStream(request.receive, send, holder, self._settings.sockets, refused_operation)
        with self.streams.holding(stream):
            await run_operation(stream, self._engine, self.hub, asked, holder)

    async def _answered(self, request: Request, media_type: str) -> Response:
        asked = await read_request(request)
        holder = self._holder(request)
        try:
            async with holder.enter() as ctx:
                answer = await self._engine.answer(asked, ctx, self._door, client_ip=holder.client_ip)
        except (Unauthenticated, Unavailable) as error:
            raise _refuse_visit(await holder.turned_away(error)) from None
        return respond(answer, media_type)

    def _holder(self, request: Request) -> Holder:
        return Holder(
            self._door,
            request.headers.get("authorization"),
            client_ip=request.client.host if request.client else "",
            request_id=_request_id(request),
        )


def _refuse_visit(error: DomainError) -> Refused:
    """The refusal of somebody whose credential is not good, or cannot be looked at now."""
    match error:
        case Unauthenticated():
            headers = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
            return refuse_domain(error, status=401, headers=headers)
        case Unavailable() | RateLimited():
            status = 503 if isinstance(error, Unavailable) else 429
            headers = {"Retry-After": str(error.retry_after_seconds)}
            return refuse_domain(error, status=status, headers=headers)
        case _:
            return refuse_domain(error)


def _request_id(request: Request) -> str:
    """The id that was given around the request, else a new one."""
    return str(request.scope.get("state", {}).get("request_id") or secrets.token_hex(8))
