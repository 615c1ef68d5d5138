"""The subscription `bookingEvents`: in order, gap-free, resumable and filtered."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from app.house import House
from core.appointments.cancel import CancelAppointment, cancel
from core.appointments.confirm import ConfirmAppointment, confirm
from core.appointments.hold import HoldSlot, hold_slot
from core.appointments.reschedule import RescheduleAppointment, reschedule
from core.directory.create_location import CreateLocation, create_location
from core.kernel.log import Log, LoggedEvent
from graphql_api.declare.places import spell_place
from tests.graphql_api.conftest import LIMITS, Api, gid
from tests.graphql_api.serving import served
from tests.graphql_api.sockets import EVENTS, connected, latest, refused
from tests.kit.houses import NOW, Studio


async def test_what_happens_is_heard_in_order_with_its_facts(url: str, api: Api, studio: Studio) -> None:
    """Every fact of an event is a field, ids are global ones, and the appointment is as it stands."""
    client = await studio.client("Ada Quinn")
    cursor = await latest(api)
    query = """
    subscription($after: Cursor) {
      bookingEvents(after: $after) {
        __typename cursor type version occurredAt
        appointment { id status startsAt client { displayName } }
        ... on AppointmentBooked {
          appointmentId providerId clientId locationId serviceId startsAt endsAt status clientIsTold
        }
        ... on AppointmentConfirmed { currentDepositId clientIsTold }
        ... on DepositRequested { depositId amount { amountMinor currency } dueAt }
        ... on AppointmentRescheduled { fromStartsAt startsAt fromProviderId }
        ... on AppointmentCancelled { clientIsTold }
        ... on ClientCreated { clientId }
      }
    }
    """
    async with connected(url, studio.token) as socket:
        id = await socket.ask(query, after=cursor)
        key = await studio.appointment(client, deposit=None)
        (booked,) = await socket.events(id, 1)
        (row,) = await studio.table("appointments")
        assert booked == {
            "__typename": "AppointmentBooked",
            "cursor": booked["cursor"],
            "type": "APPOINTMENT_BOOKED",
            "version": 1,
            "occurredAt": "2027-03-01T09:00:00Z",
            "appointment": {
                "id": gid("appointment", key),
                "status": "CONFIRMED",
                "startsAt": "2027-03-08T15:00:00Z",
                "client": {"displayName": "Ada Quinn"},
            },
            "appointmentId": gid("appointment", key),
            "providerId": gid("provider", studio.provider_id),
            "clientId": gid("client", client),
            "locationId": gid("location", row["location_id"]),
            "serviceId": None,
            "startsAt": "2027-03-08T15:00:00Z",
            "endsAt": "2027-03-08T16:00:00Z",
            "status": "CONFIRMED",
            "clientIsTold": True,
        }
        await confirm(studio.ctx, ConfirmAppointment(appointment_id=key))
        await reschedule(
            studio.ctx,
            RescheduleAppointment(appointment_id=key, starts_at=NOW.replace(hour=12) + timedelta(days=7)),
        )
        await cancel(studio.ctx, CancelAppointment(appointment_id=key))
        other = await studio.client("Ben Okafor")
        confirmed, moved, cancelled, created = await socket.events(id, 4)
        assert (confirmed["type"], confirmed["currentDepositId"], confirmed["clientIsTold"]) == (
            "APPOINTMENT_CONFIRMED",
            None,
            False,
        )
        assert (moved["fromStartsAt"], moved["startsAt"], moved["fromProviderId"]) == (
            "2027-03-08T15:00:00Z",
            "2027-03-08T12:00:00Z",
            gid("provider", studio.provider_id),
        )
        assert (cancelled["clientIsTold"], cancelled["appointment"]["status"]) == (False, "CANCELLED")
        assert (created["clientId"], created["appointment"]) == (gid("client", other), None)
        assert await socket.silent()


async def test_a_cursor_goes_on_where_it_was_left(url: str, api: Api, studio: Studio) -> None:
    """With the last cursor nothing is missed or repeated, however many connections it takes."""
    seen: list[str] = []
    cursor: str | None = (await api.data("{ events(first: 1) { edges { cursor } } }"))["events"]["edges"][0][
        "cursor"
    ]
    for round_ in range(4):
        for number in range(3):
            await studio.client(f"Client {round_}.{number}")
        async with connected(url, studio.token) as socket:
            id = await socket.ask(EVENTS, after=cursor)
            for event in await socket.events(id, 2):
                cursor = event["cursor"]
                seen.append(event["cursor"])
    async with connected(url, studio.token) as socket:
        id = await socket.ask(EVENTS, after=cursor)
        rest = len(await studio.table("events")) - 1 - len(seen)
        seen += [event["cursor"] for event in await socket.events(id, rest)]
        assert await socket.silent()
    newest = len(await studio.table("events"))
    assert seen == [spell_place(studio.business_id, number) for number in range(2, newest + 1)]


async def test_without_a_cursor_it_begins_now(url: str, api: Api, studio: Studio) -> None:
    """Nothing that happened before is told."""
    await studio.client("Ada Quinn")
    async with connected(url, studio.token) as socket:
        id = await socket.ask(EVENTS)
        assert await socket.silent()
        await studio.client("Ben Okafor")
        newest = await latest(api)
        (heard,) = await socket.events(id, 1)
        assert (heard["type"], heard["cursor"]) == ("CLIENT_CREATED", newest)
        late = await socket.ask(EVENTS, after=newest)
        assert await socket.silent()
        await socket.say("complete", id=late)


async def test_no_other_business_is_heard(url: str, api: Api, studio: Studio, other_studio: Studio) -> None:
    """Neither by listening, nor with the other's cursor."""
    mine = await latest(api)
    async with connected(url, other_studio.token) as socket:
        stream = await socket.ask(EVENTS)
        foreign = await socket.ask(EVENTS, after=mine)
        extensions = await refused(socket, foreign)
        assert extensions == {
            "code": "CURSOR_INVALID",
            "issues": [
                {
                    "path": "after",
                    "code": "CURSOR_INVALID",
                    "message": "must be a cursor of this business's log",
                }
            ],
        }
        await studio.client("Ada Quinn")
        assert await socket.silent()
        await socket.say("complete", id=stream)


async def test_bad_cursors_are_refused_alike(url: str, studio: Studio, other_studio: Studio) -> None:
    """Garbage, another business's, another list's, tampered, and from the future: one answer."""
    good = spell_place(studio.business_id, 1)
    assert good is not None
    bad = [
        "",
        "garbage",
        "é" * 24,
        good[:-1],
        good + "0",
        good[:-1] + ("0" if good[-1] != "0" else "1"),
        good.upper(),
        spell_place(studio.business_id, 10_000),
        spell_place(other_studio.business_id, 1),
        gid("business", studio.business_id),
    ]
    async with connected(url, studio.token) as socket:
        answers = [await refused(socket, await socket.ask(EVENTS, after=cursor)) for cursor in bad]
        assert {answer["code"] for answer in answers} == {"CURSOR_INVALID"}
        assert answers == [answers[0]] * len(bad)
        id = await socket.ask(EVENTS, after=good)
        assert len(await socket.events(id, 1)) == 1


async def test_a_pruned_log_is_never_skipped_in_silence(url: str, house: House, studio: Studio) -> None:
    """Where the log no longer reaches back, the stream ends with CURSOR_EXPIRED instead of a gap."""
    for number in range(4):
        await studio.client(f"Client {number}")
    first = spell_place(studio.business_id, 1)
    pruned = PrunedLog(house, kept_from=4)
    async with served(pruned, LIMITS) as where, connected(where, studio.token) as socket:
        extensions = await refused(socket, await socket.ask(EVENTS, after=first))
        assert extensions["code"] == "CURSOR_EXPIRED"
        id = await socket.ask(EVENTS, after=spell_place(studio.business_id, 3))
        assert len(await socket.events(id, 1)) == 1


class PrunedLog:
    """A house whose log has lost its beginning."""

    def __init__(self, house: House, *, kept_from: int) -> None:
        self.gate, self.bell = house.gate, house.bell
        self.log: Log = self
        self.visit, self.stranger_at = house.visit, house.stranger_at
        self.clock, self.context = house.clock, house.context
        self.reach, self.at = house.log.reach, house.log.at
        self._log, self._kept_from = house.log, kept_from

    async def after(self, business_id: int, sequence: int, *, most: int) -> list[LoggedEvent]:
        """The events after that number that are kept."""
        found = await self._log.after(business_id, sequence, most=most)
        return [event for event in found if event.sequence >= self._kept_from]


async def test_filters_narrow_what_is_heard(url: str, api: Api, studio: Studio) -> None:
    """By type, by provider before or after a move, by location; the conditions hold together."""
    client, mara = await studio.client("Ada Quinn"), await studio.provider("Mara Voss")
    annex = (await create_location(studio.ctx, CreateLocation(name="Annex"))).location_id
    nyx = await studio.provider("Nyx", location_id=annex)
    cursor = await latest(api)
    mine = await studio.appointment(client)
    hers = await studio.appointment(client, provider_id=mara)
    theirs = await studio.appointment(client, provider_id=nyx)
    moved = RescheduleAppointment(
        appointment_id=mine, provider_id=nyx, starts_at=NOW + timedelta(days=9), within_policies=False
    )
    await reschedule(studio.ctx, moved)
    await hold_slot(
        studio.ctx,
        HoldSlot(provider_id=nyx, starts_at=NOW + timedelta(days=3, hours=3), duration_minutes=30),
    )
    for key in (mine, hers, theirs):
        await cancel(studio.ctx, CancelAppointment(appointment_id=key))
    await studio.client("Cleo")
    everything = [
        "AppointmentBooked",
        "AppointmentBooked",
        "AppointmentBooked",
        "AppointmentRescheduled",
        "SlotHeld",
        "AppointmentCancelled",
        "AppointmentCancelled",
        "AppointmentCancelled",
        "ClientCreated",
    ]
    kai, mara_id, nyx_id = (gid("provider", key) for key in (studio.provider_id, mara, nyx))
    cases: list[tuple[dict[str, Any], list[int]]] = [
        ({}, list(range(9))),
        ({"types": ["APPOINTMENT_CANCELLED", "CLIENT_CREATED"]}, [5, 6, 7, 8]),
        ({"types": []}, []),
        ({"providerIds": [kai]}, [0, 3]),
        ({"providerIds": [mara_id]}, [1, 6]),
        ({"providerIds": [nyx_id]}, [2, 3, 4, 5, 7]),
        ({"providerIds": [mara_id, nyx_id], "types": ["APPOINTMENT_BOOKED"]}, [1, 2]),
        ({"locationIds": [gid("location", annex)]}, [2, 3, 4, 5, 7]),
        ({"locationIds": [gid("location", annex)], "providerIds": [kai]}, [3]),
        ({"locationIds": []}, []),
        ({"types": None, "providerIds": None, "locationIds": None}, list(range(9))),
    ]
    async with connected(url, studio.token) as socket:
        for given, expected in cases:
            id = await socket.ask(EVENTS, after=cursor, filter=given)
            heard = await socket.events(id, len(expected))
            assert [event["__typename"] for event in heard] == [everything[at] for at in expected], given
            assert await socket.silent(0.1), given
            await socket.say("complete", id=id)


async def test_operations_of_every_kind_run_over_one_socket(url: str, api: Api, studio: Studio) -> None:
    """A query and a mutation are answered once and completed; their errors are the HTTP endpoint's."""
    async with connected(url, studio.token) as socket:
        stream = await socket.ask(EVENTS, after=await latest(api))
        id = await socket.ask(
            'mutation { createClient(input: {displayName: "Ada"}) { ... on CreateClientPayload { client { displayName } } } }'
        )
        heard = [await socket.hear() for _ in range(3)]
        assert sorted((message["type"], message["id"]) for message in heard) == sorted(
            [("next", id), ("complete", id), ("next", stream)]
        )
        bad = await socket.ask("{ nothing }")
        assert (await refused(socket, bad))["code"] == "GRAPHQL_VALIDATION_FAILED"
        worse = await socket.ask("subscription { bookingEvents { cursor } __typename }")
        assert (await refused(socket, worse))["code"] == "GRAPHQL_VALIDATION_FAILED"
        wrong = await socket.ask(
            "subscription($after: Cursor) { bookingEvents(after: $after) { cursor } }", after=7
        )
        assert (await refused(socket, wrong))["code"] == "BAD_USER_INPUT"
        mistyped = await socket.ask("subscription { bookingEvents(filter: {types: [NOTHING]}) { cursor } }")
        assert (await refused(socket, mistyped))["code"] == "GRAPHQL_VALIDATION_FAILED"


async def test_subscriptions_need_a_socket(api: Api) -> None:
    """Over HTTP they are refused, and told where to go."""
    error = await api.refused("subscription { bookingEvents { cursor } }")
    assert error["extensions"] == {"code": "BAD_REQUEST"}
    assert (
        error["message"]
        == "Subscribe over WebSocket (graphql-transport-ws), or with Accept: text/event-stream."
    )
