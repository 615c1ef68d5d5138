"""Providers set their own hours, days and blocks, and nobody else's."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from auth.permissions import permissions_of
from core.availability.hours import every_day
from core.availability.rulebook import Reach
from core.blocks.block import Span
from core.blocks.create_block import CreateBlock, create_block
from core.blocks.delete_block import DeleteBlock, delete_block
from core.blocks.update_block import UpdateBlock, update_block
from core.kernel.context import Actor, Context
from core.kernel.errors import Forbidden
from core.schedules.clear_date_override import ClearDateOverride, clear_date_override
from core.schedules.delete_schedule import DeleteSchedule, delete_schedule
from core.schedules.set_date_override import SetDateOverride, set_date_override
from core.schedules.set_schedule import SetSchedule, set_schedule
from tests.kit.houses import Studio
from tests.kit.rules import refused

DAY = date(2027, 3, 8)
NOON = datetime(2027, 3, 8, 12)
SPAN = Span(starts=NOON, ends=NOON + timedelta(hours=1))
HOURS = every_day(600, 900)

Act = Callable[[Context], Awaitable[Any]]


@asynccontextmanager
async def acting(studio: Studio, role: str, provider_id: int | None) -> AsyncIterator[Context]:
    """Somebody of a role, who is that provider."""
    actor = Actor(
        name="user:9",
        identity_id=9,
        business_id=studio.business_id,
        role=role,
        provider_id=provider_id,
        permissions=frozenset(permissions_of(role)),
    )
    async with studio.house.context(actor, "own-hours") as ctx:
        yield ctx


def settings_of(provider_id: int | None) -> list[Act]:
    """What sets a provider's hours, or everybody's where None."""
    reach = (Reach(provider_id=provider_id),)
    return [
        lambda ctx: set_schedule(ctx, SetSchedule(weekly_hours=HOURS, provider_id=provider_id)),
        lambda ctx: set_date_override(ctx, SetDateOverride(day=DAY, shifts=[], provider_id=provider_id)),
        lambda ctx: create_block(ctx, CreateBlock(span=SPAN, reaches=reach)),
    ]


async def made_for(studio: Studio, provider_id: int | None) -> list[Act]:
    """What changes and ends a schedule, a day and a block of theirs, which the owner has set."""
    schedule, day, block = [await act(studio.ctx) for act in settings_of(provider_id)]
    key = schedule.schedule_id
    return [
        lambda ctx: set_schedule(
            ctx, SetSchedule(weekly_hours={}, schedule_id=key, provider_id=ctx.actor.provider_id)
        ),
        lambda ctx: delete_schedule(ctx, DeleteSchedule(schedule_id=key)),
        lambda ctx: clear_date_override(ctx, ClearDateOverride(date_override_id=day.date_override_id)),
        lambda ctx: update_block(ctx, UpdateBlock(block_id=block.block_id, title="Lunch")),
        lambda ctx: delete_block(ctx, DeleteBlock(block_id=block.block_id)),
    ]


async def test_a_provider_sets_changes_and_ends_their_own(studio: Studio) -> None:
    """Each verb, on what they set themselves and on what the owner set for them."""
    mara = await studio.provider("Mara")
    async with acting(studio, "provider", mara) as ctx:
        for act in (*settings_of(mara), *await made_for(studio, mara)):
            await act(ctx)


async def test_a_provider_touches_nothing_of_others(studio: Studio) -> None:
    """Neither another's nor everybody's; a block of theirs is not widened, and one that reaches others too
    is not theirs."""
    mara = await studio.provider("Mara")
    others = [*settings_of(studio.provider_id), *settings_of(None)]
    others += [*await made_for(studio, studio.provider_id), *await made_for(studio, None)]
    both = (Reach(provider_id=mara), Reach(provider_id=studio.provider_id))
    shared = (await create_block(studio.ctx, CreateBlock(span=SPAN, reaches=both))).block_id
    own = (await create_block(studio.ctx, CreateBlock(span=SPAN, reaches=both[:1]))).block_id
    others += [
        lambda ctx: create_block(ctx, CreateBlock(span=SPAN)),
        lambda ctx: create_block(ctx, CreateBlock(span=SPAN, reaches=both)),
        lambda ctx: delete_block(ctx, DeleteBlock(block_id=shared)),
        lambda ctx: update_block(ctx, UpdateBlock(block_id=shared, reaches=both[:1])),
        lambda ctx: update_block(ctx, UpdateBlock(block_id=own, reaches=both)),
    ]
    async with acting(studio, "provider", mara) as ctx:
        for act in others:
            assert (await refused(studio, act(ctx), Forbidden)).permission == "schedules:write"


@pytest.mark.parametrize(
    ("role", "may"),
    [
        ("owner", True),
        ("manager", True),
        ("provider", False),
        ("staff", False),
        ("display", False),
    ],
)
async def test_each_role_by_what_it_may(studio: Studio, role: str, may: bool) -> None:
    """Owners and managers set anybody's; whoever is no provider at all sets nobody's, and not everybody's."""
    async with acting(studio, role, None) as ctx:
        for act in (*settings_of(studio.provider_id), *settings_of(None)):
            if may:
                await act(ctx)
            else:
                await refused(studio, act(ctx), Forbidden)
