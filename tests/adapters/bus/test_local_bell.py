"""The bell within one process: a ring wakes whoever listens to its topic, and nobody else."""

from __future__ import annotations

import asyncio

from adapters.bus.local import LocalBell

NOW = 0.0
"""Do not wait: answer whether there was a ring."""


async def test_a_ring_wakes_everybody_who_listens_to_the_topic() -> None:
    """Once for each, and no listener of another topic."""
    bell = LocalBell()
    async with bell.listen("a") as one, bell.listen("a") as two, bell.listen("b") as other:
        await bell.ring("a")
        assert [await listener.wait(NOW) for listener in (one, two, other)] == [True, True, False]
        assert [await listener.wait(NOW) for listener in (one, two, other)] == [False, False, False]


async def test_a_ring_between_two_waits_is_not_lost() -> None:
    """Who is busy when it rings finds out at the next wait; several rings are one."""
    bell = LocalBell()
    async with bell.listen("a") as listener:
        for _ in range(3):
            await bell.ring("a")
        assert await listener.wait(NOW) is True
        assert await listener.wait(NOW) is False


async def test_who_waits_is_woken_by_a_later_ring() -> None:
    """The wait ends with the ring, however long it was meant to be."""
    bell = LocalBell()
    async with bell.listen("a") as listener:
        waiting = asyncio.create_task(listener.wait(3_600))
        await asyncio.sleep(0)
        assert not waiting.done()
        await bell.ring("a")
        assert await waiting is True


async def test_who_has_stopped_listening_is_forgotten() -> None:
    """Nothing of a topic is left when its last listener goes; rings without listeners are nothing."""
    bell = LocalBell()
    async with bell.listen("a") as one:
        async with bell.listen("a") as two:
            await bell.ring("a")
        await bell.ring("a")
        assert await one.wait(NOW) is True
        assert await two.wait(NOW) is True
    assert bell._listeners == {}
    await bell.ring("a")


async def test_everybody_can_be_woken_at_once() -> None:
    """After a time in which rings may have been missed."""
    bell = LocalBell()
    async with bell.listen("a") as one, bell.listen("b") as other:
        bell.wake_all()
        assert [await listener.wait(NOW) for listener in (one, other)] == [True, True]


async def test_a_wait_that_was_cancelled_takes_no_ring_with_it() -> None:
    """The worker cancels its wait when it stops: the next one still finds the ring."""
    bell = LocalBell()
    async with bell.listen("a") as listener:
        waiting = asyncio.create_task(listener.wait(3_600))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        await bell.ring("a")
        assert await listener.wait(NOW) is True
