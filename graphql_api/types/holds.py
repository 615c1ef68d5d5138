"""The hold: a time that is kept from others for a few minutes."""

from __future__ import annotations

from datetime import datetime

from auth.allow import may
from auth.permissions import Permission
from core.appointments.reads import HOLD
from graphql_api.declare.fields import column, relation
from graphql_api.declare.types import Node, shown
from graphql_api.types.business import Location
from graphql_api.types.providers import Provider
from graphql_api.types.services import Service


@shown(HOLD, allow=may(Permission.APPOINTMENTS_READ))
class Hold(Node):
    """A time that is kept from others until it is booked, released, or runs out."""

    starts_at: datetime = column("When the held time starts, without buffers.")
    ends_at: datetime = column("When the held time ends, without buffers.")
    seats: int = column("How many seats of a group are held; 1 where it is no group.")
    expires_at: datetime = column("When the hold runs out.")
    ended_at: datetime | None = column("When it was booked, released or found to have run out, if it was.")
    provider: Provider | None = relation("Whose time is held.")
    service: Service | None = relation("What is to be booked, if that was said.")
    location: Location | None = relation("Where.")
