"""Any provider: whose turn it is, exactly; who is least busy; and why."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from core.appointments import choose_provider
from core.appointments.appointment import OutsidePolicy, SlotTaken
from core.appointments.arrange import arrange
from core.appointments.book import BookAppointment, book
from core.appointments.cancel import CancelAppointment, cancel
from core.appointments.choose_provider import (
    LEAST_BUSY,
    ROUND_ROBIN,
    ProviderSelection,
    Turns,
    by_time_taken,
    in_turn,
)
from core.appointments.hold import HoldSlot
from core.availability.hours import every_day
from core.availability.rulebook import LocationRules, ProviderRules, Rulebook, Taken
from core.directory.update_provider import UpdateProvider, update_provider
from core.kernel.errors import NotFound
from tests.core.appointments.shop import TEN, at, at_once, held, offered, resource_of, sold
from tests.kit.houses import NOW, Studio
from tests.kit.rules import FAR, issues, refused

HOUR = timedelta(hours=1)
ANY = ProviderSelection()


async def three(studio: Studio) -> list[int]:
    """The owner and two more."""
    return [studio.provider_id, await studio.provider("Mara"), await studio.provider("Nils")]


async def turns_taken(studio: Studio, count: int, client_id: int, **more: Any) -> list[int]:
    """Who is chosen for so many bookings, each at a time of its own."""
    for number in range(count):
        when = TEN + timedelta(days=number // 6, hours=number % 6)
        await sold(studio, client_id, when, **{"selection": ANY, **more})
    return [row["provider_id"] for row in await studio.table("appointments")]


async def test_turns_go_by_weight_in_an_exact_order(studio: Studio) -> None:
    """Weights 1, 2 and 3 over twelve bookings: the same six turns twice, and every choice is written down."""
    one, two, triple = await three(studio)
    service_id = await offered(studio, 60, weights={one: 1, two: 2, triple: 3})
    chosen = await turns_taken(studio, 12, await studio.client(), service_id=service_id)
    assert chosen == [triple, two, triple, one, two, triple] * 2
    log = await studio.table("provider_choices")
    assert [row["provider_id"] for row in log] == chosen
    assert {(row["mode"], row["service_id"]) for row in log} == {("ROUND_ROBIN", service_id)}
    assert [row["appointment_id"] for row in log] == [row["id"] for row in await studio.table("appointments")]
    tried = [_json(row["candidates"]) for row in log]
    assert tried[0] == [{"provider_id": triple, "weight": 3, "load": 1 / 3, "outcome": "CHOSEN"}]
    assert tried[3] == [{"provider_id": one, "weight": 1, "load": 1.0, "outcome": "CHOSEN"}]


async def test_turns_that_were_called_off_or_long_ago_do_not_count(studio: Studio) -> None:
    """A cancelled turn is had again; after ninety days all begin anew."""
    client_id = await studio.client()
    one, two, _ = await three(studio)
    service_id = await offered(studio, 60, weights={one: 1, two: 1})
    assert await turns_taken(studio, 3, client_id, service_id=service_id) == [one, two, one]
    first, _, last = await studio.table("appointments")
    await cancel(studio.ctx, CancelAppointment(appointment_id=first["id"]))
    await cancel(studio.ctx, CancelAppointment(appointment_id=last["id"]))
    again = await sold(studio, client_id, TEN, service_id=service_id, selection=ANY)
    rows = {row["id"]: row["provider_id"] for row in await studio.table("appointments")}
    assert rows[again.appointment_id] == one
    await sold(studio, client_id, TEN + 5 * HOUR, service_id=service_id, selection=ANY)
    command = BookAppointment(
        client_id=client_id, selection=ANY, service_id=service_id, starts_at=NOW + timedelta(days=98, hours=2)
    )
    later = await at(studio, NOW + timedelta(days=91), partial(book, command=command))
    rows = {row["id"]: row["provider_id"] for row in await studio.table("appointments")}
    assert rows[later.appointment_id] == one


async def test_who_is_taken_is_passed_over_and_keeps_the_turn(studio: Studio) -> None:
    """The one whose turn it is has an appointment: the next is chosen, and the log says why."""
    client_id = await studio.client()
    one, two, _ = await three(studio)
    service_id = await offered(studio, 60, weights={one: 1, two: 1})
    await studio.appointment(client_id, starts_at=TEN)
    await sold(studio, client_id, TEN, service_id=service_id, selection=ANY)
    await sold(studio, client_id, TEN + HOUR, service_id=service_id, selection=ANY)
    log = [_json(row["candidates"]) for row in await studio.table("provider_choices")]
    assert log[0] == [
        {"provider_id": one, "weight": 1, "load": 1.0, "outcome": "APPOINTMENT"},
        {"provider_id": two, "weight": 1, "load": 1.0, "outcome": "CHOSEN"},
    ]
    assert log[1] == [{"provider_id": one, "weight": 1, "load": 1.0, "outcome": "CHOSEN"}]


async def test_the_least_busy_is_chosen_by_minutes_for_their_weight(studio: Studio) -> None:
    """Ninety minutes against sixty; with twice the weight ninety are fewer. Holds count, as sold time does."""
    client_id = await studio.client()
    one, two, _ = await three(studio)
    least = ProviderSelection(mode=LEAST_BUSY)
    even = await offered(studio, 60, weights={one: 1, two: 1})
    heavy = await offered(studio, 60, weights={one: 2, two: 1})
    await studio.appointment(client_id, starts_at=TEN, duration_minutes=90)
    await held(studio, TEN, provider_id=two, duration_minutes=60, for_minutes=60)
    await sold(studio, client_id, TEN + 3 * HOUR, service_id=even, selection=least)
    await sold(studio, client_id, TEN + 4 * HOUR, service_id=heavy, selection=least)
    log = [_json(row["candidates"]) for row in await studio.table("provider_choices")]
    assert log == [
        [{"provider_id": two, "weight": 1, "load": 60.0, "outcome": "CHOSEN"}],
        [{"provider_id": one, "weight": 2, "load": 45.0, "outcome": "CHOSEN"}],
    ]


@pytest.mark.parametrize("mode", [ROUND_ROBIN, LEAST_BUSY])
async def test_where_nobody_is_free_the_first_reason_is_told(studio: Studio, mode: str) -> None:
    """All taken: SlotTaken of the first in turn with their nearest starts; all closed: the rule."""
    client_id = await studio.client()
    one, two, _ = await three(studio)
    service_id = await offered(studio, 60, weights={one: 1, two: 1})
    for key in (one, two):
        await studio.appointment(client_id, starts_at=TEN, provider_id=key)
    chosen = ProviderSelection(mode=mode)
    asked: dict[str, Any] = {"service_id": service_id, "selection": chosen}
    error = await refused(studio, sold(studio, client_id, TEN, **asked), SlotTaken)
    assert (error.provider_id, error.starts_at) == (one, TEN)
    quarters = [TEN + minutes * timedelta(minutes=15) for minutes in (4, 5, 6)]
    assert error.next_free == quarters
    early = await refused(studio, sold(studio, client_id, TEN - HOUR, **asked), OutsidePolicy)
    assert early.rule == "HOURS"
    # One is closed and the other taken: that it is taken says more to whoever looks for a time.
    await update_provider(studio.ctx, UpdateProvider(provider_id=one, weekly_hours=every_day(720, 1_080)))
    mixed = await refused(studio, sold(studio, client_id, TEN, **asked), SlotTaken)
    assert mixed.provider_id == two


async def test_of_sixteen_at_once_turns_come_out_exactly_fair(studio: Studio) -> None:
    """Eight times, sixteen bookings at once, weights 1 and 3: four and twelve turns, and no two overlap."""
    client_id = await studio.client()
    one, two, _ = await three(studio)
    service_id = await offered(studio, 30, weights={one: 1, two: 3})

    def wish(number: int) -> Any:
        command = BookAppointment(
            client_id=client_id,
            selection=ANY,
            service_id=service_id,
            starts_at=TEN + number * timedelta(minutes=30),
        )
        return lambda ctx: book(ctx, command)

    answers = await at_once(studio, [wish(number) for number in range(16)])
    assert [answer for answer in answers if isinstance(answer, Exception)] == []
    chosen = [row["provider_id"] for row in await studio.table("appointments")]
    assert Counter(chosen) == {one: 4, two: 12}


@pytest.mark.parametrize(
    ("selection", "path", "code"),
    [
        (ProviderSelection(mode="CHANCE"), "selection.mode", "UNKNOWN_MODE"),
        (ProviderSelection(mode="\x00"), "selection.mode", "UNKNOWN_MODE"),
        (ProviderSelection(provider_ids=[]), "selection.provider_ids", "OUT_OF_RANGE"),
        (ProviderSelection(provider_ids=list(range(1, 102))), "selection.provider_ids", "OUT_OF_RANGE"),
        (None, "provider_id", "ONE_OF_TWO"),
    ],
)
async def test_bad_choices_are_named(
    studio: Studio, selection: ProviderSelection | None, path: str, code: str
) -> None:
    """Unknown modes, nobody, a crowd, and neither a provider nor a choice."""
    client_id = await studio.client()
    act = sold(studio, client_id, TEN, duration_minutes=60, selection=selection)
    assert await issues(studio, act) == [(path, code)]
    both = BookAppointment(
        client_id=client_id,
        provider_id=studio.provider_id,
        selection=ANY,
        starts_at=TEN,
        duration_minutes=60,
    )
    assert await issues(studio, book(studio.ctx, both)) == [("provider_id", "ONE_OF_TWO")]


async def test_only_ones_own_providers_are_candidates(studio: Studio, other_studio: Studio) -> None:
    """Another business's key among them, an unknown one, or a service that nobody gives: not there."""
    client_id = await studio.client()
    for key in (other_studio.provider_id, FAR):
        among = ProviderSelection(provider_ids=[studio.provider_id, key])
        act = sold(studio, client_id, TEN, duration_minutes=60, selection=among)
        assert (await refused(studio, act, NotFound)).noun == "provider"
    mara = await studio.provider()
    only = ProviderSelection(provider_ids=[mara, mara])
    await sold(studio, client_id, TEN, duration_minutes=60, selection=only)
    assert [row["provider_id"] for row in await studio.table("appointments")] == [mara]


async def test_a_hold_answers_for_the_choice(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    """Any provider, with the hold of one of them: that one, and nobody else is looked at."""
    client_id = await studio.client()
    _, two, _ = await three(studio)
    key = await held(studio, TEN, provider_id=two, duration_minutes=60)
    looked_at: set[int] = set()

    def noted(ledger: Any, terms: Any, asked: Any, provider_id: int, *more: Any) -> Any:
        looked_at.add(provider_id)
        return arrange(ledger, terms, asked, provider_id, *more)

    monkeypatch.setattr(choose_provider, "arrange", noted)
    await sold(studio, client_id, TEN, duration_minutes=60, selection=ANY, hold_id=key)
    assert looked_at == {two}
    assert [row["provider_id"] for row in await studio.table("appointments")] == [two]
    assert await resource_of(studio, two) == (await studio.table("allocations"))[-1]["resource_id"]
    assert HoldSlot.__dataclass_fields__["within_policies"].default is True


def test_ranking_is_by_load_then_by_who_waited_longest_then_by_key() -> None:
    """Whoever was never chosen waited longest; loads that are equal as fractions are equal."""
    early, late = NOW - timedelta(days=2), NOW - timedelta(days=1)
    turns = {1: Turns(1, late), 2: Turns(1, early), 3: Turns(3, early), 4: Turns(5, late)}
    ranked = in_turn([4, 3, 2, 1, 6, 5], {3: 2, 4: 3, 6: 1}, turns)
    assert [(one.provider_id, one.weight, one.load) for one in ranked] == [
        (5, 1, 1.0),
        (6, 1, 1.0),
        (2, 1, 2.0),
        (3, 2, 2.0),
        (1, 1, 2.0),
        (4, 3, 2.0),
    ]
    assert [one.last_at for one in ranked] == [None, None, early, early, late, late]


def test_minutes_are_summed_per_provider_without_external_time() -> None:
    """Two rows of one, external time of another, a room that is nobody's; by weight, then by key."""
    book_of = Rulebook(
        revision=1,
        time_zone="UTC",
        weekly_hours={},
        locations={1: LocationRules(location_id=1, time_zone="UTC")},
        providers={
            key: ProviderRules(
                provider_id=key,
                resource_id=100 + key,
                location_id=1,
                weekly_hours=None,
                is_accepting_bookings=True,
            )
            for key in (1, 2, 3)
        },
    )
    taken = [
        Taken(101, 0, 30),
        Taken(101, 60, 90, kind="hold"),
        Taken(102, 0, 500, kind="external"),
        Taken(102, 0, 45, kind="session"),
        Taken(300, 0, 999),
    ]
    ranked = by_time_taken([3, 2, 1, 9], {1: 3}, book_of, taken)
    assert [(one.provider_id, one.weight, one.load, one.last_at) for one in ranked] == [
        (3, 1, 0.0, None),
        (1, 3, 20.0, None),
        (2, 1, 45.0, None),
    ]


def _json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value
