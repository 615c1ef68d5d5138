"""The life of an appointment in GraphQL: every verb, what it answers, and every refusal as data."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from app.house import House
from core.appointments.life import TRANSITIONS
from core.deposits.deposit import settle_deposit
from core.kernel.clock import FixedClock
from core.kernel.money import Money
from tests.core.appointments.shop import offered
from tests.graphql_api.conftest import Api, gid
from tests.graphql_api.texts import mutation
from tests.kit.houses import NOW, Studio

STATE = "appointment { id status startsAt endsAt confirmedAt cancellationReason provider { displayName } }"
DEPOSIT = "deposit { status amount { amountMinor currency } dueAt }"
TRANSITION = "... on IllegalTransition { verb status }"
CONFIRM = mutation("confirmAppointment", f"{STATE} {DEPOSIT} clientIsTold")
RESCHEDULE = mutation("rescheduleAppointment", STATE)
EDIT = mutation(
    "editAppointment",
    "appointment { description style notes internalNotes price { amountMinor } depositDue { amountMinor } }",
)
CANCEL = mutation("cancelAppointment", f"{STATE} clientIsTold")
COMPLETE = mutation("completeAppointment", STATE)
NO_SHOW = mutation("markNoShow", f"{STATE} {DEPOSIT} clientIsTold")
VERBS = {
    "confirm": ("confirmAppointment", {}),
    "reschedule": ("rescheduleAppointment", {"startsAt": "2027-03-09T15:00:00Z"}),
    "edit": ("editAppointment", {"notes": "new"}),
    "complete": ("completeAppointment", {}),
    "mark_no_show": ("markNoShow", {}),
    "cancel": ("cancelAppointment", {}),
}
ENDED = {"COMPLETED": COMPLETE, "NO_SHOW": NO_SHOW, "CANCELLED": CANCEL}


async def run(api: Api, query: str, **given: Any) -> dict[str, Any]:
    """The only field of a mutation's answer."""
    (answer,) = (await api.data(query, input=given)).values()
    found: dict[str, Any] = answer
    return found


async def booked(studio: Studio, **more: Any) -> str:
    """The id of an appointment a week ahead for somebody who can be written to, at 400.00."""
    client = await studio.client("Ada Quinn", email=more.pop("email", "ada@quinn.example"))
    return gid("appointment", await studio.appointment(client, price=Money(40_000, "USD"), **more))


async def test_confirming_asks_for_the_deposit_once(api: Api, studio: Studio) -> None:
    """30 % of 400 is 120, due in 48 hours; the second call changes nothing and tells nobody."""
    id = await booked(studio)
    first = await run(api, CONFIRM, appointmentId=id)
    assert first == {
        "__typename": "ConfirmAppointmentPayload",
        "appointment": {
            "id": id,
            "status": "CONFIRMED",
            "startsAt": "2027-03-08T15:00:00Z",
            "endsAt": "2027-03-08T16:00:00Z",
            "confirmedAt": "2027-03-01T09:00:00Z",
            "cancellationReason": None,
            "provider": {"displayName": "Kai Rodriguez"},
        },
        "deposit": {
            "status": "PENDING",
            "amount": {"amountMinor": 12_000, "currency": "USD"},
            "dueAt": "2027-03-03T09:00:00Z",
        },
        "clientIsTold": True,
    }
    before = await studio.state()
    again = await run(api, CONFIRM, appointmentId=id)
    assert again == {**first, "clientIsTold": False}
    assert await studio.state() == before


async def test_the_request_can_be_silent_and_have_its_own_term(api: Api, studio: Studio) -> None:
    """sendDepositRequest false asks without mail; a term in the past is refused by its name."""
    id = await booked(studio)
    before = await studio.state()
    late = await run(api, CONFIRM, appointmentId=id, depositDueAt="2027-03-01T09:00:00Z")
    assert (late["__typename"], late["issues"][0]["path"], late["issues"][0]["code"]) == (
        "ValidationFailed",
        "depositDueAt",
        "IN_THE_PAST",
    )
    assert await studio.state() == before
    answer = await run(
        api, CONFIRM, appointmentId=id, depositDueAt="2027-03-05T12:00:00+01:00", sendDepositRequest=False
    )
    assert (answer["deposit"]["dueAt"], answer["clientIsTold"]) == ("2027-03-05T11:00:00Z", False)
    (requested,) = await studio.payloads("deposit.requested")
    assert requested["client_is_told"] is False


async def test_rescheduling_keeps_the_id(api: Api, studio: Studio) -> None:
    """Time, length and provider change together; the old time is free at once; nowhere else is nothing."""
    mara = await studio.provider("Mara Voss")
    id = await booked(studio)
    moved = await run(
        api,
        RESCHEDULE,
        appointmentId=id,
        startsAt="2027-03-09T10:00:00Z",
        durationMinutes=90,
        providerId=gid("provider", mara),
    )
    assert moved["appointment"] == {
        "id": id,
        "status": "CONFIRMED",
        "startsAt": "2027-03-09T10:00:00Z",
        "endsAt": "2027-03-09T11:30:00Z",
        "confirmedAt": None,
        "cancellationReason": None,
        "provider": {"displayName": "Mara Voss"},
    }
    await booked(studio, email="ben@okafor.example")
    before = await studio.state()
    same = await run(api, RESCHEDULE, appointmentId=id, startsAt="2027-03-09T10:00:00Z", providerId=None)
    assert same["appointment"] == moved["appointment"]
    assert await studio.state() == before


async def test_moves_are_refused_and_change_nothing(api: Api, studio: Studio) -> None:
    """Taken time, closed hours unless told otherwise, the past, and what is not there."""
    id = await booked(studio)
    await booked(studio, email="ben@okafor.example", starts_at=NOW.replace(hour=10) + timedelta(days=7))
    before = await studio.state()
    for given, kind in (
        ({"startsAt": "2027-03-08T10:30:00Z"}, "SlotTaken"),
        ({"startsAt": "2027-03-08T22:00:00Z"}, "OutsidePolicy"),
        ({"startsAt": "2027-03-01T08:00:00Z"}, "ValidationFailed"),
        ({"durationMinutes": 0}, "ValidationFailed"),
        ({"providerId": "garbage"}, "NotFound"),
    ):
        refused = await run(api, RESCHEDULE, appointmentId=id, **given)
        assert refused["__typename"] == kind
    assert await studio.state() == before
    staff = await run(
        api,
        RESCHEDULE,
        appointmentId=id,
        startsAt="2027-03-08T22:00:00Z",
        respectPolicies=False,
        tellClient=False,
    )
    assert staff["appointment"]["startsAt"] == "2027-03-08T22:00:00Z"
    (moved,) = await studio.payloads("appointment.rescheduled")
    assert moved["client_is_told"] is False


async def test_editing_changes_what_is_given(api: Api, studio: Studio) -> None:
    """What is left out stays, null makes it nothing, and what breaks a rule changes nothing."""
    id = await booked(studio, description="A rose", notes="Bring sketches", style="linework")
    edited = await run(
        api,
        EDIT,
        appointmentId=id,
        notes=None,
        style="blackwork",
        internalNotes="kind",
        quotedPrice={"amountMinor": 50_000, "currency": "USD"},
        deposit=None,
    )
    assert edited["appointment"] == {
        "description": "A rose",
        "style": "blackwork",
        "notes": None,
        "internalNotes": "kind",
        "price": {"amountMinor": 50_000},
        "depositDue": None,
    }
    before = await studio.state()
    refused = await run(
        api,
        EDIT,
        appointmentId=id,
        style="x" * 101,
        quotedPrice={"amountMinor": 1, "currency": "EUR"},
        deposit={"amountMinor": -1, "currency": "USD"},
    )
    assert [(issue["path"], issue["code"]) for issue in refused["issues"]] == [
        ("style", "TOO_LONG"),
        ("quotedPrice", "OTHER_CURRENCY"),
        ("deposit", "OUT_OF_RANGE"),
    ]
    assert await studio.state() == before


async def test_cancelling_frees_the_time(api: Api, studio: Studio) -> None:
    """With a reason, which is in no event; the pending deposit is withdrawn; the time can be sold again."""
    id = await booked(studio)
    await run(api, CONFIRM, appointmentId=id)
    cancelled = await run(api, CANCEL, appointmentId=id, reason="The client is ill.")
    assert (cancelled["appointment"]["status"], cancelled["clientIsTold"]) == ("CANCELLED", True)
    assert cancelled["appointment"]["cancellationReason"] == "The client is ill."
    assert "ill" not in str(await studio.table("events"))
    (deposit,) = await studio.table("deposits")
    assert deposit["status"] == "CANCELLED"
    await booked(studio, email="ben@okafor.example")


async def test_what_is_over_is_not_cancelled(
    api: Api, house: House, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once its end has passed it can be completed only, and the refusal says when that was."""
    id = await booked(studio)
    monkeypatch.setattr(house, "clock", FixedClock(NOW + timedelta(days=7, hours=7)))
    query = CANCEL.replace("... on Error", "... on AlreadyOver { endedAt } ... on Error")
    before = await studio.state()
    refused = await run(api, query, appointmentId=id)
    assert (refused["__typename"], refused["endedAt"]) == ("AlreadyOver", "2027-03-08T16:00:00Z")
    assert await studio.state() == before
    assert (await run(api, COMPLETE, appointmentId=id))["appointment"]["status"] == "COMPLETED"


@pytest.mark.parametrize(
    ("notice", "rule"), [(None, "CANCELLATION"), (8 * 1_440, "CANCELLATION_NOTICE"), (7 * 1_440, None)]
)
@pytest.mark.parametrize("door", [{"respectPolicies": False}, {"forStaff": True}])
async def test_cancelling_heeds_the_notice_unless_staff_calls_it_off(
    api: Api, studio: Studio, notice: int | None, rule: str | None, door: dict[str, Any]
) -> None:
    """Never, or too late: OutsidePolicy by the public's door, and it stands; staff, by either door, may."""
    service = await offered(studio, 60, cancellation_notice_minutes=notice)
    id = await booked(studio, service_id=service)
    query = CANCEL.replace("... on Error", "... on OutsidePolicy { rule startsAt earliest } ... on Error")
    if rule is not None:
        for public in ({}, {"respectPolicies": True}, {"respectPolicies": None, "forStaff": None}):
            before = await studio.state()
            refused = await run(api, query, appointmentId=id, **public)
            assert (refused["__typename"], refused["rule"]) == ("OutsidePolicy", rule)
            assert (refused["startsAt"], refused["earliest"]) == ("2027-03-08T15:00:00Z", None)
            assert await studio.state() == before
    answer = await run(api, query, appointmentId=id, **({} if rule is None else door))
    assert answer["appointment"]["status"] == "CANCELLED"


async def test_what_is_over_is_not_moved_by_the_rules(
    api: Api, house: House, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once its end has passed, neither the public nor staff by their rules move it; the staff door does."""
    id = await booked(studio)
    monkeypatch.setattr(house, "clock", FixedClock(NOW + timedelta(days=7, hours=7)))
    query = RESCHEDULE.replace("... on Error", "... on AlreadyOver { endedAt } ... on Error")
    before = await studio.state()
    for given in ({}, {"forStaff": True}):
        refused = await run(api, query, appointmentId=id, startsAt="2027-03-09T15:00:00Z", **given)
        assert (refused["__typename"], refused["endedAt"]) == ("AlreadyOver", "2027-03-08T16:00:00Z")
        assert await studio.state() == before
    moved = await run(api, query, appointmentId=id, startsAt="2027-03-09T15:00:00Z", respectPolicies=False)
    assert moved["appointment"]["startsAt"] == "2027-03-09T15:00:00Z"


async def test_a_no_show_forfeits_what_was_paid(api: Api, studio: Studio) -> None:
    """The paid deposit stays with the business."""
    id = await booked(studio)
    await run(api, CONFIRM, appointmentId=id)
    (deposit,) = await studio.table("deposits")
    async with studio.ctx.unit_of_work() as uow:
        await settle_deposit(uow, deposit["id"])
    missed = await run(api, NO_SHOW, appointmentId=id, tellClient=False)
    assert (missed["appointment"]["status"], missed["deposit"]["status"], missed["clientIsTold"]) == (
        "NO_SHOW",
        "FORFEITED",
        False,
    )


async def test_without_a_deposit_a_no_show_has_none(api: Api, studio: Studio) -> None:
    """Null, and not an empty one."""
    id = await booked(studio)
    assert (await run(api, NO_SHOW, appointmentId=id))["deposit"] is None


@pytest.mark.parametrize("state", ENDED)
async def test_the_table_of_life_is_kept(api: Api, studio: Studio, state: str) -> None:
    """From each end, every verb that the table does not list is refused with both its facts."""
    id = await booked(studio)
    assert (await run(api, ENDED[state], appointmentId=id))["appointment"]["status"] == state
    for verb, (name, more) in VERBS.items():
        if any(row.verb == verb and row.source == state for row in TRANSITIONS):
            continue
        before = await studio.state()
        query = mutation(name, "appointment { id }").replace("... on Error", f"{TRANSITION} ... on Error")
        refused = await run(api, query, appointmentId=id, **more)
        assert (refused["__typename"], refused["code"], refused["verb"], refused["status"]) == (
            "IllegalTransition",
            "ILLEGAL_TRANSITION",
            verb,
            state,
        )
        assert await studio.state() == before


@pytest.mark.parametrize("verb", VERBS)
async def test_foreign_and_unknown_appointments_answer_alike(
    api: Api, studio: Studio, other_studio: Studio, verb: str
) -> None:
    """NotFound, byte for byte, and neither business changes."""
    name, more = VERBS[verb]
    theirs = await booked(other_studio)
    before = (await studio.state(), await other_studio.state())
    query = mutation(name, "appointment { id }")
    answers = [
        await run(api, query, appointmentId=id, **more)
        for id in (theirs, gid("appointment", 2**53 - 1), "garbage", gid("client", 1))
    ]
    assert answers == [
        {"__typename": "NotFound", "code": "NOT_FOUND", "message": "No such appointment."}
    ] * len(answers)
    assert (await studio.state(), await other_studio.state()) == before


@pytest.mark.parametrize("verb", VERBS)
async def test_a_repeat_with_the_same_key_does_nothing_twice(api: Api, studio: Studio, verb: str) -> None:
    """The same answer and the same state; with other input the key is refused."""
    name, more = VERBS[verb]
    id, other = (
        await booked(studio),
        await booked(studio, email="ben@okafor.example", starts_at=NOW + timedelta(days=9)),
    )
    query = mutation(name, STATE)
    first = await run(api, query, appointmentId=id, idempotencyKey="once", **more)
    assert first["__typename"].endswith("Payload")
    before = await studio.state()
    assert await run(api, query, appointmentId=id, idempotencyKey="once", **more) == first
    mismatch = await run(api, query, appointmentId=other, idempotencyKey="once", **more)
    assert mismatch["__typename"] == "IdempotencyMismatch"
    assert await studio.state() == before
