"""The queue as people look at it: what a worker holds or has done is left alone; figures count the rest."""

from __future__ import annotations

from datetime import timedelta

from app.house import House
from core.kernel.clock import FixedClock
from tests.kit.houses import NOW, new_studio


async def test_a_job_that_is_done_or_held_is_left_alone(own_house: House) -> None:
    """Neither done again nor dropped; the figures count what waits, is due and is dead."""
    _, block = await new_studio(own_house, 77)
    jobs = await own_house.jobs.lease(100)
    await block.__aexit__(None, None, None)
    held = jobs[-1]
    assert (await own_house.job_list.one(held.id)).is_leased  # type: ignore[union-attr]
    assert not await own_house.job_list.retry(held.id)
    assert not await own_house.job_list.cancel(held.id)
    assert await own_house.jobs.done(held)
    assert not await own_house.job_list.retry(held.id)
    assert not await own_house.job_list.cancel(held.id)
    figures = await own_house.job_list.figures()
    assert (figures.due, figures.dead, figures.oldest_due) == (0, 0, timedelta(0))


async def test_figures_count_what_waits_is_due_and_is_dead(own_house: House, fresh_number: int) -> None:
    """The age is that of the oldest due job, by the house's clock."""
    clock = own_house.clock
    assert isinstance(clock, FixedClock)
    before = await own_house.job_list.figures()
    studio, block = await new_studio(own_house, fresh_number)
    async with studio.ctx.unit_of_work() as uow:
        uow.schedule("chime", {}, run_at=NOW + timedelta(hours=2), dedupe_key="bell")
    clock.advance(timedelta(minutes=5))
    figures = await own_house.job_list.figures()
    clock.instant = NOW
    await block.__aexit__(None, None, None)
    assert (figures.waiting - before.waiting, figures.due - before.due, figures.dead) == (2, 1, 0)
    assert figures.oldest_due >= timedelta(minutes=5)


async def test_a_list_is_narrowed_by_state_kind_and_business(own_house: House, fresh_number: int) -> None:
    """Waiting ones come soonest first, of all states the newest first."""
    studio, block = await new_studio(own_house, fresh_number)
    async with studio.ctx.unit_of_work() as uow:
        for hours in (3, 1, 2):
            at = NOW + timedelta(hours=hours)
            uow.schedule(f"chime {hours}", {}, run_at=at, dedupe_key=str(hours))
    await block.__aexit__(None, None, None)
    listed = own_house.job_list.newest
    waiting = await listed(state="WAITING", kind=None, business_id=studio.business_id, most=10)
    assert [job.kind for job in waiting] == ["mail_welcome", "chime 1", "chime 2", "chime 3"]
    newest = await listed(state=None, kind=None, business_id=studio.business_id, most=2)
    assert [job.kind for job in newest] == ["chime 2", "chime 1"]
    one = await listed(state=None, kind="chime 3", business_id=studio.business_id, most=10)
    assert [job.run_at for job in one] == [NOW + timedelta(hours=3)]
    assert await listed(state="DEAD", kind=None, business_id=studio.business_id, most=10) == []
