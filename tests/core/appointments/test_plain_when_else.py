"""What is told with a refusal: the rule or what was wanted, and when else; nothing is kept."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

import pytest

from core.appointments.alternatives import with_alternatives
from core.appointments.appointment import OutsidePolicy, SlotTaken, Wanted
from core.appointments.book import book
from core.appointments.choose_provider import ProviderSelection
from core.availability.demand import demand_of
from core.availability.hours import every_day
from core.availability.moving import Moving
from core.availability.questions import Changes
from core.availability.rulebook import ResourceNeed, Rulebook
from tests.core.appointments.on_paper import Paper, book_or_hold, both, wanted
from tests.core.availability.in_memory import (
    ANNEXE,
    AT,
    HOME,
    KAI,
    MARA,
    NOW,
    TEN,
    ZOE,
    later,
    row,
    salon,
    service,
)


async def test_taken_time_is_refused_with_what_was_wanted_and_when_else() -> None:
    """By booking and holding alike, with the service, the place, the seats and the door."""
    rules = salon(service(capacity=8))
    full = row(MARA, 0, 60, kind="session", owner="session:2", service_id=3, seats_left=1)
    for command in both(seats=2, location_id=HOME):
        paper = Paper(rules, full)
        with pytest.raises((SlotTaken, OutsidePolicy)) as refused:
            await book_or_hold(paper, command)
        assert isinstance(refused.value, SlotTaken)
        asked = refused.value.wanted
        assert asked is not None
        assert (asked.provider_ids, asked.together, asked.starts_at) == ((MARA,), False, TEN)
        assert (asked.service_id, asked.location_id, asked.seats, asked.for_staff) == (3, HOME, 2, False)
        assert refused.value.next_free == [later(hours=1), later(hours=2), later(hours=3)]


async def test_whoever_was_next_in_turn_is_told_and_other_times_of_all_of_them() -> None:
    """Both are taken: Mara's is the name, both are asked when else; Zoe takes no bookings."""
    selection = ProviderSelection(mode="ROUND_ROBIN", provider_ids=[KAI, MARA])
    rows = [row(MARA, 0, 60), row(KAI, 0, 60, owner="appointment:6")]
    paper = Paper(salon(service(), schedules=[]), *rows)
    with pytest.raises(SlotTaken) as refused:
        await book(paper.ctx, wanted(selection=selection))
    assert refused.value.provider_id == MARA
    assert refused.value.wanted is not None
    assert refused.value.wanted.provider_ids == (MARA, KAI)
    assert refused.value.wanted.together is False


async def test_whoever_is_missing_from_all_together_is_told_and_other_times_of_all_of_them() -> None:
    """Kai is taken; Mara alone would be free an hour later, both are two hours later."""
    selection = ProviderSelection(mode="COLLECTIVE", provider_ids=[KAI, MARA])
    paper = Paper(salon(service(), schedules=[]), row(KAI, 0, 120))
    with pytest.raises(SlotTaken) as refused:
        await book(paper.ctx, wanted(selection=selection))
    assert refused.value.provider_id == KAI
    asked = refused.value.wanted
    assert asked is not None
    assert (asked.provider_ids, asked.together) == ((MARA, KAI), True)
    assert refused.value.next_free == [later(hours=-21), later(hours=2), later(hours=3)]
    assert paper.heard("add", "emit") == []
    paper = Paper(salon(service()))
    with pytest.raises(OutsidePolicy) as outside:
        await book(paper.ctx, wanted(selection=selection, starts_at=later(hours=2)))
    assert (outside.value.rule, outside.value.starts_at) == ("HOURS", later(hours=2))
    assert paper.heard("add", "emit") == []


async def test_taken_time_weighs_more_than_a_rule_where_one_of_several_is_told() -> None:
    """Zoe takes no bookings and comes first; Kai, who is only taken, is told."""
    selection = ProviderSelection(mode="LEAST_BUSY", provider_ids=[ZOE, KAI])
    paper = Paper(salon(service(), schedules=[]), row(KAI, 0, 60))
    with pytest.raises((SlotTaken, OutsidePolicy)) as refused:
        await book(paper.ctx, wanted(selection=selection))
    assert isinstance(refused.value, SlotTaken)
    assert refused.value.provider_id == KAI


async def test_a_rule_tells_the_first_time_that_it_allows() -> None:
    """Before opening at ten: ten; too soon: ten on the day after the notice; too far: the horizon."""
    for given, more, expected in (
        ({}, {"starts_at": later(hours=-1)}, ("HOURS", TEN, None)),
        ({"notice_minutes": 8 * 1_440}, {}, ("NOTICE", TEN + timedelta(days=1), None)),
        ({"horizon_minutes": 1_440}, {}, ("HORIZON", None, NOW + timedelta(days=1))),
        ({"allow_booking": False}, {}, ("NOT_OFFERED", None, None)),
    ):
        for command in both(**more):
            paper = Paper(salon(service(**given)))
            with pytest.raises(OutsidePolicy) as refused:
                await book_or_hold(paper, command)
            assert (refused.value.rule, refused.value.earliest, refused.value.latest) == expected
            assert (paper.heard("add", "emit"), paper.is_kept) == ([], False)


async def test_the_staff_door_heeds_the_rules_that_it_names() -> None:
    """Before opening: booked where nothing is heeded, refused where hours are, not where only notice is."""
    for heeding, is_refused in (((), False), (("HOURS",), True), (("NOTICE",), False)):
        more: dict[str, Any] = {
            "starts_at": later(hours=-1),
            "within_policies": False,
            "heeding": heeding,
        }
        for command in both(**more):
            paper = Paper(salon(service()))
            if is_refused:
                with pytest.raises(OutsidePolicy) as refused:
                    await book_or_hold(paper, command)
                assert refused.value.rule == "HOURS"
            else:
                await book_or_hold(paper, command)
            assert paper.is_kept is not is_refused


def error(**more: Any) -> SlotTaken:
    """Mara's time at ten is taken."""
    given: dict[str, Any] = {
        "provider_ids": (MARA,),
        "together": False,
        "starts_at": TEN,
        "demand": demand_of(60),
        "service_id": 3,
        "location_id": None,
        "seats": 1,
        "for_staff": False,
    }
    return SlotTaken(MARA, TEN, wanted=Wanted(**{**given, **more}))


def told_for(rules: Rulebook, newer: Rulebook | None) -> Any:
    """What is new since the revision of `rules`: nothing, or the newer ones; all of it to who knows nothing."""

    def changes(_: int | None, known: int | None) -> Changes:
        book = newer if newer is not None else None if known == rules.revision else rules
        return Changes(last=1, rules_revision=5, rulebook=book)

    return changes


async def test_the_rules_are_read_anew_only_where_they_changed() -> None:
    """Known ones are asked about by their revision; new ones count at once and are known from then on."""
    rules, newer = salon(service()), salon(service(step_minutes=30), revision=6)
    for known, changed, revision, expected in (
        (rules, None, 5, [0, 60, 180]),
        (rules, newer, 6, [60, 90, 150]),
        (None, None, 5, [0, 60, 180]),
    ):
        paper = Paper(rules, changes=told_for(rules, changed))
        if known is not None:
            paper.shelf.put(1, known)
        found = await with_alternatives(paper.ctx, error(starts_at=later(hours=2)))
        assert isinstance(found, SlotTaken)
        assert paper.said[0] == ("changes", None, None if known is None else 5)
        assert found.next_free == [later(minutes=minute) for minute in expected]
        kept = paper.shelf.newest(1)
        assert kept is not None
        assert kept.revision == revision


async def test_what_is_taken_is_asked_over_a_week_and_three_days_each_way() -> None:
    """Of the provider and of the room that is needed, after the rules, and nothing else."""
    need = ResourceNeed(resource_ids=(80,))
    rules = salon(service(needs=(need,)))
    paper = Paper(rules)
    await with_alternatives(paper.ctx, error(demand=demand_of(60, needs=(need,))))
    reach = (7 + 3) * 1_440
    assert paper.said == [
        ("changes", None, None),
        ("taken", [80, 700], AT - reach, AT + reach, NOW),
    ]


async def test_other_times_are_found_as_the_time_was_wanted() -> None:
    """At that place, with as many seats, together, for staff where staff asked, of the service or of none."""
    rules = salon(service(), service(4, capacity=8), schedules=[])
    one_left = row(MARA, 60, 120, kind="session", owner="session:2", service_id=4, seats_left=1)
    kai_out = row(KAI, 60, 120)
    cases: list[tuple[dict[str, Any], list[Any], list[int]]] = [
        ({}, [], [60, 120, 180]),
        ({"location_id": ANNEXE}, [], []),
        ({"service_id": 4}, [one_left], [60, 120, 180]),
        ({"service_id": 4, "seats": 2}, [one_left], [120, 180, -1_260]),
        ({"provider_ids": (MARA, KAI)}, [kai_out], [60, 120, 180]),
        ({"provider_ids": (MARA, KAI), "together": True}, [kai_out], [120, 180, -1_260]),
        ({"provider_ids": (MARA, 99), "together": True}, [], []),
        ({"provider_ids": (ZOE,)}, [], []),
        ({"provider_ids": (ZOE,), "for_staff": True}, [], [60, 120, 180]),
        ({"service_id": None}, [], [60, 120, 180]),
        ({"service_id": 99}, [], [60, 120, 180]),
    ]
    for more, rows, expected in cases:
        refusal = error(**more)
        found = await with_alternatives(Paper(rules, *rows).ctx, refusal)
        assert isinstance(found, SlotTaken)
        assert found.next_free == [later(minutes=minute) for minute in sorted(expected)], more
        assert (found.provider_id, found.starts_at) == (MARA, TEN)


async def test_a_refusal_that_wants_no_other_time_is_left_as_it_is() -> None:
    """And nothing is asked."""
    paper = Paper(salon())
    refusal = OutsidePolicy("NOT_OFFERED", TEN)
    assert await with_alternatives(paper.ctx, refusal) is refusal
    assert paper.said == []


async def test_a_rule_tells_the_first_time_after_it_as_far_as_the_horizon() -> None:
    """A week from the minute after it, then four, then what is left; as many questions as that takes."""
    rules = salon(service(horizon_minutes=60 * 1_440), weekly_hours=every_day(600, 630))
    wanted_then = error(starts_at=later(hours=3)).wanted
    refusal = OutsidePolicy("HOURS", later(hours=3), wanted=wanted_then)
    paper = Paper(rules)
    assert await with_alternatives(paper.ctx, refusal) is refusal
    margin, first, last = 3 * 1_440, AT + 181, AT + 53 * 1_440 - 60 + 1
    edges = [first, first + 7 * 1_440, first + 35 * 1_440, last]
    assert paper.heard("taken") == [
        ("taken", [700], begin - margin, end + margin, NOW) for begin, end in itertools.pairwise(edges)
    ]
    paper = Paper(salon(service()))
    found = await with_alternatives(paper.ctx, refusal)
    assert isinstance(found, OutsidePolicy)
    assert (found.rule, found.earliest) == ("HOURS", TEN + timedelta(days=1))
    assert [line[0] for line in paper.said] == ["changes", "taken"]


async def test_what_is_to_be_moved_does_not_stand_in_its_own_way() -> None:
    """Told of a rule and of a taken time alike, in every stretch that is looked at; unless it is gone."""
    rules = salon(service())
    mine = [row(MARA, 1_440 + 60 * hour, 1_500 + 60 * hour) for hour in range(4)]
    wanted_then = error(starts_at=later(hours=3)).wanted
    outside, taken = (
        OutsidePolicy("HOURS", later(hours=3), wanted=wanted_then),
        error(starts_at=later(days=1)),
    )
    days: list[tuple[Moving | None, int, list[int]]] = [
        (Moving(appointment_id=5), 1, [60, 120, 180]),
        (None, 2, [-1_260, -1_320, -1_380]),
    ]
    for moving, first, nearest in days:
        paper = Paper(rules, *mine, moving=moving)
        found = await with_alternatives(paper.ctx, outside, moving_id=5)
        assert isinstance(found, OutsidePolicy)
        assert found.earliest == TEN + timedelta(days=first)
        found = await with_alternatives(paper.ctx, taken, moving_id=5)
        assert isinstance(found, SlotTaken)
        assert found.next_free == [later(days=1, minutes=minute) for minute in sorted(nearest)]
        assert paper.heard("moving") == [("moving", 5), ("moving", 5)]
