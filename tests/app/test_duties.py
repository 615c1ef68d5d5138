"""Duties: the log is pruned as the setting says, without a gap, and a duty that fails is tried again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text, update

from adapters.sql.event_log import UNTAKEN_ARE_KEPT, EventLog
from adapters.sql.tables import jobs
from app.duties import DUTIES, Duty, attend, plan_calendar_readings, prune_events, refresh_holidays
from app.house import House
from core.holidays.adopt_holiday_calendar import AdoptHolidayCalendar, adopt_holiday_calendar
from core.kernel.context import Context
from core.kernel.errors import Unavailable
from core.kernel.log import Reach
from core.webhooks.create_endpoint import CreateWebhookEndpoint, create_webhook_endpoint
from core.webhooks.delete_endpoint import DeleteWebhookEndpoint, delete_webhook_endpoint
from core.webhooks.take_turn import take_turn
from core.webhooks.update_endpoint import UpdateWebhookEndpoint, update_webhook_endpoint
from tests.core.calendars.test_sources import Elsewhere, beside
from tests.kit.houses import NOW, Studio, counted


async def numbers(studio: Studio) -> list[int]:
    """The numbers of the events that are kept."""
    return [row["sequence"] for row in await studio.table("events")]


async def test_the_oldest_are_pruned_and_numbers_go_on(house: House, studio: Studio) -> None:
    """At most so many at a time, only what is old, and the next event has the next number."""
    for number in range(4):
        await studio.client(f"Client {number}")
    kept = await numbers(studio)
    assert await house.event_log.prune(studio.business_id, NOW, most=100) == 0
    assert await numbers(studio) == kept
    assert await house.event_log.prune(studio.business_id, NOW + timedelta(days=1), most=2) == 2
    assert await numbers(studio) == kept[2:]
    assert await house.log.reach(studio.business_id) == Reach(oldest=3, newest=kept[-1])
    while await house.event_log.prune(studio.business_id, NOW + timedelta(days=1), most=2):
        pass
    assert await numbers(studio) == []
    assert await house.log.reach(studio.business_id) == Reach(oldest=kept[-1] + 1, newest=kept[-1])
    await studio.client("One more")
    assert await numbers(studio) == [kept[-1] + 1]


async def test_pruning_ends_at_the_first_young_event(
    house: House, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though older ones stand behind it: what is kept has no gap."""
    clock = type(house.clock)(NOW + timedelta(days=3))  # type: ignore[call-arg]
    async with house.context(studio.ctx.actor, "later", clock) as later:
        studio.ctx, before = later, studio.ctx
        await studio.client("Young")
    studio.ctx = before
    await studio.client("Old, and late")
    kept = await numbers(studio)
    pruned = await house.event_log.prune(studio.business_id, NOW + timedelta(days=1), most=100)
    assert await numbers(studio) == kept[pruned:] == kept[-2:]


async def endpoint_of(studio: Studio) -> int:
    """A webhook endpoint in service, which has taken in all that happened before it."""
    command = CreateWebhookEndpoint(url="https://hooks.example/in")
    return (await create_webhook_endpoint(studio.ctx, command)).webhook_endpoint_id


async def test_what_an_endpoint_has_not_taken_in_is_kept_thirty_days_more(
    house: House, studio: Studio
) -> None:
    """What it has taken in goes at its time, the rest 30 days later and not a moment sooner."""
    await endpoint_of(studio)
    (taken_to,) = [row["taken_to"] for row in await studio.table("webhook_endpoints")]
    await studio.client("Late")
    kept = await numbers(studio)
    untaken = [number for number in kept if number > taken_to]
    assert 0 < len(untaken) < len(kept)
    old = NOW + timedelta(microseconds=1)
    assert await house.event_log.prune(studio.business_id, old, most=100) == len(kept) - len(untaken)
    assert await numbers(studio) == untaken
    assert await house.event_log.prune(studio.business_id, NOW + UNTAKEN_ARE_KEPT, most=100) == 0
    assert await numbers(studio) == untaken
    assert await house.event_log.prune(studio.business_id, old + UNTAKEN_ARE_KEPT, most=100) == len(untaken)
    assert await numbers(studio) == []


async def test_the_slowest_endpoint_in_service_says_how_much_is_kept(house: House, studio: Studio) -> None:
    """One that took in everything keeps nothing, nor does one that is switched off or deleted."""
    slow = await endpoint_of(studio)
    await studio.client("Between")
    await endpoint_of(studio)
    taken = {row["id"]: row["taken_to"] for row in await studio.table("webhook_endpoints")}
    old = NOW + timedelta(days=1)
    while await house.event_log.prune(studio.business_id, old, most=2):
        pass
    assert (await numbers(studio))[0] == taken[slow] + 1
    await update_webhook_endpoint(
        studio.ctx, UpdateWebhookEndpoint(webhook_endpoint_id=slow, is_active=False)
    )
    while await house.event_log.prune(studio.business_id, old, most=2):
        pass
    (other,) = set(taken) - {slow}
    assert (await numbers(studio))[0] == taken[other] + 1
    await delete_webhook_endpoint(studio.ctx, DeleteWebhookEndpoint(webhook_endpoint_id=other))
    while await house.event_log.prune(studio.business_id, old, most=2):
        pass
    assert await numbers(studio) == []


async def test_a_worker_that_was_down_takes_in_what_happened_meanwhile(
    house: House, studio: Studio, other_studio: Studio
) -> None:
    """Pruned first, as a worker begins: each event becomes a delivery; where nobody listens, all is gone."""
    endpoint_id = await endpoint_of(studio)
    first = (await studio.table("webhook_endpoints"))[0]["taken_to"] + 1
    for name in ("One", "Two"):
        await studio.client(name)
    old = NOW + timedelta(days=20)
    for one in (studio, other_studio):
        await house.event_log.prune(one.business_id, old, most=1_000)
    assert await numbers(other_studio) == []
    newest = (await numbers(studio))[-1]
    ctx = beside(studio, Elsewhere(status=204))
    await take_turn(ctx, house.log, endpoint_id, newest, lambda: 0.0)
    queued = [(row["sequence"], row["state"]) for row in await studio.table("webhook_deliveries")]
    assert queued == [(number, "DELIVERED") for number in range(first, newest + 1)]
    await house.event_log.prune(studio.business_id, old, most=1_000)
    assert await numbers(studio) == []


async def test_one_batch_is_two_statements(house: House, studio: Studio) -> None:
    """One where there is nothing to prune."""
    with counted(house) as statements:
        await house.event_log.prune(studio.business_id, NOW + timedelta(days=1), most=100)
    assert len(statements) == 2
    with counted(house) as statements:
        await house.event_log.prune(studio.business_id, NOW + timedelta(days=1), most=100)
    assert len(statements) == 1


@pytest.mark.parametrize(("days", "old", "left"), [(90, 91, 0), (90, 89, None), (0, 9_999, None)])
async def test_the_setting_says_how_long(
    house: House, studio: Studio, monkeypatch: pytest.MonkeyPatch, days: int, old: int, left: int | None
) -> None:
    """90 days or what is set; nothing at all where it is 0. Only this business is looked at here."""

    async def only_this() -> list[int]:
        return [studio.business_id]

    kept = await numbers(studio)
    monkeypatch.setattr(house.settings, "event_retention_days", days)
    monkeypatch.setattr(house.event_log, "businesses", only_this)
    monkeypatch.setattr(house, "clock", type(house.clock)(NOW + timedelta(days=old)))  # type: ignore[call-arg]
    await prune_events(house)
    assert len(await numbers(studio)) == (len(kept) if left is None else left)


async def test_every_business_with_a_log_is_visited(
    house: House, studio: Studio, other_studio: Studio
) -> None:
    """Pruning one leaves the other as it is."""
    assert {studio.business_id, other_studio.business_id} <= set(await house.event_log.businesses())
    before = await numbers(other_studio)
    await house.event_log.prune(studio.business_id, NOW + timedelta(days=1), most=100)
    assert await numbers(other_studio) == before != []


async def test_a_duty_that_fails_has_its_next_turn(house: House) -> None:
    """And does not keep others from theirs; all end when told."""
    done, stop = {"bad": 0, "good": 0}, asyncio.Event()

    async def bad(house: House) -> None:
        done["bad"] += 1
        raise OSError("the disk is full")

    async def good(house: House) -> None:
        done["good"] += 1

    duties = (Duty(do=bad, every_seconds=0.01), Duty(do=good, every_seconds=0.01))
    attending = asyncio.create_task(attend(house, stop, duties))
    async with asyncio.timeout(10):
        while min(done.values()) < 3:  # noqa: ASYNC110  # counters do not tell
            await asyncio.sleep(0.01)
        stop.set()
        await attending


@pytest.mark.parametrize("duty", [refresh_holidays, plan_calendar_readings, prune_events])
async def test_a_business_in_which_a_duty_fails_keeps_it_from_no_other(
    house: House,
    studio: Studio,
    other_studio: Studio,
    monkeypatch: pytest.MonkeyPatch,
    duty: Callable[[House], Awaitable[None]],
) -> None:
    """It fails in the first: the others have it all the same."""
    first, *others = await house.event_log.businesses()
    reached: list[int] = []

    async def fails_in_the_first(business_id: int) -> int:
        if business_id == first:
            raise Unavailable()
        reached.append(business_id)
        return 0

    async def by_context(ctx: Context) -> int:
        return await fails_in_the_first(ctx.business_id)

    async def by_key(self: EventLog, business_id: int, before: datetime, *, most: int) -> int:
        return await fails_in_the_first(business_id)

    monkeypatch.setattr("app.duties.refresh_holiday_calendars", by_context)
    monkeypatch.setattr("app.duties.plan_readings", by_context)
    monkeypatch.setattr(EventLog, "prune", by_key)
    await duty(house)
    assert reached == others
    assert {studio.business_id, other_studio.business_id} <= {first, *others}


async def test_public_holidays_are_topped_up(
    house: House, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the program itself, in the year that has come, in every business; a worker has the duty."""
    assert refresh_holidays in {duty.do for duty in DUTIES}
    await adopt_holiday_calendar(studio.ctx, AdoptHolidayCalendar(code="FR"))

    async def only_this() -> list[int]:
        return [studio.business_id]

    monkeypatch.setattr(house.event_log, "businesses", only_this)
    with counted(house) as statements:
        await refresh_holidays(house)
    assert len(statements) == 1
    monkeypatch.setattr(house, "clock", type(house.clock)(NOW + timedelta(days=366)))  # type: ignore[call-arg]
    await refresh_holidays(house)
    (event,) = await studio.payloads("holiday_calendar.refreshed")
    assert (event["first_year"], event["last_year"]) == (2033, 2033)
    assert {str(row["first_day"])[:4] for row in await studio.table("holidays")} >= {"2027", "2033"}


async def test_jobs_that_are_done_are_forgotten_after_a_week(house: House, studio: Studio) -> None:
    """Not a moment sooner, a few at a time, and never those that wait or are dead."""
    await studio.appointment(await studio.client())

    async def states() -> list[str]:
        async with house.database.connect(None) as connection:
            rows = await connection.execute(
                text("SELECT state FROM jobs WHERE business_id = :business ORDER BY id"),
                {"business": studio.business_id},
            )
            return list(rows.scalars())

    async with house.database.connect(None, write=True) as connection:
        await connection.execute(
            update(jobs).where(jobs.c.business_id == studio.business_id).values(state="DONE", finished_at=NOW)
        )
        await connection.commit()
    before = await states()
    await studio.appointment(await studio.client("Ben Okafor"), starts_at=NOW + timedelta(days=9))
    waiting = (await states())[len(before) :]
    assert set(waiting) == {"WAITING"}
    await house.jobs.forget(NOW, most=1_000)
    assert await states() == before + waiting
    assert await house.jobs.forget(NOW + timedelta(seconds=1), most=1) == 1
    while await house.jobs.forget(NOW + timedelta(seconds=1), most=1):
        pass
    assert await states() == waiting
