"""What happens between looking whom a freed time suits and giving it to them."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from adapters.sql.questions.waitlist import SqlWaitlistQuestions
from adapters.sql.unit_of_work import SqlUnitOfWork
from core.directory.business import NOTIFY_FIRST, Business
from core.directory.client import Client
from core.directory.update_business import UpdateBusiness, update_business
from core.waitlist import fill, give
from core.waitlist.matching import Freed
from core.waitlist.questions import Stretch
from tests.core.waitlist.waiting import (
    HOUR,
    THREE,
    Told,
    after_the_first_look,
    offers,
    someone,
    statuses,
    taken,
    waits,
)
from tests.kit.houses import Studio


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
            await fill.fill_opening(ctx, freed(provider_id))

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
    if without == "the lock" and not studio.house.database.is_postgresql:
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


@pytest.mark.parametrize("asked", [True, False])
async def test_two_who_tell_of_the_same_time_tell_once(
    told: Told, monkeypatch: pytest.MonkeyPatch, asked: bool
) -> None:
    """Both find that it suits Ada and Ben before either has told them, and neither fails. The negative control:
    where the second does not ask who was told, the index refuses."""
    studio, _ = told
    await update_business(studio.ctx, UpdateBusiness(waitlist_mode=NOTIFY_FIRST))
    entries = [await waits(studio, await someone(studio, name)) for name in ("Ada", "Ben")]

    async def nobody(*_: object) -> set[int]:
        return set()

    looks_at_once(monkeypatch, 2)
    both = fill_both(studio, studio.provider_id, studio.provider_id)
    if asked:
        await both
    else:
        monkeypatch.setattr(SqlWaitlistQuestions, "who_had", nobody)
        with pytest.raises(IntegrityError):
            await both
    assert await offers(studio) == [(entry, "TOLD") for entry in entries]
    assert [one["entry_id"] for one in await studio.payloads("waitlist.slot_told")] == entries


async def test_a_time_that_is_booked_since_it_was_looked_at_is_offered_to_nobody(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was free for both who wait, and is another's when it should be kept for either: both wait on."""
    studio, _ = told
    for name in ("Ada", "Ben"):
        await waits(studio, await someone(studio, name))
    booked = after_the_first_look(monkeypatch, lambda: taken(studio))
    await asyncio.wait_for(fill_both(studio, studio.provider_id), 20)
    assert (await statuses(studio), await offers(studio)) == (["WAITING", "WAITING"], [])
    assert [row["appointment_id"] for row in await studio.table("allocations") if row["is_active"]] == booked


@pytest.mark.parametrize("within", [False, True])
async def test_nobody_waits_for_the_one_who_looks(
    told: Told, monkeypatch: pytest.MonkeyPatch, within: bool
) -> None:
    """Others write while it is looked for whom a time suits. Where that is done within a transaction that
    writes, the negative control, nobody can on SQLite, which has one writer."""
    studio, _ = told
    await waits(studio, await someone(studio, "Ada"))
    answer = SqlWaitlistQuestions.engaged
    written: list[bool] = []

    async def while_others_write(self: SqlWaitlistQuestions, *given: Any) -> dict[int, list[Stretch]]:
        if not written:
            written.append(False)
            with suppress(TimeoutError):
                await asyncio.wait_for(studio.client("Zoe"), 2)
                written[0] = True
        return await answer(self, *given)

    monkeypatch.setattr(SqlWaitlistQuestions, "engaged", while_others_write)
    async with studio.house.system_at(studio.business_id) as ctx:
        if within:
            async with ctx.unit_of_work() as uow:
                await uow.get(Business, uow.business_id)
                await fill._matches(ctx, freed(studio.provider_id), set(), most=1)
        else:
            await fill.fill_opening(ctx, freed(studio.provider_id))
    assert written == [not within or studio.house.database.is_postgresql]
    assert await statuses(studio) == ["WAITING" if within else "OFFERED"]
