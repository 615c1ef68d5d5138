"""What an offer, and telling of a time, cost: exact statements, whoever waits."""

from __future__ import annotations

import pytest

from core.directory.business import NOTIFY_FIRST
from core.directory.update_business import UpdateBusiness, update_business
from core.waitlist.fill import fill_opening
from core.waitlist.matching import Freed
from tests.core.waitlist.waiting import (
    DAY,
    HOUR,
    THREE,
    Told,
    call_off,
    offers,
    someone,
    statuses,
    taken,
    waits,
)
from tests.kit.houses import Studio, counted


async def cost_of_filling(studio: Studio, count: int) -> list[str]:
    """The statements with which an hour is filled for which so many wait; another wants another month."""
    await call_off(studio, await taken(studio))  # the rules are on the shelf
    await waits(studio, await someone(studio, "Ada"), first_day=(THREE + 30 * DAY).date())
    for number in range(count):
        await waits(studio, await someone(studio, f"Ben{number}"))
    hour = Freed(name="event:7", provider_ids=(studio.provider_id,), starts_at=THREE, ends_at=THREE + HOUR)
    async with studio.house.system_at(studio.business_id) as ctx:
        with counted(studio.house) as seen:
            await fill_opening(ctx, hour)
    return seen


@pytest.mark.parametrize(("count", "statements"), [(1, 23), (6, 27), (12, 27)])
async def test_an_offer_costs_as_many_statements_whoever_waits(
    told: Told, count: int, statements: int
) -> None:
    """17 for the offer, five to find how and to whom, one that finds nobody more; four where others wait on."""
    studio, _ = told
    seen = await cost_of_filling(studio, count)
    assert await statuses(studio) == ["WAITING", "OFFERED", *["WAITING"] * (count - 1)]
    assert len(seen) == statements, seen


@pytest.mark.parametrize("count", [1, 6])
async def test_telling_costs_two_statements_for_each_who_is_told(told: Told, count: int) -> None:
    """Its entry is locked and the offer written; 15 beside them, ten of which look whom the time suits."""
    studio, _ = told
    await update_business(studio.ctx, UpdateBusiness(waitlist_mode=NOTIFY_FIRST))
    seen = await cost_of_filling(studio, count)
    assert [status for _, status in await offers(studio)] == ["TOLD"] * count
    assert len(seen) == 15 + 2 * count, seen
