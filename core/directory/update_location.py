"""Change a place of the business."""

from __future__ import annotations

from dataclasses import dataclass

from core.directory.business import Location, LocationUpdated
from core.kernel.context import Context
from core.kernel.errors import IdempotencyMismatch, Invalid, NotFound
from core.kernel.text import Check
from core.kernel.unset import UNSET, Maybe, given
from core.kernel.use_case import use_case


@dataclass(kw_only=True)
class UpdateLocation:
    """What is UNSET stays as it is. Hours that are written in the place's zone move with a new one."""

    location_id: int
    name: Maybe[str] = UNSET
    time_zone: Maybe[str] = UNSET
    address: Maybe[str | None] = UNSET
    idempotency_key: str | None = None


@dataclass(kw_only=True)
class UpdatedLocation:
    """The key of the place."""

    location_id: int


@use_case("location.update", raises=(NotFound, Invalid, IdempotencyMismatch))
async def update_location(ctx: Context, command: UpdateLocation) -> UpdatedLocation:
    """Change what is given; appointments stay when they are. Raises NotFound and Invalid."""
    async with ctx.unit_of_work() as uow:
        if earlier := await uow.earlier_answer("location.update", command, UpdatedLocation):
            return earlier
        location = await uow.get(Location, command.location_id, lock=True)
        if location is None or location.archived_at is not None:
            raise NotFound("location")
        check = Check()
        name = check.text("name", given(command.name, location.name))
        zone = check.zone("time_zone", given(command.time_zone, location.time_zone))
        address = check.note("address", given(command.address, location.address), longest=500)
        check.done()
        location.name, location.time_zone, location.address = name, zone, address
        uow.emit(LocationUpdated(location_id=location.id))
        return uow.answer(UpdatedLocation(location_id=location.id))
