"""Holding a time, booking it, and giving it back."""

from __future__ import annotations

from typing import Any

from tests.graphql_api.conftest import Api, gid
from tests.graphql_api.texts import mutation
from tests.kit.houses import Studio

HOLD = mutation("holdSlot", "hold { id startsAt endsAt expiresAt provider { id displayName } }")
RELEASE = mutation("releaseHold", "holdId")
BOOK = mutation("bookAppointment", "appointment { id startsAt }")
START = "2027-03-02T10:00:00Z"


async def run(api: Api, query: str, **given: Any) -> dict[str, Any]:
    """The only field of a mutation's answer."""
    (answer,) = (await api.data(query, input=given)).values()
    found: dict[str, Any] = answer
    return found


async def test_a_held_time_is_kept_from_others_and_booked_by_its_hold(api: Api, studio: Studio) -> None:
    """Ten minutes unless said otherwise; the booking ends the hold, and another time than held is refused."""
    kai, ada = gid("provider", studio.provider_id), gid("client", await studio.client("Ada Quinn"))
    held = await run(api, HOLD, providerId=kai, startsAt=START, durationMinutes=60, idempotencyKey="h")
    hold = held["hold"]
    assert hold == {
        "id": hold["id"],
        "startsAt": START,
        "endsAt": "2027-03-02T11:00:00Z",
        "expiresAt": "2027-03-01T09:10:00Z",
        "provider": {"id": kai, "displayName": "Kai Rodriguez"},
    }
    assert hold["id"].startswith("hld_")
    before = await studio.state()
    assert (
        await run(api, HOLD, providerId=kai, startsAt=START, durationMinutes=60, idempotencyKey="h") == held
    )
    wanted = {"clientId": ada, "providerId": kai, "startsAt": START, "durationMinutes": 60}
    assert (await run(api, BOOK, **wanted))["__typename"] == "SlotTaken"
    elsewhere = {**wanted, "startsAt": "2027-03-02T14:00:00Z", "holdId": hold["id"]}
    assert (await run(api, BOOK, **elsewhere))["__typename"] == "HoldExpired"
    assert (await run(api, BOOK, **wanted, holdId="hld_garbage"))["__typename"] == "HoldExpired"
    assert await studio.state() == before
    booked = await run(api, BOOK, **wanted, holdId=hold["id"])
    assert booked["appointment"]["startsAt"] == START
    again = await run(api, BOOK, **{**wanted, "startsAt": "2027-03-02T15:00:00Z"}, holdId=hold["id"])
    assert again["__typename"] == "HoldExpired"


async def test_a_service_says_how_long(api: Api, studio: Studio) -> None:
    """Its buffers are held as well, and are not part of what is shown."""
    service = gid("service", await studio.service(buffer_before_minutes=15, buffer_after_minutes=30))
    kai = gid("provider", studio.provider_id)
    held = await run(api, HOLD, providerId=kai, startsAt=START, serviceId=service, forMinutes=60)
    assert (held["hold"]["endsAt"], held["hold"]["expiresAt"]) == (
        "2027-03-02T11:00:00Z",
        "2027-03-01T10:00:00Z",
    )
    (allocation,) = await studio.table("allocations")
    assert allocation["ends_minute"] - allocation["starts_minute"] == 105


async def test_a_released_time_is_free(api: Api, studio: Studio) -> None:
    """Once is one event; again is no error and no event."""
    kai = gid("provider", studio.provider_id)
    id = (await run(api, HOLD, providerId=kai, startsAt=START, durationMinutes=60))["hold"]["id"]
    for _ in range(2):
        assert await run(api, RELEASE, holdId=id) == {"__typename": "ReleaseHoldPayload", "holdId": id}
    assert len(await studio.payloads("hold.released")) == 1
    assert (await run(api, HOLD, providerId=kai, startsAt=START, durationMinutes=60))["hold"]["id"] != id


async def test_bad_holds_are_refused_as_data(
    api: Api, other_api: Api, studio: Studio, other_studio: Studio
) -> None:
    """Nothing is held, and nobody releases another business's hold."""
    kai = gid("provider", studio.provider_id)
    id = (await run(api, HOLD, providerId=kai, startsAt=START, durationMinutes=60))["hold"]["id"]
    before = (await studio.state(), await other_studio.state())
    good = {"providerId": kai, "startsAt": "2027-03-02T14:00:00Z", "durationMinutes": 60}
    for given, kind in (
        ({**good, "startsAt": START}, "SlotTaken"),
        ({**good, "startsAt": "2027-03-01T08:00:00Z"}, "ValidationFailed"),
        ({**good, "forMinutes": 0}, "ValidationFailed"),
        ({**good, "forMinutes": 61}, "ValidationFailed"),
        ({**good, "durationMinutes": None}, "ValidationFailed"),
        ({**good, "providerId": gid("provider", other_studio.provider_id)}, "NotFound"),
        ({**good, "serviceId": "garbage"}, "NotFound"),
    ):
        assert (await run(api, HOLD, **given))["__typename"] == kind, given
    answers = [await run(other_api, RELEASE, holdId=hold) for hold in (id, gid("hold", 2**53 - 1), "x")]
    assert answers == [{"__typename": "NotFound", "code": "NOT_FOUND", "message": "No such hold."}] * 3
    assert (await studio.state(), await other_studio.state()) == before
