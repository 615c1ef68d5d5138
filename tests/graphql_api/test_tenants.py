"""T1 at gate size: every place of the schema that takes an id, with another business's, answers as with none.

The places are read off the schema, so a field that is added is tried, and one whose noun nobody can tell fails.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from graphql import (
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLUnionType,
    get_named_type,
    is_leaf_type,
    is_required_argument,
)

from auth.create_api_key import CreateApiKey, create_api_key
from core.waitlist.join import JoinWaitlist, join_waitlist
from graphql_api.declare.ids import PREFIXES
from graphql_api.schema import core_schema, schema
from tests.graphql_api.conftest import Api, gid
from tests.graphql_api.made_inputs import made_input, made_value
from tests.graphql_api.sockets import connected, refused
from tests.graphql_api.test_access import MUTATIONS
from tests.graphql_api.test_watching import display
from tests.kit.houses import Studio

CANARY = "Canary Wharf"
NOUNS = {
    "atLocationId": "location",
    "calendarId": "holiday_calendar",
    "entryId": "waitlist_entry",
    "forProviderId": "provider",
    "movingAppointmentId": "appointment",
    "offerId": "waitlist_offer",
    "preferredProviderId": "provider",
}
"""Arguments whose name is not their noun's."""

NOBODY = 2**53 - 1
Place = tuple[str, ...]


def places(args: Any, path: Place = ()) -> Iterator[Place]:
    """Where ids go, as paths of names: arguments, and fields of input objects in them."""
    for name, argument in args.items():
        kind = get_named_type(argument.type)
        if getattr(kind, "name", "") == "ID":
            yield (*path, name)
        elif isinstance(kind, GraphQLInputObjectType) and len(path) < 3:
            yield from places(kind.fields, (*path, name))


def noun_of(field: str, name: str) -> str:
    """The noun whose ids an argument takes."""
    if name in ("id", "ids"):
        name = field
    if name in NOUNS:
        return NOUNS[name]
    return re.sub(r"(?<!^)(?=[A-Z])", "_", re.sub(r"Ids?$", "", name)).lower()


def put(args: Any, given: dict[str, Any], place: Place, spelled: str) -> None:
    """Put an id at a place; lists and objects on the way are made."""
    argument = args[place[0]]
    named = get_named_type(argument.type)
    is_list = "[" in str(argument.type)
    if len(place) == 1:
        given[place[0]] = [spelled] if is_list else spelled
        return
    inner = given.get(place[0])
    inner = (inner[0] if isinstance(inner, list) else inner) or made_value(named)
    put(named.fields, inner, place[1:], spelled)
    given[place[0]] = [inner] if is_list else inner


def shown(kind: Any, depth: int = 0) -> str:
    """A selection of all that a type shows without arguments, to some depth."""
    kind = get_named_type(kind)
    if isinstance(kind, GraphQLUnionType):
        return "{ __typename " + " ".join(f"... on {one.name} {shown(one, 3)}" for one in kind.types) + " }"
    if not isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
        return ""
    parts = ["__typename"]
    for name, field in kind.fields.items():
        if any(is_required_argument(one) for one in field.args.values()):
            continue
        if is_leaf_type(get_named_type(field.type)):
            parts.append(name)
        elif name in ("edges", "node") and depth < 3:
            parts.append(f"{name} {shown(field.type, depth + 1)}")
    return "{ " + " ".join(parts) + " }"


def documents(kind: str) -> Iterator[tuple[str, Any, str]]:
    """Every root field of an operation type that takes an id: name, arguments, document."""
    root: Any = getattr(core_schema(schema), f"{kind}_type")
    for name, field in root.fields.items():
        if not any(True for _ in places(field.args)):
            continue
        declared = ", ".join(f"${arg}: {one.type}" for arg, one in field.args.items())
        passed = ", ".join(f"{arg}: ${arg}" for arg in field.args)
        selection = shown(field.type)
        if isinstance(get_named_type(field.type), GraphQLUnionType):
            selection = "{ __typename ... on Error { code message } }"
        yield name, field.args, f"{kind}({declared}) {{ {name}({passed}) {selection} }}"


async def furnish(other: Studio, api: Api) -> dict[str, int]:
    """One row of as many nouns as can be had, named by the canary where it has a name: their keys."""
    client = await other.client(CANARY, email="canary@wharf.example", allergies=CANARY)
    service = await other.service(CANARY)
    provider = await other.provider(CANARY)
    appointment = await other.appointment(client, service_id=service, internal_notes=CANARY)
    entry = (
        await join_waitlist(other.ctx, JoinWaitlist(client_id=client, service_id=service))
    ).waitlist_entry_id
    made: tuple[tuple[str, dict[str, Any]], ...] = (
        ("holdSlot", {"providerId": gid("provider", provider), "startsAt": "2027-03-09T10:00:00Z",
                      "durationMinutes": 60}),
        ("offerWaitlistSlot", {"entryId": gid("waitlist_entry", entry), "startsAt": "2027-03-10T10:00:00Z"}),
        ("createDisplayCredential", {"name": CANARY}),
        ("createApiKey", {"name": CANARY}),
        ("createCalendarFeed", {"providerId": gid("provider", provider)}),
        ("connectCalendar", {"providerId": gid("provider", provider), "url": "https://calendar.example/a.ics"}),
        ("createResource", {"name": CANARY}),
        ("createHoliday", {"name": CANARY, "firstDay": "2027-05-01"}),
        ("adoptHolidayCalendar", {"code": "DE-BE"}),
        ("createBlock", {"title": CANARY, "span": {"firstDay": "2027-06-01", "lastDay": "2027-06-01"}}),
        ("setDateOverride", {"day": "2027-05-02", "shifts": []}),
        ("setSchedule", {"weeklyHours": []}),
        ("createWebhookEndpoint", {"url": "https://hooks.example/x", "description": CANARY}),
    )  # fmt: skip
    for name, given in made:
        kind = name[0].upper() + name[1:]
        query = f"mutation($input: {kind}Input!) {{ {name}(input: $input) {{ __typename ... on Error {{ code message }} }} }}"
        answer = (await api.data(query, input=given))[name]
        assert answer["__typename"].endswith("Payload"), (name, answer)
    keys = {"client": client, "service": service, "provider": provider, "appointment": appointment}
    keys |= {"business": other.business_id, "user": other.identity_id}
    for noun, table in (
        ("location", "locations"), ("resource", "resources"), ("schedule", "schedules"), ("hold", "holds"),
        ("date_override", "date_overrides"), ("holiday", "holidays"), ("holiday_calendar", "holiday_calendars"),
        ("block", "blocks"), ("waitlist_entry", "waitlist_entries"), ("waitlist_offer", "waitlist_offers"),
        ("calendar_feed", "calendar_feeds"), ("calendar_source", "calendar_sources"), ("api_key", "api_keys"),
        ("display_credential", "display_credentials"), ("webhook_endpoint", "webhook_endpoints"),
    ):  # fmt: skip
        rows = await other.table(table)
        keys[noun] = rows[-1]["id"]
    return keys


GENERAL: dict[str, Any] = {"durationMinutes": 60, "to": "2027-03-03"}
"""Arguments that are optional in themselves, and without which a question is refused before ids are looked at."""

UNMADE = {
    "deposit",
    "group_session",
    "message",
    "provider_choice",
    "series",
    "webhook_attempt",
    "webhook_delivery",
}
"""Nouns of which no row is made here: what is asked of them is asked with two unknown ids."""


async def differing(api: Api, kind: str, keys: dict[str, int]) -> tuple[list[Any], Counter[str]]:
    """The places where known and unknown ids are told apart, and how often which answer was given."""
    found, answered = [], Counter[str]()
    for name, args, document in documents(kind):
        base = {arg: made_value(one.type) for arg, one in args.items() if is_required_argument(one)}
        base |= {arg: value for arg, value in GENERAL.items() if arg in args}
        if kind == "mutation":
            base = {"input": MUTATIONS.get(name) or made_input(name)}
        for place in places(args):
            for noun in PREFIXES if name in ("node", "nodes") else [noun_of(name, place[-1])]:
                assert noun in keys.keys() | UNMADE, f"{name}: whose id is {place}?"
                first, second = [
                    await asked(api, document, args, base, place, gid(noun, key))
                    for key in (keys.get(noun, NOBODY - 1), NOBODY)
                ]
                if first != second:
                    found.append((name, place, noun))
                answered["NOT_FOUND" if "NOT_FOUND" in first else "other"] += 1
    return found, answered


async def asked(api: Api, document: str, args: Any, base: dict[str, Any], place: Place, spelled: str) -> str:
    """The answer, without the id that was asked for; it never holds the canary, unless its owner asks."""
    given = deepcopy(base)
    put(args, given, place, spelled)
    body = await api.ask(document, **given)
    body.pop("extensions", None)
    return str(body).replace(spelled, "ID")


async def test_another_businesss_ids_are_worth_what_unknown_ones_are(
    api: Api, other_api: Api, studio: Studio, other_studio: Studio
) -> None:
    """At every place of every query and mutation, for a person, a program and a display: nothing of theirs is
    told or changed. Their owner is told, which is the negative control.

    It takes some hundreds of requests: that is what the guarantee is about.
    """
    keys = await furnish(other_studio, other_api)
    key = await create_api_key(studio.ctx, CreateApiKey(name="till"))
    _, secret = await display(api)
    before = await other_studio.state()
    credentials = [api.headers, *({"Authorization": f"Bearer {one}"} for one in (key.secret, secret))]
    for headers in credentials:
        visitor = Heard(http=api.http, headers=headers)
        assert (await differing(visitor, "query", keys))[0] == []
        different, answered = await differing(visitor, "mutation", keys)
        assert different == []
        assert not visitor.heard_canary
        if headers is api.headers:
            assert answered["NOT_FOUND"] >= 70
    assert await other_studio.state() == before
    owner = Heard(http=api.http, headers=other_studio.headers)
    told, _ = await differing(owner, "query", keys)
    assert len(told) >= 40
    assert owner.heard_canary


class Heard(Api):
    """Somebody who notices the canary."""

    heard_canary = False

    async def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """The whole answer."""
        answer = await super().ask(query, **variables)
        self.heard_canary |= CANARY in str(answer)
        return answer


async def test_subscriptions_tell_no_more(
    url: str, other_api: Api, studio: Studio, other_studio: Studio
) -> None:
    """Each is refused before it begins, alike for known and unknown ids, at every place."""
    keys = await furnish(other_studio, other_api)
    tried = 0
    async with connected(url, studio.token) as socket:
        for name, args, document in documents("subscription"):
            base = {arg: made_value(one.type) for arg, one in args.items() if is_required_argument(one)}
            base |= {arg: value for arg, value in GENERAL.items() if arg in args}
            for place in places(args):
                noun = noun_of({"appointmentChanged": "appointment"}.get(name, name), place[-1])
                answers = []
                for key in (keys[noun], NOBODY):
                    given = deepcopy(base)
                    put(args, given, place, gid(noun, key))
                    tried += 1
                    wanted = {"query": document, "variables": given}
                    await socket.say("subscribe", id=f"op{tried}", payload=wanted)
                    answers.append(await refused(socket, f"op{tried}"))
                assert answers[0] == answers[1], (name, place)
                assert answers[0]["code"] == "NOT_FOUND", (name, place)
    assert tried >= 14
