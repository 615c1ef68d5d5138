"""Fairness of the queue, and jitter: nobody waits behind another business's flood."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, text

from adapters.sql.job_rows import INWARD, LANES, OUTWARD
from adapters.sql.jobs import JITTER, RETRIES, Job, JobQueue
from adapters.sql.tables import jobs
from app.house import House
from core.kernel.clock import FixedClock
from tests.kit.houses import NOW

SECOND = timedelta(seconds=1)


async def put(
    house: House, business_id: int | None, count: int, *, kind: str, due: int = 0, lane: str = INWARD
) -> None:
    """Queue jobs of a business, due so many seconds before now."""
    rows: list[dict[str, Any]] = [
        {
            "business_id": business_id,
            "kind": kind,
            "lane": lane,
            "facts": {"number": at, "of": business_id},
            "dedupe_key": f"{business_id}:{kind}:{at}",
            "state": "WAITING",
            "attempts": 0,
            "run_at": NOW - due * SECOND,
            "created_at": NOW,
        }
        for at in range(count)
    ]
    async with house.database.connect(None, write=True) as connection:
        await connection.execute(insert(jobs), rows)
        await connection.commit()


async def rounds(queue: JobQueue, count: int, most: int = 8) -> list[list[Job]]:
    """Some leases one after another, each job done at once."""
    taken = []
    for _ in range(count):
        taken.append(await queue.lease(most))
        for job in taken[-1]:
            assert await queue.done(job)
    return taken


async def test_a_flood_does_not_keep_others_waiting(own_house: House, businesses: list[int]) -> None:
    """600 older jobs of one business: after the first lease the two others get equal shares."""
    one, two, three = businesses
    await put(own_house, one, 600, kind="flood", due=60)
    await put(own_house, two, 20, kind="few", due=5)
    await put(own_house, three, 1, kind="single")
    taken = await rounds(JobQueue(own_house.database, FixedClock(NOW)), 8)
    kinds = [Counter(job.kind for job in some) for some in taken]
    assert kinds[0] == {"flood": 8}
    assert kinds[1]["single"] == 1
    assert kinds[1]["few"] == 3
    assert sum(some["few"] for some in kinds) == 20
    assert all(sum(some.values()) <= 8 for some in kinds)


async def test_without_turns_the_flood_goes_first(
    own_house: House, businesses: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: oldest first alone serves nobody else for as long as the flood lasts."""
    await put(own_house, businesses[0], 100, kind="flood", due=60)
    await put(own_house, businesses[1], 1, kind="single")
    queue = JobQueue(own_house.database, FixedClock(NOW))

    async def nobody(*_: Any) -> list[int]:
        return []

    monkeypatch.setattr(queue, "_next_turns", nobody)
    assert {job.kind for some in await rounds(queue, 10) for job in some} == {"flood"}


async def test_more_businesses_than_a_lease_takes_all_get_their_turn(
    own_house: House, businesses: list[int]
) -> None:
    """Two at a time over three businesses and one without: nobody is passed over twice."""
    for business in (*businesses, None):
        await put(own_house, business, 50, kind=f"of {business}")
    taken = await rounds(JobQueue(own_house.database, FixedClock(NOW)), 21, most=2)
    turns = Counter(job.kind for some in taken[1:] for job in some)
    assert turns == {f"of {business}": 10 for business in (*businesses, None)}


async def test_two_crowded_queues_never_take_the_same(own_house: House, businesses: list[int]) -> None:
    """Each job goes out once, whoever asks."""
    for business in businesses:
        await put(own_house, business, 40, kind=f"of {business}")
    queues = [JobQueue(own_house.database, FixedClock(NOW)) for _ in range(2)]
    ids = []
    for _ in range(40):
        for queue in queues:
            ids += [job.id for job in await queue.lease(3)]
    assert len(ids) == len(set(ids)) == 120


async def test_a_business_whose_jobs_are_not_due_has_no_turn(own_house: House, businesses: list[int]) -> None:
    """Crowded or not, nothing is taken before its time."""
    await put(own_house, businesses[0], 30, kind="due")
    await put(own_house, businesses[1], 30, kind="early", due=-1)
    taken = await rounds(JobQueue(own_house.database, FixedClock(NOW)), 10)
    assert Counter(job.kind for some in taken for job in some) == {"due": 30}


@pytest.mark.parametrize(("drawn", "part"), [(0.0, 0.0), (0.5, 0.05), (1.0, 0.1)])
async def test_a_retry_is_late_by_up_to_a_tenth(own_house: House, drawn: float, part: float) -> None:
    """Never earlier than the schedule, never later than a tenth of it more."""
    assert JITTER == 0.1
    async with own_house.database.connect(None, write=True) as connection:
        await connection.execute(text("DELETE FROM jobs"))
        await connection.commit()
    await put(own_house, None, 1, kind="fails")
    queue = JobQueue(own_house.database, FixedClock(NOW), jitter=lambda: drawn)
    (job,) = await queue.lease(1)
    await queue.failed(job, "Fault")
    async with own_house.database.connect(None) as connection:
        run_at = (await connection.execute(select(jobs.c.run_at))).scalar_one()
    assert run_at == NOW + RETRIES[0] * (1 + part)


async def test_a_lane_takes_its_jobs_and_no_others(own_house: House, businesses: list[int]) -> None:
    """Both together leave nothing, and take nothing twice."""
    await put(own_house, businesses[0], 3, kind="slow", lane=OUTWARD)
    for kind in ("quick", "other"):
        await put(own_house, businesses[0], 3, kind=kind)
    queue = JobQueue(own_house.database, FixedClock(NOW))
    assert Counter(job.kind for job in await queue.lease(9, OUTWARD)) == {"slow": 3}
    assert Counter(job.kind for job in await queue.lease(9, INWARD)) == {"quick": 3, "other": 3}
    assert [await queue.lease(9, lane) for lane in (*LANES, None)] == [[], [], []]


async def test_single_places_are_given_in_turn(own_house: House, businesses: list[int]) -> None:
    """One job at a time of a lane: after the first the businesses alternate, whatever another lane holds."""
    one, two, three = businesses
    await put(own_house, one, 50, kind="slow", due=60, lane=OUTWARD)
    await put(own_house, two, 5, kind="slow", due=5, lane=OUTWARD)
    await put(own_house, three, 50, kind="quick", due=90)
    queue = JobQueue(own_house.database, FixedClock(NOW))
    whose = []
    for _ in range(9):
        (job,) = await queue.lease(1, OUTWARD)
        whose.append(job.facts["of"])
    assert whose == [one, one, two, one, two, one, two, one, two]
