"""The hold: a time that is kept from others for a few minutes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import strawberry

from auth.allow import INHERITED
from graphql_api.declare.fields import fact, keyed
from graphql_api.declare.types import object_type
from graphql_api.types.providers import Provider


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldFacts:
    """The source of a Hold."""

    id: strawberry.ID
    provider_id: int
    starts_at: datetime
    ends_at: datetime
    expires_at: datetime


@object_type(allow=INHERITED)
class Hold:
    """A time that is kept from others until it is booked, released, or runs out."""

    id: strawberry.ID = fact("The id to book it with or release it by.")
    starts_at: datetime = fact("When the held time starts, without buffers.")
    ends_at: datetime = fact("When the held time ends, without buffers.")
    expires_at: datetime = fact("When the hold runs out.")
    provider: Provider | None = keyed("provider_id", "Whose time is held.")
