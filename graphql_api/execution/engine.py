"""The engine: one request in, one answer out, whatever carries them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from inspect import isawaitable
from typing import Any

from graphql import ExecutionResult, OperationDefinitionNode, OperationType
from graphql.execution import Executor

from auth.door import Door
from auth.gate import Gate
from auth.rate_limit import take_request
from auth.throttle import Taken
from core.kernel.context import Context
from core.kernel.errors import RateLimited
from graphql_api.execution.documents import Documents, Prepared
from graphql_api.execution.limits import check_values
from graphql_api.execution.price import LIMIT, Price
from graphql_api.execution.refusals import (
    BAD_REQUEST,
    BAD_USER_INPUT,
    LIMIT_EXCEEDED,
    Refused,
    refuse,
    refuse_domain,
    shown_before_execution,
    shown_in_execution,
    with_code,
)
from graphql_api.schema import core_schema, read_plan, schema
from graphql_api.settings import GraphQLSettings
from graphql_api.visit import Visit

DIALECT = "graphql"
POINTS_PER_REQUEST = 50
"""How much of an operation's price one request of the plan's limit pays for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphQLRequest:
    """What a client asks, decoded and checked in form."""

    query: str
    variables: Mapping[str, Any] = field(default_factory=dict)
    operation_name: str | None = None
    queries_only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the client is told. `status` and `headers` are hints for HTTP where nothing was run."""

    body: dict[str, Any]
    ran: bool
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Admitted:
    """A request that may run: its document, the operation in it, the variables, and what it costs."""

    prepared: Prepared
    operation: OperationDefinitionNode
    variables: dict[str, Any]
    cost: dict[str, int]


class Engine:
    """Answers requests over the schema; keeps the documents it knows."""

    def __init__(self, settings: GraphQLSettings) -> None:
        self._settings = settings
        self._schema = core_schema(schema)
        self.documents = Documents(self._schema, settings)

    async def answer(self, request: GraphQLRequest, ctx: Context, door: Door, *, client_ip: str) -> Answer:
        """Run a query or mutation, or refuse all of it."""
        try:
            admitted = await self.admit(request, ctx, door, client_ip=client_ip, streams=False)
            visit = Visit(ctx=ctx, door=door, client_ip=client_ip, plan=read_plan)
            result = await self.run(admitted, visit)
        except Refused as refused:
            return refusal(refused)
        body = shown(result, ctx.request_id)
        body["extensions"] = {"cost": admitted.cost}
        return Answer(body=body, ran=True)

    def subscribes(self, request: GraphQLRequest) -> bool:
        """Whether the request is a subscription; one that will be refused is none."""
        try:
            prepared = self.documents.prepare(request.query)
            return prepared.operation(request.operation_name).operation is OperationType.SUBSCRIPTION
        except Refused:
            return False

    async def admit(
        self, request: GraphQLRequest, ctx: Context, door: Door, *, client_ip: str, streams: bool
    ) -> Admitted:
        """Check a request and take its price from the caller's bucket. Raises Refused."""
        try:
            prepared, operation, asked = self._checked(request, streams=streams)
        except Refused:
            _allowed(await _taken(ctx, door.gate, client_ip, 1))
            raise
        taken = _allowed(await _taken(ctx, door.gate, client_ip, asked))
        cost = {"asked": asked, "limit": LIMIT, "left": taken.remaining * POINTS_PER_REQUEST}
        return Admitted(prepared=prepared, operation=operation, variables=dict(request.variables), cost=cost)

    def _checked(
        self, request: GraphQLRequest, *, streams: bool
    ) -> tuple[Prepared, OperationDefinitionNode, int]:
        """The document, the operation to run and its price. Raises Refused."""
        check_values(request.variables)
        prepared = self.documents.prepare(request.query)
        operation = prepared.operation(request.operation_name)
        subscribes = operation.operation is OperationType.SUBSCRIPTION
        if (
            request.queries_only
            and operation.operation is not OperationType.QUERY
            and not (streams and subscribes)
        ):
            raise refuse(
                BAD_REQUEST,
                "Only queries may be sent with GET.",
                operation,
                status=405,
                headers={"Allow": "POST"},
            )
        if subscribes and not streams:
            words = "Subscribe over WebSocket (graphql-transport-ws), or with Accept: text/event-stream."
            raise refuse(BAD_REQUEST, words, operation)
        asked = Price(self._schema, operation, prepared.fragments, request.variables).of_all()
        if asked > LIMIT:
            raise refuse(
                LIMIT_EXCEEDED, f"The operation costs {asked}; at most {LIMIT} is allowed.", operation
            )
        return prepared, operation, asked

    def executor(self, admitted: Admitted, visit: Visit, root: Any = None) -> Executor[Any]:
        """What runs the operation once, over a source where it has one. Raises Refused for variables."""
        operation = admitted.operation
        executor = Executor.build(
            self._schema,
            admitted.prepared.document,
            root_value=root,
            context_value=visit,
            raw_variable_values=admitted.variables,
            operation_name=operation.name.value if operation.name else None,
            max_coercion_errors=10,
            hide_suggestions=not self._settings.suggestions,
        )
        if isinstance(executor, list):
            raise Refused(with_code(executor, BAD_USER_INPUT))
        return executor

    async def run(self, admitted: Admitted, visit: Visit, root: Any = None) -> ExecutionResult:
        """Execute, with an executor of its own: graphql-core's would keep what each event leaves behind."""
        result = self.executor(admitted, visit, root).execute_operation()
        if isawaitable(result):
            result = await result
        assert isinstance(result, ExecutionResult)
        return result


def shown(result: ExecutionResult, request_id: str) -> dict[str, Any]:
    """The result as clients read it."""
    body: dict[str, Any] = {}
    if result.errors:
        body["errors"] = shown_in_execution(result.errors, request_id)
    body["data"] = result.data
    return body


def refusal(refused: Refused) -> Answer:
    """The answer to a request of which nothing was run."""
    return Answer(
        body={"errors": shown_before_execution(refused.errors)},
        ran=False,
        status=refused.status,
        headers=refused.headers,
    )


async def _taken(ctx: Context, gate: Gate, client_ip: str, points: int) -> Taken:
    requests = max(1, -(-points // POINTS_PER_REQUEST))
    return await take_request(gate.throttle, ctx.actor, client_ip=client_ip, dialect=DIALECT, cost=requests)


def _allowed(taken: Taken) -> Taken:
    """Raises Refused where the caller's bucket is empty."""
    if not taken.allowed:
        seconds = taken.retry_after_seconds
        raise refuse_domain(RateLimited(seconds), status=429, headers={"Retry-After": str(seconds)})
    return taken
