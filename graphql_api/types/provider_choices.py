"""The choice log: why this provider and not another."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

import strawberry

from auth.allow import INHERITED, may
from auth.permissions import Permission
from core.appointments.reads import PROVIDER_CHOICE
from graphql_api.declare.fields import column, fact, keyed, relation, worked_out
from graphql_api.declare.inputs import required
from graphql_api.declare.listings import OrderDirection, condition, direction
from graphql_api.declare.types import Node, enum_type, input_type, object_type, shown
from graphql_api.types.appointments import Appointment
from graphql_api.types.groups import SelectionMode
from graphql_api.types.providers import Provider
from graphql_api.types.services import Service


@object_type(allow=INHERITED)
class ChoiceCandidate:
    """Somebody who might have been chosen."""

    provider: Provider | None = keyed("provider_id", "Who.")
    weight: int | None = fact("Their weight for the service; null where all were wanted.")
    load: float | None = fact("Turns, or minutes taken, for their weight: the least comes first.")
    outcome: str = fact("CHOSEN, TAKEN, or a code of `explainAvailability` that stood in the way.")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Candidate:
    provider_id: int
    weight: int | None
    load: float | None
    outcome: str


def _candidates(kept: list[dict[str, Any]]) -> list[_Candidate]:
    return [
        _Candidate(
            provider_id=one["provider_id"],
            weight=one.get("weight"),
            load=one.get("load"),
            outcome=one["outcome"],
        )
        for one in kept
    ]


@shown(PROVIDER_CHOICE, allow=may(Permission.APPOINTMENTS_READ))
class ProviderChoice(Node):
    """How a provider was chosen for an appointment."""

    mode: SelectionMode = column("How.")
    candidates: list[ChoiceCandidate] = worked_out(
        "Those passed over by the staff door because they do not work then; and who was tried, in that order, up "
        "to the one who was chosen.",
        of=("candidates",),
        through=_candidates,
    )
    created_at: datetime = column("When.")
    provider: Provider | None = relation("Who was chosen; of several the first.")
    appointment: Appointment | None = relation("For which appointment.")
    service: Service | None = relation("For which service, if one was named.")


@input_type
class ProviderChoiceFilter:
    """Which choices: every condition that is given must hold."""

    appointment_id: strawberry.ID | None = condition(
        "appointment_id", "eq", "For this appointment.", of="appointment"
    )
    service_id: strawberry.ID | None = condition("service_id", "eq", "For this service.", of="service")
    provider_id: strawberry.ID | None = condition("provider_id", "eq", "Who was chosen.", of="provider")


@enum_type
class ProviderChoiceOrderField(Enum):
    """What choices can be sorted by."""

    CREATED_AT = strawberry.enum_value("created_at", description="By when they were made.")


@input_type
class ProviderChoiceOrder:
    """How choices are sorted."""

    field: ProviderChoiceOrderField = required("By what.")
    direction: OrderDirection = direction()
