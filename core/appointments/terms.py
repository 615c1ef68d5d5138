"""The terms of a booking: who is there, what it costs, and which rules hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from core.availability.demand import Demand, demand_for, demand_of
from core.availability.rulebook import Rulebook, ServiceRules
from core.availability.shelf import RulebookShelf, rulebook_of
from core.kernel.errors import NotFound
from core.kernel.text import Check
from core.kernel.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingFacts:
    """What booking needs to know that is no rule of availability; money in minor units of `currency`.

    `provider_percents` holds those of the providers asked about who are there. `client_is_waiting` tells
    whether they are on the waitlist.
    """

    currency: str
    rules_revision: int
    business_percent: Decimal
    client_is_known: bool
    client_is_waiting: bool
    service_percent: Decimal | None
    price_minor: int | None
    provider_percents: Mapping[int, Decimal | None]


class BookingQuestions(Protocol):
    """What booking asks; one statement each."""

    async def booking_facts(
        self, provider_ids: Sequence[int] | None, client_id: int | None, service_id: int | None
    ) -> BookingFacts:
        """The facts; of every provider where none are named. What is archived is not there."""
        ...

    async def ahead_of(self, client_id: int, service_id: int, now: datetime) -> int:
        """How many appointments for the service the client has ahead."""
        ...


@dataclass(frozen=True, kw_only=True)
class Terms:
    """The facts and rules of one booking. `service` is None where none is named."""

    facts: BookingFacts
    rules: Rulebook
    service: ServiceRules | None

    def demand(self, duration: int) -> Demand:
        """What an appointment of that many minutes takes. Raises ValueError where it is too short for
        the service's segments."""
        return demand_of(duration) if self.service is None else demand_for(self.service, duration)


async def terms_of(
    uow: UnitOfWork,
    shelf: RulebookShelf,
    *,
    provider_ids: Sequence[int] | None,
    client_id: int | None,
    service_id: int | None,
    location_id: int | None = None,
    check: Check | None = None,
) -> Terms:
    """The terms, in one statement, or two where the rules changed. Raises NotFound for a provider,
    client, service or location that is not there; None is not asked about. What `check` has noted by
    then goes first: Invalid."""
    try:
        return await _terms(uow, shelf, provider_ids, client_id, service_id, location_id)
    except NotFound:
        if check is not None:
            check.done()
        raise


async def _terms(
    uow: UnitOfWork,
    shelf: RulebookShelf,
    provider_ids: Sequence[int] | None,
    client_id: int | None,
    service_id: int | None,
    location_id: int | None,
) -> Terms:
    facts = await uow.ask(BookingQuestions).booking_facts(provider_ids, client_id, service_id)
    if provider_ids is not None and not set(provider_ids) <= set(facts.provider_percents):
        raise NotFound("provider")
    if client_id is not None and not facts.client_is_known:
        raise NotFound("client")
    rules = await rulebook_of(uow, shelf, facts.rules_revision)
    service = None if service_id is None else rules.services.get(service_id)
    if service_id is not None and service is None:
        raise NotFound("service")
    if location_id is not None and location_id not in rules.locations:
        raise NotFound("location")
    return Terms(facts=facts, rules=rules, service=service)
