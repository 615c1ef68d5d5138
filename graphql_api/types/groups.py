"""What ties appointments together: the session that a group shares, the series, the choice of a provider."""

from __future__ import annotations

from datetime import datetime
from enum import Enum

import strawberry

from auth.allow import may
from auth.permissions import Permission
from core.appointments import choose_provider as choosing
from core.appointments.reads import GROUP_SESSION, SERIES
from graphql_api.declare.fields import column, relation
from graphql_api.declare.types import Node, enum_type, shown
from graphql_api.types.business import Location
from graphql_api.types.clients import Client
from graphql_api.types.providers import Provider
from graphql_api.types.services import Service

READ = may(Permission.APPOINTMENTS_READ)


@enum_type
class SelectionMode(Enum):
    """How a provider is chosen."""

    ROUND_ROBIN = strawberry.enum_value(
        choosing.ROUND_ROBIN, description="Who had the fewest turns in 90 days, for their weight."
    )
    LEAST_BUSY = strawberry.enum_value(
        choosing.LEAST_BUSY, description="Who has the fewest minutes taken around that day, for their weight."
    )
    COLLECTIVE = strawberry.enum_value(choosing.COLLECTIVE, description="All of them together.")


@shown(GROUP_SESSION, allow=READ)
class GroupSession(Node):
    """A start of a group service that several clients share."""

    starts_at: datetime = column("When it starts.")
    ends_at: datetime = column("When it ends.")
    capacity: int = column("How many seats it has.")
    ended_at: datetime | None = column("When its last seat was given back, if it was.")
    provider: Provider | None = relation("Whose time it is.")
    service: Service | None = relation("What it is of.")
    location: Location | None = relation("Where.")


@shown(SERIES, allow=READ)
class Series(Node):
    """Appointments that were booked together, at the same time of day by the wall clock."""

    starts_at: datetime = column("When the first one was to start.")
    time_zone: str = column("The zone whose wall-clock time it keeps.")
    provider: Provider | None = relation("Whose time it is.")
    client: Client | None = relation("Who comes.")
    service: Service | None = relation("What was booked.")
