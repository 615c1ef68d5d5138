"""Archive a place that was given up."""

from __future__ import annotations

from dataclasses import dataclass

from core.directory.business import Business, Location, LocationArchived, LocationStillNeeded
from core.directory.questions import DirectoryQuestions
from core.kernel.context import Context
from core.kernel.errors import IdempotencyMismatch, NotFound
from core.kernel.use_case import use_case


@dataclass(kw_only=True)
class ArchiveLocation:
    """The place that was given up."""

    location_id: int
    idempotency_key: str | None = None


@dataclass(kw_only=True)
class ArchivedLocation:
    """The key of the place."""

    location_id: int


@use_case("location.archive", raises=(NotFound, LocationStillNeeded, IdempotencyMismatch))
async def archive_location(ctx: Context, command: ArchiveLocation) -> ArchivedLocation:
    """Take a place out of every list; past appointments keep it.

    Raises NotFound, and LocationStillNeeded for the last place, and while providers work there, rooms or
    kit serve it, or appointments lie ahead.
    """
    async with ctx.unit_of_work() as uow:
        if earlier := await uow.earlier_answer("location.archive", command, ArchivedLocation):
            return earlier
        # Locked, so that of two places that are given up at once the second finds the first gone.
        await uow.get(Business, uow.business_id, lock=True)
        location = await uow.get(Location, command.location_id, lock=True)
        if location is None or location.archived_at is not None:
            raise NotFound("location")
        if reason := await uow.ask(DirectoryQuestions).location_needed(location.id, uow.now):
            raise LocationStillNeeded(reason)
        location.archived_at = uow.now
        uow.emit(LocationArchived(location_id=location.id))
        return uow.answer(ArchivedLocation(location_id=location.id))
