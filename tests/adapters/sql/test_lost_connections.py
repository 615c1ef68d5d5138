"""Connections that PostgreSQL ended: refused once, with a type, and never a business that looks empty."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession, create_async_engine

from adapters.sql.database import Database
from adapters.sql.migrate import migrate
from app.house import House
from core.directory.create_client import CreateClient, create_client
from core.directory.reads import CLIENT
from core.kernel.errors import OutcomeUnknown, Unavailable
from core.kernel.reading import Selection
from tests.kit.houses import Studio, house_on, new_studio


@pytest_asyncio.fixture
async def own_studio(empty_postgres: str) -> AsyncIterator[Studio]:
    """A studio on a PostgreSQL database that no other test uses."""
    house = house_on(empty_postgres, pool_size=4)
    await migrate(house.database)
    studio, block = await new_studio(house, 1)
    yield studio
    await block.__aexit__(None, None, None)
    await house.close()


async def end_sessions(studio: Studio) -> None:
    """Have PostgreSQL end every session of the program, as a restart does."""
    admin = create_async_engine(studio.house.database.url, isolation_level="AUTOCOMMIT")
    async with admin.connect() as connection:
        await connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND application_name = 'daybook'"
            )
        )
    await admin.dispose()


async def test_a_replaced_connection_is_told_its_business_anew(own_studio: Studio) -> None:
    """After its sessions were ended, reading is Unavailable at most once and then shows the row again."""
    await own_studio.client()
    listing = Selection(noun=CLIENT, fields={"display_name"})
    expected = [{"display_name": "Jasmine Torres"}]
    assert await own_studio.ctx.read.rows(listing) == expected
    await end_sessions(own_studio)
    answers: list[object] = []
    for number in range(12):
        async with own_studio.house.context(own_studio.ctx.actor, f"again-{number}") as ctx:
            try:
                answers.append(await ctx.read.rows(listing))
            except Unavailable:
                answers.append("unavailable")
    assert answers.count("unavailable") <= 1
    assert [answer for answer in answers if answer != "unavailable"] == [expected] * (
        12 - answers.count("unavailable")
    )


async def test_a_connection_that_was_ended_is_replaced_before_it_changes_hands(own_studio: Studio) -> None:
    """A business that takes over dead connections is served, reading and writing."""

    async def hold(business_id: int | None) -> None:
        async with own_studio.house.database.connect(business_id) as connection:
            await connection.execute(text("SELECT pg_sleep(0.05)"))

    await asyncio.gather(*(hold(own_studio.business_id) for _ in range(4)))
    await end_sessions(own_studio)
    try:
        other, block = await new_studio(own_studio.house, 2)
    except Unavailable:  # said once, by a connection that need not change hands; then never again
        other, block = await new_studio(own_studio.house, 2)
    await other.client("Somebody Else")
    assert [row["display_name"] for row in await other.table("clients")] == ["Somebody Else"]
    await block.__aexit__(None, None, None)


@pytest.fixture
def connections_die(own_studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL ends each connection after it was handed out, before its first statement."""
    stand_in = Database.stand_in

    async def and_die(database: Database, connection: AsyncConnection, business_id: int | None) -> None:
        await stand_in(database, connection, business_id)
        await end_sessions(own_studio)

    monkeypatch.setattr(Database, "stand_in", and_die)


@pytest.mark.usefixtures("connections_die")
async def test_who_follows_the_log_or_takes_turns_is_told_to_come_back(own_studio: Studio) -> None:
    """A connection that dies under a reader or a writer outside any use case is Unavailable, no fault."""
    house, business_id = own_studio.house, own_studio.business_id
    for asked in (
        lambda: house.event_log.reach(business_id),
        lambda: house.event_log.after(business_id, 0, most=1),
        lambda: house.webhook_turns.lease(1, is_ailing=False),
        lambda: house.job_list.figures(),
    ):
        with pytest.raises(Unavailable):
            await asked()


async def test_a_drivers_own_word_is_unavailable_and_the_connection_is_thrown_away(
    own_studio: Studio,
) -> None:
    """asyncpg passes on a bare ConnectionResetError where the server dies in the midst of an answer."""
    with pytest.raises(Unavailable):
        async with own_studio.house.database.connect(None) as connection:
            raise ConnectionResetError
    assert connection.closed
    assert await own_studio.house.event_log.businesses() == [own_studio.business_id]


async def test_a_fault_of_the_program_stays_one(house: House) -> None:
    """A statement that makes no sense is no reason to come back later, on either database."""
    with pytest.raises(DBAPIError, match="no_such_table"):
        async with house.database.connect(None) as connection:
            await connection.execute(text("SELECT 1 FROM no_such_table"))


async def test_what_will_pass_is_unavailable(own_studio: Studio) -> None:
    """By its SQLSTATE: shutdown, crash, no connection, too many, deadlock; and faults that will not pass."""
    refusals: dict[type[Exception], list[str]] = {
        Unavailable: ["57P01", "57P02", "57P03", "08006", "53300", "40P01"],
        DBAPIError: ["22012", "42501", "XX000", "P0001"],
    }
    for refusal, codes in refusals.items():
        for code in codes:
            with pytest.raises(refusal):
                async with own_studio.house.database.connect(None) as connection:
                    await connection.execute(
                        text(f"DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '{code}'; END $$")
                    )
    assert await own_studio.house.event_log.businesses() == [own_studio.business_id]


async def test_a_reader_goes_on_after_its_connection_was_lost(own_studio: Studio) -> None:
    """The rest of the same request reads over another one, which stands in the same business."""
    await own_studio.client()
    listing = Selection(noun=CLIENT, fields={"display_name"})
    async with own_studio.house.context(own_studio.ctx.actor, "one request") as ctx:
        assert await ctx.read.rows(listing) == [{"display_name": "Jasmine Torres"}]
        await end_sessions(own_studio)
        with pytest.raises(Unavailable):
            await ctx.read.rows(listing)
        for _ in range(2):
            assert await ctx.read.rows(listing) == [{"display_name": "Jasmine Torres"}]


@pytest.mark.parametrize("is_done", [True, False])
async def test_of_a_commit_that_got_no_answer_nobody_says_what_became_of_it(
    own_studio: Studio, monkeypatch: pytest.MonkeyPatch, is_done: bool
) -> None:
    """OutcomeUnknown, whether it was done or not; repeated with its key it is done once."""
    commit = AsyncSession.commit

    async def lost(session: AsyncSession) -> None:
        if is_done:
            await commit(session)
        await end_sessions(own_studio)
        raise ConnectionResetError

    command = CreateClient(display_name="Ada Quinn", idempotency_key="once")
    with monkeypatch.context() as broken:
        broken.setattr(AsyncSession, "commit", lost)
        with pytest.raises(OutcomeUnknown) as refused:
            await create_client(own_studio.ctx, command)
    assert (refused.value.code, isinstance(refused.value, Unavailable)) == ("OUTCOME_UNKNOWN", True)
    assert len(await own_studio.table("clients")) == int(is_done)
    for _ in range(12):  # the other connections of the pool are found lost one after the other
        with suppress(Unavailable):
            await create_client(own_studio.ctx, command)
    assert [row["display_name"] for row in await own_studio.table("clients")] == ["Ada Quinn"]


async def test_a_commit_that_was_refused_was_not_done(
    own_studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A deadlock or a full disk is Unavailable: the database itself says that nothing was done."""

    async def refused(session: AsyncSession) -> None:
        raise_it = text("DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '53100'; END $$")
        await session.execute(raise_it)

    with monkeypatch.context() as broken:
        broken.setattr(AsyncSession, "commit", refused)
        with pytest.raises(Unavailable) as told:
            await own_studio.client()
    assert told.value.code == "UNAVAILABLE"
    assert await own_studio.table("clients") == []
