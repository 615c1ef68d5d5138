"""Add a place to the business."""

from __future__ import annotations

from dataclasses import dataclass

from core.directory.business import Business, Location, LocationCreated
from core.kernel.context import Context
from core.kernel.errors import IdempotencyMismatch, Invalid
from core.kernel.text import Check
from core.kernel.use_case import use_case


@dataclass(kw_only=True)
class CreateLocation:
    """A new place; its zone is the business's unless given."""

    name: str
    time_zone: str | None = None
    address: str | None = None
    idempotency_key: str | None = None


@dataclass(kw_only=True)
class CreatedLocation:
    """The key of the new place."""

    location_id: int


@use_case("location.create", raises=(Invalid, IdempotencyMismatch))
async def create_location(ctx: Context, command: CreateLocation) -> CreatedLocation:
    """Add a place. Raises Invalid with every issue found."""
    async with ctx.unit_of_work() as uow:
        if earlier := await uow.earlier_answer("location.create", command, CreatedLocation):
            return earlier
        business = await uow.get(Business, uow.business_id)
        assert business is not None
        check = Check()
        location = Location(
            name=check.text("name", command.name),
            time_zone=check.zone(
                "time_zone", business.time_zone if command.time_zone is None else command.time_zone
            ),
            address=check.note("address", command.address, longest=500),
            created_at=uow.now,
        )
        check.done()
        uow.add(location)
        await uow.flush()
        uow.emit(LocationCreated(location_id=location.id))
        return uow.answer(CreatedLocation(location_id=location.id))
