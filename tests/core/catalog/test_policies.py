"""The policies of a service: kept as rules, changed one by one, and contradictions refused."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from core.appointments.appointment import SlotTaken
from core.availability.kept import policies_of
from core.availability.recurrence import DAILY, WEEKLY, Recurrence
from core.availability.rulebook import MAX_AHEAD_MINUTES, ResourceNeed, Segment, SlotRule
from core.catalog.archive_service import ArchiveService, archive_service
from core.catalog.create_service import CreateService, create_service
from core.catalog.describe import Performer
from core.catalog.policies import FixedStarts, Policies
from core.catalog.reads import SERVICE
from core.catalog.update_service import UpdateService, update_service
from core.directory.archive_provider import ArchiveProvider, archive_provider
from core.directory.update_business import UpdateBusiness, update_business
from core.kernel.clock import minute_of
from core.kernel.errors import NotFound
from core.kernel.money import Money
from core.resources.create_resource import CreateResource, create_resource
from tests.kit.houses import NOW, Studio, counted
from tests.kit.rules import FAR, issues, kept, last_event, refused, revision

WEEKDAYS = Recurrence(frequency=WEEKLY, byday=("MO", "TU"))


async def resource(studio: Studio, capacity: int = 1) -> int:
    """The key of a new room."""
    return (await create_resource(studio.ctx, CreateResource(name="Room", capacity=capacity))).resource_id


async def made(studio: Studio, policies: Policies | None = None, **more: Any) -> int:
    """The key of a new service: an hour unless said otherwise."""
    given = {"name": "Colour", "duration_minutes": 60, **more}
    command = CreateService(**given, policies=policies or Policies())
    return (await create_service(studio.ctx, command)).service_id


async def policies(studio: Studio, key: int) -> dict[str, Any]:
    """The policies of a service that are not as by default, as rules."""
    row = await kept(studio, SERVICE, key)
    assert row is not None
    return policies_of(row["policies"])


async def test_every_policy_is_kept_as_a_rule(studio: Studio) -> None:
    """What is as by default is not kept; a rule without an anchor begins today, by the business's zone."""
    await update_business(studio.ctx, UpdateBusiness(time_zone="Pacific/Kiritimati"))
    room, kit = await resource(studio), await resource(studio, 3)
    segments = (
        Segment(minutes=20, needs=(ResourceNeed(resource_ids=(kit,), quantity=3),)),
        Segment(minutes=30, provider_is_busy=False),
        Segment(minutes=10),
    )
    key = await made(
        studio,
        Policies(
            segments=list(segments),
            needs=[ResourceNeed(resource_ids=(room,))],
            slot_rules=[FixedStarts(recurrence=WEEKDAYS, start_times=(840, 600, 600))],
            horizon_minutes=43_200,
            daily_limit=4,
            client_limit=2,
            no_gap_minutes=30,
            maximise_utilisation=True,
            allow_booking=False,
            needs_approval=True,
            hold_minutes=5,
            cancellation_notice_minutes=None,
            rescheduling_notice_minutes=1_440,
            capacity=1,
            durations=[60],
        ),
    )
    assert await policies(studio, key) == {
        "segments": segments,
        "needs": (ResourceNeed(resource_ids=(room,)),),
        "slot_rules": (SlotRule(recurrence=WEEKDAYS, start_times=(600, 840), anchor=date(2027, 3, 1)),),
        "horizon_minutes": 43_200,
        "daily_limit": 4,
        "client_limit": 2,
        "no_gap_minutes": 30,
        "maximise_utilisation": True,
        "allow_booking": False,
        "needs_approval": True,
        "hold_minutes": 5,
        "cancellation_notice_minutes": None,
        "rescheduling_notice_minutes": 1_440,
        "durations": (60,),
    }


async def test_a_room_is_needed_in_several_segments_and_free_between_them(studio: Studio) -> None:
    """Before and after a break, through the catalogue's own door: somebody else has the room meanwhile, to
    the minute, and what is taken is the room twice."""
    room = await resource(studio)
    part = Segment(minutes=30, needs=(ResourceNeed(resource_ids=(room,)),))
    segments = [part, Segment(minutes=30, provider_is_busy=False), part]
    key = await made(studio, Policies(segments=segments), duration_minutes=90)
    between = await made(studio, Policies(needs=list(part.needs)), duration_minutes=30, name="Between")
    mara, client_id = await studio.provider(), await studio.client()
    ten = NOW.replace(hour=10) + timedelta(days=7)
    booked = await studio.appointment(client_id, service_id=key, starts_at=ten)
    hers: dict[str, Any] = {"provider_id": mara, "service_id": between}
    for minutes in (29, 31, 60):
        starts_at = ten + timedelta(minutes=minutes)
        await refused(studio, studio.appointment(client_id, starts_at=starts_at, **hers), SlotTaken)
    await studio.appointment(client_id, starts_at=ten + timedelta(minutes=30), **hers)
    taken = [
        (row["starts_minute"] - minute_of(ten), row["ends_minute"] - minute_of(ten))
        for row in await studio.table("allocations")
        if row["appointment_id"] == booked and row["resource_id"] == room
    ]
    assert sorted(taken) == [(0, 30), (60, 90)]


async def test_only_what_is_given_changes(studio: Studio) -> None:
    """Of the service and of its policies; None empties, and the default again is kept as nothing."""
    key = await made(
        studio,
        Policies(daily_limit=4, capacity=5, slot_rules=[]),
        price=Money(10_000, "USD"),
        notice_minutes=60,
    )
    assert await policies(studio, key) == {"daily_limit": 4, "capacity": 5, "slot_rules": ()}
    change = UpdateService(
        service_id=key, name="Colour and cut", price=None, policies=Policies(daily_limit=None, hold_minutes=3)
    )
    await update_service(studio.ctx, change)
    row = await kept(studio, SERVICE, key)
    assert row is not None
    assert (row["name"], row["price_minor"], row["notice_minutes"], row["duration_minutes"]) == (
        "Colour and cut",
        None,
        60,
        60,
    )
    assert await policies(studio, key) == {"capacity": 5, "slot_rules": (), "hold_minutes": 3}
    again = Policies(capacity=1, slot_rules=None, hold_minutes=10)
    await update_service(studio.ctx, UpdateService(service_id=key, policies=again))
    assert await policies(studio, key) == {}
    assert await last_event(studio) == ("service.updated", {"service_id": key})
    assert await revision(studio) == len(await studio.table("events"))


async def test_those_who_do_it_are_replaced_whole(studio: Studio) -> None:
    """Named with weights; UNSET leaves them, None is everybody again."""
    mara = await studio.provider()
    key = await made(studio, providers=[Performer(provider_id=mara, weight=3)])

    async def doing() -> list[tuple[int, int]]:
        rows = await studio.table("service_providers")
        return sorted((row["provider_id"], row["weight"]) for row in rows if row["service_id"] == key)

    assert await doing() == [(mara, 3)]
    await update_service(studio.ctx, UpdateService(service_id=key, name="Cut"))
    assert await doing() == [(mara, 3)]
    both = [Performer(provider_id=studio.provider_id), Performer(provider_id=mara)]
    await update_service(studio.ctx, UpdateService(service_id=key, providers=both))
    assert await doing() == sorted([(studio.provider_id, 1), (mara, 1)])
    await update_service(studio.ctx, UpdateService(service_id=key, providers=None))
    assert await doing() == []


def need(*keys: int, quantity: int = 1) -> ResourceNeed:
    """So many of any of these."""
    return ResourceNeed(resource_ids=keys, quantity=quantity)


HALF = Segment(minutes=30)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"durations": [60, 60]}, [("durations", "REPEATED")]),
        ({"durations": [30, 90]}, [("durations", "LACKS_THE_USUAL")]),
        ({"durations": [60, 0]}, [("durations.1", "OUT_OF_RANGE")]),
        ({"durations": [60, 1_441]}, [("durations.1", "OUT_OF_RANGE")]),
        ({"durations": list(range(10, 61))}, [("durations", "TOO_MANY")]),
        ({"segments": [HALF]}, [("segments", "NOT_THE_DURATION")]),
        ({"segments": [HALF, HALF, Segment(minutes=0)]}, [("segments.2.minutes", "OUT_OF_RANGE")]),
        (
            {"segments": [Segment(minutes=1_441)]},
            [("segments.0.minutes", "OUT_OF_RANGE"), ("segments", "NOT_THE_DURATION")],
        ),
        ({"segments": [Segment(minutes=60, provider_is_busy=False)]}, [("segments", "NOBODY_BUSY")]),
        ({"segments": [HALF, HALF], "durations": [60, 90]}, [("durations", "NOT_WITH_SEGMENTS")]),
        (
            {"segments": [HALF, Segment(minutes=30, provider_is_busy=False)], "capacity": 2},
            [("segments", "FREE_IN_A_GROUP")],
        ),
        ({"durations": [60, 90], "capacity": 2}, [("durations", "NOT_IN_A_GROUP")]),
        ({"capacity": 0}, [("capacity", "OUT_OF_RANGE")]),
        ({"capacity": 10_001}, [("capacity", "OUT_OF_RANGE")]),
        ({"needs": [need()]}, [("needs.0.resource_ids", "OUT_OF_RANGE")]),
        ({"needs": [need(1, quantity=0)]}, [("needs.0.quantity", "OUT_OF_RANGE")]),
        ({"needs": [need(1, 1)]}, [("needs.0.resource_ids", "REPEATED")]),
        ({"needs": [need(1, 2), need(3, 2)]}, [("needs.1.resource_ids", "REPEATED")]),
        (
            {"needs": [need(1)], "segments": [HALF, Segment(minutes=30, needs=(need(1),))]},
            [("segments.1.needs.0.resource_ids", "REPEATED")],
        ),
        (
            {"segments": [HALF, Segment(minutes=30, needs=(need(1), need(2, 1)))]},
            [("segments.1.needs.1.resource_ids", "REPEATED")],
        ),
        ({"needs": [need(key) for key in range(1, 52)]}, [("needs", "TOO_MANY")]),
        (
            {"slot_rules": [FixedStarts(recurrence=WEEKDAYS, start_times=())]},
            [("slot_rules.0.start_times", "REQUIRED")],
        ),
        (
            {"slot_rules": [FixedStarts(recurrence=WEEKDAYS, start_times=(1_440,))]},
            [("slot_rules.0.start_times", "OUT_OF_RANGE")],
        ),
        (
            {"slot_rules": [FixedStarts(recurrence=Recurrence(frequency=DAILY, count=0), start_times=(1,))]},
            [("slot_rules.0.recurrence.count", "OUT_OF_RANGE")],
        ),
        (
            {
                "slot_rules": [
                    FixedStarts(
                        recurrence=Recurrence(frequency=DAILY, interval=7, byday=("TU",)),
                        start_times=(1,),
                        anchor=date(2027, 3, 8),
                    )
                ]
            },
            [("slot_rules.0.recurrence", "NO_OCCURRENCE")],
        ),
        (
            {"slot_rules": [FixedStarts(recurrence=WEEKDAYS, start_times=(1,), anchor=date.max)]},
            [("slot_rules.0.anchor", "OUT_OF_RANGE"), ("slot_rules.0.recurrence", "NO_OCCURRENCE")],
        ),
        (
            {"horizon_minutes": 0},
            [("horizon_minutes", "OUT_OF_RANGE"), ("horizon_minutes", "NOT_AFTER_NOTICE")],
        ),
        ({"horizon_minutes": MAX_AHEAD_MINUTES + 1}, [("horizon_minutes", "OUT_OF_RANGE")]),
        ({"daily_limit": 0}, [("daily_limit", "OUT_OF_RANGE")]),
        ({"client_limit": 1_001}, [("client_limit", "OUT_OF_RANGE")]),
        ({"no_gap_minutes": 0}, [("no_gap_minutes", "OUT_OF_RANGE")]),
        ({"hold_minutes": 1_441}, [("hold_minutes", "OUT_OF_RANGE")]),
        ({"cancellation_notice_minutes": -1}, [("cancellation_notice_minutes", "OUT_OF_RANGE")]),
        (
            {"rescheduling_notice_minutes": 366 * 1_440 + 1},
            [("rescheduling_notice_minutes", "OUT_OF_RANGE")],
        ),
    ],
)
async def test_contradictions_are_named_and_nothing_is_kept(
    studio: Studio, given: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    """A new service and a changed one are judged alike."""
    wanted = [(f"policies.{path}", code) for path, code in expected]
    assert await issues(studio, made(studio, Policies(**given))) == wanted
    key = await made(studio)
    change = UpdateService(service_id=key, policies=Policies(**given))
    assert await issues(studio, update_service(studio.ctx, change)) == wanted


async def test_what_stays_is_judged_with_what_changes(studio: Studio) -> None:
    """A new length that segments do not add up to, a notice beyond the horizon, fewer units than needed."""
    kit = await resource(studio, 2)
    key = await made(
        studio,
        Policies(segments=[HALF, HALF], horizon_minutes=120, needs=[need(kit, quantity=2)]),
    )
    for given, expected in (
        ({"duration_minutes": 90}, ("policies.segments", "NOT_THE_DURATION")),
        ({"notice_minutes": 120}, ("policies.horizon_minutes", "NOT_AFTER_NOTICE")),
        (
            {"policies": Policies(needs=[need(kit, quantity=3)])},
            ("policies.needs.0.quantity", "MORE_THAN_THERE_IS"),
        ),
        ({"providers": []}, ("providers", "OUT_OF_RANGE")),
        ({"providers": [Performer(provider_id=studio.provider_id)] * 2}, ("providers", "REPEATED")),
        (
            {"providers": [Performer(provider_id=studio.provider_id, weight=0)]},
            ("providers.0.weight", "OUT_OF_RANGE"),
        ),
        ({"name": "a\x00b"}, ("name", "BAD_CHARACTER")),
    ):
        command = UpdateService(service_id=key, **given)
        assert await issues(studio, update_service(studio.ctx, command)) == [expected]


async def test_keys_of_nobody_and_of_others_are_not_found(studio: Studio, other_studio: Studio) -> None:
    """Services, rooms and providers; a provider's own resource is no room; nothing changes anywhere."""
    theirs, their_room = await made(other_studio), await resource(other_studio)
    mine, gone = await made(studio), await studio.provider()
    await archive_provider(studio.ctx, ArchiveProvider(provider_id=gone))
    (own, *_) = await studio.table("resources")
    before = await other_studio.state()
    for act in (
        made(studio, Policies(needs=[need(their_room)])),
        made(studio, Policies(needs=[need(FAR)])),
        made(studio, Policies(needs=[need(own["id"])])),
        made(studio, providers=[Performer(provider_id=other_studio.provider_id)]),
        made(studio, providers=[Performer(provider_id=gone)]),
        update_service(studio.ctx, UpdateService(service_id=theirs, name="X")),
        update_service(
            studio.ctx, UpdateService(service_id=mine, policies=Policies(needs=[need(their_room)]))
        ),
        update_service(
            studio.ctx,
            UpdateService(service_id=mine, providers=[Performer(provider_id=other_studio.provider_id)]),
        ),
        archive_service(studio.ctx, ArchiveService(service_id=theirs)),
        archive_service(studio.ctx, ArchiveService(service_id=FAR)),
    ):
        await refused(studio, act, NotFound)
    assert await other_studio.state() == before


async def test_an_archived_service_is_gone_and_its_appointments_stay(studio: Studio) -> None:
    """It can be neither booked, changed nor archived again; who booked it keeps it."""
    key = await studio.service()
    client = await studio.client()
    await studio.appointment(client, service_id=key)
    await archive_service(studio.ctx, ArchiveService(service_id=key))
    row = await kept(studio, SERVICE, key)
    assert row is not None
    assert row["archived_at"] == NOW
    assert await last_event(studio) == ("service.archived", {"service_id": key})
    for act in (
        archive_service(studio.ctx, ArchiveService(service_id=key)),
        update_service(studio.ctx, UpdateService(service_id=key, name="X")),
        studio.appointment(client, service_id=key, starts_at=NOW.replace(day=20)),
    ):
        await refused(studio, act, NotFound)
    assert [row["service_id"] for row in await studio.table("appointments")] == [key]


async def test_what_is_booked_keeps_what_it_was_booked_with(studio: Studio) -> None:
    """A service that is longer now, with buffers, changes no appointment and no allocation."""
    key = await studio.service(duration_minutes=60)
    await studio.appointment(await studio.client(), service_id=key)
    before = (await studio.table("appointments"), await studio.table("allocations"))
    await update_service(
        studio.ctx, UpdateService(service_id=key, duration_minutes=120, buffer_before_minutes=30)
    )
    assert (await studio.table("appointments"), await studio.table("allocations")) == before


async def test_writing_costs_few_statements(studio: Studio) -> None:
    """Business, rooms, who does it, the service, its providers; the number, the event and its audit; of what
    is archived, the job that takes back its offers."""
    room = await resource(studio)
    with counted(studio.house) as seen:
        key = await made(studio)
    assert len(seen) == 5, seen
    whole = Policies(needs=[need(room)])
    with counted(studio.house) as seen:
        await made(studio, whole, providers=[Performer(provider_id=studio.provider_id)])
    assert len(seen) == 8, seen
    with counted(studio.house) as seen:
        await update_service(studio.ctx, UpdateService(service_id=key, name="X"))
    assert len(seen) == 6, seen
    with counted(studio.house) as seen:
        await archive_service(studio.ctx, ArchiveService(service_id=key))
    assert len(seen) == 6, seen
