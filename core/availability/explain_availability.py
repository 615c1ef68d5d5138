"""Explain a start: whether it can be booked, why not if not, and what is near."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from core.availability.asking import Asked, checked, wish_of
from core.availability.explain import Reason, locations_at, reasons_against
from core.availability.nearest import REACH, Near, nearest_free
from core.availability.outlook import Outlook, Wish, outlook
from core.availability.walls import DAY
from core.kernel.clock import instant_of, is_whole_minute, minute_of
from core.kernel.context import Context
from core.kernel.errors import Invalid, NotFound
from core.kernel.use_case import use_case


@dataclass(kw_only=True)
class ExplainAvailability(Asked):
    """One provider and one start. `provider_ids` and `collective` have no part in it."""

    provider_id: int
    starts_at: datetime


@dataclass(frozen=True, kw_only=True)
class Explained:
    """The reasons against the start, none where it is offered; and up to three starts nearest to it.

    They follow the rules of the service, where one was named, as of `rules_revision`, at the location,
    where it was asked about or the provider works then; `time_zone` is that asked for, else its own.
    """

    time_zone: str
    location_id: int
    service_id: int | None
    duration_minutes: int
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

    Raises NotFound for an unknown service, provider, location or appointment, and Invalid.
    """
    check = checked(command)
    if not is_whole_minute(command.starts_at):
        check.refuse("starts_at", "NOT_A_WHOLE_MINUTE", "must fall on a whole minute")
    if not 1970 < command.starts_at.year < 9998:
        check.refuse("starts_at", "OUT_OF_RANGE", "must be a date that a calendar can hold")
    check.done()
    look = await outlook(ctx, command.moving_appointment_id)
    if command.provider_id not in look.book.providers:
        raise NotFound("provider")
    asked = replace(command, provider_ids=[command.provider_id])
    wish, _ = wish_of(asked, look, ctx.clock.now(), any_seats=True)
    start = minute_of(command.starts_at)
    taken = await look.taken(wish, [command.provider_id], start - REACH - DAY, start + REACH + DAY)
    facts: dict[str, Any] = {
        "service": wish.service,
        "demand": wish.demand,
        "now": wish.now,
        "for_staff": command.for_staff,
        "location_id": command.location_id,
        "seats": command.seats,
    }
    reasons = reasons_against(look.book, provider_id=command.provider_id, start=start, taken=taken, **facts)
    nearest = nearest_free(look.book, Near(provider_ids=[command.provider_id], **facts), start, taken)
    place = _place(look, wish, command, start)
    return Explained(
        time_zone=command.time_zone or look.book.locations[place].time_zone,
        location_id=place,
        service_id=command.service_id,
        duration_minutes=wish.duration,
        reasons=reasons,
        rules_revision=look.book.revision,
        nearest=[instant_of(minute) for minute in nearest],
    )


def _place(look: Outlook, wish: Wish, command: ExplainAvailability, start: int) -> int:
    """Where the start would be: the place asked about, else where they work then, else home."""
    if command.location_id is not None:
        return command.location_id
    places = locations_at(
        look.book, command.provider_id, wish.service, start, wish.duration, for_staff=command.for_staff
    )
    return next(iter(places), look.book.providers[command.provider_id].location_id)
