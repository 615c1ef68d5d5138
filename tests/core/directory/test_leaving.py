"""Leaving at the same moment as something else: the last owner stays, and nobody books who is gone."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from adapters.sql.questions.booking import SqlBookingQuestions
from core.appointments.appointment import SlotTaken
from core.appointments.terms import BookingFacts
from core.directory.archive_provider import ArchiveProvider, archive_provider
from core.directory.update_provider import UpdateProvider, update_provider
from core.kernel.context import Context
from tests.kit.houses import Studio


async def step_down(ctx: Context, key: int) -> Any:
    """Be an owner no longer."""
    return await update_provider(ctx, UpdateProvider(provider_id=key, role="staff"))


async def leave(ctx: Context, key: int) -> Any:
    """Be there no longer."""
    return await archive_provider(ctx, ArchiveProvider(provider_id=key))


@pytest.mark.parametrize("acts", [(step_down, step_down), (leave, leave), (step_down, leave)])
async def test_of_two_owners_who_leave_at_once_one_stays(
    studio: Studio, acts: tuple[Callable[[Context, int], Awaitable[Any]], ...]
) -> None:
    """One act succeeds, the other is refused, and the business has an owner, every time."""
    for _ in range(4):
        owners = [row["id"] for row in await owners_of(studio)]
        owners.append(await studio.provider("Second", role="owner"))

        async def act(how: Callable[[Context, int], Awaitable[Any]], key: int) -> Any:
            async with studio.house.context(studio.ctx.actor, "race") as ctx:
                return await how(ctx, key)

        answers = await asyncio.gather(
            *(act(how, key) for how, key in zip(acts, owners, strict=True)), return_exceptions=True
        )
        refused = [type(answer).__name__ for answer in answers if isinstance(answer, Exception)]
        assert refused == ["ProviderStillNeeded"]
        assert len(await owners_of(studio)) == 1


async def owners_of(studio: Studio) -> list[dict[str, Any]]:
    """The owners that are left."""
    rows = await studio.table("providers")
    return [row for row in rows if row["role"] == "owner" and row["archived_at"] is None]


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True, scope="session")
async def test_who_leaves_while_being_booked_is_not_booked(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Archived after booking has looked and before it takes the time: the booking is refused, and nothing kept."""
    provider_id, client_id = await studio.provider(), await studio.client()
    look = SqlBookingQuestions.booking_facts

    async def look_and_leave(self: SqlBookingQuestions, *about: Any) -> BookingFacts:
        facts = await look(self, *about)
        async with studio.house.context(studio.ctx.actor, "meanwhile") as ctx:
            await leave(ctx, provider_id)
        return facts

    monkeypatch.setattr(SqlBookingQuestions, "booking_facts", look_and_leave)
    with pytest.raises(SlotTaken):
        await studio.appointment(client_id, provider_id=provider_id)
    assert await studio.table("appointments") == []
    assert await studio.table("allocations") == []
