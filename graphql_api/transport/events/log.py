"""`GET /events`: the log as it grows, in the form that a browser's EventSource reads.

    /events?after=CURSOR&types=appointment.booked,appointment.cancelled&providerId=prv_…

`id:` is the cursor, `event:` the type, `data:` JSON. `Last-Event-ID` goes before `after`. What is wrong
with a request is said with an HTTP status: 400, 401, 403, 404 where a provider is not there, 410 where the
cursor is older than what is kept, 429. EventSource gives up at any of them and does not show which: whoever
comes with a ticket gets those statuses that another ticket, or waiting, may mend, 401, 429 and 503, and is
told of the others by an event `refused`, as of all that goes wrong later.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from auth.allow import check
from auth.door import Door
from auth.rate_limit import take_request
from auth.redeem_stream_ticket import RedeemStreamTicket, facts_of_ticket, redeem_stream_ticket
from auth.watch_questions import TicketFacts
from core.events.catalogue import may_hear
from core.kernel.context import Context
from core.kernel.errors import DomainError, Forbidden, NotFound, RateLimited, Unauthenticated, Unavailable
from core.kernel.log import LoggedEvent
from graphql_api.declare.events import SHOWN_EVENTS
from graphql_api.declare.ids import BadCursor, key_of
from graphql_api.declare.places import CursorExpired, spell_place
from graphql_api.execution.engine import DIALECT
from graphql_api.execution.refusals import (
    BAD_USER_INPUT,
    Refused,
    refuse,
    refuse_domain,
    shown_before_execution,
)
from graphql_api.execution.whole import whole
from graphql_api.schema import read_plan
from graphql_api.settings import GraphQLSettings
from graphql_api.streaming.audience import Audience
from graphql_api.streaming.batch import Batch
from graphql_api.streaming.burst import Burst
from graphql_api.streaming.holder import Holder
from graphql_api.streaming.hub import REQUEST_ID, Hub
from graphql_api.streaming.outbox import Outbox
from graphql_api.streaming.reader import Reader
from graphql_api.transport.events.stream import HEADERS, EventStream, error_of, frame
from graphql_api.transport.events.streams import EventStreams
from graphql_api.transport.events.telling import event_json
from graphql_api.transport.request import bad_request
from graphql_api.transport.socket.sockets import may_connect
from graphql_api.types.event_log import EVENTS_READ
from graphql_api.types.event_stream import BookingEvents, Wanted, begin_after, require_known
from graphql_api.visit import Visit

PATH = "/events"
RESUMES = "Last-Event-ID"
RETRY_MILLISECONDS = 2_000
_LONGEST_QUERY = 8_192
_MOST_PARAMETERS = 50
_MOST_LISTED = 100
_ANOTHER_TICKET = (401, 429, 503)
"""What coming again, later or with another ticket, may mend."""
_KNOWN = frozenset({"after", "types", "providerId", "ticket"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    after: str | None
    wanted: Wanted
    ticket: str | None
    resumes: bool


class LogStreams:
    """The ASGI application of /events."""

    def __init__(self, hub: Hub, door: Door, settings: GraphQLSettings, streams: EventStreams) -> None:
        self._hub = hub
        self._door = door
        self._settings = settings
        self._streams = streams

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        try:
            holder, topic, audience = await self._admitted(request)
        except Refused as refused:
            answer = _told_in_a_stream if _is_mended_by_no_ticket(request, refused) else _told
            await answer(refused)(scope, receive, send)
            return
        await self._stream(receive, send, holder, topic, audience)

    async def _stream(
        self, receive: Receive, send: Send, holder: Holder, topic: BookingEvents, audience: Audience
    ) -> None:
        stream = EventStream(receive, send, holder, self._settings.sockets, _refused)
        reader = Reader(_AsTheyAre(stream.outbox), topic.after)

        def heartbeat() -> str:
            """The place, too: whoever comes back then need not look through what was of no interest."""
            place = spell_place(audience.business_id, reader.position)
            return ":\n\n" if place is None else f"id: {place}\n\n"

        async def tell() -> None:
            key = ("events", topic.wanted)
            async with self._hub.counted(holder) as name:
                make = _maker(self._door, topic, audience)
                await self._hub.tell_events(key, audience, make, reader.sink, reader, name=name, price=1)

        with self._streams.holding(stream):
            await stream.run(f"retry: {RETRY_MILLISECONDS}\n{heartbeat()}", tell, heartbeat)

    async def _admitted(self, request: Request) -> tuple[Holder, BookingEvents, Audience]:
        """Who may listen to what, from where on. Raises Refused."""
        if request.method != "GET":
            raise bad_request("Use GET.", status=405, headers={"Allow": "GET"})
        if not may_connect(request.headers, self._settings.origins):
            raise bad_request("Pages of this origin may not listen.", status=403)
        asked = _read(request)
        client_ip = request.client.host if request.client else ""
        request_id = str(request.scope.get("state", {}).get("request_id") or REQUEST_ID)
        holder = Holder(
            self._door, request.headers.get("authorization"), client_ip=client_ip, request_id=request_id
        )
        try:
            if asked.ticket is None:
                after = await whole(self._begun(holder, asked))
            else:
                after = await self._begun_by_ticket(holder, asked, asked.ticket)
            return holder, BookingEvents(after, asked.wanted), await holder.audience()
        except DomainError as error:
            # A stranger's request was taken from the bucket already.
            is_stranger = holder.credential is None and asked.ticket is None
            told = error if is_stranger else await holder.turned_away(error)
            raise refuse_domain(told, status=_status(told), headers=_headers(told)) from None

    async def _begun_by_ticket(self, holder: Holder, asked: _Asked, ticket: str) -> int:
        """Where to begin by a ticket, which is used up once nothing else can be refused. Whoever made it
        pays, as for what comes with their own credential."""

        async def with_ticket(use: Callable[[Context], Awaitable[TicketFacts]]) -> None:
            client_ip, request_id = holder.client_ip, holder.request_id
            async with self._door.visit(None, client_ip=client_ip, request_id=request_id) as ctx:
                holder.credential = await use(ctx)

        await whole(with_ticket(lambda ctx: facts_of_ticket(ctx, ticket, resuming=asked.resumes)))
        after = await whole(self._begun(holder, asked))
        command = RedeemStreamTicket(ticket=ticket, resuming=asked.resumes)
        await whole(with_ticket(lambda ctx: redeem_stream_ticket(ctx, command)))
        return after

    async def _begun(self, holder: Holder, asked: _Asked) -> int:
        async with holder.enter() as ctx:
            taken = await take_request(
                self._door.gate.throttle, ctx.actor, client_ip=holder.client_ip, dialect=DIALECT, cost=1
            )
            if not taken.allowed:
                raise RateLimited(taken.retry_after_seconds)
            check(EVENTS_READ, ctx.actor)
            visit = Visit(ctx=ctx, door=self._door, client_ip=holder.client_ip, plan=read_plan)
            try:
                after = await begin_after(visit, asked.after)
            except (BadCursor, CursorExpired) as error:
                if asked.resumes:
                    error.issues = [replace(issue, path=RESUMES) for issue in error.issues]
                raise
            await require_known(visit, asked.wanted)
            return after


class _AsTheyAre:
    """A Sink for what is whole frames already."""

    def __init__(self, outbox: Outbox[bytes]) -> None:
        self._outbox = outbox
        self.is_busy, self.settled = outbox.is_busy, outbox.settled

    def write(self, batch: Batch, burst: Burst) -> bool:
        """Have all of it sent as one piece, where nothing waits."""
        frames = batch.made.get("as they are") or batch.make("as they are", b"".join)
        return self._outbox.offer_alone(frames, events=len(batch.texts))

    def offer(self, text: str) -> bool:
        """Have a frame sent; False where there is no room."""
        return self._outbox.offer(text.encode())

    async def put(self, text: str) -> None:
        """The same after waiting for room."""
        await self._outbox.put(text.encode())


def _maker(door: Door, topic: BookingEvents, audience: Audience) -> Any:
    """What makes the frame of an event for an audience; None for one that they do not hear of."""

    async def make(event: LoggedEvent) -> str | None:
        if not may_hear(event.type, audience.permissions) or not topic.wants(event):
            return None
        async with door.context(audience.actor(), REQUEST_ID) as ctx:
            visit = Visit(ctx=ctx, door=door, client_ip="", plan=read_plan)
            shown = await topic.shown(visit, event)
        if shown is None:
            return None
        return frame(event.type, event_json(event, shown), id=shown.cursor)

    return make


def _read(request: Request) -> _Asked:
    """What the query string and Last-Event-ID ask for. Raises Refused."""
    raw = request.scope["query_string"]
    if len(raw) > _LONGEST_QUERY:
        raise bad_request(f"A query string has at most {_LONGEST_QUERY} bytes.", status=414)
    try:
        pairs = parse_qsl(
            raw.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_MOST_PARAMETERS
        )
    except (UnicodeError, ValueError):
        raise bad_request("The query string is not URL-encoded UTF-8.") from None
    given: dict[str, list[str]] = {}
    for name, value in pairs:
        given.setdefault(name, []).append(value)
    if unknown := sorted(given.keys() - _KNOWN):
        raise refuse(BAD_USER_INPUT, f"There is no parameter {unknown[0][:50]!r}.", status=400)
    if any(len(given.get(name, ())) > 1 for name in ("after", "ticket")):
        raise bad_request("`after` and `ticket` are given once.")
    last_seen = request.headers.get(RESUMES) or None
    after = last_seen or next(iter(given.get("after", ())), None)
    types = _listed(given, "types")
    if types is not None and (unknown := sorted(types - SHOWN_EVENTS.keys())):
        raise refuse(BAD_USER_INPUT, f"There is no event type {unknown[0][:50]!r}.", status=400)
    providers = _listed(given, "providerId")
    return _Asked(
        after=after,
        wanted=Wanted(
            types=types,
            providers=None if providers is None else frozenset(key_of("provider", one) for one in providers),
        ),
        ticket=next(iter(given.get("ticket", ())), None),
        resumes=last_seen is not None,
    )


def _listed(given: dict[str, list[str]], name: str) -> frozenset[str] | None:
    """A parameter that is given several times, or with commas. Raises Refused for an empty or a long list."""
    if name not in given:
        return None
    found = frozenset(part.strip() for value in given[name] for part in value.split(",") if part.strip())
    if not 0 < len(found) <= _MOST_LISTED:
        raise refuse(BAD_USER_INPUT, f"`{name}` lists 1 to {_MOST_LISTED} of them.", status=400)
    return found


def _refused(errors: list[dict[str, Any]]) -> str:
    return frame("refused", error_of(errors))


def _told(refused: Refused) -> Response:
    """The refusal of a request: a status for EventSource, JSON for everybody else."""
    (first, *_) = shown_before_execution(refused.errors)
    body = {"error": {"message": first["message"], **first["extensions"]}}
    headers = {"Cache-Control": "no-store", **refused.headers}
    return JSONResponse(body, status_code=refused.status or 400, headers=headers)


def _is_mended_by_no_ticket(request: Request, refused: Refused) -> bool:
    """Whether a page that came with a ticket must hear why: EventSource shows no status, and whoever takes
    every failure for a ticket that ran out makes one after the other."""
    has_ticket = b"ticket=" in request.scope["query_string"] and request.method == "GET"
    return has_ticket and refused.status not in _ANOTHER_TICKET


def _told_in_a_stream(refused: Refused) -> Response:
    """The refusal of a page that came with a ticket: a stream that holds an event `refused`, and is over."""
    last = _refused(shown_before_execution(refused.errors))
    return Response(last, headers={name.decode(): value.decode() for name, value in HEADERS})


def _status(error: DomainError) -> int:
    match error:
        case CursorExpired():
            return 410
        case Unauthenticated():
            return 401
        case Forbidden():
            return 403
        case NotFound():
            return 404
        case RateLimited():
            return 429
        case Unavailable():
            return 503
        case _:
            return 400


def _headers(error: DomainError) -> dict[str, str]:
    if isinstance(error, Unauthenticated):
        return {"WWW-Authenticate": 'Bearer error="invalid_token"'}
    if isinstance(error, RateLimited | Unavailable):
        return {"Retry-After": str(error.retry_after_seconds)}
    return {}
