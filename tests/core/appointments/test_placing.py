"""What an appointment asks of time, and where it is placed: pure decisions, in exact minutes."""

from __future__ import annotations

import pytest

from core.appointments.choose_provider import candidates_of
from core.appointments.open_ledger import OpenLedger, Placed, Want, span_of, wants_of
from core.availability.demand import Demand, Leg, ResourceLeg, demand_for, demand_of
from core.availability.rulebook import (
    LocationRules,
    ProviderRules,
    ResourceNeed,
    ResourceRules,
    Rulebook,
    Segment,
    ServiceRules,
    Taken,
)

ROOM, KIT = ResourceNeed(resource_ids=(7, 8)), ResourceNeed(resource_ids=(9,), quantity=2)


def shop(services: dict[int, ServiceRules] | None = None) -> Rulebook:
    """Two places, three providers, rooms at either place and kit at none."""
    return Rulebook(
        revision=1,
        time_zone="UTC",
        weekly_hours={},
        locations={key: LocationRules(location_id=key, time_zone="UTC") for key in (1, 2)},
        providers={
            key: ProviderRules(
                provider_id=key,
                resource_id=100 + key,
                location_id=1,
                weekly_hours=None,
                is_accepting_bookings=True,
            )
            for key in (3, 1, 2)
        },
        services=services or {},
        resources={
            7: ResourceRules(resource_id=7, capacity=1, location_id=1),
            8: ResourceRules(resource_id=8, capacity=1, location_id=2),
            9: ResourceRules(resource_id=9, capacity=3),
        },
    )


def test_a_plain_demand_is_one_leg_with_its_buffers() -> None:
    """The provider and what is needed throughout are taken from the first buffer to the last."""
    assert demand_of(60) == Demand(duration=60, busy=(Leg(0, 60),))
    assert demand_of(60, before=10, after=15, needs=(ROOM, KIT)) == Demand(
        duration=60,
        busy=(Leg(-10, 75),),
        resources=(ResourceLeg(-10, 75, ROOM), ResourceLeg(-10, 75, KIT)),
    )


def test_parts_join_where_they_touch_and_stretch_in_the_last_busy_one() -> None:
    """Two busy parts in a row are one leg; a free one is none, and keeps what it needs."""
    parts = (
        Segment(minutes=10),
        Segment(minutes=20, needs=(ROOM,)),
        Segment(minutes=30, provider_is_busy=False, needs=(KIT,)),
        Segment(minutes=40, needs=(ROOM,)),
        Segment(minutes=5, provider_is_busy=False),
    )
    assert demand_of(105, before=3, after=4, segments=parts) == Demand(
        duration=105,
        busy=(Leg(-3, 30), Leg(60, 104)),
        resources=(ResourceLeg(10, 30, ROOM), ResourceLeg(30, 60, KIT), ResourceLeg(60, 100, ROOM)),
    )
    longer = demand_of(125, segments=parts)
    assert longer.busy == (Leg(0, 30), Leg(60, 120))
    assert longer.resources[-1] == ResourceLeg(60, 120, ROOM)
    shortest = demand_of(66, segments=parts)
    assert shortest.busy == (Leg(0, 30), Leg(60, 61))
    with pytest.raises(ValueError, match="too short"):
        demand_of(65, segments=parts)


def test_a_services_demand_is_of_its_length_or_of_the_one_chosen() -> None:
    """With its own buffers, parts and needs."""
    service = ServiceRules(
        service_id=1,
        duration_minutes=50,
        buffer_before_minutes=5,
        buffer_after_minutes=6,
        segments=(Segment(minutes=50),),
        needs=(KIT,),
    )
    assert demand_for(service) == demand_of(50, before=5, after=6, needs=(KIT,))
    assert demand_for(service, 70) == demand_of(70, before=5, after=6, needs=(KIT,))


def test_wants_are_of_the_provider_and_of_what_serves_the_place() -> None:
    """Rooms of the place and kit of none; what the rules do not know is no candidate."""
    demand = demand_of(60, before=10, needs=(ROOM, KIT, ResourceNeed(resource_ids=(55,))))
    assert wants_of(demand, 1_000, 101, 1, shop()) == [
        Want(resource_ids=(101,), starts_minute=990, ends_minute=1_060),
        Want(resource_ids=(7,), starts_minute=990, ends_minute=1_060),
        Want(resource_ids=(9,), starts_minute=990, ends_minute=1_060, quantity=2),
        Want(resource_ids=(), starts_minute=990, ends_minute=1_060),
    ]
    assert wants_of(demand, 1_000, 101, 2, shop())[1].resource_ids == (8,)
    assert Want(resource_ids=(1,), starts_minute=0, ends_minute=1).quantity == 1


def test_a_span_reaches_over_all_starts_buffers_included() -> None:
    """From the first start's first buffer to the last one's end, also where a part of it is free."""
    assert span_of(demand_of(60), [500, 100]) == (100, 560)
    assert span_of(demand_of(60, before=10, after=20), [100, 500]) == (90, 580)
    free_end = (Segment(minutes=30), Segment(minutes=30, provider_is_busy=False))
    assert span_of(demand_of(60, segments=free_end), [100]) == (100, 160)
    free_start = (Segment(minutes=30, provider_is_busy=False), Segment(minutes=30))
    assert span_of(demand_of(60, segments=free_start, needs=()), [100]) == (100, 160)


def test_the_first_with_room_is_taken_and_wants_count_against_each_other() -> None:
    """Peaks, not sums; half-open; none where a want does not fit; nothing of what is not locked."""
    taken = [Taken(7, 0, 60), Taken(9, 0, 30, quantity=2), Taken(9, 30, 60, quantity=2)]
    ledger = OpenLedger(capacity={7: 1, 8: 1, 9: 3, 10: 0}, taken=taken)

    def placed(*wants: tuple[tuple[int, ...], int, int, int]) -> list[tuple[int, int, int, int]] | None:
        asked = [
            Want(resource_ids=keys, starts_minute=start, ends_minute=end, quantity=quantity)
            for keys, start, end, quantity in wants
        ]
        found = ledger.place(asked)
        if found is None:
            return None
        assert all(isinstance(one, Placed) for one in found)
        return [(one.resource_id, one.starts_minute, one.ends_minute, one.quantity) for one in found]

    assert placed(((7, 8), 59, 61, 1)) == [(8, 59, 61, 1)]
    assert placed(((7, 8), 60, 61, 1)) == [(7, 60, 61, 1)]
    assert placed(((7, 8), 0, 10, 1), ((7, 8), 9, 20, 1)) is None
    assert placed(((7, 8), 0, 10, 1), ((7, 8), 10, 20, 1)) == [(8, 0, 10, 1), (8, 10, 20, 1)]
    assert placed(((9,), 0, 60, 1)) == [(9, 0, 60, 1)]
    assert placed(((9,), 0, 60, 2)) is None
    assert placed(((9,), 60, 90, 3)) == [(9, 60, 90, 3)]
    assert placed(((10,), 500, 501, 1)) is None
    assert placed(((11,), 500, 501, 1)) is None
    assert placed(((), 500, 501, 1)) is None
    assert placed(((8,), 0, 10, 1), ((11,), 0, 10, 1), ((9,), 0, 10, 1)) is None
    assert ledger.taken == taken


def test_candidates_are_those_named_else_those_who_give_it_else_everybody() -> None:
    """Each once, by key; those who have left are none."""
    given = {
        1: ServiceRules(service_id=1, duration_minutes=60, provider_ids=frozenset({3, 2, 77})),
        2: ServiceRules(service_id=2, duration_minutes=60),
    }
    rules = shop(given)
    assert candidates_of(rules, 1, [9, 3, 3]) == [3, 9]
    assert candidates_of(rules, 1, None) == [2, 3]
    assert candidates_of(rules, 2, None) == candidates_of(rules, None, None) == [1, 2, 3]
