"""One request through a dialect.

What is checked comes in one order for every route, and so does what is answered: the request's
syntax (400, 413, 415, 422), the credential (401), the permission (403), then what the use case
finds: existence (404), rules, conflicts (409).
"""

from __future__ import annotations

import logging
from contextlib import AsyncExitStack
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from auth.allow import PUBLIC, check
from auth.door import Door
from auth.rate_limit import take_request
from core.kernel.context import Context
from core.kernel.errors import DomainError, Unauthenticated
from rest_compat.engine.body import bytes_of, values_in
from rest_compat.engine.call import Call, Mounted
from rest_compat.engine.checks import check_dialect
from rest_compat.engine.codec import Unfit
from rest_compat.engine.contract import Operation, read_contract
from rest_compat.engine.dialect import Dialect
from rest_compat.engine.doing import done
from rest_compat.engine.openapi import openapi
from rest_compat.engine.query import parameters_in
from rest_compat.engine.refusal import Kind, Refusal, refusal_of
from rest_compat.engine.route import Route
from rest_compat.engine.router import DESCRIPTION, Router
from rest_compat.engine.telling import in_words_of, told
from rest_compat.engine.understand import (
    Parts,
    Understood,
    command_of,
    key_in,
    refused,
    takes_body,
    understand,
)

FAILED = Refusal(Kind.SERVER_ERROR, "Something went wrong here, and has been noted.")

log = logging.getLogger("daybook.rest")


@dataclass(frozen=True, kw_only=True)
class Request:
    """A request on its way; `path` is the documented path in segments."""

    method: str
    path: tuple[str, ...]
    query: bytes
    headers: Headers
    client_ip: str
    request_id: str
    mount: Mounted
    receive: Receive


class Voice:
    """A dialect ready to answer. Its tables are checked when it is built: see `checks`."""

    def __init__(self, dialect: Dialect, door: Door, *, limits_rates: bool) -> None:
        contract = read_contract(dialect.contract)
        check_dialect(dialect, contract)
        self.dialect = dialect
        self.router = Router(dialect, contract)
        self._door = door
        self._limits_rates = limits_rates

    async def answer(self, request: Request, scope: Scope, send: Send) -> None:
        """Answer one request, whatever comes of it."""
        headers: dict[str, str] = {}
        async with AsyncExitStack() as stack:
            try:
                response = await self._response(request, stack, headers)
            except Refusal as refusal:
                response = told(self.dialect, refusal)
            except DomainError as error:  # before a route was reached: the database, most likely
                response = told(self.dialect, refusal_of(error))
            except Exception:
                log.exception("a request failed")
                response = told(self.dialect, FAILED)
            response.headers.update(headers)
            if request.method == "HEAD":
                response = _without_body(response)
            if not isinstance(response, StreamingResponse):
                await stack.aclose()  # gives the reading connection back before a slow reader reads
            await response(scope, request.receive, send)

    async def _response(self, request: Request, stack: AsyncExitStack, headers: dict[str, str]) -> Response:
        if request.method == "OPTIONS":
            return Response(status_code=204, headers={"Allow": self.router.allowed(request.path)})
        target, path_values = self.router.find(request.method, request.path)
        if target is DESCRIPTION:
            document = openapi(self.dialect, request.mount)
            return Response(document, media_type="application/json", headers={"Cache-Control": "no-cache"})
        if isinstance(target, Operation):
            raise Refusal(Kind.NOT_IMPLEMENTED, "This documented operation is not served yet.")
        assert isinstance(target, Route)
        return await self._through(target, path_values, request, stack, headers)

    async def _through(
        self,
        route: Route,
        path_values: dict[str, str],
        request: Request,
        stack: AsyncExitStack,
        headers: dict[str, str],
    ) -> Response:
        """Take a request through its route; `headers` gathers what every answer from here on bears."""
        content = await bytes_of(request.headers, request.receive, route.most_bytes) if route.changes else b""
        ctx, is_known = await self._visited(request, stack)
        if self._limits_rates:
            headers |= await self._counted(ctx, request)
        told_in_body = content if takes_body(route) else b""
        parts = Parts(
            path=path_values,
            query=parameters_in(request.query),
            headers=request.headers,
            body=await values_in(told_in_body, request.headers, route.accepts),
        )
        understood = understand(self.dialect, route, parts)
        call = self._called(route, ctx, request, content, understood)
        try:
            if not is_known:
                raise Unauthenticated()
            assert route.allow is not None
            check(route.allow, ctx.actor)
            await self._enter_named_business(call, stack)
            call.command = await command_of(self.dialect, call)
            return await done(self.dialect, call)
        except Unfit as found:
            raise refused(self.dialect.bad_query, found.issues) from None
        except DomainError as error:
            raise in_words_of(self.dialect, route, error) from None

    async def _visited(self, request: Request, stack: AsyncExitStack) -> tuple[Context, bool]:
        """The caller's Context, or a stranger's and False where the credential does not hold."""

        async def enter(authorization: str | None) -> Context:
            visit = self._door.visit(
                authorization, client_ip=request.client_ip, request_id=request.request_id
            )
            return await stack.enter_async_context(visit)

        try:
            return await enter(self.dialect.credential(request.headers)), True
        except Unauthenticated:
            return await enter(None), False

    async def _counted(self, ctx: Context, request: Request) -> dict[str, str]:
        """Count the request; the headers that tell what is left. Raises Refusal when nothing is."""
        taken = await take_request(
            self._door.gate.throttle, ctx.actor, client_ip=request.client_ip, dialect=self.dialect.name
        )
        headers = {
            "X-RateLimit-Limit": str(taken.limit.per_minute),
            "X-RateLimit-Remaining": str(taken.remaining),
            "X-RateLimit-Reset": str(int(taken.reset_at.timestamp())),
        }
        if taken.allowed:
            return headers
        headers["Retry-After"] = str(taken.retry_after_seconds)
        message = f"Too many requests: try again in {taken.retry_after_seconds} seconds."
        raise Refusal(Kind.RATE_LIMITED, message, headers=headers)

    def _called(
        self, route: Route, ctx: Context, request: Request, content: bytes, understood: Understood
    ) -> Call:
        return Call(
            ctx=ctx,
            door=self._door,
            route=route,
            mount=request.mount,
            client_ip=request.client_ip,
            headers=request.headers,
            body=content,
            values=understood.values,
            page_values=understood.page_values,
            idempotency_key=key_in(request.headers) if route.changes else None,
        )

    async def _enter_named_business(self, call: Call, stack: AsyncExitStack) -> None:
        """Let a public call go on in the business that it names, where no credential does."""
        business = call.route.business or self.dialect.business
        if business is None or call.route.allow != PUBLIC:
            return
        business_id = await business(call)
        if business_id is not None and business_id != call.ctx.actor.business_id:
            call.ctx = await stack.enter_async_context(call.stranger_at(business_id))


def _without_body(response: Response) -> Response:
    """The same head without a body: for HEAD."""
    bare = Response(status_code=response.status_code)
    bare.raw_headers = response.raw_headers
    return bare
