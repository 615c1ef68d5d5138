"""The sender of webhooks: takes turns of endpoints, until it is told to stop.

Endpoints that fail or are slow have places of their own, so that however many of them there are, one
that is well finds a free place.
"""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta

import structlog
from prometheus_client import Counter

from adapters.sql.webhook_turns import Turn
from app.house import House
from core.kernel.bell import JOBS, Listener
from core.webhooks.take_turn import take_turn

PLACES = {False: 64, True: 32}
"""How many turns are under way at most, of endpoints that are well and of those that ail."""

LONGEST_SLEEP_SECONDS = 0.5
STOPPING_SECONDS = 3.0
_WAIT_AFTER_A_FAULT = timedelta(seconds=30)

log = structlog.get_logger("daybook.webhooks")
turns_counter = Counter("daybook_webhook_turns_total", "Turns of webhook endpoints", ["outcome"])


async def send_webhooks(house: House, stop: asyncio.Event) -> None:
    """Send what is due until `stop` is set; turns under way get three seconds to finish."""
    under_way: dict[bool, set[asyncio.Task[None]]] = {False: set(), True: set()}
    if not house.database.is_postgresql:
        await _free_all(house)
    async with house.bell.listen(JOBS) as bell:
        while not stop.is_set():
            begun = 0
            for is_ailing, tasks in under_way.items():
                for turn in await _lease(house, PLACES[is_ailing] - len(tasks), is_ailing):
                    task = asyncio.create_task(_take(house, turn))
                    tasks.add(task)
                    task.add_done_callback(tasks.discard)
                    begun += 1
            await _pause(bell, stop, [task for tasks in under_way.values() for task in tasks], begun)
    await _finish([*under_way[False], *under_way[True]])


async def _free_all(house: House) -> None:
    """One process holds the file, so whoever leased a turn before is no more. A fault here costs only
    patience: leases run out by themselves."""
    try:
        await house.webhook_turns.free_all()
    except Exception as error:
        log.error("webhooks.cannot_free", error=type(error).__name__)


async def _finish(tasks: list[asyncio.Task[None]]) -> None:
    """Wait a little for turns under way; one that a silent receiver holds comes back when its lease ends."""
    if not tasks:
        return
    _, late = await asyncio.wait(tasks, timeout=STOPPING_SECONDS)
    for task in late:
        task.cancel()
    await asyncio.gather(*late, return_exceptions=True)


async def send_off(house: House) -> int:
    """Take every turn that is due now, and say how many there were."""
    count = 0
    while turns := [*await _lease(house, 100, False), *await _lease(house, 100, True)]:
        count += len(turns)
        await asyncio.gather(*(_take(house, turn) for turn in turns))
    return count


async def _lease(house: House, most: int, is_ailing: bool) -> list[Turn]:
    if most <= 0:
        return []
    try:
        if not await house.webhook_turns.is_any_due(is_ailing=is_ailing):
            return []
        return await house.webhook_turns.lease(most, is_ailing=is_ailing)
    except Exception as error:
        log.error("webhooks.cannot_lease", error=type(error).__name__)
        return []


async def _pause(bell: Listener, stop: asyncio.Event, busy: list[asyncio.Task[None]], begun: int) -> None:
    """Wait until there may be something to do: a ring, a turn that ended, or half a second."""
    if begun == 0 and not busy:
        waits = {asyncio.ensure_future(bell.wait(LONGEST_SLEEP_SECONDS)), asyncio.ensure_future(stop.wait())}
    else:
        waits = {asyncio.ensure_future(bell.wait(LONGEST_SLEEP_SECONDS))}
    try:
        await asyncio.wait({*waits, *busy}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()


async def _take(house: House, turn: Turn) -> None:
    """Take one turn; where even its end cannot be written, its lease runs out."""
    try:
        outcome = await _taken(house, turn)
    except Exception as error:
        log.error("webhooks.turn_failed", endpoint=turn.endpoint_id, error=type(error).__name__)
        outcome = "failed"
    turns_counter.labels(outcome).inc()


async def _taken(house: House, turn: Turn) -> str:
    try:
        async with house.system_at(turn.business_id) as ctx:
            turned = await take_turn(ctx, house.log, turn.endpoint_id, turn.newest, random.random)
    except Exception as error:
        log.warning("webhooks.turn_fault", endpoint=turn.endpoint_id, error=type(error).__name__)
        await house.webhook_turns.give_back(
            turn,
            taken_to=turn.newest,
            due_at=house.clock.now() + _WAIT_AFTER_A_FAULT,
            is_ailing=True,
            is_listening=True,
        )
        return "fault"
    if turned is None:
        await house.webhook_turns.end(turn)
        return "ended"
    for one in turned.untold:
        log.error("webhooks.untellable", endpoint=turn.endpoint_id, sequence=one.sequence, error=one.fault)
    await house.webhook_turns.give_back(
        turn,
        taken_to=turned.taken_to,
        due_at=turned.due_at,
        is_ailing=turned.is_ailing,
        is_listening=turned.is_listening,
    )
    return "taken"
