"""The waitlist in GraphQL: join, change, offer, claim by token, leave; refusals as data."""

from __future__ import annotations

from typing import Any

import httpx

from tests.graphql_api.conftest import Api, gid
from tests.graphql_api.texts import mutation
from tests.kit.houses import Studio

START = "2027-03-08T15:00:00Z"
ENTRY = "entry { id status weekdays days times { opensAt closesAt } durationMinutes client { displayName } offer { status } }"
JOIN, CHANGE = mutation("joinWaitlist", ENTRY), mutation("changeWaitlistEntry", ENTRY)
LEAVE = mutation("leaveWaitlist", "entry { id status }")
OFFER = mutation("offerWaitlistSlot", "entry { status } offer { id status startsAt expiresAt } claimToken")
CLAIM = mutation("claimWaitlistOffer", "entryId appointmentId")
ACCEPT = mutation("acceptWaitlistOffer", "entry { id status } appointment { status startsAt }")
DECLINE = mutation("declineWaitlistOffer", "entryId")
LIST = """query($filter: WaitlistEntryFilter) { waitlist(first: 5, filter: $filter) {
    totalCount edges { node { id status offers(first: 3) { edges { node { status byStaff } } } } } } }"""


async def run(api: Api, query: str, **given: Any) -> dict[str, Any]:
    """The only field of a mutation's answer."""
    (answer,) = (await api.data(query, input=given)).values()
    found: dict[str, Any] = answer
    return found


async def test_from_joining_to_the_appointment(api: Api, http: httpx.AsyncClient, studio: Studio) -> None:
    """The token needs no credential, and answers the same twice."""
    ada = gid("client", await studio.client("Ada Quinn"))
    wish = {
        "clientId": ada,
        "durationMinutes": 60,
        "weekdays": ["MONDAY"],
        "times": [{"opensAt": "14:00", "closesAt": "18:00"}],
    }
    joined = (await run(api, JOIN, **wish))["entry"]
    assert joined == {
        "id": joined["id"],
        "status": "WAITING",
        "weekdays": ["MONDAY"],
        "days": None,
        "times": [{"opensAt": "14:00", "closesAt": "18:00"}],
        "durationMinutes": 60,
        "client": {"displayName": "Ada Quinn"},
        "offer": None,
    }
    assert joined["id"].startswith("wle_")
    changed = (await run(api, CHANGE, entryId=joined["id"], weekdays=None, days=["2027-03-08"]))["entry"]
    assert (changed["weekdays"], changed["days"], changed["durationMinutes"]) == (None, ["2027-03-08"], 60)
    offered = await run(api, OFFER, entryId=joined["id"], startsAt=START, expiresInHours=2)
    assert (offered["entry"]["status"], offered["offer"]["status"]) == ("OFFERED", "OPEN")
    assert offered["offer"]["expiresAt"] == "2027-03-01T11:00:00Z"
    stranger = {"query": CLAIM, "variables": {"input": {"token": offered["claimToken"]}}}
    answers = [(await http.post("/graphql", json=stranger)).json()["data"] for _ in range(2)]
    claimed = answers[0]["claimWaitlistOffer"]
    assert answers[0] == answers[1]
    assert (claimed["entryId"], claimed["appointmentId"][:4]) == (joined["id"], "apt_")
    listed = await api.data(LIST, filter={"status": "BOOKED"})
    assert listed["waitlist"] == {
        "totalCount": 1,
        "edges": [
            {
                "node": {
                    "id": joined["id"],
                    "status": "BOOKED",
                    "offers": {"edges": [{"node": {"status": "CLAIMED", "byStaff": True}}]},
                }
            }
        ],
    }


async def test_staff_take_an_offer_for_the_client(api: Api, other_api: Api, studio: Studio) -> None:
    """By its id, with a permission: the entry is booked and the appointment told; for others it is not there."""
    ada = gid("client", await studio.client("Ada Quinn"))
    entry = (await run(api, JOIN, clientId=ada, durationMinutes=60))["entry"]["id"]
    offer = (await run(api, OFFER, entryId=entry, startsAt=START))["offer"]["id"]
    for who, given in ((other_api, offer), (api, "garbage")):
        assert (await run(who, ACCEPT, offerId=given))["__typename"] == "NotFound"
    accepted = await run(api, ACCEPT, offerId=offer)
    assert accepted["entry"] == {"id": entry, "status": "BOOKED"}
    assert accepted["appointment"] == {"status": "PENDING", "startsAt": START}


async def test_refusals_are_data(
    api: Api, other_api: Api, http: httpx.AsyncClient, studio: Studio, other_studio: Studio
) -> None:
    """Another business's ids, unknown ones, closed offers, bad tokens: typed, and nothing changed."""
    ada = gid("client", await studio.client("Ada Quinn"))
    entry = (await run(api, JOIN, clientId=ada, durationMinutes=60))["entry"]["id"]
    token = (await run(api, OFFER, entryId=entry, startsAt=START))["claimToken"]
    before = (await studio.state(), await other_studio.state())
    for who, query, given, kind in (
        (api, JOIN, {"clientId": ada}, "ValidationFailed"),
        (api, JOIN, {"clientId": "garbage", "durationMinutes": 60}, "NotFound"),
        (other_api, JOIN, {"clientId": ada, "durationMinutes": 60}, "NotFound"),
        (other_api, LEAVE, {"entryId": entry}, "NotFound"),
        (other_api, OFFER, {"entryId": entry, "startsAt": START}, "NotFound"),
        (api, OFFER, {"entryId": entry, "startsAt": START}, "EntryNotWaiting"),
        (api, OFFER, {"entryId": entry, "startsAt": "2027-02-08T15:00:00Z"}, "EntryNotWaiting"),
        (api, CLAIM, {"token": "x"}, "NotFound"),
        (api, CLAIM, {"token": token[:-4] + "aaaa"}, "NotFound"),
        (api, DECLINE, {"token": "wlo_"}, "NotFound"),
    ):
        assert (await run(who, query, **given))["__typename"] == kind, (query, given)
    assert (await studio.state(), await other_studio.state()) == before
    assert (await run(api, DECLINE, token=token))["entryId"] == entry
    assert (await run(api, CLAIM, token=token))["__typename"] == "OfferClosed"
    assert (await run(api, LEAVE, entryId=entry))["entry"] == {"id": entry, "status": "REMOVED"}
    denied = await http.post("/graphql", json={"query": LEAVE, "variables": {"input": {"entryId": entry}}})
    assert denied.json()["data"]["leaveWaitlist"]["__typename"] == "Unauthenticated"
