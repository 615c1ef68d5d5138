"""The GraphQL endpoint: queries and mutations by POST, queries by GET, everything over WebSocket, and
GraphiQL for browsers."""

from __future__ import annotations

import secrets

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.types import Receive, Scope, Send

from auth.door import Door
from core.kernel.errors import Unauthenticated, Unavailable
from graphql_api.execution.engine import Engine, refusal
from graphql_api.execution.refusals import Refused, refuse_domain
from graphql_api.settings import GraphQLSettings
from graphql_api.transport.ide import ide_file, ide_page
from graphql_api.transport.request import bad_request, read_request
from graphql_api.transport.response import HTML, JSON, media_type_for, respond
from graphql_api.transport.socket.sockets import Sockets

__all__ = ["GraphQLEndpoint", "GraphQLSettings", "graphql_endpoint"]

PATH = "/graphql"
_ASSETS = f"{PATH}/assets/"


def graphql_endpoint(door: Door, settings: GraphQLSettings) -> GraphQLEndpoint:
    """The ASGI application of /graphql and all below it; `routes` says where it belongs."""
    return GraphQLEndpoint(door, settings)


class GraphQLEndpoint:
    """See `graphql_endpoint`."""

    def __init__(self, door: Door, settings: GraphQLSettings) -> None:
        self._door = door
        self._settings = settings
        self._engine = Engine(settings)
        self.sockets = Sockets(self._engine, door, settings)

    @property
    def routes(self) -> list[BaseRoute]:
        """Everything under /graphql: HTTP, WebSocket, and GraphiQL's files."""
        return [Route(PATH, self), WebSocketRoute(PATH, self), Mount(PATH, self)]

    async def close(self) -> None:
        """End every WebSocket, with a code that tells clients to come back: call it when the program stops."""
        await self.sockets.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request, or speak over one WebSocket."""
        if scope["type"] == "websocket":
            if scope["path"].rstrip("/").endswith(PATH):
                await self.sockets.serve(scope, receive, send)
            else:
                await send({"type": "websocket.close"})
            return
        request = Request(scope, receive)
        response = self._page(request) or await self._answer(request)
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

    async def _answer(self, request: Request) -> Response:
        media_type = media_type_for(request.headers.get("accept"))
        try:
            if not request.scope["path"].rstrip("/").endswith(PATH):
                raise bad_request("There is nothing here.", status=404)
            if request.method not in ("GET", "POST"):
                raise bad_request("Use GET or POST.", status=405, headers={"Allow": "GET, POST"})
            if media_type is None:
                raise bad_request("Accept application/json or application/graphql-response+json.", status=406)
            return await self._answered(request, media_type)
        except Refused as refused:
            return respond(refusal(refused), media_type or JSON)

    async def _answered(self, request: Request, media_type: str) -> Response:
        asked = await read_request(request)
        client_ip = request.client.host if request.client else ""
        door = self._door
        try:
            async with door.visit(
                request.headers.get("authorization"), client_ip=client_ip, request_id=_request_id(request)
            ) as ctx:
                answer = await self._engine.answer(asked, ctx, door, client_ip=client_ip)
        except Unauthenticated as error:
            headers = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
            raise refuse_domain(error, status=401, headers=headers) from None
        except Unavailable as error:
            headers = {"Retry-After": str(error.retry_after_seconds)}
            raise refuse_domain(error, status=503, headers=headers) from None
        return respond(answer, media_type)


def _request_id(request: Request) -> str:
    """The id that was given around the request, else a new one."""
    return str(request.scope.get("state", {}).get("request_id") or secrets.token_hex(8))
