"""Tiles and scores from masks: what the sweep and one start at a time say, whatever the business."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.availability import score, tiling
from core.availability.bits import NOTHING, Engine, frame_of, within_limits
from core.availability.cache import AvailabilityCache, Kept
from core.availability.hours import every_day
from core.availability.outlook import Outlook, Wish
from core.availability.questions import Changes
from core.availability.score import Offered, score_of, scored
from core.availability.search import Search
from core.availability.sweep import Beside, starts
from core.availability.tiling import tiled
from tests.core.availability.businesses import Drawn, drawn_business
from tests.core.availability.simple import book_in, search_in
from tests.core.availability.test_definition import SEEDS, search_of
from tests.core.availability.test_engine import shelves_of


def searches(drawn: Drawn) -> list[Search]:
    """What was drawn, asked of everybody wherever they work."""
    return [
        search_of(drawn, provider_id, place)
        for provider_id in drawn.book.providers
        for place in drawn.book.places_of[provider_id]
    ]


def tiles_agree(seed: int, fine: bool, shift: int, length: int) -> bool:
    """Whether both ways to lay starts end to end give the same, of everybody."""
    drawn = drawn_business(random.Random(seed), fine=fine)
    engine, shelves = Engine(drawn.book), shelves_of(drawn)
    begin = drawn.begin + shift
    end = begin + length
    return all(
        tiled(engine, search, begin, end, shelves)
        == [
            (one.minute, one.remaining)
            for one in starts(drawn.book, replace(search, tile=True), drawn.taken, begin, end)
        ]
        for search in searches(drawn)
    )


def scores_agree(seed: int, fine: bool, shift: int, length: int) -> bool:
    """Whether the scores of many starts are those of each, of everybody."""
    drawn = drawn_business(random.Random(seed), fine=fine)
    engine, shelves = Engine(drawn.book), shelves_of(drawn)
    begin = drawn.begin + shift
    offered: list[Offered] = []
    expected = []
    for search in searches(drawn):
        found = within_limits(engine.found(search, begin, begin + length, shelves), search)
        beside = Beside(drawn.book, search, drawn.taken, begin, begin + length)
        for minute, left in found.seats_by_minute():
            offered.append((minute, search.provider_id, search.location_id, left))
            expected.append((offered[-1], score_of(beside, minute)))
    alive = [row for row in drawn.taken if row.expires_at is None or row.expires_at > drawn.now]
    return scored(look_of(drawn), wish_of(drawn), sorted(offered), alive) == dict(expected)


def look_of(drawn: Drawn) -> Outlook:
    """The business as it is known, with nobody to ask."""
    changes = Changes(last=1, rules_revision=drawn.book.revision, rulebook=drawn.book)
    kept = Kept()
    kept.learn(changes, None)
    return Outlook(kept, AvailabilityCache(), changes, None)  # type: ignore[arg-type]


def wish_of(drawn: Drawn) -> Wish:
    """What was drawn."""
    return Wish(
        service=drawn.service,
        duration=drawn.demand.duration,
        now=drawn.now,
        for_staff=drawn.for_staff,
        seats=drawn.seats,
    )


BEFORE = datetime(1969, 12, 31, tzinfo=UTC)
RANGES = (SEEDS, st.booleans(), st.integers(-1_441, 1_441), st.integers(1, 3_000))


@settings(max_examples=150, deadline=None)
@given(*RANGES)
def test_tiles_from_masks_are_those_of_the_sweep(seed: int, fine: bool, shift: int, length: int) -> None:
    """Any rules, any taken time, any range."""
    assert tiles_agree(seed, fine, shift, length)


@settings(max_examples=150, deadline=None)
@given(*RANGES)
def test_scores_of_many_are_those_of_each(seed: int, fine: bool, shift: int, length: int) -> None:
    """Every start that is offered, with its reasons in order."""
    assert scores_agree(seed, fine, shift, length)


def test_bits_that_are_too_coarse_are_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """With five minutes for whatever lies on a minute some tile is another."""
    monkeypatch.setattr(tiling, "frame_of", lambda begin, end, _: frame_of(begin, end, 5))
    assert not all(tiles_agree(seed, True, 0, 3_000) for seed in range(20))


def test_gaps_that_are_never_short_are_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """With any free time taken for long enough some score is another."""
    monkeypatch.setattr(score, "run", lambda mask, _: mask)
    assert not all(scores_agree(seed, True, 0, 3_000) for seed in range(20))


def test_more_seats_than_a_start_has_are_laid_nowhere() -> None:
    """Nor none at all; one is."""
    book = book_in("UTC", every_day(600, 720))
    for seats, expected in ((0, []), (1, [(600, 1), (660, 1)]), (2, [])):
        search = replace(search_in(60), seats=seats)
        assert tiled(Engine(book), replace(search, now=BEFORE), 0, 1_440, lambda _: NOTHING) == expected
