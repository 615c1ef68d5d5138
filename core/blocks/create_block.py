"""Block time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from core.availability.recurrence import Recurrence
from core.availability.rulebook import Reach
from core.blocks.block import EVERYBODY, Block, BlockCreated, BlockValues, Span, block_values
from core.directory.known import require_known
from core.kernel.context import Context
from core.kernel.errors import Forbidden, IdempotencyMismatch, Invalid, NotFound
from core.kernel.unit_of_work import UnitOfWork
from core.kernel.use_case import use_case
from core.schedules.own import require_hours_of


@dataclass(kw_only=True)
class CreateBlock:
    """Time to block by the wall clock; for the whole business unless reaches say less.

    The zone is that of the location of whoever it stops where none is given. Each exception is the
    day on which an occurrence starts that is left out.
    """

    span: Span
    title: str | None = None
    time_zone: str | None = None
    recurrence: Recurrence | None = None
    exceptions: Sequence[date] = ()
    reaches: Sequence[Reach] = EVERYBODY
    idempotency_key: str | None = None


@dataclass(kw_only=True)
class CreatedBlock:
    """The key of the new block."""

    block_id: int


@use_case("block.create", raises=(NotFound, Forbidden, Invalid, IdempotencyMismatch))
async def create_block(ctx: Context, command: CreateBlock) -> CreatedBlock:
    """Block time; appointments that are booked in it stay.

    Raises NotFound for an unknown provider, service or location, Forbidden where the caller may set only
    their own hours and it reaches further, and Invalid with every issue found.
    """
    async with ctx.unit_of_work() as uow:
        if earlier := await uow.earlier_answer("block.create", command, CreatedBlock):
            return earlier
        require_hours_of(ctx.actor, (reach.provider_id for reach in command.reaches))
        values = block_values(
            BlockValues(
                title=command.title,
                span=command.span,
                time_zone=command.time_zone,
                recurrence=command.recurrence,
                exceptions=command.exceptions,
                reaches=command.reaches,
            )
        )
        await require_reachable(uow, command.reaches)
        block = Block(**values, created_at=uow.now)
        uow.add(block)
        await uow.flush()
        uow.emit(BlockCreated(block_id=block.id))
        return uow.answer(CreatedBlock(block_id=block.id))


async def require_reachable(uow: UnitOfWork, reaches: Iterable[Reach]) -> None:
    """Raise NotFound where a reach names somebody or something that is not there."""
    named = list(reaches)
    await require_known(
        uow,
        provider_ids=[reach.provider_id for reach in named],
        location_ids=[reach.location_id for reach in named],
        service_ids=[reach.service_id for reach in named],
    )
