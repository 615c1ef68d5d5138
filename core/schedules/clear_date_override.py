"""Clear a date override: the day is as usual again."""

from __future__ import annotations

from dataclasses import dataclass

from core.kernel.context import Context
from core.kernel.errors import Forbidden, IdempotencyMismatch, NotFound
from core.kernel.use_case import use_case
from core.schedules.date_override import DateOverride, DateOverrideCleared
from core.schedules.own import require_hours_of


@dataclass(kw_only=True)
class ClearDateOverride:
    """The override that is to hold no longer."""

    date_override_id: int
    idempotency_key: str | None = None


@dataclass(kw_only=True)
class ClearedDateOverride:
    """The key that the override had."""

    date_override_id: int


@use_case("date_override.clear", raises=(NotFound, Forbidden, IdempotencyMismatch))
async def clear_date_override(ctx: Context, command: ClearDateOverride) -> ClearedDateOverride:
    """Clear an override; appointments stay as they are. Raises NotFound, and Forbidden for others'."""
    async with ctx.unit_of_work() as uow:
        if earlier := await uow.earlier_answer("date_override.clear", command, ClearedDateOverride):
            return earlier
        override = await uow.get(DateOverride, command.date_override_id, lock=True)
        if override is None:
            raise NotFound("date_override")
        require_hours_of(ctx.actor, [override.provider_id])
        await uow.delete(override)
        uow.emit(
            DateOverrideCleared(
                date_override_id=override.id,
                provider_id=override.provider_id,
                location_id=override.location_id,
                day=override.day.isoformat(),
            )
        )
        return uow.answer(ClearedDateOverride(date_override_id=override.id))
