"""What is offered instead, and how well a slot fits a day: by hand, around one appointment."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from core.availability.demand import demand_for, demand_of
from core.availability.nearest import (
    MOST_ASKED,
    REACH,
    Near,
    first_free,
    nearest_free,
    resources_near,
    stretches_after,
)
from core.availability.outlook import Wish, outlook
from core.availability.rulebook import ResourceNeed, Rulebook, ServiceRules, Taken
from core.availability.score import score_of, scored
from core.availability.search import Search
from core.availability.sweep import Beside
from core.kernel.clock import minute_of
from tests.core.availability.in_memory import (
    ANNEXE,
    AT,
    HOME,
    KAI,
    MARA,
    NOW,
    TEN,
    asking,
    row,
    salon,
    service,
)

DAY = 1_440


def nearest(
    wanted: ServiceRules | None = None, *rows: Taken, at: int = 0, rules: Rulebook | None = None, **more: Any
) -> list[int]:
    """The alternatives to ten o'clock with Mara, or so many minutes from it, in minutes from ten."""
    wanted = wanted or service()
    book = rules or salon(wanted)
    found = nearest_free(book, near(wanted, **more), AT + at, rows)
    return [minute - AT for minute in found]


def near(wanted: ServiceRules, **more: Any) -> Near:
    """The service, with Mara unless said otherwise."""
    facts: dict[str, Any] = {"provider_ids": [more.pop("provider_id", MARA)], "now": NOW, **more}
    return Near(service=wanted, demand=demand_for(wanted), **facts)


@pytest.mark.parametrize(
    ("rows", "more", "expected"),
    [
        ([], {}, [60, 120, 180]),
        ([], {"at": 60}, [0, 120, 180]),
        ([], {"at": 90}, [60, 120, 0]),
        ([row(MARA, 60, 70)], {}, [120, 180, -DAY + 180]),
        ([row(MARA, 60, 70, kind="hold", owner="hold:1", expires_at=NOW)], {}, [60, 120, 180]),
        (
            [row(MARA, 60, 70, kind="hold", owner="hold:1", expires_at=NOW + timedelta(seconds=1))],
            {},
            [120, 180, -DAY + 180],
        ),
        ([row(MARA, 0, 240)], {}, [-DAY + 180, -DAY + 120, -DAY + 60]),
        ([row(MARA, 0, 240)], {"at": 180}, [DAY, DAY + 60, DAY + 120]),
        ([row(MARA, 60 - REACH, REACH + 240)], {}, [-REACH]),
        ([row(MARA, 60 - REACH, REACH + 240)], {"at": 1}, []),
        ([row(MARA, -REACH, REACH)], {}, [REACH]),
        ([row(MARA, -REACH, REACH)], {"at": -1}, []),
        ([], {"provider_id": 99}, []),
        ([], {"provider_id": KAI}, [60, -DAY + 60, -DAY]),
        ([], {"provider_id": KAI, "location_id": HOME}, []),
        ([], {"provider_id": KAI, "location_id": ANNEXE}, [60, -DAY + 60, -DAY]),
        ([], {"location_id": ANNEXE}, []),
        ([], {"seats": 2}, []),
    ],
)
def test_the_nearest_that_can_be_had(rows: list[Taken], more: dict[str, Any], expected: list[int]) -> None:
    """Three at most, the nearest first and of two as near the earlier; the start itself is not among them."""
    assert nearest(None, *rows, **more) == expected


def test_the_nearest_heed_notice_horizon_and_the_door() -> None:
    """From the first minute allowed to the last, both included; what is off the list is for staff."""
    assert nearest(service(notice_minutes=120), now=TEN) == [120, 180, DAY]
    assert nearest(service(notice_minutes=121), now=TEN) == [180, DAY, DAY + 60]
    assert nearest(service(horizon_minutes=60), now=TEN) == [60]
    assert nearest(service(horizon_minutes=59), now=TEN) == []
    assert nearest(service(notice_minutes=60, horizon_minutes=60), now=TEN) == [60]
    assert nearest(now=TEN + timedelta(days=8)) == []
    assert nearest(service(allow_booking=False)) == []
    assert nearest(service(allow_booking=False), for_staff=True) == [60, 120, 180]
    assert nearest(service(capacity=2), seats=2) == [60, 120, 180]


def test_without_a_service_starts_are_an_own_length_apart() -> None:
    """Of ninety minutes, two fit into the four hours."""
    found = nearest_free(
        salon(),
        Near(provider_ids=[MARA], service=None, demand=demand_of(90), now=NOW),
        AT,
        [],
    )
    assert [minute - AT for minute in found] == [90, 90 - DAY, -DAY]


def test_any_of_several_or_all_of_them() -> None:
    """Any: what one of them has; all: what everybody has, and nothing where one is not there."""
    wanted = service()
    mine = row(MARA, 60, 120)
    assert nearest(wanted, mine, provider_ids=[KAI, MARA]) == [60, 120, 180]
    assert nearest(wanted, mine, provider_ids=[KAI, MARA], together=True) == [-DAY + 60, -DAY, DAY]
    assert nearest(wanted, mine, provider_ids=[KAI, 99]) == nearest(wanted, mine, provider_ids=[KAI])
    assert nearest(wanted, mine, provider_ids=[KAI, 99], together=True) == []
    many = [99] * MOST_ASKED
    assert nearest(wanted, provider_ids=[*many, MARA]) == [60, 120, 180]


def test_the_first_after_a_time_that_a_rule_refuses() -> None:
    """From the first minute on, before the last; none where none is."""
    wanted, book = service(), salon(service())
    assert first_free(book, near(wanted), AT, AT + 1, []) == AT
    assert first_free(book, near(wanted), AT + 1, AT + DAY, []) == AT + 60
    assert first_free(book, near(wanted), AT + 181, AT + DAY, []) is None
    assert first_free(book, near(wanted), AT + 181, AT + DAY + 1, []) == AT + DAY


def test_it_is_looked_for_in_longer_and_longer_stretches_up_to_the_horizon() -> None:
    """A week, four weeks, sixteen, each where the last ended; from the notice on; nowhere past the horizon."""
    begin = minute_of(NOW)
    wanted = service(notice_minutes=60, horizon_minutes=40 * DAY)
    early = list(stretches_after(near(wanted), begin))
    assert early == [
        (begin + 60, begin + 60 + 7 * DAY),
        (begin + 60 + 7 * DAY, begin + 60 + 35 * DAY),
        (begin + 60 + 35 * DAY, begin + 40 * DAY + 1),
    ]
    last = begin + 40 * DAY
    assert list(stretches_after(near(wanted), last - 1)) == [(last, last + 1)]
    assert list(stretches_after(near(wanted), last)) == []
    assert len(list(stretches_after(replace(near(wanted), service=None), begin))) == 5


def test_the_resources_to_look_at_are_those_of_everybody_and_of_every_need() -> None:
    """Their own time, and whatever might serve."""
    wanted = service(needs=(ResourceNeed(resource_ids=(902, 901)),))
    book = salon(wanted)
    times = {key: book.providers[key].resource_id for key in (MARA, KAI)}
    assert resources_near(book, near(wanted, provider_ids=[MARA, KAI, 99])) == sorted(
        [*times.values(), 901, 902]
    )


def beside(wanted: ServiceRules, *rows: Taken) -> Beside:
    """The Monday's starts with Mara."""
    search = Search(provider_id=MARA, location_id=HOME, service=wanted, demand=demand_for(wanted), now=NOW)
    return Beside(salon(wanted), search, rows, AT, AT + DAY)


@pytest.mark.parametrize(
    ("rows", "at", "expected"),
    [
        # Open from ten to two; an hour is wanted.
        ([], 60, (50, ())),
        ([], 0, (60, ("DAY_EDGE",))),
        ([], 180, (60, ("DAY_EDGE",))),
        ([], 30, (30, ("LEAVES_SHORT_GAP",))),
        ([], 150, (30, ("LEAVES_SHORT_GAP",))),
        ([row(MARA, 0, 60)], 60, (80, ("ADJACENT",))),
        ([row(MARA, 120, 180)], 60, (80, ("ADJACENT",))),
        ([row(MARA, 0, 60)], 120, (50, ())),
        ([row(MARA, 0, 60)], 119, (30, ("LEAVES_SHORT_GAP",))),
        ([row(MARA, 0, 60)], 61, (30, ("LEAVES_SHORT_GAP",))),
        ([row(MARA, 0, 60), row(MARA, 150, 180)], 60, (60, ("ADJACENT", "LEAVES_SHORT_GAP"))),
        ([row(MARA, 90, 120)], 0, (40, ("DAY_EDGE", "LEAVES_SHORT_GAP"))),
        ([row(MARA, 0, 30), row(MARA, 150, 180)], 60, (30, ("LEAVES_SHORT_GAP",))),
        ([row(MARA, 60, 240)], 0, (100, ("FILLS_GAP", "DAY_EDGE", "ADJACENT"))),
        ([row(MARA, 0, 60), row(MARA, 120, 180)], 60, (100, ("FILLS_GAP", "ADJACENT"))),
    ],
)
def test_the_score_of_a_start(rows: list[Taken], at: int, expected: tuple[int, tuple[str, ...]]) -> None:
    """By what is left on either side of it."""
    assert score_of(beside(service(step_minutes=1), *rows), AT + at) == expected


def test_buffers_count_as_the_appointments_own_time() -> None:
    """With ten minutes before and five after, a slot at 10:10 begins the day and one at 11:15 follows it."""
    wanted = service(step_minutes=1, buffer_before_minutes=10, buffer_after_minutes=5)
    assert score_of(beside(wanted), AT + 10) == (60, ("DAY_EDGE",))
    taken = row(MARA, 0, 75, begins=AT + 10)
    assert score_of(beside(wanted, taken), AT + 85) == (80, ("ADJACENT",))
    assert score_of(beside(wanted, taken), AT + 86) == (30, ("LEAVES_SHORT_GAP",))
    assert score_of(beside(wanted, row(MARA, 125, 140)), AT + 60) == (60, ("LEAVES_SHORT_GAP", "ADJACENT"))


def test_a_session_to_join_is_best() -> None:
    """Whatever is beside it."""
    session = row(MARA, 30, 90, kind="session", owner="session:1", service_id=3, seats_left=1)
    wanted = service(capacity=2)
    assert score_of(beside(wanted, session), AT + 30) == (100, ("JOINS_SESSION",))
    assert score_of(beside(wanted, session), AT + 90) == (80, ("ADJACENT",))


async def test_each_slot_is_scored_at_its_own_place() -> None:
    """Mara beside an appointment at home; Kai at the edge of the annexe's day; none, none."""
    look = await outlook(asking(salon(service())))
    wish = Wish(service=look.book.services[3], duration=60, now=NOW)
    assert scored(look, wish, [], []) == {}
    mara, kai, late = (AT + 60, MARA, HOME, 1), (AT + 60, KAI, ANNEXE, 1), (AT + 120, MARA, HOME, 1)
    assert scored(look, wish, [mara], [row(MARA, 0, 60)]) == {mara: (80, ("ADJACENT",))}
    assert scored(look, wish, [mara, kai, late], [row(MARA, 0, 60)]) == {
        mara: (80, ("ADJACENT",)),
        kai: (60, ("DAY_EDGE",)),
        late: (50, ()),
    }
