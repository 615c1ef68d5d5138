"""The schema, put together and bound: the only source of the API's types."""

from __future__ import annotations

from collections.abc import Iterable

import strawberry
from graphql import GraphQLSchema
from strawberry.schema.config import StrawberryConfig

from graphql_api.declare.binding import bind
from graphql_api.declare.events import SHOWN_EVENTS
from graphql_api.declare.scalars import SCALARS
from graphql_api.mutations import blocks, holidays, resources, schedules
from graphql_api.mutations.appointments import AppointmentMutations
from graphql_api.mutations.business import BusinessMutations
from graphql_api.mutations.calendars import CalendarMutations
from graphql_api.mutations.catalog import CatalogMutations
from graphql_api.mutations.clients import ClientMutations
from graphql_api.mutations.holds import HoldMutations
from graphql_api.mutations.messages import MessageMutations
from graphql_api.mutations.providers import ProviderMutations
from graphql_api.mutations.sessions import SessionMutations
from graphql_api.mutations.waitlist import WaitlistMutations
from graphql_api.mutations.watching import WatchMutations
from graphql_api.mutations.webhooks import WebhookMutations
from graphql_api.queries import Query
from graphql_api.reading.plan import ReadPlan
from graphql_api.subscriptions import Subscription
from graphql_api.types import rule_events, waitlist_events  # noqa: F401  # their types are found through SHOWN_EVENTS


@strawberry.type(
    description="What can be done. Each mutation answers a union: its payload, or why it was refused."
)
class Mutation(
    AppointmentMutations,
    HoldMutations,
    BusinessMutations,
    ProviderMutations,
    ClientMutations,
    CatalogMutations,
    CalendarMutations,
    schedules.ScheduleMutations,
    holidays.HolidayMutations,
    blocks.BlockMutations,
    resources.ResourceMutations,
    MessageMutations,
    WaitlistMutations,
    SessionMutations,
    WebhookMutations,
    WatchMutations,
):
    """The root of mutations."""


def build(
    query: type, mutation: type | None = None, subscription: type | None = None, *, also: Iterable[type] = ()
) -> tuple[strawberry.Schema, ReadPlan]:
    """A schema and its read plan; `also` are types that no field names, since an interface stands for them.

    Raises Undeclared where a field does not say who may see it.
    """
    made = strawberry.Schema(
        query, mutation, subscription, types=tuple(also), config=StrawberryConfig(scalar_map=SCALARS)
    )
    return made, bind(core_schema(made))


def core_schema(made: strawberry.Schema) -> GraphQLSchema:
    """The schema as graphql-core knows it."""
    return made._schema


schema, read_plan = build(Query, Mutation, Subscription, also=[shown.kind for shown in SHOWN_EVENTS.values()])
