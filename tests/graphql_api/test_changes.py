"""Changing and archiving providers and clients, and the business itself."""

from __future__ import annotations

import json
from typing import Any

from app.house import House
from auth.sign_up import SignUp, issue, sign_up
from core.appointments.cancel import CancelAppointment, cancel
from core.kernel.context import Actor
from tests.graphql_api.conftest import Api, ask_as, gid
from tests.graphql_api.texts import mutation
from tests.kit.houses import PASSWORD, Studio

PROVIDER = mutation(
    "updateProvider",
    "provider { displayName slug role email isAcceptingBookings depositPercent styles weeklyHours { weekday "
    "shifts { opensAt closesAt } } }",
)
ARCHIVE_PROVIDER = mutation("archiveProvider", "providerId").replace(
    "... on Error", "... on ProviderStillNeeded { reason } ... on Error"
)
CLIENT = mutation("updateClient", "client { displayName givenName familyName email phone allergies }")
ARCHIVE_CLIENT = mutation("archiveClient", "clientId")
ERASE_CLIENT = mutation("eraseClient", "clientId")
BUSINESS = mutation("updateBusiness", "business { name slug timeZone }")
CLOSE = mutation("closeBusiness", "businessId")
FOUND = mutation("foundBusiness", "businessId providerId")
SIGN_OUT = mutation("signOut", "signedOut")
REFRESH = mutation("refreshSession", "session { accessToken }")


async def run(api: Api, query: str, **given: Any) -> dict[str, Any]:
    """The only field of a mutation's answer."""
    (answer,) = (await api.data(query, input=given)).values()
    found: dict[str, Any] = answer
    return found


async def test_a_provider_is_changed_field_by_field(api: Api, studio: Studio) -> None:
    """What is left out stays; null makes nothing of what can be nothing, and leaves the rest alone."""
    id = gid("provider", await studio.provider("Mara Voss", email="mara@voss.example", styles=["linework"]))
    hours = [{"weekday": "FRIDAY", "shifts": [{"opensAt": "20:00", "closesAt": "02:00"}]}]
    changed = await run(
        api,
        PROVIDER,
        providerId=id,
        displayName="Mara V.",
        role="MANAGER",
        slug=f"mara-v-{studio.business_id}",
        email=None,
        isAcceptingBookings=None,
        depositPercent=12.5,
        weeklyHours=hours,
    )
    assert {**changed["provider"], "weeklyHours": changed["provider"]["weeklyHours"][4]} == {
        "displayName": "Mara V.",
        "slug": f"mara-v-{studio.business_id}",
        "role": "MANAGER",
        "email": None,
        "isAcceptingBookings": True,
        "depositPercent": 12.5,
        "styles": ["linework"],
        "weeklyHours": {"weekday": "FRIDAY", "shifts": [{"opensAt": "20:00", "closesAt": "02:00"}]},
    }
    again = await run(api, PROVIDER, providerId=id, weeklyHours=None, depositPercent=None)
    assert (again["provider"]["weeklyHours"], again["provider"]["depositPercent"]) == (None, None)


async def test_bad_changes_to_providers_are_refused(api: Api, studio: Studio, other_studio: Studio) -> None:
    """Typed, and nothing changes: the last owner, a bad slug, what breaks a rule, and what is not there."""
    id, owner = gid("provider", await studio.provider("Mara Voss")), gid("provider", studio.provider_id)
    before = (await studio.state(), await other_studio.state())
    for given, kind in (
        ({"providerId": owner, "role": "STAFF"}, "ProviderStillNeeded"),
        ({"providerId": id, "slug": "Not A Slug"}, "ValidationFailed"),
        ({"providerId": id, "displayName": " ", "depositPercent": 101}, "ValidationFailed"),
        ({"providerId": id, "role": "DISPLAY"}, "ValidationFailed"),
        ({"providerId": id, "locationId": "garbage"}, "NotFound"),
        ({"providerId": gid("provider", other_studio.provider_id), "displayName": "X"}, "NotFound"),
        ({"providerId": "garbage"}, "NotFound"),
    ):
        assert (await run(api, PROVIDER, **given))["__typename"] == kind, given
    assert (await studio.state(), await other_studio.state()) == before


async def test_a_provider_leaves(api: Api, studio: Studio) -> None:
    """Not while appointments lie ahead, nor the last owner; then they are in no list, and gone for good."""
    mara = await studio.provider("Mara Voss")
    id = gid("provider", mara)
    await studio.appointment(await studio.client("Ada Quinn"), provider_id=mara)
    before = await studio.state()
    for given, reason in ((id, "APPOINTMENTS_AHEAD"), (gid("provider", studio.provider_id), "LAST_OWNER")):
        refused = await run(api, ARCHIVE_PROVIDER, providerId=given)
        assert (refused["__typename"], refused["reason"]) == ("ProviderStillNeeded", reason)
    assert await studio.state() == before
    nyx = gid("provider", await studio.provider("Nyx"))
    assert await run(api, ARCHIVE_PROVIDER, providerId=nyx) == {
        "__typename": "ArchiveProviderPayload",
        "providerId": nyx,
    }
    data = await api.data(
        """query($id: ID!) {
          provider(id: $id) { displayName archivedAt } node(id: $id) { id }
          providers { edges { node { displayName archivedAt } } }
        }""",
        id=nyx,
    )
    assert (data["provider"], data["node"]) == (
        {"displayName": "Nyx", "archivedAt": "2027-03-01T09:00:00Z"},
        {"id": nyx},
    )
    assert [edge["node"] for edge in data["providers"]["edges"]] == [
        {"displayName": "Kai Rodriguez", "archivedAt": None},
        {"displayName": "Mara Voss", "archivedAt": None},
    ]
    assert (await run(api, ARCHIVE_PROVIDER, providerId=nyx))["__typename"] == "NotFound"


async def test_a_client_is_changed_and_archived(api: Api, studio: Studio) -> None:
    """Names follow each other, an address is unique until its client is archived."""
    await studio.client("Ben Okafor", email="ben@okafor.example")
    id = gid("client", await studio.client("Ada Quinn", phone="+49 30 901820", allergies="latex"))
    changed = await run(api, CLIENT, clientId=id, displayName="Ada Maria Stern", phone=None)
    assert changed["client"] == {
        "displayName": "Ada Maria Stern",
        "givenName": "Ada Maria",
        "familyName": "Stern",
        "email": None,
        "phone": None,
        "allergies": "latex",
    }
    before = await studio.state()
    for given, kind in (
        ({"clientId": id, "email": "BEN@okafor.example"}, "EmailTaken"),
        ({"clientId": id, "email": "nobody", "displayName": ""}, "ValidationFailed"),
        ({"clientId": id, "preferredProviderId": "garbage"}, "ValidationFailed"),
        ({"clientId": "garbage", "displayName": "X"}, "NotFound"),
    ):
        assert (await run(api, CLIENT, **given))["__typename"] == kind, given
    assert await studio.state() == before
    assert (await run(api, ARCHIVE_CLIENT, clientId=id))["clientId"] == id
    assert (await run(api, ARCHIVE_CLIENT, clientId=id))["__typename"] == "NotFound"
    assert (await run(api, CLIENT, clientId=id, displayName="X"))["__typename"] == "NotFound"
    data = await api.data('{ clients { totalCount } found: clients(search: "Stern") { totalCount } }')
    assert data == {"clients": {"totalCount": 1}, "found": {"totalCount": 0}}


async def test_a_client_is_erased_by_owners_and_managers(api: Api, other_api: Api, studio: Studio) -> None:
    """Not while something is ahead, not by the front desk, not by another business; nothing changes then."""
    key = await studio.client("Ada Stern", email="ada@example.com")
    id = gid("client", key)
    appointment = await studio.appointment(key)
    before = await studio.state()
    assert (await run(api, ERASE_CLIENT, clientId=id))["code"] == "CLIENT_STILL_EXPECTED"
    assert (await run(other_api, ERASE_CLIENT, clientId=id))["__typename"] == "NotFound"
    assert (await run(api, ERASE_CLIENT, clientId="cli_garbage"))["__typename"] == "NotFound"
    for role in ("provider", "staff"):
        (refused,) = (await ask_as(studio, role, ERASE_CLIENT, input={"clientId": id}))["data"].values()
        assert refused["__typename"] == "PermissionDenied"
    assert await studio.state() == before
    await cancel(studio.ctx, CancelAppointment(appointment_id=appointment))
    assert (await run(api, ERASE_CLIENT, clientId=id))["clientId"] == id
    shown = await api.data("query($id: ID!) { client(id: $id) { displayName email archivedAt } }", id=id)
    assert shown["client"] == {"displayName": "Erased", "email": None, "archivedAt": "2027-03-01T09:00:00Z"}


async def test_a_business_is_changed(api: Api, studio: Studio, other_studio: Studio) -> None:
    """Its places move with its zone; a public address in use is refused."""
    slug = f"ink-{studio.business_id}"
    changed = await run(api, BUSINESS, name="Ink", slug=slug, timeZone="Europe/Berlin")
    assert changed["business"] == {"name": "Ink", "slug": slug, "timeZone": "Europe/Berlin"}
    assert {row["time_zone"] for row in await studio.table("locations")} == {"Europe/Berlin"}
    (other,) = await other_studio.table("businesses")
    before = await studio.state()
    assert (await run(api, BUSINESS, slug=other["slug"]))["__typename"] == "SlugTaken"
    assert (await run(api, BUSINESS, name="", timeZone="Mars/Base"))["__typename"] == "ValidationFailed"
    assert await studio.state() == before


async def test_only_owners_change_and_close_a_business(studio: Studio) -> None:
    """Managers are refused as data."""
    before = await studio.state()
    for query, given in ((BUSINESS, {"name": "Mine"}), (CLOSE, {})):
        answer = await ask_as(studio, "manager", query, input=given)
        (refused,) = answer["data"].values()
        assert refused["__typename"] == "PermissionDenied"
    assert await studio.state() == before


async def test_a_business_is_closed(api: Api, studio: Studio) -> None:
    """The event is in its log, and its data stays."""
    closed = await run(api, CLOSE)
    assert closed == {"__typename": "CloseBusinessPayload", "businessId": gid("business", studio.business_id)}
    assert await studio.payloads("business.closed") == [{"closed_id": studio.business_id}]


async def test_somebody_without_a_business_founds_one(
    house: House, http: Any, stranger: Api, studio: Studio, api: Api, fresh_number: int
) -> None:
    """Once: their token stands in it from the next request on; strangers and members are refused."""
    email = f"founder{fresh_number}.{id(http)}@studio.example"
    async with house.context(Actor(name="anonymous"), "test") as ctx:
        command = SignUp(email=email, password=PASSWORD, full_name="Noa Stern", business_name=None)
        signed_in = await issue(
            ctx, house.gate, await sign_up(ctx, house.gate, command, client_ip="127.0.0.1")
        )
    noa = Api(http=http, headers={"Authorization": f"Bearer {signed_in.access_token}"})
    assert (await noa.data("{ viewer { business { id } } }"))["viewer"]["business"] is None
    bad = await run(noa, FOUND, name="", currency="usd", timeZone="Mars/Base")
    assert sorted(issue["path"] for issue in bad["issues"]) == ["currency", "name", "timeZone"]
    founded = await run(
        noa, FOUND, name="Stern", currency="EUR", timeZone="Europe/Berlin", idempotencyKey="f"
    )
    assert founded["__typename"] == "FoundBusinessPayload"
    seen = await noa.data("{ viewer { business { id name currency } provider { id } role } }")
    assert seen["viewer"] == {
        "business": {"id": founded["businessId"], "name": "Stern", "currency": "EUR"},
        "provider": {"id": founded["providerId"]},
        "role": "OWNER",
    }
    again = await run(noa, FOUND, name="Stern", currency="EUR", timeZone="Europe/Berlin", idempotencyKey="f")
    assert again == founded
    before = await studio.state()
    assert (await run(noa, FOUND, name="Second"))["__typename"] == "AlreadyInBusiness"
    assert (await run(api, FOUND, name="Second"))["__typename"] == "AlreadyInBusiness"
    assert (await run(stranger, FOUND, name="Second"))["__typename"] == "Unauthenticated"
    assert await studio.state() == before


async def test_signing_out_ends_the_session(stranger: Api, studio: Studio) -> None:
    """Its refresh token works no more; an unknown one, and a second time, are no errors."""
    for token in (studio.refresh_token, studio.refresh_token, "rt_unknown", ""):
        answer = await run(stranger, SIGN_OUT, refreshToken=token)
        assert answer == {"__typename": "SignOutPayload", "signedOut": True}
    refused = await run(stranger, REFRESH, refreshToken=studio.refresh_token)
    assert refused["__typename"] == "Unauthenticated"
    assert json.dumps(refused).count(studio.refresh_token) == 0
