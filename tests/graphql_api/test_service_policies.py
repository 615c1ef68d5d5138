"""The policies of services through GraphQL, who does them; places and the business's hours."""

from __future__ import annotations

from typing import Any

from core.resources.create_resource import CreateResource, create_resource
from tests.graphql_api.conftest import Api, gid
from tests.graphql_api.test_rules import run
from tests.graphql_api.texts import mutation
from tests.kit.houses import Studio, counted

NEED = "{ quantity resources { name } }"
POLICIES = f"""policies {{ durations segments {{ minutes providerIsBusy needs {NEED} }} needs {NEED} capacity
  slotRules {{ recurrence {{ frequency weekdays }} startTimes anchor }} horizonMinutes dailyLimit clientLimit
  noGapMinutes maximiseUtilisation allowBooking needsApproval holdMinutes cancellationNoticeMinutes
  reschedulingNoticeMinutes }} providers {{ weight provider {{ displayName }} }}"""
CREATE = mutation("createService", f"service {{ id name {POLICIES} }}")
UPDATE = mutation("updateService", f"service {{ id name {POLICIES} }}")
ARCHIVE = mutation("archiveService", "serviceId")
UPDATE_LOCATION = mutation("updateLocation", "location { name timeZone address }")
ARCHIVE_LOCATION = mutation("archiveLocation", "locationId").replace(
    "... on Error", "... on LocationStillNeeded { reason } ... on Error"
)
UPDATE_BUSINESS = mutation(
    "updateBusiness", "business { waitlistMode depositPercent weeklyHours { weekday shifts { opensAt } } }"
)

USUAL: dict[str, Any] = {
    "durations": [],
    "segments": [],
    "needs": [],
    "capacity": 1,
    "slotRules": None,
    "horizonMinutes": 5 * 366 * 1_440,
    "dailyLimit": None,
    "clientLimit": None,
    "noGapMinutes": None,
    "maximiseUtilisation": False,
    "allowBooking": True,
    "needsApproval": False,
    "holdMinutes": 10,
    "cancellationNoticeMinutes": 0,
    "reschedulingNoticeMinutes": 0,
}


async def room(studio: Studio, name: str, capacity: int = 1) -> str:
    """The id of a new room."""
    made = await create_resource(studio.ctx, CreateResource(name=name, capacity=capacity))
    return gid("resource", made.resource_id)


async def test_a_segmented_service_is_made_changed_and_archived(api: Api, studio: Studio) -> None:
    """With rooms, fixed starts and weights; what is left out stays, null empties."""
    chair, basin = await room(studio, "Chair"), await room(studio, "Basin", 2)
    mara = gid("provider", await studio.provider("Mara Voss"))
    made = await run(
        api,
        CREATE,
        name="Colour",
        durationMinutes=90,
        policies={
            "segments": [
                {"minutes": 30, "needs": [{"resourceIds": [chair]}]},
                {"minutes": 40, "providerIsBusy": False},
                {"minutes": 20, "needs": [{"resourceIds": [basin], "quantity": 2}]},
            ],
            "slotRules": [
                {
                    "recurrence": {"frequency": "WEEKLY", "weekdays": ["MONDAY"]},
                    "startTimes": ["14:00", "09:30"],
                }
            ],
            "horizonMinutes": 43_200,
            "cancellationNoticeMinutes": None,
        },
        providers=[{"providerId": mara, "weight": 3}],
    )
    service = made["service"]
    assert service == {
        "id": service["id"],
        "name": "Colour",
        "policies": {
            **USUAL,
            "segments": [
                {
                    "minutes": 30,
                    "providerIsBusy": True,
                    "needs": [{"quantity": 1, "resources": [{"name": "Chair"}]}],
                },
                {"minutes": 40, "providerIsBusy": False, "needs": []},
                {
                    "minutes": 20,
                    "providerIsBusy": True,
                    "needs": [{"quantity": 2, "resources": [{"name": "Basin"}]}],
                },
            ],
            "slotRules": [
                {
                    "recurrence": {"frequency": "WEEKLY", "weekdays": ["MONDAY"]},
                    "startTimes": ["09:30", "14:00"],
                    "anchor": "2027-03-01",
                }
            ],
            "horizonMinutes": 43_200,
            "cancellationNoticeMinutes": None,
        },
        "providers": [{"weight": 3, "provider": {"displayName": "Mara Voss"}}],
    }
    changed = await run(
        api,
        UPDATE,
        serviceId=service["id"],
        policies={"segments": [], "slotRules": None, "dailyLimit": 2, "capacity": None},
        providers=None,
    )
    assert changed["service"] == {
        "id": service["id"],
        "name": "Colour",
        "policies": {**USUAL, "horizonMinutes": 43_200, "cancellationNoticeMinutes": None, "dailyLimit": 2},
        "providers": None,
    }
    assert (await run(api, ARCHIVE, serviceId=service["id"]))["serviceId"] == service["id"]
    assert (await api.data("{ services { totalCount } }"))["services"]["totalCount"] == 0


async def test_a_list_of_services_costs_the_same_however_many(api: Api, studio: Studio) -> None:
    """One statement each for services, who does them, those providers, and rooms."""
    rooms = [await room(studio, f"Room {at}") for at in range(3)]
    owner = gid("provider", studio.provider_id)
    for at in range(3):
        await run(
            api,
            CREATE,
            name=f"Service {at}",
            durationMinutes=60,
            policies={"needs": [{"resourceIds": [rooms[at]]}]},
            providers=[{"providerId": owner}],
        )
    text = f"{{ services {{ edges {{ node {{ name {POLICIES} }} }} }} }}"
    await api.data(text)
    with counted(studio.house) as seen:
        data = await api.data(text)
    assert len(seen) == 4, seen
    assert [edge["node"]["policies"]["needs"] for edge in data["services"]["edges"]] == [
        [{"quantity": 1, "resources": [{"name": f"Room {at}"}]}] for at in range(3)
    ]


async def test_contradictions_are_refused_with_their_paths(api: Api, studio: Studio) -> None:
    """As the caller spelled them; nothing changes."""
    before = await studio.state()
    for policies, path, code in (
        ({"segments": [{"minutes": 30}]}, "policies.segments", "NOT_THE_DURATION"),
        (
            {"slotRules": [{"recurrence": {"frequency": "DAILY"}, "startTimes": []}]},
            "policies.slotRules.0.startTimes",
            "REQUIRED",
        ),
        ({"needs": [{"resourceIds": []}]}, "policies.needs.0.resourceIds", "OUT_OF_RANGE"),
        ({"horizonMinutes": 0}, "policies.horizonMinutes", "OUT_OF_RANGE"),
    ):
        answer = await run(api, CREATE, name="X", durationMinutes=60, policies=policies)
        assert (answer["issues"][0]["path"], answer["issues"][0]["code"]) == (path, code)
    missing = await run(
        api, CREATE, name="X", durationMinutes=60, policies={"needs": [{"resourceIds": ["garbage"]}]}
    )
    assert missing["__typename"] == "NotFound"
    assert await studio.state() == before


async def test_places_and_the_business_itself(api: Api, studio: Studio) -> None:
    """Changed; the last place cannot be given up."""
    (place,) = await studio.table("locations")
    key = gid("location", place["id"])
    changed = await run(
        api, UPDATE_LOCATION, locationId=key, timeZone="America/New_York", address="1 Main St"
    )
    assert changed["location"] == {
        "name": place["name"],
        "timeZone": "America/New_York",
        "address": "1 Main St",
    }
    assert (await run(api, ARCHIVE_LOCATION, locationId=key))["reason"] == "LAST_LOCATION"
    business = await run(
        api,
        UPDATE_BUSINESS,
        waitlistMode="NOTIFY_FIRST",
        depositPercent=20,
        weeklyHours=[{"weekday": "MONDAY", "shifts": [{"opensAt": "09:00", "closesAt": "12:00"}]}],
    )
    assert (business["business"]["waitlistMode"], business["business"]["depositPercent"]) == (
        "NOTIFY_FIRST",
        20,
    )
    assert [len(day["shifts"]) for day in business["business"]["weeklyHours"]] == [1, 0, 0, 0, 0, 0, 0]
