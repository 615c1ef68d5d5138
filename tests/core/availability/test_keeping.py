"""What is kept of rules: as JSON and back, and rulebooks by revision."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from benchmarks.availability.memory import in_memory
from core.availability.cache import AvailabilityCache
from core.availability.kept import (
    kept_needs,
    kept_policies,
    kept_reaches,
    kept_recurrence,
    kept_segments,
    kept_slot_rule,
    kept_wall,
    needs_of,
    policies_of,
    reaches_of,
    recurrence_of,
    segments_of,
    slot_rule_of,
    wall_of,
)
from core.availability.recurrence import Recurrence
from core.availability.rulebook import Reach, ResourceNeed, Segment, SlotRule
from core.availability.shelf import RulebookShelf, rulebook_of
from tests.core.availability.in_memory import MONDAY, salon

NEEDS = (ResourceNeed(resource_ids=(80, 81), quantity=2),)
KEPT_NEEDS = [{"resource_ids": [80, 81], "quantity": 2}]
SEGMENTS = (Segment(minutes=20, needs=NEEDS), Segment(minutes=5, provider_is_busy=False))
KEPT_SEGMENTS = [
    {"minutes": 20, "provider_is_busy": True, "needs": KEPT_NEEDS},
    {"minutes": 5, "provider_is_busy": False, "needs": []},
]
RULE = Recurrence(frequency="WEEKLY", interval=2, byday=("MO", "FR"), count=9, until=date(2027, 6, 1))
KEPT_RULE = {
    "frequency": "WEEKLY",
    "interval": 2,
    "byday": ["MO", "FR"],
    "count": 9,
    "until": "2027-06-01",
}
SLOTS = SlotRule(recurrence=RULE, start_times=(540, 600), anchor=MONDAY)
KEPT_SLOTS = {"recurrence": KEPT_RULE, "start_times": [540, 600], "anchor": "2027-03-08"}


@pytest.mark.parametrize(
    ("keep", "read", "rule", "kept"),
    [
        (kept_needs, needs_of, NEEDS, KEPT_NEEDS),
        (kept_segments, segments_of, SEGMENTS, KEPT_SEGMENTS),
        (kept_recurrence, recurrence_of, RULE, KEPT_RULE),
        (
            kept_recurrence,
            recurrence_of,
            Recurrence(frequency="DAILY"),
            {"frequency": "DAILY", "interval": 1, "byday": [], "count": None, "until": None},
        ),
        (kept_slot_rule, slot_rule_of, SLOTS, KEPT_SLOTS),
        (
            kept_reaches,
            reaches_of,
            (Reach(), Reach(provider_id=7, location_id=2), Reach(service_id=3)),
            [{}, {"provider_id": 7, "location_id": 2}, {"service_id": 3}],
        ),
        (kept_wall, wall_of, datetime(2027, 3, 8, 10, 5), "2027-03-08T10:05"),
        (
            kept_policies,
            policies_of,
            {
                "segments": SEGMENTS,
                "needs": NEEDS,
                "slot_rules": (SLOTS,),
                "durations": (30, 60),
                "daily_limit": 4,
            },
            {
                "segments": KEPT_SEGMENTS,
                "needs": KEPT_NEEDS,
                "slot_rules": [KEPT_SLOTS],
                "durations": [30, 60],
                "daily_limit": 4,
            },
        ),
    ],
)
def test_rules_are_kept_as_json_and_read_back(keep: Any, read: Any, rule: Any, kept: Any) -> None:
    """The very same rule."""
    assert keep(rule) == kept
    assert read(kept) == rule


def test_policies_as_by_default_are_not_kept() -> None:
    """Nor read; and nothing that is kept stands for none."""
    assert kept_policies({"capacity": 1, "daily_limit": None, "segments": (), "hold_minutes": 11}) == {
        "hold_minutes": 11
    }
    assert policies_of({}) == {}
    assert (needs_of(None), segments_of(None)) == ((), ())


def test_the_shelf_has_the_newest_rulebook_of_each_business() -> None:
    """By its revision alone; an older one does not take its place."""
    shelf = RulebookShelf()
    assert (shelf.take(1, 5), shelf.newest(1)) == (None, None)
    five, six = salon(), salon(revision=6)
    shelf.put(1, six)
    shelf.put(1, five)
    assert (shelf.take(1, 6), shelf.take(1, 5), shelf.newest(1)) == (six, None, six)
    again = salon(revision=6)
    shelf.put(1, again)
    assert shelf.newest(1) is again
    assert shelf.newest(2) is None


def test_the_shelf_forgets_the_business_that_was_used_least_of_late() -> None:
    """256 of them; taking one is using it, and so is putting it again."""
    shelf, book = RulebookShelf(), salon()
    for business_id in range(256):
        shelf.put(business_id, book)
    shelf.take(0, 5)
    shelf.put(1, salon(revision=6))
    shelf.put(256, book)
    assert [key for key in range(257) if shelf.newest(key) is None] == [2]


async def test_a_rulebook_is_read_once_for_each_revision() -> None:
    """From the shelf afterwards."""
    rules = in_memory(salon(), [])
    ctx, shelf = rules.context(AvailabilityCache()), RulebookShelf()

    class Unit:
        business_id = 1
        ask = staticmethod(ctx.ask)

    uow: Any = Unit()
    assert await rulebook_of(uow, shelf, 5) is rules.book
    assert await rulebook_of(uow, shelf, 5) is rules.book
    assert rules.asked == 1
    assert shelf.newest(1) is rules.book
    await rulebook_of(uow, shelf, 6)
    assert rules.asked == 2
