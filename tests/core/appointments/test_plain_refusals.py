"""What booking and holding refuse before anything is taken: by path, code and sentence, and nothing is kept."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from core.appointments.appointment import HoldExpired
from core.appointments.book import book
from core.appointments.choose_provider import ProviderChoice, ProviderSelection
from core.appointments.hold import hold_slot
from core.appointments.series import Repeats
from core.availability.recurrence import Recurrence
from core.availability.rulebook import Segment
from core.kernel.errors import Invalid, NotFound
from core.kernel.money import Money
from tests.core.appointments.on_paper import (
    Paper,
    book_or_hold,
    both,
    facts,
    held,
    hold,
    told,
    wanted,
)
from tests.core.availability.in_memory import (
    ANNEXE,
    HOME,
    KAI,
    MARA,
    NOW,
    later,
    salon,
    service,
)

TOGETHER = ProviderSelection(mode="COLLECTIVE", provider_ids=[KAI, MARA])
WEEKLY = Repeats(recurrence=Recurrence(frequency="WEEKLY", count=2))
PARTS = (Segment(minutes=55), Segment(minutes=5))


def nothing_was_taken(paper: Paper) -> None:
    """No lock, no row, no event and no job, and the block was left by the refusal."""
    assert paper.heard("lock", "add", "emit", "schedule", "touch", "answer") == []
    assert paper.is_kept is False


OF_BOTH: dict[str, tuple[dict[str, Any], dict[str, Any], tuple[str, str, str]]] = {
    "no length": (
        {},
        {"service_id": None},
        ("duration_minutes", "REQUIRED", "is needed where no service is named"),
    ),
    "no minute": (
        {},
        {"service_id": None, "duration_minutes": 0},
        ("duration_minutes", "OUT_OF_RANGE", "must be 1 to 1440 minutes"),
    ),
    "more than a day": (
        {},
        {"service_id": None, "duration_minutes": 1_441},
        ("duration_minutes", "OUT_OF_RANGE", "must be 1 to 1440 minutes"),
    ),
    "no minute of a service": (
        {},
        {"duration_minutes": 0},
        ("duration_minutes", "OUT_OF_RANGE", "must be 1 to 1440 minutes"),
    ),
    "another length": (
        {"durations": (90, 30, 60)},
        {"duration_minutes": 61},
        ("duration_minutes", "NOT_OFFERED", "must be 30 or 60 or 90 minutes"),
    ),
    "too short for its parts": (
        {"segments": PARTS, "durations": (55, 60)},
        {"duration_minutes": 55},
        ("duration_minutes", "TOO_SHORT", "is too short for the parts of the service"),
    ),
    "too many seats": ({"capacity": 8}, {"seats": 9}, ("seats", "OUT_OF_RANGE", "must be 1 to 8 seats")),
    "no seat": ({"capacity": 8}, {"seats": 0}, ("seats", "OUT_OF_RANGE", "must be 1 to 8 seats")),
    "two seats of one": ({}, {"seats": 2}, ("seats", "OUT_OF_RANGE", "must be 1")),
    "two of nothing": (
        {},
        {"service_id": None, "duration_minutes": 60, "seats": 2},
        ("seats", "OUT_OF_RANGE", "must be 1"),
    ),
    "the past": ({}, {"starts_at": NOW}, ("starts_at", "IN_THE_PAST", "must be in the future")),
}


@pytest.mark.parametrize("name", OF_BOTH)
async def test_a_bad_value_is_refused_alike_by_booking_and_holding(name: str) -> None:
    """The same sentence at the same path."""
    given, more, expected = OF_BOTH[name]
    for command in both(**more):
        paper = Paper(salon(service(**given)))
        with pytest.raises(Invalid) as refused:
            await book_or_hold(paper, command)
        assert told(refused.value) == [expected]
        nothing_was_taken(paper)


@pytest.mark.parametrize("more", [{"within_policies": False}, {"for_staff": True}])
async def test_staff_choose_any_length_by_either_door(more: dict[str, Any]) -> None:
    """Sixty-one minutes, of a service that has only sixty: booked and held; all of a group are as long."""
    for command in both(duration_minutes=61, **more):
        paper = Paper(salon(service()))
        await book_or_hold(paper, command)
        assert paper.is_kept
        group = Paper(salon(service(capacity=8)))
        with pytest.raises(Invalid) as refused:
            await book_or_hold(group, command)
        assert told(refused.value) == [("duration_minutes", "NOT_OFFERED", "must be 60 minutes")]
        nothing_was_taken(group)


async def test_the_shortest_and_the_longest_are_sold_and_held() -> None:
    """A minute and a day, both included, where no service is named."""
    for minutes in (1, 1_440):
        more: dict[str, Any] = {"service_id": None, "duration_minutes": minutes, "within_policies": False}
        for command in both(**more):
            paper = Paper(salon())
            await book_or_hold(paper, command)
            assert paper.added[0].duration_minutes == minutes


@pytest.mark.parametrize("minutes", [0, 61])
async def test_a_hold_lasts_a_minute_to_an_hour(minutes: int) -> None:
    """Anything else is refused."""
    paper = Paper(salon(service()))
    with pytest.raises(Invalid) as refused:
        await hold_slot(paper.ctx, held(for_minutes=minutes))
    assert told(refused.value) == [("for_minutes", "OUT_OF_RANGE", "must be 1 to 60 minutes")]
    nothing_was_taken(paper)


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"repeats": WEEKLY}, ("hold_id", "NOT_WITH_A_SERIES", "holds one time, not a series")),
        ({"selection": TOGETHER}, ("hold_id", "NOT_FOR_ALL_TOGETHER", "holds the time of one provider")),
    ],
)
async def test_a_hold_is_booked_for_one_time_of_one_provider(
    more: dict[str, Any], expected: tuple[str, str, str]
) -> None:
    """No series and no collective; the hold is not even looked at."""
    paper = Paper(salon(service()), there=[hold(service_id=3)])
    with pytest.raises(Invalid) as refused:
        await book(paper.ctx, wanted(hold_id=6, **more))
    assert told(refused.value) == [expected]
    assert paper.heard("get") == []
    nothing_was_taken(paper)


async def test_a_collective_is_not_held() -> None:
    """Refused before anything is asked."""
    paper = Paper(salon(service()))
    with pytest.raises(Invalid) as refused:
        await hold_slot(paper.ctx, held(selection=TOGETHER))
    assert told(refused.value) == [
        ("selection.mode", "NOT_FOR_ALL_TOGETHER", "holds the time of one provider")
    ]
    assert [line[0] for line in paper.said] == ["earlier_answer"]


@pytest.mark.parametrize(
    ("selection", "capacity", "expected"),
    [
        (TOGETHER, 2, ("selection.mode", "NOT_FOR_GROUPS", "a group service has one provider")),
        (
            ProviderSelection(mode="BY_DICE", provider_ids=[MARA]),
            1,
            ("selection.mode", "UNKNOWN_MODE", "must be one of ROUND_ROBIN, LEAST_BUSY, COLLECTIVE"),
        ),
    ],
)
async def test_how_nobody_can_be_chosen(
    selection: ProviderSelection, capacity: int, expected: tuple[str, str, str]
) -> None:
    """Several for a group, and a way that there is not; the time is locked by then, and nothing is written."""
    paper = Paper(salon(service(capacity=capacity)))
    with pytest.raises(Invalid) as refused:
        await book(paper.ctx, wanted(selection=selection))
    assert told(refused.value) == [expected]
    assert (paper.heard("add", "emit", "touch"), paper.is_kept) == ([], False)


@pytest.mark.parametrize(
    ("given", "more", "noun"),
    [
        ({"provider_percents": {KAI: None}}, {}, "provider"),
        ({"client_is_known": False}, {}, "client"),
        ({}, {"service_id": 99}, "service"),
        ({}, {"location_id": 99}, "location"),
    ],
)
async def test_what_is_not_there_is_named(given: dict[str, Any], more: dict[str, Any], noun: str) -> None:
    """The provider, the client, the service or the place; a hold has no client."""
    paper = Paper(salon(service()), booking_facts=facts(**given))
    with pytest.raises(NotFound) as missing:
        await book(paper.ctx, wanted(**more))
    assert missing.value.noun == noun
    nothing_was_taken(paper)
    if noun == "client":
        return
    paper = Paper(salon(service()), booking_facts=facts(**given))
    with pytest.raises(NotFound) as missing:
        await hold_slot(paper.ctx, held(**more))
    assert missing.value.noun == noun
    nothing_was_taken(paper)


async def test_whoever_is_named_is_enough_to_be_there() -> None:
    """Mara alone is known of, and booked and held."""
    for command in both():
        paper = Paper(salon(service()), booking_facts=facts(provider_percents={MARA: None}))
        await book_or_hold(paper, command)
        assert paper.added[0].provider_id == MARA


async def test_what_is_wrong_by_itself_is_told_before_that_nobody_gives_the_service() -> None:
    """A start in the past, of a booking as of a hold."""
    for command in both(selection=ProviderSelection(mode="ROUND_ROBIN"), starts_at=NOW - timedelta(hours=1)):
        paper = Paper(salon(service(provider_ids=frozenset())))
        with pytest.raises(Invalid) as refused:
            await book_or_hold(paper, command)
        assert [issue.path for issue in refused.value.issues] == ["starts_at"]
        nothing_was_taken(paper)


async def test_a_service_that_nobody_gives_has_no_provider() -> None:
    """Where the choice is left, there must be somebody."""
    selection = ProviderSelection(mode="ROUND_ROBIN")
    for command in both(selection=selection):
        paper = Paper(salon(service(provider_ids=frozenset())))
        with pytest.raises(NotFound) as missing:
            await book_or_hold(paper, command)
        assert missing.value.noun == "provider"
        nothing_was_taken(paper)
        assert paper.said[1][1] is None


@pytest.mark.parametrize(
    ("kept", "more"),
    [
        (None, {}),
        (hold(service_id=3, kind="offer"), {}),
        (hold(service_id=3, ended_at=NOW), {}),
        (hold(service_id=3, expires_at=NOW), {}),
        (hold(service_id=3, provider_id=KAI), {}),
        (hold(service_id=3, starts_at=later(hours=1)), {}),
        (hold(service_id=None), {}),
        (hold(service_id=3), {"location_id": ANNEXE}),
        (hold(service_id=3, duration_minutes=59), {}),
        (hold(service_id=3), {"seats": 2}),
    ],
)
async def test_a_hold_of_anything_else_is_no_hold(kept: Any, more: dict[str, Any]) -> None:
    """Not there, of another kind, over, or of another provider, time, service, place, length or size."""
    there = [] if kept is None else [kept]
    paper = Paper(salon(service(capacity=8 if more.get("seats") else 1)), there=there)
    ended = kept and (kept.ended_at, kept.ended_as)
    with pytest.raises(HoldExpired):
        await book(paper.ctx, wanted(hold_id=6, **more))
    assert kept is None or (kept.ended_at, kept.ended_as) == ended
    assert paper.heard("get") == [("get", "Hold", 6, "locked")]
    nothing_was_taken(paper)


async def test_a_longer_hold_with_more_seats_at_the_place_that_is_named_will_do() -> None:
    """What it holds beyond what is booked is free again."""
    kept = hold(service_id=3, duration_minutes=75, seats=3)
    paper = Paper(salon(service(capacity=8)), there=[kept])
    await book(paper.ctx, wanted(hold_id=6, seats=2, location_id=HOME))
    assert kept.ended_as == "BOOKED"
    assert paper.added[0].seats == 2


async def test_a_hold_of_one_of_several_is_booked_with_that_one() -> None:
    """Whoever is next in turn."""
    rules = salon(service(), schedules=[])
    paper = Paper(rules, there=[hold(service_id=3, provider_id=KAI)])
    selection = ProviderSelection(mode="ROUND_ROBIN", provider_ids=[MARA, KAI])
    await book(paper.ctx, wanted(hold_id=6, selection=selection))
    assert paper.added[0].provider_id == KAI
    assert paper.heard("lock")[0][1] == [800]


async def test_a_booking_keeps_the_choice_that_its_hold_was_made_by() -> None:
    """How and from whom; where one was named for the hold, how the booking chose."""
    log = [{"provider_id": MARA, "outcome": "CHOSEN"}]
    selection = ProviderSelection(mode="ROUND_ROBIN", provider_ids=[MARA])
    now_chosen = [{"provider_id": MARA, "weight": 1, "load": 1.0, "outcome": "CHOSEN"}]
    cases: list[tuple[dict[str, Any], dict[str, Any], tuple[str, list[Any]] | None]] = [
        ({"mode": "LEAST_BUSY", "candidates": log}, {}, ("LEAST_BUSY", log)),
        ({"mode": "LEAST_BUSY"}, {}, ("LEAST_BUSY", [])),
        ({"mode": "LEAST_BUSY", "candidates": log}, {"selection": selection}, ("LEAST_BUSY", log)),
        ({}, {"selection": selection}, ("ROUND_ROBIN", now_chosen)),
        ({}, {}, None),
    ]
    for kept, more, expected in cases:
        paper = Paper(salon(service()), there=[hold(service_id=3, **kept)])
        await book(paper.ctx, wanted(hold_id=6, **more))
        found = [(choice["mode"], choice["candidates"]) for choice in paper.kept(ProviderChoice)]
        assert found == ([] if expected is None else [expected])


@pytest.mark.parametrize(
    ("given", "more", "expected"),
    [
        ({"needs_approval": True}, {}, ("PENDING", "BUSINESS")),
        ({"needs_approval": True}, {"for_staff": True}, ("CONFIRMED", None)),
        ({"needs_approval": True}, {"within_policies": False}, ("CONFIRMED", None)),
        ({}, {}, ("CONFIRMED", None)),
        ({}, {"service_id": None, "duration_minutes": 60}, ("CONFIRMED", None)),
    ],
)
async def test_the_public_waits_for_approval_where_the_service_wants_it(
    given: dict[str, Any], more: dict[str, Any], expected: tuple[str, str | None]
) -> None:
    """In the row and in the event; neither door of the staff waits."""
    paper = Paper(salon(service(**given)))
    await book(paper.ctx, wanted(**more))
    assert (paper.added[0].status, paper.added[0].awaiting) == expected
    assert [line[1].status for line in paper.heard("emit")] == [expected[0]]


@pytest.mark.parametrize(("more", "is_refused"), [({}, True), ({"within_policies": False}, False)])
async def test_a_deposit_above_the_price_is_for_the_staff_door(
    more: dict[str, Any], is_refused: bool
) -> None:
    """Refused with a sentence, or kept as it was said; as much as the price is no more."""
    costs: dict[str, Any] = {"price": Money(500, "USD"), "deposit": Money(501, "USD")}
    paper = Paper(salon(service()))
    if is_refused:
        with pytest.raises(Invalid) as refused:
            await book(paper.ctx, wanted(**costs, **more))
        assert told(refused.value) == [("deposit", "ABOVE_PRICE", "must not be more than the price")]
        assert (paper.heard("add", "emit"), paper.is_kept) == ([], False)
        costs["deposit"] = Money(500, "USD")
        paper = Paper(salon(service()))
    await book(paper.ctx, wanted(**costs, **more))
    assert paper.added[0].deposit_minor == costs["deposit"].amount_minor
