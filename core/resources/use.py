"""How much of a resource is taken when, and which services need it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from core.availability.kept import needs_of, segments_of
from core.availability.rulebook import ResourceNeed
from core.availability.stretches import peak
from core.kernel.clock import instant_of, minute_of
from core.kernel.context import Context
from core.kernel.errors import Invalid, NotFound, invalid
from core.kernel.unit_of_work import UnitOfWork
from core.kernel.use_case import use_case
from core.resources.resource import ResourceNeeded, ResourceTaken

LONGEST_PERIOD = timedelta(days=366)

Use = tuple[int, int, int]
"""Taken from one UTC minute to another, half-open, and how many units."""


@dataclass(frozen=True, kw_only=True)
class UseFacts:
    """A room or kit's capacity, and what is taken of it in some period."""

    capacity: int
    taken: list[Use]


class ResourceQuestions(Protocol):
    """What is asked of rooms and kit; one statement each."""

    async def use(self, resource_id: int, start: int, end: int, now: datetime) -> UseFacts | None:
        """What is taken between two UTC minutes, holds that ran out by `now` left out; None for a
        resource that is not there, is archived, or is no room or kit."""
        ...

    async def taken_ahead(self, resource_id: int, now: datetime) -> list[Use]:
        """What is taken of a resource from `now` on, without end; external time is not among it."""
        ...

    async def policies(self) -> list[tuple[int, Mapping[str, Any]]]:
        """The services that are not archived: their keys and policies, by key."""
        ...

    async def keep_apart(self, resource_id: int, is_exclusive: bool) -> None:
        """Say whether the database itself keeps apart what is taken of the resource."""
        ...

    async def capacities(self, resource_ids: Sequence[int]) -> Mapping[int, int]:
        """The capacity of the rooms and kit among the keys that are there and not archived; no other
        transaction changes them before this one ends."""
        ...


@dataclass(kw_only=True)
class FindResourceUse:
    """A room or kit, and a period of at most 366 days."""

    resource_id: int
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, kw_only=True)
class ResourceUse:
    """The most that is taken at once in the period, and what is left throughout it.

    `peak` may exceed the capacity where time was taken elsewhere; nothing is free then.
    """

    resource_id: int
    capacity: int
    peak: int
    free: int


@use_case("resource.find_use", raises=(NotFound, Invalid))
async def find_resource_use(ctx: Context, command: FindResourceUse) -> ResourceUse:
    """How much of a resource is taken in a period, in one statement. Raises NotFound and Invalid."""
    if not timedelta() < command.ends_at - command.starts_at <= LONGEST_PERIOD:
        raise invalid("ends_at", "OUT_OF_RANGE", f"must be later, by at most {LONGEST_PERIOD.days} days")
    start = minute_of(command.starts_at)
    end = minute_of(command.ends_at - timedelta(microseconds=1)) + 1
    questions = ctx.ask(ResourceQuestions)
    facts = await questions.use(command.resource_id, start, end, ctx.clock.now())
    if facts is None:
        raise NotFound("resource")
    most = peak(facts.taken, start, end)
    return ResourceUse(
        resource_id=command.resource_id,
        capacity=facts.capacity,
        peak=most,
        free=max(0, facts.capacity - most),
    )


async def require_untaken(uow: UnitOfWork, resource_id: int, capacity: int) -> None:
    """Raise ResourceTaken, with the first moment, where more than `capacity` is taken ahead."""
    level, changes = 0, []
    for start, end, quantity in await uow.ask(ResourceQuestions).taken_ahead(resource_id, uow.now):
        changes += [(start, quantity), (end, -quantity)]
    for minute, change in sorted(changes):
        level += change
        if level > capacity:
            raise ResourceTaken(resource_id, instant_of(minute), level)


async def require_unneeded(uow: UnitOfWork, resource_id: int, capacity: int) -> None:
    """Raise ResourceNeeded where a service needs more than `capacity` units of the resource."""
    for service_id, policies in await uow.ask(ResourceQuestions).policies():
        for need in all_needs(policies):
            if resource_id in need.resource_ids and need.quantity > capacity:
                raise ResourceNeeded(resource_id, service_id)


def all_needs(policies: Mapping[str, Any]) -> Iterable[ResourceNeed]:
    """All that a service needs, in its segments and throughout, from its kept policies."""
    yield from needs_of(policies.get("needs"))
    for segment in segments_of(policies.get("segments")):
        yield from segment.needs
