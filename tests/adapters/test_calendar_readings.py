"""A calendar whose reading was given up is read again, on both databases."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import text

from adapters.sql.job_rows import OUTWARD
from adapters.sql.jobs import MOST_ATTEMPTS, RETRIES
from app.duties import DUTIES, plan_calendar_readings
from app.house import House
from app.worker import work_off
from core.calendars import refresh
from core.calendars.connect import ConnectCalendar, connect_calendar
from core.calendars.disconnect import DisconnectCalendar, disconnect_calendar
from core.calendars.plan_readings import plan_readings
from core.calendars.source import REFRESH
from core.directory.archive_provider import ArchiveProvider, archive_provider
from core.kernel.clock import FixedClock
from core.kernel.errors import Unavailable
from core.kernel.outbound import Outbound
from tests.core.calendars.test_sources import DAY, Elsewhere, connected, external, next_due, source, tells
from tests.kit.houses import NOW, Studio, counted, new_studio

MINUTE = timedelta(minutes=1)


@pytest_asyncio.fixture
async def studio(own_house: House, fresh_number: int) -> AsyncIterator[Studio]:
    """A studio whose jobs are the only ones, at the beginning of time."""
    clock = own_house.clock
    assert isinstance(clock, FixedClock)
    clock.instant = NOW
    async with own_house.database.connect(None, write=True) as connection:
        await connection.execute(text("DELETE FROM jobs"))
        await connection.commit()
    made, block = await new_studio(own_house, fresh_number)
    yield made
    await block.__aexit__(None, None, None)
    clock.instant = NOW


async def given_up(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> tuple[Elsewhere, int]:
    """A calendar that was read once, and whose next readings could none of them be written down."""
    elsewhere = Elsewhere(tells((DAY, 60)))
    source_id = await connected(studio, elsewhere)
    outside: dict[type[Any], Any] = {**studio.house.outside, Outbound: elsewhere}
    monkeypatch.setattr(studio.house, "outside", outside)

    async def cannot_be_reached(*_: Any) -> None:
        raise Unavailable()

    with monkeypatch.context() as patch:
        patch.setattr(refresh, "_keep", cannot_be_reached)
        for wait in (timedelta(minutes=18), *RETRIES):
            later(studio, wait * 1.2)
            await work_off(studio.house)
    return elsewhere, source_id


def later(studio: Studio, wait: timedelta) -> None:
    """Let time pass."""
    clock = studio.house.clock
    assert isinstance(clock, FixedClock)
    clock.advance(wait)


async def jobs_of(studio: Studio, state: str) -> list[tuple[str, int]]:
    """The kind and the attempts of the studio's jobs that read calendars."""
    listed = await studio.house.job_list.newest(
        state=state, kind=REFRESH, business_id=studio.business_id, most=9
    )
    return [(job.kind, job.attempts) for job in listed]


async def test_after_every_try_has_failed_it_is_noticed_and_read(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Eight tries kill the job; a duty of the worker plans the next reading, which takes what is new."""
    elsewhere, source_id = await given_up(studio, monkeypatch)
    assert await jobs_of(studio, "DEAD") == [(REFRESH, MOST_ATTEMPTS)]
    assert await next_due(studio, source_id) is None
    assert plan_calendar_readings in {duty.do for duty in DUTIES}
    await plan_calendar_readings(studio.house)
    assert await next_due(studio, source_id) == studio.house.clock.now()
    assert await jobs_of(studio, "DEAD") == []
    elsewhere.body = tells((DAY, 60), (DAY.replace(hour=11), 30))
    assert await work_off(studio.house) > 0
    assert (await source(studio))["state"] == "FRESH"
    assert await external(studio) == [(0, 60), (660, 690)]
    due = await next_due(studio, source_id)
    assert due is not None
    assert 15 * MINUTE <= due - studio.house.clock.now() <= 18 * MINUTE


async def test_without_the_duty_it_is_never_read_again(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: a year later nobody has asked for it."""
    elsewhere, source_id = await given_up(studio, monkeypatch)
    asked = len(elsewhere.asked)
    later(studio, timedelta(days=400))
    await work_off(studio.house)
    assert (len(elsewhere.asked), await next_due(studio, source_id)) == (asked, None)


async def test_what_is_planned_or_needs_no_reading_is_left_alone(studio: Studio) -> None:
    """One statement, and nothing written, where a job waits or is under way, or nobody is to be read for."""
    mara = await studio.provider()
    url = "https://calendar.example/mara.ics"
    source_id = (await connect_calendar(studio.ctx, ConnectCalendar(provider_id=mara, url=url))).source_id
    with counted(studio.house) as statements:
        assert await plan_readings(studio.ctx) == 0
    assert len(statements) == 1
    (held,) = await studio.house.jobs.lease(1_000, OUTWARD)
    before = (await studio.state(), await next_due(studio, source_id))
    assert await plan_readings(studio.ctx) == 0
    assert (await studio.state(), await next_due(studio, source_id)) == before
    await archive_provider(studio.ctx, ArchiveProvider(provider_id=mara))
    assert await studio.house.jobs.done(held)
    assert await plan_readings(studio.ctx) == 0
    assert await next_due(studio, source_id) is None


async def test_a_dropped_reading_is_planned_anew_in_its_own_business(
    studio: Studio, own_house: House, fresh_number: int
) -> None:
    """Once, though two look at once; not from another business, and not once it is disconnected."""
    source_id = await connected(studio, Elsewhere(tells()))
    (job,) = await own_house.job_list.newest(
        state="WAITING", kind=REFRESH, business_id=studio.business_id, most=9
    )
    assert await own_house.job_list.cancel(job.id)
    other, block = await new_studio(own_house, fresh_number + 1_000_000)
    assert await plan_readings(other.ctx) == 0
    await block.__aexit__(None, None, None)
    assert [await plan_readings(studio.ctx) for _ in range(2)] == [1, 0]
    assert await jobs_of(studio, "WAITING") == [(REFRESH, 0)]
    await disconnect_calendar(studio.ctx, DisconnectCalendar(source_id=source_id))
    assert await plan_readings(studio.ctx) == 0
