"""The definition against brute force: the sweep lists what minute-by-minute asking finds, and says why not."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from core.availability.explain import POLICY_CODES, TAKEN_CODES, locations_at, reasons_against
from core.availability.search import Search
from core.availability.sweep import starts
from tests.core.availability.brute import Brute
from tests.core.availability.businesses import Drawn, drawn_business

SEEDS = st.integers(0, 2**32 - 1)
RANGE = 1_440


def search_of(drawn: Drawn, provider_id: int, place: int, **more: bool) -> Search:
    """What was drawn, asked of one provider at one place."""
    return Search(
        provider_id=provider_id,
        location_id=place,
        service=drawn.service,
        demand=drawn.demand,
        now=drawn.now,
        for_staff=drawn.for_staff,
        seats=drawn.seats,
        **more,
    )


@settings(max_examples=50, deadline=None)
@given(SEEDS, st.booleans())
def test_the_sweep_lists_what_brute_force_finds(seed: int, fine: bool) -> None:
    """Any rules, any taken time: the same starts, with the same seats left."""
    drawn = drawn_business(random.Random(seed), fine=fine)
    for provider_id in drawn.book.providers:
        for place in drawn.book.places_of[provider_id]:
            found = starts(
                drawn.book,
                search_of(drawn, provider_id, place),
                drawn.taken,
                drawn.begin,
                drawn.begin + RANGE,
            )
            brute = Brute(drawn, provider_id, place)
            minutes = range(drawn.begin, drawn.begin + RANGE)
            expected = {minute: brute.remaining(minute) for minute in minutes}
            assert [(start.minute, start.remaining) for start in found] == [
                (minute, left) for minute, left in expected.items() if left is not None
            ]


@settings(max_examples=40, deadline=None)
@given(SEEDS, st.booleans())
def test_there_are_reasons_exactly_against_what_is_not_listed(seed: int, fine: bool) -> None:
    """Every quarter of an hour and every listed start of a day: reasons, or none."""
    drawn = drawn_business(random.Random(seed), fine=fine)
    for provider_id in drawn.book.providers:
        for place in drawn.book.places_of[provider_id]:
            search = search_of(drawn, provider_id, place)
            found = starts(drawn.book, search, drawn.taken, drawn.begin, drawn.begin + RANGE)
            listed = {start.minute for start in found}
            for minute in listed | set(range(drawn.begin, drawn.begin + RANGE, 45)):
                reasons = reasons_against(
                    drawn.book,
                    provider_id=provider_id,
                    service=drawn.service,
                    demand=drawn.demand,
                    start=minute,
                    now=drawn.now,
                    taken=drawn.taken,
                    for_staff=drawn.for_staff,
                    location_id=place,
                    seats=drawn.seats,
                )
                assert (reasons == []) == (minute in listed), reasons
                assert all(reason.code in POLICY_CODES | TAKEN_CODES for reason in reasons)


@settings(max_examples=20, deadline=None)
@given(SEEDS)
def test_the_location_of_a_start_is_one_whose_hours_hold_it(seed: int) -> None:
    """Every one of them, home first; none where no hours cover the whole appointment."""
    drawn = drawn_business(random.Random(seed), fine=False)
    for provider_id, places in drawn.book.places_of.items():
        brutes = {place: Brute(drawn, provider_id, place) for place in places}
        for minute in range(drawn.begin, drawn.begin + RANGE, 95):
            span = set(range(minute, minute + drawn.demand.duration))
            covering = [place for place, brute in brutes.items() if span <= brute.open]
            found = locations_at(
                drawn.book,
                provider_id,
                drawn.service,
                minute,
                drawn.demand.duration,
                for_staff=drawn.for_staff,
            )
            assert found == covering
