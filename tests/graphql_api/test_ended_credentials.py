"""What is open when a credential ends: every stream of it, and no stream of another."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import replace

import pytest
from sqlalchemy import update

from adapters.sql import tables
from app.house import House
from auth.sign_out import SignOut, sign_out
from core.directory.close_business import CloseBusiness, close_business
from graphql_api.settings import SocketLimits
from tests.auth.people import change, stranger
from tests.auth.test_sign_in import enter
from tests.graphql_api.conftest import OPEN, Api, http_to
from tests.graphql_api.event_source import EventSource, Frame, listening
from tests.graphql_api.serving import served
from tests.graphql_api.sockets import EVENTS, Socket, connected, latest
from tests.graphql_api.test_watching import ticket
from tests.kit.houses import NOW, Studio, house_on

PATIENCE = 30.0
VIEWER = "{ viewer { role } }"


class Open:
    """Every kind of stream at once, opened with one token."""

    def __init__(self, url: str, token: str, api: Api) -> None:
        self.url, self.token, self.api = url, token, api
        self.stack = AsyncExitStack()

    async def __aenter__(self) -> Open:
        events, head = self.url.replace("/graphql", "/events"), {"Authorization": f"Bearer {self.token}"}
        enter = self.stack.enter_async_context
        self.socket: Socket = await enter(connected(self.url, self.token))
        after = await latest(self.api)
        await self.socket.ask(EVENTS, id="events", after=after)
        sources = (
            listening(self.url, headers=head, json={"query": EVENTS, "variables": {"after": after}}),
            listening(events, headers=head, after=after),
            listening(events, ticket=await ticket(self.api), after=after),
        )
        self.sources: list[EventSource] = [await enter(source) for source in sources]
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.stack.aclose()

    async def all_end(self) -> None:
        """Return once all have ended, each with its typed last word."""
        async with asyncio.timeout(PATIENCE):
            assert (await self.socket.closed())[0] == 4403
            for source in self.sources:
                heard = [one.data async for one in _all_of(source)]
                assert "UNAUTHENTICATED" in str(
                    heard[-1] or heard[-2]
                )  # before `complete`, which says nothing

    async def still_hear(self, studio: Studio) -> None:
        """All hear of what happens."""
        await studio.client()
        assert (await self.socket.events("events", 1))[0]["type"] == "CLIENT_CREATED"
        for source in self.sources:
            assert "client" in str((await source.some(1))[0].data).lower()


async def _all_of(source: EventSource) -> AsyncIterator[Frame]:
    while (frame := await source.next()) is not None:
        yield frame


async def signs_out(studio: Studio) -> None:
    """The session of the studio's token ends."""
    async with stranger(studio.house) as ctx:
        await sign_out(ctx, SignOut(refresh_token=studio.refresh_token))


async def leaves(studio: Studio) -> None:
    """The membership ends."""
    who = tables.memberships.c.identity_id == studio.identity_id
    await change(studio.house, update(tables.memberships).where(who).values(ended_at=NOW))


async def becomes_staff(studio: Studio) -> None:
    """The role changes, and the epoch with it."""
    who = tables.memberships.c.identity_id == studio.identity_id
    await change(studio.house, update(tables.memberships).where(who).values(role="staff", epoch=2))


async def becomes_staff_quietly(studio: Studio) -> None:
    """The role changes, and somebody forgot the epoch."""
    who = tables.memberships.c.identity_id == studio.identity_id
    await change(studio.house, update(tables.memberships).where(who).values(role="staff"))


async def changes_password(studio: Studio) -> None:
    """Everything issued before must stop."""
    who = tables.identities.c.id == studio.identity_id
    await change(studio.house, update(tables.identities).where(who).values(epoch=2))


async def is_closed(studio: Studio) -> None:
    """The business is suspended."""
    await close_business(studio.ctx, CloseBusiness())


ENDINGS = (signs_out, leaves, becomes_staff, becomes_staff_quietly, changes_password, is_closed)


@pytest.mark.parametrize("ending", ENDINGS)
async def test_every_stream_ends_with_its_credential(
    url: str, api: Api, studio: Studio, ending: Callable[[Studio], Awaitable[None]]
) -> None:
    """Over WebSocket, GraphQL over SSE, /events, and /events by a ticket; until then all of them hear."""
    async with Open(url, studio.token, api) as streams:
        await streams.still_hear(studio)
        await ending(studio)
        await streams.all_end()


async def test_another_session_of_the_same_person_goes_on(url: str, api: Api, studio: Studio) -> None:
    """Signing out at the till does not darken the office."""
    other = await enter(studio.house, studio.email)
    office = Api(http=api.http, headers={"Authorization": f"Bearer {other.access_token}"})
    async with Open(url, studio.token, api) as till, Open(url, other.access_token, office) as kept:
        await signs_out(studio)
        await till.all_end()
        await kept.still_hear(studio)


async def test_a_ticket_made_before_signing_out_opens_nothing_after(
    url: str, api: Api, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is worth what the session is worth; so it is once the gate's memory is over."""
    unused = await ticket(api)
    monkeypatch.setattr(studio.house.gate._standings, "_seconds", 0.0)
    await signs_out(studio)
    async with listening(url.replace("/graphql", "/events"), ticket=unused) as source:
        assert source.response.status_code == 401


async def test_another_process_hears_of_it(studio: Studio, house: House) -> None:
    """A second house on the same database, with memories and streams of its own, and no bell between them."""
    if not house.database.is_postgresql:
        pytest.skip("one process holds a SQLite file")
    there = house_on(house.settings.database_url)
    try:
        limits = replace(OPEN, sockets=SocketLimits(recheck_seconds=0.1))
        async with served(there, limits) as url, http_to(there) as http:
            api = Api(http=http, headers=studio.headers)
            async with Open(url, studio.token, api) as streams:
                assert await api.data(VIEWER) == {"viewer": {"role": "OWNER"}}
                await signs_out(studio)
                await streams.all_end()
            async with asyncio.timeout(PATIENCE):
                while "errors" not in await api.ask(VIEWER):  # noqa: ASYNC110  # a memory tells nobody
                    await asyncio.sleep(0.1)
            error = await api.refused(VIEWER)
            assert error["extensions"] == {"code": "UNAUTHENTICATED"}
    finally:
        await there.close()
