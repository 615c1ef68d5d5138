"""Writers that fill the logs of businesses as fast as they can, in transactions of one event to nine.

In this process `write` lets so many loose. As `python -m tests.kit.event_writers` it is one process of
several: it reads one JSON line (database URL, actors, writers, events, seed) and prints what they did.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
from collections import Counter
from collections.abc import Sequence
from typing import Any

from sqlalchemy.exc import IntegrityError

from app.house import House
from auth.permissions import Permission
from core.directory.client import ClientCreated
from core.directory.create_client import CreateClient, describe_client
from core.kernel.context import Actor
from core.kernel.errors import Unavailable
from tests.kit.houses import house_on

MOST_IN_ONE = 9


class BrokenOff(Exception):
    """A transaction that ends after it has written and reported everything."""


async def write(
    house: House, actors: Sequence[Actor], *, writers: int, events: int, seed: int
) -> Counter[str]:
    """So many events by so many writers, each transaction in one of the actors' businesses.

    Every tenth transaction or so is broken off before it commits; one that could not be done now is tried
    again. Answers how many events were written, and how many transactions were broken off, put off, and
    refused by the database.
    """
    dice = random.Random(seed)
    told: Counter[str] = Counter()
    left = events

    async def one(number: int) -> None:
        nonlocal left
        while left > 0:
            count = min(left, dice.randint(1, MOST_IN_ONE))
            left -= count
            is_broken = dice.random() < 0.1
            try:
                async with house.context(dice.choice(actors), f"writer {number}") as ctx:
                    await _add_clients(ctx, count, is_broken=is_broken)
            except BrokenOff:
                told["broken off"] += 1
                left += count
            except Unavailable:
                told["unavailable"] += 1
                left += count
            except IntegrityError:
                told["refused"] += 1
            else:
                told["written"] += count

    await asyncio.gather(*(one(number) for number in range(writers)))
    return told


async def _add_clients(ctx: Any, count: int, *, is_broken: bool) -> None:
    async with ctx.unit_of_work() as uow:
        clients = [
            describe_client(CreateClient(display_name=f"Client {number}"), uow.now) for number in range(count)
        ]
        for client in clients:
            uow.add(client)
        await uow.flush()
        for client in clients:
            uow.emit(ClientCreated(client_id=client.id))
        if is_broken:
            raise BrokenOff


async def in_processes(
    url: str, actors: Sequence[Actor], *, processes: int, writers: int, events: int, seed: int
) -> Counter[str]:
    """The same by several processes, which share writers and events equally."""

    async def process(number: int) -> dict[str, int]:
        running = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.kit.event_writers",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        share = events // processes + (number < events % processes)
        who = [
            {"name": actor.name, "identity_id": actor.identity_id, "business_id": actor.business_id}
            for actor in actors
        ]
        plan = {"url": url, "actors": who, "writers": writers // processes, "events": share}
        output, _ = await running.communicate(json.dumps({**plan, "seed": seed + number}).encode() + b"\n")
        answer: dict[str, int] = json.loads(output.splitlines()[-1])
        return answer

    told: Counter[str] = Counter()
    for answer in await asyncio.gather(*(process(number) for number in range(processes))):
        told.update(answer)
    return told


async def _alone(plan: dict[str, Any]) -> Counter[str]:
    house = house_on(plan["url"], pool_size=plan["writers"])
    actors = [Actor(**who, role="owner", permissions=frozenset(Permission)) for who in plan["actors"]]
    told = await write(house, actors, writers=plan["writers"], events=plan["events"], seed=plan["seed"])
    await house.close()
    return told


if __name__ == "__main__":
    print(json.dumps(asyncio.run(_alone(json.loads(sys.stdin.readline())))))  # noqa: T201
