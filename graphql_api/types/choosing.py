"""How a time is asked for: who may give it, and by whose rules it is judged."""

from __future__ import annotations

import strawberry

from core.appointments.choose_provider import ProviderSelection
from graphql_api.declare.inputs import made_from, optional
from graphql_api.declare.types import input_type
from graphql_api.types.groups import SelectionMode

FOR_STAFF = (
    "Whether the rules for staff are the measure, as in `availability(forStaff: true)`: hours that are not "
    "public count, and so do who and what takes no bookings; false where not given."
)


@input_type
class ProviderSelectionInput:
    """How a provider is chosen, and among whom."""

    mode: SelectionMode | None = optional("How; ROUND_ROBIN where not given.")
    provider_ids: list[strawberry.ID] | None = optional(
        "Among whom; everybody who offers the service where not given.", of="provider"
    )


def selection_of(given: ProviderSelectionInput) -> ProviderSelection:
    """How a provider is chosen."""
    return made_from(given, ProviderSelection)
