"""The schema as a promise: described throughout, written down, and with a door before every field."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any

import pytest
import strawberry
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLUnionType,
)
from strawberry.types import get_object_definition

from auth.allow import PUBLIC, Allow, may
from auth.permissions import ROLE_PERMISSIONS, Permission
from core.appointments import life
from core.appointments.book import book
from core.availability.hours import WEEKDAYS
from core.deposits import deposit
from core.directory.reads import LOCATION
from core.kernel.context import Context
from core.kernel.errors import Conflict
from core.kernel.reading import NOUNS
from core.kernel.use_case import declared, use_case
from graphql_api.declare.binding import Undeclared, policy
from graphql_api.declare.errors import error_types
from graphql_api.declare.fields import answered_by, column, fact
from graphql_api.declare.inputs import MutationInput
from graphql_api.declare.mutations import RESULTS, mutation
from graphql_api.declare.types import Node, object_type, payload, shown
from graphql_api.schema import build, core_schema, read_plan, schema
from graphql_api.sdl import sdl
from graphql_api.types.appointments import AppointmentStatus
from graphql_api.types.deposits import DepositStatus
from graphql_api.types.hours import Weekday
from graphql_api.types.people import Role

GRAPHQL = core_schema(schema)
ROOT = Path(__file__).parents[2]


def our_types() -> Iterator[GraphQLNamedType]:
    """Every type but those that GraphQL itself brings."""
    for kind in GRAPHQL.type_map.values():
        if not kind.name.startswith("__") and kind.name not in ("String", "Int", "Float", "Boolean", "ID"):
            yield kind


def described_things() -> Iterator[tuple[str, str | None]]:
    """Every type, field, argument and enum value, with its description."""
    for kind in our_types():
        yield kind.name, kind.description
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
            for name, field in kind.fields.items():
                yield f"{kind.name}.{name}", field.description
                for argument, meant in getattr(field, "args", {}).items():
                    yield f"{kind.name}.{name}({argument}:)", meant.description
        if isinstance(kind, GraphQLEnumType):
            for name, value in kind.values.items():
                yield f"{kind.name}.{name}", value.description


def test_everything_has_a_description() -> None:
    """The schema is the reference manual."""
    assert [name for name, description in described_things() if not description] == []


def test_the_written_schema_is_the_one_that_is_served() -> None:
    """schema.graphql is compared byte for byte."""
    assert (ROOT / "schema.graphql").read_text() == sdl()


def test_every_field_has_a_door() -> None:
    """The policy names every field of every object type."""
    fields = {
        f"{kind.name}.{name}"
        for kind in our_types()
        if isinstance(kind, GraphQLObjectType)
        for name in kind.fields
    }
    table = policy(GRAPHQL)
    assert table.keys() == fields
    assert all(isinstance(allow, Allow) for allow in table.values())


def test_only_these_root_fields_are_open_to_strangers() -> None:
    """Whoever opens another one has to say so here."""
    roots = {
        name
        for name, allow in policy(GRAPHQL).items()
        if name.startswith(("Query.", "Mutation.", "Subscription.")) and allow == PUBLIC
    }
    assert roots == {
        "Mutation.claimWaitlistOffer",
        "Mutation.declineWaitlistOffer",
        "Query.node",
        "Query.nodes",
        "Query.viewer",
        "Mutation.signUp",
        "Mutation.signIn",
        "Mutation.refreshSession",
        "Mutation.signOut",
    }


def test_health_notes_need_their_own_permission() -> None:
    """Allergies, medical and internal notes are behind clients:health, wherever they are shown."""
    table = policy(GRAPHQL)
    health = may(Permission.CLIENTS_HEALTH)
    behind = {name for name, allow in table.items() if allow == health}
    assert behind == {
        "Client.allergies",
        "Client.medicalNotes",
        "Client.internalNotes",
        "Appointment.internalNotes",
    }


@strawberry.type
class Doorless:
    """Says nothing of who may see it."""

    name: str = fact("A name.")


@object_type(allow=may(Permission.CLIENTS_READ))
class Guarded:
    """Has a door of its own."""

    name: str = fact("A name.")


@shown(LOCATION, allow=PUBLIC)
class Place(Node):
    """Shows a location, and a column that locations do not have."""

    name: str = column("Its name.")
    colour: str = column("Its colour.")


def test_a_root_field_without_a_door_does_not_start() -> None:
    """The names of all such fields are told at once."""

    @strawberry.type
    class Query:
        first: str = answered_by(lambda: "1", "One.")
        second: str = answered_by(lambda: "2", "Two.")
        third: str = answered_by(lambda: "3", "Three.", allow=PUBLIC)

    with pytest.raises(Undeclared) as refused:
        build(Query)
    assert str(refused.value) == (
        "These say nothing of who may see them; give them `allow=…`: Query.first, Query.second"
    )


def test_a_type_without_a_door_does_not_start() -> None:
    """The door before a root field says nothing about what lies behind it."""

    @strawberry.type
    class Query:
        doorless: Doorless = answered_by(lambda: None, "One.", allow=PUBLIC)

    with pytest.raises(Undeclared, match=r"Doorless\.name$"):
        build(Query)


def test_a_union_with_a_guarded_member_does_not_start() -> None:
    """What leads to a union cannot know which door to ask."""

    @strawberry.type
    class Query:
        either: Guarded | Doorless = answered_by(lambda: None, "One.", allow=PUBLIC)

    with pytest.raises(Undeclared, match="its member Guarded has a door of its own"):
        build(Query)


def test_with_its_door_the_same_schema_starts() -> None:
    """The negative control: only the missing door was refused."""

    @strawberry.type
    class Query:
        guarded: Guarded = answered_by(lambda: None, "One.", allow=PUBLIC)

    made, _ = build(Query)
    assert policy(core_schema(made)) == {
        "Query.guarded": PUBLIC,
        "Guarded.name": may(Permission.CLIENTS_READ),
    }


def test_a_field_that_its_noun_does_not_show_does_not_start() -> None:
    """A misspelt column is found at start, not by the first who asks."""

    @strawberry.type
    class Query:
        place: Place = answered_by(lambda: None, "One.", allow=PUBLIC)

    with pytest.raises(Undeclared, match=r"that their noun does not show: Place\.colour$"):
        build(Query)


def test_results_are_derived_from_what_use_cases_raise() -> None:
    """Every error that `book` declares is a member of its result."""
    union = GRAPHQL.type_map["BookAppointmentResult"]
    assert isinstance(union, GraphQLUnionType)
    members = [kind.name for kind in union.types]
    types = error_types(declared(book).raises).values()
    raised = [get_object_definition(kind, strict=True).name for kind in types]
    assert members == ["BookAppointmentPayload", *raised, "Unauthenticated", "PermissionDenied"]
    assert {"SlotTaken", "OutsidePolicy", "NotFound", "ValidationFailed", "IdempotencyMismatch"} <= set(
        raised
    )


def test_an_error_without_a_type_does_not_start() -> None:
    """A use case that raises something new cannot be exposed before the schema can say it."""

    class Unheard(Conflict):
        """Nobody has declared how to show this."""

    @use_case("nothing.do", raises=(Unheard,))
    async def do(ctx: Context, command: Any) -> None:
        """Do nothing."""

    @payload
    class DoPayload:
        """Nothing."""

        nothing: str = fact("Nothing.")

    with pytest.raises(TypeError, match="Unheard has no GraphQL type"):
        mutation(do, "Do nothing.", takes=MutationInput, gives=DoPayload, allow=PUBLIC)


def test_every_mutation_takes_one_input_with_an_idempotency_key() -> None:
    """One argument, `input`, and in it `idempotencyKey: String`."""
    root = GRAPHQL.mutation_type
    assert root is not None
    for name, field in root.fields.items():
        assert list(field.args) == ["input"], name
        taken = field.args["input"].type.of_type
        assert str(taken.fields["idempotencyKey"].type) == "String", name
    assert len(RESULTS) == len(root.fields)


@pytest.mark.parametrize(
    ("shown_enum", "values"),
    [
        (AppointmentStatus, life.STATES),
        (DepositStatus, deposit.STATUSES),
        (Weekday, WEEKDAYS),
        (Role, tuple(ROLE_PERMISSIONS)),
    ],
)
def test_enumerations_are_complete(shown_enum: type[Enum], values: tuple[str, ...]) -> None:
    """Whatever the core can say has a name in the schema, and nothing else has."""
    assert tuple(member.value for member in shown_enum) == tuple(values)


def test_a_noun_is_shown_by_at_most_one_type() -> None:
    """A global id leads to one type."""
    nouns = [shown_type.noun.name for shown_type in read_plan.values()]
    assert sorted(nouns) == sorted(set(nouns))
    assert set(nouns) == {
        *("appointment", "business", "client", "deposit", "location", "provider", "service"),
        *("group_session", "hold", "series"),
        *("hold", "group_session", "series", "provider_choice"),
        *("webhook_attempt", "webhook_delivery", "webhook_endpoint"),
        *("schedule", "date_override", "holiday", "holiday_calendar", "block", "resource"),
        *("waitlist_entry", "waitlist_offer"),
        "message",
    }
    assert set(nouns) <= set(NOUNS)
