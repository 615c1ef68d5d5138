"""Booking: what it keeps, what it refuses, and what it costs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from core.appointments.appointment import OutsidePolicy, SlotTaken
from core.appointments.book import BookAppointment, Booked, book
from core.appointments.reads import APPOINTMENT
from core.kernel.errors import IdempotencyMismatch, Invalid, NotFound
from core.kernel.money import Money
from core.kernel.reading import Selection
from tests.kit.houses import NOW, Studio, counted

THREE = datetime(2027, 3, 8, 15, 0, tzinfo=UTC)


def command(studio: Studio, client_id: int, **more: Any) -> BookAppointment:
    """An hour with the owner, a week ahead, by the staff door."""
    given: dict[str, Any] = {"duration_minutes": 60, "starts_at": THREE, "within_policies": False}
    return BookAppointment(client_id=client_id, provider_id=studio.provider_id, **{**given, **more})


async def test_a_booking_keeps_appointment_allocation_event_and_audit_together(studio: Studio) -> None:
    """One booking leaves one row each, and they agree."""
    client_id = await studio.client()
    service_id = await studio.service(
        duration_minutes=90,
        price=Money(40_000, "USD"),
        buffer_before_minutes=10,
        buffer_after_minutes=15,
        deposit_percent=Decimal("12.5"),
    )
    made = await book(studio.ctx, command(studio, client_id, service_id=service_id, duration_minutes=None))
    (appointment,) = await studio.table("appointments")
    assert appointment["id"] == made.appointment_id
    assert (appointment["status"], appointment["duration_minutes"]) == ("CONFIRMED", 90)
    assert (appointment["price_minor"], appointment["deposit_minor"]) == (40_000, 5_000)
    (allocation,) = await studio.table("allocations")
    start = int(THREE.timestamp()) // 60
    assert (allocation["starts_minute"], allocation["ends_minute"]) == (start - 10, start + 105)
    event = (await studio.table("events"))[-1]
    assert (event["type"], event["key"]) == ("appointment.booked", made.appointment_id)
    audit = (await studio.table("audit"))[-1]
    assert (audit["action"], audit["key"]) == ("appointment.booked", made.appointment_id)


@pytest.mark.parametrize(
    ("offset", "duration"),
    [(0, 60), (-30, 60), (30, 60), (-59, 60), (59, 60), (-60, 180), (10, 20)],
)
async def test_overlapping_time_is_refused_and_nothing_is_kept(
    studio: Studio, offset: int, duration: int
) -> None:
    """Whatever overlaps a booked hour by a minute is SlotTaken, and the business is as before."""
    client_id = await studio.client()
    await book(studio.ctx, command(studio, client_id))
    before = await studio.state()
    starts_at = THREE + timedelta(minutes=offset)
    with pytest.raises(SlotTaken) as refused:
        await book(studio.ctx, command(studio, client_id, starts_at=starts_at, duration_minutes=duration))
    assert (refused.value.provider_id, refused.value.starts_at) == (studio.provider_id, starts_at)
    assert await studio.state() == before


@pytest.mark.parametrize("offset", [-60, 60])
async def test_neighbours_that_touch_are_both_booked(studio: Studio, offset: int) -> None:
    """Time is half-open: an hour may begin where another ends."""
    client_id = await studio.client()
    await book(studio.ctx, command(studio, client_id))
    await book(studio.ctx, command(studio, client_id, starts_at=THREE + timedelta(minutes=offset)))
    assert len(await studio.table("appointments")) == 2


async def test_buffers_of_neighbours_add_up(studio: Studio) -> None:
    """A buffer after one appointment and one before the next are both kept free."""
    client_id = await studio.client()
    service_id = await studio.service(buffer_before_minutes=10, buffer_after_minutes=20)
    await book(studio.ctx, command(studio, client_id, service_id=service_id))
    with pytest.raises(SlotTaken):
        await book(
            studio.ctx,
            command(studio, client_id, service_id=service_id, starts_at=THREE + timedelta(minutes=89)),
        )
    await book(
        studio.ctx,
        command(studio, client_id, service_id=service_id, starts_at=THREE + timedelta(minutes=90)),
    )


@pytest.mark.parametrize(
    ("noun", "field"), [("client", "client_id"), ("provider", "provider_id"), ("service", "service_id")]
)
async def test_unknown_and_foreign_keys_are_refused_alike(
    studio: Studio, other_studio: Studio, noun: str, field: str
) -> None:
    """Another business's key is worth as much as one that never was."""
    mine = await studio.client()
    foreign = {
        "client_id": await other_studio.client(),
        "provider_id": other_studio.provider_id,
        "service_id": await other_studio.service(),
    }[field]
    before = await studio.state()
    for key in (foreign, 2**53 - 1):
        change: dict[str, Any] = {field: key}
        with pytest.raises(NotFound) as refused:
            await book(studio.ctx, replace(command(studio, mine), **change))
        assert refused.value.noun == noun
    assert await studio.state() == before


@pytest.mark.parametrize(
    ("change", "path", "code"),
    [
        ({"starts_at": NOW}, "starts_at", "IN_THE_PAST"),
        ({"starts_at": NOW - timedelta(days=400)}, "starts_at", "IN_THE_PAST"),
        ({"starts_at": NOW + timedelta(days=3_000)}, "starts_at", "TOO_FAR_AHEAD"),
        ({"starts_at": THREE + timedelta(seconds=1)}, "starts_at", "NOT_A_WHOLE_MINUTE"),
        ({"duration_minutes": 0}, "duration_minutes", "OUT_OF_RANGE"),
        ({"duration_minutes": -5}, "duration_minutes", "OUT_OF_RANGE"),
        ({"duration_minutes": 366 * 1440}, "duration_minutes", "OUT_OF_RANGE"),
        ({"duration_minutes": None}, "duration_minutes", "REQUIRED"),
        ({"price": Money(-1, "USD")}, "price", "OUT_OF_RANGE"),
        ({"price": Money(100, "EUR")}, "price", "OTHER_CURRENCY"),
        ({"deposit": Money(2**53, "USD")}, "deposit", "OUT_OF_RANGE"),
        (
            {"price": Money(100, "USD"), "deposit": Money(101, "USD"), "within_policies": True},
            "deposit",
            "ABOVE_PRICE",
        ),
        ({"description": "a\x00b"}, "description", "BAD_CHARACTER"),
        ({"notes": "n" * 10_001}, "notes", "TOO_LONG"),
    ],
)
async def test_bad_values_are_named_and_nothing_is_kept(
    studio: Studio, change: dict[str, Any], path: str, code: str
) -> None:
    """Each broken rule is an issue with its path and code, and the business is as before."""
    client_id = await studio.client()
    before = await studio.state()
    with pytest.raises(Invalid) as refused:
        await book(studio.ctx, replace(command(studio, client_id), **change))
    assert [(issue.path, issue.code) for issue in refused.value.issues] == [(path, code)]
    assert await studio.state() == before


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"starts_at": THREE.replace(hour=9)}, "HOURS"),
        ({"starts_at": THREE.replace(hour=17, minute=30)}, "HOURS"),
        ({"starts_at": NOW + timedelta(minutes=61)}, "NOTICE"),
    ],
)
async def test_rules_of_the_business_refuse_unless_staff_insist(
    studio: Studio, change: dict[str, Any], rule: str
) -> None:
    """Hours and notice refuse within policies, and do not at the staff door."""
    client_id = await studio.client()
    service_id = await studio.service(notice_minutes=120)
    wanted = replace(command(studio, client_id, service_id=service_id), **change)
    before = await studio.state()
    with pytest.raises(OutsidePolicy) as refused:
        await book(studio.ctx, replace(wanted, within_policies=True))
    assert refused.value.rule == rule
    assert await studio.state() == before
    assert isinstance(await book(studio.ctx, wanted), Booked)


WRONG: list[tuple[dict[str, Any], list[tuple[str, str]]]] = [
    ({"price": Money(100, "EUR")}, [("price", "OTHER_CURRENCY")]),
    ({"notes": "n" * 10_001, "style": "s" * 101}, [("style", "TOO_LONG"), ("notes", "TOO_LONG")]),
    (
        {"description": "\x00", "seats": 2, "price": Money(-1, "USD"), "deposit": Money(1, "EUR")},
        [
            ("description", "BAD_CHARACTER"),
            ("seats", "OUT_OF_RANGE"),
            ("price", "OUT_OF_RANGE"),
            ("deposit", "OTHER_CURRENCY"),
        ],
    ),
]


@pytest.mark.parametrize(("change", "issues"), WRONG)
@pytest.mark.parametrize("starts_at", [THREE, THREE.replace(hour=3)])
async def test_what_is_wrong_is_told_before_the_time_is_looked_at(
    studio: Studio, change: dict[str, Any], issues: list[tuple[str, str]], starts_at: datetime
) -> None:
    """All of it, where the time is taken and where no hours are; in order, the time is what refuses."""
    client_id = await studio.client()
    await book(studio.ctx, command(studio, client_id))
    wanted = command(studio, client_id, starts_at=starts_at, within_policies=True)
    before = await studio.state()
    with counted(studio.house) as statements, pytest.raises(Invalid) as refused:
        await book(studio.ctx, replace(wanted, **change))
    assert [(issue.path, issue.code) for issue in refused.value.issues] == issues
    assert [statement.split()[0] for statement in statements] == ["SELECT"]
    with pytest.raises(SlotTaken if starts_at == THREE else OutsidePolicy):
        await book(studio.ctx, wanted)
    assert await studio.state() == before


@pytest.mark.parametrize("unknown", ["client_id", "provider_id", "service_id", "location_id"])
async def test_what_is_wrong_by_itself_is_told_before_what_is_not_there(studio: Studio, unknown: str) -> None:
    """A start that has passed, a length and words; a sum needs the business's currency, and comes after."""
    nothing: dict[str, Any] = {unknown: 2**53 - 1}
    wanted = replace(command(studio, await studio.client()), **nothing)
    before = await studio.state()
    with pytest.raises(Invalid) as refused:
        await book(studio.ctx, replace(wanted, starts_at=NOW, duration_minutes=0, notes="\x00"))
    assert [(issue.path, issue.code) for issue in refused.value.issues] == [
        ("duration_minutes", "OUT_OF_RANGE"),
        ("starts_at", "IN_THE_PAST"),
        ("notes", "BAD_CHARACTER"),
    ]
    for in_order in (wanted, replace(wanted, price=Money(1, "EUR"))):
        with pytest.raises(NotFound):
            await book(studio.ctx, in_order)
    assert await studio.state() == before


async def test_thirty_percent_of_four_hundred_is_a_hundred_and_twenty(studio: Studio) -> None:
    """Without a service or provider percentage the business's 30 % holds; an explicit amount wins."""
    client_id = await studio.client()
    await book(studio.ctx, command(studio, client_id, price=Money(40_000, "USD")))
    later = THREE + timedelta(hours=1)
    await book(
        studio.ctx,
        command(studio, client_id, starts_at=later, price=Money(40_000, "USD"), deposit=Money(0, "USD")),
    )
    await book(studio.ctx, command(studio, client_id, starts_at=later + timedelta(hours=1)))
    assert [row["deposit_minor"] for row in await studio.table("appointments")] == [12_000, 0, None]


async def test_a_repeated_key_answers_as_before_and_other_input_is_refused(studio: Studio) -> None:
    """One key, one effect; the same key with other input is a mismatch and changes nothing."""
    client_id = await studio.client()
    first = await book(studio.ctx, command(studio, client_id, idempotency_key="k-1"))
    before = await studio.state()
    again = await book(studio.ctx, command(studio, client_id, idempotency_key="k-1"))
    assert again == first
    with pytest.raises(IdempotencyMismatch):
        await book(studio.ctx, command(studio, client_id, idempotency_key="k-1", style="other"))
    assert await studio.state() == before


async def test_a_refused_booking_leaves_its_key_free(studio: Studio) -> None:
    """Refusals are not remembered: the same key works once the reason is gone."""
    client_id = await studio.client()
    taken = await book(studio.ctx, command(studio, client_id))
    with pytest.raises(SlotTaken):
        await book(studio.ctx, command(studio, client_id, idempotency_key="k-2"))
    made = await book(
        studio.ctx,
        command(studio, client_id, idempotency_key="k-2", starts_at=THREE + timedelta(hours=1)),
    )
    assert made.appointment_id > taken.appointment_id


async def test_notes_on_health_are_sealed_and_never_logged(studio: Studio) -> None:
    """Internal notes read back in clear, stand encrypted in the table, and are in no event or audit row."""
    client_id = await studio.client()
    made = await book(studio.ctx, command(studio, client_id, internal_notes="CANARY: fainted last time"))
    row = await studio.ctx.read.one(
        Selection(noun=APPOINTMENT, fields={"internal_notes"}), made.appointment_id
    )
    assert row == {"internal_notes": "CANARY: fainted last time"}
    (kept,) = await studio.table("appointments")
    assert b"CANARY" not in bytes(kept["internal_notes"])
    assert "CANARY" not in repr(await studio.state())


async def test_the_statements_of_a_booking(studio: Studio) -> None:
    """A booking without an idempotency key is eleven statements with its queued mail, the same on both databases.

    The first one after the rules changed reads them in one more.
    """
    client_id = await studio.client()
    first = command(studio, client_id, starts_at=THREE + timedelta(days=1))
    with counted(studio.house) as statements:
        await book(studio.ctx, first)
    assert len(statements) == 12
    with counted(studio.house) as statements:
        await book(studio.ctx, command(studio, client_id))
    assert [" ".join(statement.split()[:3]).lower() for statement in statements] == [
        "select businesses.currency, businesses.deposit_percent",
        "select resources.id, resources.kind,",
        "update allocations set",
        "select allocations.resource_id, allocations.starts_minute,",
        "insert into appointments",
        "insert into allocations",
        "update sequences set",
        "insert into events",
        "update resources set",
        "insert into jobs",
        "insert into audit",
    ]
