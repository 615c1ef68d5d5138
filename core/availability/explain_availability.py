"""Explain a start: whether it can be booked, why not if not, and what is near."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from core.availability.asking import Asked, checked, wish_of
from core.availability.explain import Reason, reasons_against
from core.availability.nearest import REACH, nearest_free
from core.availability.outlook import outlook
from core.availability.walls import DAY
from core.kernel.clock import instant_of, is_whole_minute, minute_of
from core.kernel.context import Context
from core.kernel.errors import Invalid, NotFound
from core.kernel.use_case import use_case


@dataclass(kw_only=True)
class ExplainAvailability(Asked):
    """One provider and one start. `provider_ids` and `time_zone` have no part in it."""

    provider_id: int
    starts_at: datetime


@dataclass(frozen=True, kw_only=True)
class Explained:
    """The reasons against the start, none where it is offered; and up to three starts nearest to it."""

    reasons: list[Reason]
    rules_revision: int
    nearest: list[datetime] = field(default_factory=list)

    @property
    def is_offered(self) -> bool:
        """Whether it could be booked now."""
        return not self.reasons


@use_case("availability.explain", raises=(NotFound, Invalid))
async def explain_availability(ctx: Context, command: ExplainAvailability) -> Explained:
    """Every reason against a start, in two statements at most.

    Raises NotFound for an unknown service, provider or location, and Invalid.
    """
    check = checked(command)
    if not is_whole_minute(command.starts_at):
        check.refuse("starts_at", "NOT_A_WHOLE_MINUTE", "must fall on a whole minute")
    if not 1970 < command.starts_at.year < 9998:
        check.refuse("starts_at", "OUT_OF_RANGE", "must be a date that a calendar can hold")
    check.done()
    look = await outlook(ctx)
    if command.provider_id not in look.book.providers:
        raise NotFound("provider")
    wish, _ = wish_of(replace(command, provider_ids=[command.provider_id]), look, ctx.clock.now())
    start = minute_of(command.starts_at)
    facts = {
        "provider_id": command.provider_id,
        "service": wish.service,
        "demand": wish.demand,
        "start": start,
        "now": wish.now,
        "taken": await look.taken(wish, [command.provider_id], start - REACH - DAY, start + REACH + DAY),
        "for_staff": command.for_staff,
        "location_id": command.location_id,
        "seats": command.seats,
    }
    return Explained(
        reasons=reasons_against(look.book, **facts),  # type: ignore[arg-type]
        rules_revision=look.book.revision,
        nearest=[instant_of(minute) for minute in nearest_free(look.book, **facts)],  # type: ignore[arg-type]
    )
