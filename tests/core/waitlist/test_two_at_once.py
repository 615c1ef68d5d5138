"""Two times become free in the same instant, and one client waits for both of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from adapters.sql.questions.waitlist import SqlWaitlistQuestions
from adapters.sql.unit_of_work import SqlUnitOfWork
from app.house import House
from core.directory.client import Client
from core.waitlist import give
from core.waitlist.fill import fill_opening
from core.waitlist.matching import Freed
from core.waitlist.questions import Stretch
from tests.core.waitlist.waiting import DAY, HOUR, THREE, call_off, someone, statuses, taken, waits
from tests.kit.houses import Studio, counted
from tests.kit.posts import Posts, studio_with_posts

Told = tuple[Studio, Posts]


@pytest_asyncio.fixture
async def told(own_house: House, fresh_number: int) -> AsyncIterator[Told]:
    """A studio, and what it says."""
    async with studio_with_posts(own_house, fresh_number) as made:
        yield made


def looks_at_once(monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    """Of two who ask what clients have then, neither goes on before both were answered, so many times."""
    answer = SqlWaitlistQuestions.engaged
    both = asyncio.Barrier(2)
    looks: list[int] = []

    async def together(self: SqlWaitlistQuestions, *given: Any) -> dict[int, list[Stretch]]:
        found = await answer(self, *given)
        looks.append(len(looks))
        if len(looks) <= 2 * times:
            await both.wait()
        return found

    monkeypatch.setattr(SqlWaitlistQuestions, "engaged", together)


def freed(provider_id: int) -> Freed:
    """An hour of a provider."""
    return Freed(
        name=f"event:{provider_id}", provider_ids=(provider_id,), starts_at=THREE, ends_at=THREE + HOUR
    )


async def fill_both(studio: Studio, *providers: int) -> None:
    """The hour of each is filled by a worker of its own, at the same time."""

    async def one(provider_id: int) -> None:
        async with studio.house.system_at(studio.business_id) as ctx:
            await fill_opening(ctx, freed(provider_id))

    await asyncio.wait_for(asyncio.gather(*(one(key) for key in providers)), 20)


async def ada_twice_then_ben(studio: Studio) -> list[int]:
    """Two providers who are free; Ada waits for the one and for the other, and Ben for either."""
    providers = [studio.provider_id, await studio.provider()]
    ada = await someone(studio, "Ada")
    for key in providers:
        await waits(studio, ada, provider_id=key)
    await waits(studio, await someone(studio, "Ben"))
    return providers


async def test_one_is_for_whoever_waits_for_both_and_the_other_for_the_next(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both workers find Ada free; she is kept one of the hours, and Ben the other."""
    studio, _ = told
    providers = await ada_twice_then_ben(studio)
    if studio.house.database.is_postgresql:
        looks_at_once(monkeypatch, 1)
    await fill_both(studio, *providers)
    assert sorted(await statuses(studio)) == ["OFFERED", "OFFERED", "WAITING"]
    assert (await statuses(studio))[2] == "OFFERED"
    holds = await studio.table("holds")
    assert len({row["client_id"] for row in holds}) == len(holds) == 2
    assert sorted(row["provider_id"] for row in holds) == sorted(providers)
    assert len([row for row in await studio.table("allocations") if row["is_active"]]) == 2


@pytest.mark.parametrize("without", ["the question", "the lock"])
async def test_without_a_second_look_one_client_is_kept_both(
    told: Told, monkeypatch: pytest.MonkeyPatch, without: str
) -> None:
    """The negative control: nobody looks again, or two look again and neither client is locked."""
    studio, _ = told
    if not studio.house.database.is_postgresql:
        pytest.skip("on SQLite the transaction itself is the lock")
    providers = await ada_twice_then_ben(studio)

    async def free(*_: object) -> None:
        pass

    get = SqlUnitOfWork.get

    async def unlocked(self: SqlUnitOfWork, kind: type[Any], key: int, *, lock: bool = False) -> Any:
        return await get(self, kind, key, lock=lock and kind is not Client)

    if without == "the question":
        monkeypatch.setattr(give, "require_free", free)
        looks_at_once(monkeypatch, 1)
    else:
        monkeypatch.setattr(SqlUnitOfWork, "get", unlocked)
        looks_at_once(monkeypatch, 2)
    await fill_both(studio, *providers)
    assert await statuses(studio) == ["OFFERED", "OFFERED", "WAITING"]
    assert len({row["client_id"] for row in await studio.table("holds")}) == 1


@pytest.mark.parametrize(("count", "statements"), [(1, 23), (6, 27), (12, 27)])
async def test_an_offer_costs_as_many_statements_whoever_waits(
    told: Told, count: int, statements: int
) -> None:
    """18 for the offer, four to find whom it suits, one that finds nobody more; four where others wait on."""
    studio, _ = told
    await call_off(studio, await taken(studio))  # the rules are on the shelf
    await waits(studio, await someone(studio, "Ada"), first_day=(THREE + 30 * DAY).date())
    for number in range(count):
        await waits(studio, await someone(studio, f"Ben{number}"))
    async with studio.house.system_at(studio.business_id) as ctx:
        with counted(studio.house) as seen:
            await fill_opening(ctx, freed(studio.provider_id))
    assert await statuses(studio) == ["WAITING", "OFFERED", *["WAITING"] * (count - 1)]
    assert len(seen) == statements, seen
