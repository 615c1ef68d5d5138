"""Set a schedule: add one, or replace the one that is named."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from core.availability.hours import WeeklyHours, issues_in
from core.directory.known import require_known
from core.kernel.context import Context
from core.kernel.errors import Forbidden, IdempotencyMismatch, Invalid, NotFound
from core.kernel.text import Check
from core.kernel.use_case import use_case
from core.schedules.own import require_hours_of
from core.schedules.schedule import Schedule, ScheduleSet

MOST_SERVICES = 250


@dataclass(kw_only=True)
class SetSchedule:
    """Weekly hours, in wall-clock minutes, in force from `first_day` to `last_day`, both included.

    With `schedule_id` the whole of that schedule is replaced; what is left out is as in a new one: for
    everybody, at the provider's home, in the location's zone, without end, for every service, public.
    """

    weekly_hours: WeeklyHours
    schedule_id: int | None = None
    provider_id: int | None = None
    location_id: int | None = None
    time_zone: str | None = None
    first_day: date | None = None
    last_day: date | None = None
    service_ids: list[int] | None = None
    is_public: bool = True
    idempotency_key: str | None = None


@dataclass(kw_only=True)
class SetScheduleResult:
    """The key of the schedule."""

    schedule_id: int


@use_case("schedule.set", raises=(NotFound, Forbidden, Invalid, IdempotencyMismatch))
async def set_schedule(ctx: Context, command: SetSchedule) -> SetScheduleResult:
    """Add or replace a schedule.

    Raises NotFound for an unknown schedule, provider, location or service, Forbidden for others' hours
    where the caller may set only their own, and Invalid with every issue found.
    """
    async with ctx.unit_of_work() as uow:
        if earlier := await uow.earlier_answer("schedule.set", command, SetScheduleResult):
            return earlier
        require_hours_of(ctx.actor, [command.provider_id])
        wanted = _checked(command)
        await require_known(
            uow,
            provider_ids=[command.provider_id],
            location_ids=[command.location_id],
            service_ids=command.service_ids or (),
        )
        if command.schedule_id is None:
            schedule = Schedule(**wanted, created_at=uow.now)
            uow.add(schedule)
            await uow.flush()
        else:
            found = await uow.get(Schedule, command.schedule_id, lock=True)
            if found is None:
                raise NotFound("schedule")
            require_hours_of(ctx.actor, [found.provider_id])
            schedule = found
            for name, value in wanted.items():
                setattr(schedule, name, value)
        uow.emit(ScheduleSet(schedule_id=schedule.id, provider_id=schedule.provider_id))
        return uow.answer(SetScheduleResult(schedule_id=schedule.id))


def _checked(command: SetSchedule) -> dict[str, Any]:
    """The values of the schedule, by field. Raises Invalid."""
    check = Check()
    check.issues += issues_in(command.weekly_hours, "weekly_hours")
    if command.time_zone is not None:
        check.zone("time_zone", command.time_zone)
    check.days(command.first_day, command.last_day)
    services = command.service_ids
    if services is not None and not 1 <= len(services) <= MOST_SERVICES:
        check.refuse("service_ids", "OUT_OF_RANGE", f"must name 1 to {MOST_SERVICES} services, or be null")
    check.done()
    return {
        "provider_id": command.provider_id,
        "location_id": command.location_id,
        "time_zone": command.time_zone,
        "weekly_hours": {day: sorted(shifts) for day, shifts in command.weekly_hours.items()},
        "first_day": command.first_day,
        "last_day": command.last_day,
        "service_ids": None if services is None else sorted(set(services)),
        "is_public": command.is_public,
    }
