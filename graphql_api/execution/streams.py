"""Subscriptions: the document is executed anew for every moment of a stream, as the caller stands then."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, aclosing
from typing import Any

from graphql import ExecutionResult, create_source_event_stream

from auth.door import Door
from core.kernel.context import Context
from core.kernel.errors import DomainError, Unauthenticated
from graphql_api.execution.engine import Admitted, Engine, GraphQLRequest, shown
from graphql_api.execution.refusals import refuse_domain, refuse_errors
from graphql_api.execution.whole import whole
from graphql_api.schema import read_plan
from graphql_api.visit import Visit

Enter = Callable[[], AbstractAsyncContextManager[Context]]
"""Lets the caller in once more, by the credential they came with. Raises Unauthenticated."""


async def stream(
    engine: Engine, request: GraphQLRequest, enter: Enter, door: Door, *, client_ip: str
) -> AsyncGenerator[dict[str, Any], None]:
    """One body per moment, until the caller stops listening.

    Raises Refused where it is refused, or cannot go on: the credential ended, or the cursor is no good.
    """
    try:
        admitted, moments, business_id = await whole(_begun(engine, request, enter, door, client_ip))
        async with aclosing(moments):
            async for moment in moments:
                body = await whole(_told(engine, admitted, enter, door, client_ip, business_id, moment))
                if body is not None:
                    yield body
    except DomainError as error:
        raise refuse_domain(error) from None


async def _begun(
    engine: Engine, request: GraphQLRequest, enter: Enter, door: Door, client_ip: str
) -> tuple[Admitted, Any, int | None]:
    """What may run, the stream of its moments, and the business it tells of."""
    async with enter() as ctx:
        admitted = await engine.admit(request, ctx, door, client_ip=client_ip, streams=True)
        visit = Visit(ctx=ctx, door=door, client_ip=client_ip, plan=read_plan)
        return admitted, await _moments(engine, admitted, visit), ctx.actor.business_id


async def _told(
    engine: Engine,
    admitted: Admitted,
    enter: Enter,
    door: Door,
    client_ip: str,
    business_id: int | None,
    moment: Any,
) -> dict[str, Any] | None:
    """What the caller may be told of a moment now; None where it is nothing."""
    async with enter() as ctx:
        if ctx.actor.business_id != business_id:
            raise Unauthenticated()
        visit = Visit(ctx=ctx, door=door, client_ip=client_ip, plan=read_plan)
        source = await moment.shown(visit)
        if source is None:
            return None
        return shown(await engine.run(admitted, visit, source), ctx.request_id)


async def _moments(engine: Engine, admitted: Admitted, visit: Visit) -> Any:
    """The stream that the root field answers. Raises Refused with the field's error."""
    source = create_source_event_stream(engine.executor(admitted, visit))
    if not hasattr(source, "__aiter__"):
        source = await source if not isinstance(source, ExecutionResult) else source
    if isinstance(source, ExecutionResult):
        raise refuse_errors(source.errors or [], visit.ctx.request_id)
    return source
