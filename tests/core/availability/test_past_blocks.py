"""Blocks that are over cost nothing: they are dropped by their days before anything else is asked of them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from core.availability import timetable, workday
from core.availability.explain_availability import ExplainAvailability, explain_availability
from core.availability.find_openings import FindOpenings, find_openings
from core.availability.recurrence import Recurrence
from core.availability.rulebook import BlockRules, Reach
from core.availability.workday import blocks_about
from tests.core.availability.in_memory import MARA, MONDAY, TEN, asking, salon, service

NOON = datetime(2027, 3, 8, 12)
LONG_AGO = datetime(2020, 1, 1, 12)


def block(key: int, starts: datetime, **more: Any) -> BlockRules:
    """An hour in which nobody is booked."""
    given: dict[str, Any] = {"ends": starts + timedelta(hours=1), "reaches": (Reach(),), **more}
    return BlockRules(block_id=key, starts=starts, **given)


@pytest.mark.parametrize(
    ("one", "first", "last"),
    [
        (block(1, NOON), date(2027, 3, 4), date(2027, 3, 12)),
        (block(1, NOON, ends=NOON + timedelta(days=3)), date(2027, 3, 4), date(2027, 3, 15)),
        (
            block(1, NOON, recurrence=Recurrence(frequency="DAILY", until=date(2027, 4, 1))),
            date(2027, 3, 4),
            date(2027, 4, 5),
        ),
        (block(1, NOON, recurrence=Recurrence(frequency="DAILY", count=2)), date(2027, 3, 4), None),
    ],
)
def test_a_block_is_asked_about_the_days_around_it(one: BlockRules, first: date, last: date | None) -> None:
    """From four days before its first to four after its last; without an end on whatever day comes."""
    book, day = salon(service(), blocks=[one]), timedelta(days=1)
    assert blocks_about(book, None, first, first) == [one]
    assert blocks_about(book, None, first - day, first - day) == []
    assert blocks_about(book, MARA, first, first) == []
    if last is None:
        assert blocks_about(book, None, date(2099, 1, 1), date(2099, 1, 1)) == [one]
    else:
        assert blocks_about(book, None, last, last) == [one]
        assert blocks_about(book, None, last + day, last + day) == []


async def test_blocks_that_are_over_are_not_worked_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two thousand past hours and one at noon on the Monday, the one is worked out, and it is heeded."""
    worked_out: list[int] = []

    def noting(one: BlockRules, *rest: Any) -> Any:
        worked_out.append(one.block_id)
        return blocked_by(one, *rest)

    blocked_by = workday.blocked_by
    for module in (workday, timetable):
        monkeypatch.setattr(module, "blocked_by", noting)
    past = [block(key, LONG_AGO + timedelta(hours=key)) for key in range(2_000)]
    ctx = asking(salon(service(), blocks=[*past, block(5_000, NOON)]))
    asked = FindOpenings(first=MONDAY, last=MONDAY, service_id=3, provider_ids=[MARA])
    slots = (await find_openings(ctx, asked)).days[MONDAY]
    assert [slot.starts_at.hour for slot in slots] == [10, 11, 13]
    explained = await explain_availability(
        ctx, ExplainAvailability(provider_id=MARA, service_id=3, starts_at=TEN + timedelta(hours=2))
    )
    assert [(reason.code, reason.key) for reason in explained.reasons] == [("BLOCK", 5_000)]
    assert set(worked_out) == {5_000}
