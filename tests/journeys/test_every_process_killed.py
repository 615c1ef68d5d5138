"""R2: kill -9 of the web server, the worker, Redis and PostgreSQL itself, while events are written.

Whatever dies, and whenever, each receiver and each subscriber ends with exactly the log: what they have is
compared by id with the rows of `events`, read past the program, and each booking that was answered is there
once. SOAK_KILLS says how often something is killed, each in turn by dice; the gate kills everything once.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from adapters.sql.migrate import migrate
from graphql_api.declare.ids import key_of
from graphql_api.declare.places import spell_place
from tests.journeys.test_resume_streams import OperationSubscriber, StreamSubscriber
from tests.kit.dashboards import Business, Subscriber, all_are_up_to_date, booking, listening, more
from tests.kit.houses import SECRET, house_on, new_database
from tests.kit.log_judge import CREATE, READ_LOG, heard, wanted
from tests.kit.postgres import OwnPostgres
from tests.kit.processes import free_port
from tests.kit.receivers import Receiver, Receivers, after, receivers, status
from tests.kit.redis import OwnRedis
from tests.kit.serving import Serving, serving
from tests.kit.soak import SEED, reached, size

PATIENCE = 120.0
BOOKED = 6
"""How many are booked between two kills."""
KILLS = size("SOAK_KILLS", gate=4)
TIME_PASSES = "UPDATE webhook_turns SET lease_ends_at = now(), due_at = LEAST(due_at, now())"
"""What 45 seconds do: leases of the dead have ended, and who was told to wait has waited."""


class Victim(Protocol):
    """What can be killed, and started again where it was."""

    def kill(self) -> None:
        """kill -9."""

    def start(self) -> None:
        """Return once it is ready."""


async def test_whatever_is_killed_everybody_has_the_log(tmp_path: Path) -> None:
    """Two receivers and three kinds of subscriber, everything killed in turn: 0 missing, 0 made up."""
    database, redis = OwnPostgres(), OwnRedis()
    try:
        url = await new_database("postgresql", tmp_path, database.url, "killed")
        settings = {"OUTBOUND_ALLOW": "127.0.0.1/32", "DEMO": "false", "REDIS_URL": redis.url}
        house = house_on(url)
        await migrate(house.database)
        await house.close()
        own = {**settings, "DATABASE_URL": url, "SECRET_KEY": SECRET}
        worker = Serving(tmp_path, own, free_port(), words=("worker",))
        async with receivers() as outside:
            worker.start()
            try:
                with serving(tmp_path, url, **settings) as server:
                    victims: dict[str, Victim] = {
                        "worker": worker,
                        "server": server,
                        "redis": redis,
                        "database": database,
                    }
                    await _live(url, outside, server.url, victims)
            finally:
                worker.kill()
        assert "automatic recovery in progress" in database.server.log.read_text()
    finally:
        database.server.stop()
        redis.server.stop()


async def _live(url: str, outside: Receivers, address: str, victims: dict[str, Victim]) -> None:
    business = Business(address)
    business.pause_seconds = 0.05
    await business.sign_up()
    first = (await business.log())[0]["cursor"]
    told: dict[int, Receiver] = {}
    for receiver in (outside.receiver(), outside.receiver(after(0.05, status(204)))):
        made = await business.ask(CREATE, input={"url": receiver.url})
        id = made["createWebhookEndpoint"]["webhookEndpoint"]["id"]
        told[key_of("webhook_endpoint", id)] = receiver
    subscribers = [
        kind(business, first, remembers=True) for kind in (Subscriber, StreamSubscriber, OperationSubscriber)
    ]
    async with listening(*subscribers):
        async with booking(business):
            longest = await _killed_in_turn(url, business, [*told.values()], victims)
        await all_are_up_to_date(business, subscribers)
        rows = await _asked(url, READ_LOG)
        for endpoint_id, receiver in told.items():
            await _until(lambda: heard(receiver).keys() >= wanted(rows, endpoint_id).keys())  # noqa: B023
    await business.close()
    _judge(rows, business, subscribers, told)
    assert await _asked(url, READ_LOG) == rows
    connections = sum(one.connections for one in subscribers)
    reached("R2", KILLS, bookings=len(business.answered), connections=connections, back_seconds=longest)


async def _killed_in_turn(
    url: str, business: Business, told: Sequence[Receiver], victims: dict[str, Victim]
) -> dict[str, float]:
    """Each in the midst of deliveries, at a moment by dice, and back while bookings go on.

    Returns how many seconds it took at the longest from the start of a victim to the next booking.
    """
    dice = random.Random(SEED)
    longest = dict.fromkeys(victims, 0.0)
    turns = [name for _ in range(-(-KILLS // len(victims))) for name in dice.sample([*victims], len(victims))]
    for name in turns[:KILLS]:
        victim = victims[name]
        arrived = [len(one.received) for one in told]
        await more(business.answered, BOOKED)
        await _until(lambda: all(len(one.received) > at for one, at in zip(told, arrived, strict=True)))  # noqa: B023
        await asyncio.sleep(dice.random() / 10)
        await asyncio.to_thread(victim.kill)
        if name in ("worker", "redis"):
            await more(business.answered, BOOKED)
        if name == "database":
            await asyncio.sleep(0.5)  # all of the program finds out
        began = time.monotonic()
        await asyncio.to_thread(victim.start)
        await more(business.answered, 1)
        longest[name] = max(longest[name], round(time.monotonic() - began, 2))
        await _asked(url, TIME_PASSES)
    await more(business.answered, BOOKED)
    return longest


def _judge(
    rows: Sequence[Any], business: Business, subscribers: Sequence[Subscriber], told: dict[int, Receiver]
) -> None:
    """Everybody has exactly the log; and the negative controls: one message less or more is noticed."""
    assert len({row.business_id for row in rows}) == 1
    assert [row.sequence for row in rows] == list(range(1, len(rows) + 1))
    booked = [row for row in rows if row.type == "appointment.booked"]
    assert len(booked) == len(business.answered) == len(set(business.answered)) > KILLS * BOOKED
    for one in subscribers:
        assert one.seen == [spell_place(row.business_id, row.sequence) for row in rows[1:]]
    for endpoint_id, receiver in told.items():
        assert heard(receiver) == wanted(rows, endpoint_id)
        kept = [one for one in receiver.received if one.headers["webhook-id"] != receiver.ids[-1]]
        assert heard(replace(receiver, received=kept)) != wanted(rows, endpoint_id)
        assert heard(receiver) != wanted(rows[:-1], endpoint_id)


async def _asked(url: str, statement: str) -> list[Any]:
    """The rows that a statement answers, asked by the superuser of the database."""
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.begin() as connection:
        answered = await connection.execute(text(statement))
        return list(answered) if answered.returns_rows else []


async def _until(done: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not done():  # noqa: ASYNC110  # lists do not tell
            await asyncio.sleep(0.02)
