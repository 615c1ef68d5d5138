"""The log's numbers: per business, from 1, without a gap, in the order in which things were committed."""

from __future__ import annotations

import asyncio

import pytest

from core.directory.client import ClientCreated
from core.directory.create_client import CreateClient, create_client
from tests.kit.houses import Studio

WRITERS, EACH = 8, 6


async def log_of(studio: Studio) -> list[tuple[int, str, int]]:
    """The log of a business as (sequence, type, key)."""
    return [(row["sequence"], row["type"], row["key"]) for row in await studio.table("events")]


async def test_a_studio_begins_with_what_founded_it(studio: Studio) -> None:
    """Signing up is the first two events of the log."""
    assert await log_of(studio) == [
        (1, "business.founded", studio.business_id),
        (2, "provider.created", studio.provider_id),
    ]
    (sequence,) = await studio.table("sequences")
    assert sequence["last"] == 2


async def test_numbers_have_no_gap_under_concurrent_writers(studio: Studio, other_studio: Studio) -> None:
    """Eight writers in each of two businesses, some of whom fail: 1 to N in both, and nothing of the failed."""

    async def write(one: Studio, number: int) -> None:
        for at in range(EACH):
            command = CreateClient(display_name=f"Client {number}", email=f"c{number}.{at % 4}@example.com")
            try:
                await create_client(one.ctx, command)
            except Exception as error:
                assert type(error).__name__ == "EmailTaken"

    await asyncio.gather(*(write(one, at) for one in (studio, other_studio) for at in range(WRITERS)))
    for one in (studio, other_studio):
        log = await log_of(one)
        clients = await one.table("clients")
        assert len(clients) == WRITERS * 4
        assert [sequence for sequence, _, _ in log] == list(range(1, len(log) + 1))
        assert sorted(key for _, kind, key in log if kind == "client.created") == sorted(
            client["id"] for client in clients
        )
        (row,) = await one.table("sequences")
        assert row["last"] == len(log)


async def test_a_reader_who_follows_the_log_never_finds_a_number_out_of_order(studio: Studio) -> None:
    """While eight writers commit, each look at the log is a prefix of the next: none appears behind another."""
    done = asyncio.Event()
    looks: list[list[tuple[int, str, int]]] = []

    async def follow() -> None:
        while not done.is_set():
            looks.append(await log_of(studio))
            await asyncio.sleep(0)

    async def write(number: int) -> None:
        for at in range(EACH):
            await create_client(studio.ctx, CreateClient(display_name=f"Client {number} {at}"))

    following = asyncio.create_task(follow())
    await asyncio.gather(*(write(number) for number in range(WRITERS)))
    done.set()
    await following
    looks.append(await log_of(studio))
    assert len(looks[-1]) == 2 + WRITERS * EACH
    for look in looks:
        assert look == looks[-1][: len(look)]


async def test_several_events_of_one_transaction_stand_together_in_their_order(studio: Studio) -> None:
    """Emitted one after the other, numbered one after the other."""
    async with studio.ctx.unit_of_work() as uow:
        for key in (30, 10, 20):
            uow.emit(ClientCreated(client_id=key))
    assert (await log_of(studio))[2:] == [
        (3, "client.created", 30),
        (4, "client.created", 10),
        (5, "client.created", 20),
    ]
    facts = [row["facts"] for row in await studio.table("audit")][-3:]
    assert [str(fact).replace("'", '"') for fact in facts] == [
        f'{{"sequence": {number}}}' for number in (3, 4, 5)
    ]


async def test_a_transaction_that_is_given_up_uses_no_number(studio: Studio) -> None:
    """The next event follows the last one that was kept."""
    with pytest.raises(ZeroDivisionError):
        async with studio.ctx.unit_of_work() as uow:
            uow.emit(ClientCreated(client_id=1))
            raise ZeroDivisionError
    await studio.client()
    assert [sequence for sequence, _, _ in await log_of(studio)] == [1, 2, 3]
