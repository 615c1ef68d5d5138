"""The engine against the definition: bits say what the sweep says, whatever the business."""

from __future__ import annotations

import random
from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from core.availability.bits import Engine, Shelf, within_limits
from core.availability.sweep import starts
from tests.core.availability.businesses import Drawn, drawn_business
from tests.core.availability.test_definition import SEEDS, search_of


def shelves_of(drawn: Drawn) -> Callable[[int], Shelf]:
    """What is taken, by resource, holds that have run out left away."""
    made: dict[int, Shelf] = {}

    def shelf(resource_id: int) -> Shelf:
        if resource_id not in made:
            alive = [row for row in drawn.taken if row.expires_at is None or row.expires_at > drawn.now]
            made[resource_id] = Shelf([row for row in alive if row.resource_id == resource_id])
        return made[resource_id]

    return shelf


@settings(max_examples=300, deadline=None)
@given(SEEDS, st.booleans(), st.integers(-1_441, 1_441), st.integers(1, 3_000))
def test_bits_say_what_the_sweep_says(seed: int, fine: bool, shift: int, length: int) -> None:
    """Any rules, any taken time, any range, on five minutes or on one."""
    drawn = drawn_business(random.Random(seed), fine=fine)
    engine, shelves = Engine(drawn.book), shelves_of(drawn)
    begin = drawn.begin + shift
    for provider_id in drawn.book.providers:
        for place in drawn.book.places_of[provider_id]:
            search = search_of(drawn, provider_id, place)
            found = within_limits(engine.found(search, begin, begin + length, shelves), search)
            assert found.starts() == starts(drawn.book, search, drawn.taken, begin, begin + length)
