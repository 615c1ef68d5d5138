"""All together: every provider or none, and what is needed beside them once."""

from __future__ import annotations

import json
from datetime import timedelta

from core.appointments.appointment import SlotTaken
from core.appointments.cancel import CancelAppointment, cancel
from core.appointments.choose_provider import COLLECTIVE, ROUND_ROBIN, ProviderSelection
from core.appointments.reschedule import RescheduleAppointment, reschedule
from core.availability.rulebook import ResourceNeed
from tests.core.appointments.shop import TEN, active, offered, resource_of, room, sold
from tests.kit.houses import Studio
from tests.kit.rules import issues, refused

HOUR = timedelta(hours=1)


async def quartet(studio: Studio) -> tuple[list[int], list[int], int, int]:
    """Three providers, their resources, a room, and a service that needs it."""
    providers = [studio.provider_id, await studio.provider("Mara"), await studio.provider("Nils")]
    only = await room(studio)
    service_id = await offered(
        studio, 60, buffer_before_minutes=10, needs=(ResourceNeed(resource_ids=(only,)),)
    )
    return providers, [await resource_of(studio, key) for key in providers], only, service_id


async def test_all_are_taken_and_the_room_once(studio: Studio) -> None:
    """Three providers and one room for one appointment, whose lead is the first of them; the log names all."""
    client_id = await studio.client()
    providers, times, only, service_id = await quartet(studio)
    together = ProviderSelection(mode=COLLECTIVE, provider_ids=providers)
    made = await sold(studio, client_id, TEN, service_id=service_id, selection=together)
    (appointment,) = await studio.table("appointments")
    assert appointment["provider_id"] == providers[0]
    assert [row["provider_id"] for row in await studio.table("appointment_providers")] == providers[1:]
    rows = await active(studio)
    assert sorted(row["resource_id"] for row in rows) == sorted([*times, only])
    assert {(row["appointment_id"], row["ends_minute"] - row["starts_minute"]) for row in rows} == {
        (made.appointment_id, 70)
    }
    (choice,) = await studio.table("provider_choices")
    log = choice["candidates"]
    assert (json.loads(log) if isinstance(log, str) else log) == [
        {"provider_id": key, "outcome": "CHOSEN"} for key in providers
    ]
    # Nobody was chosen over anybody: it is nobody's turn that was taken.
    in_turn = ProviderSelection(mode=ROUND_ROBIN, provider_ids=providers)
    await sold(studio, client_id, TEN + 2 * HOUR, service_id=service_id, selection=in_turn)
    assert (await studio.table("appointments"))[-1]["provider_id"] == providers[0]


async def test_one_who_is_taken_keeps_all_free(studio: Studio) -> None:
    """The last of three has an appointment: SlotTaken names that one, and the next times at which all can."""
    client_id = await studio.client()
    providers, _, _, service_id = await quartet(studio)
    await studio.appointment(client_id, starts_at=TEN, provider_id=providers[2])
    together = ProviderSelection(mode=COLLECTIVE, provider_ids=providers)
    act = sold(studio, client_id, TEN, service_id=service_id, selection=together)
    error = await refused(studio, act, SlotTaken)
    assert error.provider_id == providers[2]
    assert error.next_free == [TEN + timedelta(minutes=later) for later in (75, 90, 105)]
    for starts_at in error.next_free[:1]:
        await sold(studio, client_id, starts_at, service_id=service_id, selection=together)


async def test_a_move_takes_all_along_and_cancelling_frees_all(studio: Studio) -> None:
    """An hour later for all three and the room; onto somebody's taken time for none; then all is free."""
    client_id = await studio.client()
    providers, times, only, service_id = await quartet(studio)
    together = ProviderSelection(mode=COLLECTIVE, provider_ids=providers)
    made = await sold(studio, client_id, TEN + HOUR, service_id=service_id, selection=together)
    before = {row["resource_id"]: row["starts_minute"] for row in await active(studio)}
    move = RescheduleAppointment(appointment_id=made.appointment_id, starts_at=TEN + 2 * HOUR)
    await reschedule(studio.ctx, move)
    after = {row["resource_id"]: row["starts_minute"] for row in await active(studio)}
    assert after == {key: start + 60 for key, start in before.items()}
    assert set(after) == {*times, only}
    await studio.appointment(client_id, starts_at=TEN + 5 * HOUR, provider_id=providers[1])
    onto = RescheduleAppointment(appointment_id=made.appointment_id, starts_at=TEN + 5 * HOUR)
    error = await refused(studio, reschedule(studio.ctx, onto), SlotTaken)
    assert error.provider_id == providers[1]
    assert error.next_free == [TEN + timedelta(minutes=later) for later in (225, 240, 375)]
    await cancel(studio.ctx, CancelAppointment(appointment_id=made.appointment_id))
    assert [row["resource_id"] for row in await active(studio)] == [times[1]]


async def test_another_may_take_the_lead_but_nobody_twice(studio: Studio) -> None:
    """The lead goes to a fourth; to one who takes part already it cannot."""
    client_id = await studio.client()
    providers, times, only, service_id = await quartet(studio)
    together = ProviderSelection(mode=COLLECTIVE, provider_ids=providers)
    made = await sold(studio, client_id, TEN + HOUR, service_id=service_id, selection=together)
    fourth = await studio.provider("Ola")
    twice = RescheduleAppointment(appointment_id=made.appointment_id, provider_id=providers[1])
    assert await issues(studio, reschedule(studio.ctx, twice)) == [("provider_id", "TAKES_PART_ALREADY")]
    await reschedule(
        studio.ctx, RescheduleAppointment(appointment_id=made.appointment_id, provider_id=fourth)
    )
    taken = {row["resource_id"] for row in await active(studio)}
    assert taken == {await resource_of(studio, fourth), times[1], times[2], only}


async def test_a_group_has_one_provider(studio: Studio) -> None:
    """A service with seats cannot be given by all together."""
    client_id = await studio.client()
    service_id = await offered(studio, 60, capacity=5)
    act = sold(studio, client_id, TEN, service_id=service_id, selection=ProviderSelection(mode=COLLECTIVE))
    assert await issues(studio, act) == [("selection.mode", "NOT_FOR_GROUPS")]
