"""Work that was begun is brought to its end, so that no database connection is lost with a client."""

from __future__ import annotations

import asyncio

import pytest

from graphql_api.execution.whole import whole


async def test_cancelling_waits_for_the_work() -> None:
    """The work ends as it would have, and then its caller is cancelled."""
    ended = []

    async def work() -> None:
        await asyncio.sleep(0.05)
        ended.append(True)

    caller = asyncio.create_task(whole(work()))
    await asyncio.sleep(0.01)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    assert ended == [True]


async def test_cancelling_twice_does_not_wait() -> None:
    """Whoever insists is obeyed: the end of the program waits for nobody."""
    caller = asyncio.create_task(whole(asyncio.sleep(60)))
    for _ in range(2):
        await asyncio.sleep(0.01)
        caller.cancel()
    async with asyncio.timeout(1):
        with pytest.raises(asyncio.CancelledError):
            await caller


async def test_results_and_failures_come_through() -> None:
    """As if it were not there; a failure after the cancellation is nobody's any more."""

    async def work(fails: bool) -> int:
        await asyncio.sleep(0.01)
        if fails:
            raise ValueError("no")
        return 7

    assert await whole(work(False)) == 7
    with pytest.raises(ValueError, match=r"^no$"):
        await whole(work(True))
    caller = asyncio.create_task(whole(work(True)))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
