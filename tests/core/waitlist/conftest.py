"""A house of the module's own, whose clock tests of timers turn, and a studio in it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from app.house import House
from tests.adapters.conftest import own_house
from tests.core.waitlist.waiting import Told
from tests.kit.posts import studio_with_posts

__all__ = ["own_house", "told"]


@pytest_asyncio.fixture
async def told(own_house: House, fresh_number: int) -> AsyncIterator[Told]:
    """A studio, and what it says."""
    async with studio_with_posts(own_house, fresh_number) as made:
        yield made
