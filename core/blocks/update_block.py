"""Change a block."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from core.availability.kept import reaches_of, recurrence_of, wall_of
from core.availability.recurrence import Recurrence
from core.availability.rulebook import Reach
from core.blocks.block import Block, BlockUpdated, BlockValues, Span, block_values
from core.blocks.create_block import require_reachable
from core.kernel.context import Context
from core.kernel.errors import Forbidden, IdempotencyMismatch, Invalid, NotFound
from core.kernel.unset import UNSET, Maybe, given
from core.kernel.use_case import use_case
from core.schedules.own import require_hours_of


@dataclass(kw_only=True)
class UpdateBlock:
    """What is UNSET stays as it is; the rest means what it means in CreateBlock."""

    block_id: int
    span: Maybe[Span] = UNSET
    title: Maybe[str | None] = UNSET
    time_zone: Maybe[str | None] = UNSET
    recurrence: Maybe[Recurrence | None] = UNSET
    exceptions: Maybe[Sequence[date]] = UNSET
    reaches: Maybe[Sequence[Reach]] = UNSET
    idempotency_key: str | None = None


@dataclass(kw_only=True)
class UpdatedBlock:
    """The key of the block."""

    block_id: int


@use_case("block.update", raises=(NotFound, Forbidden, Invalid, IdempotencyMismatch))
async def update_block(ctx: Context, command: UpdateBlock) -> UpdatedBlock:
    """Change what is given, judged together with what stays.

    Raises NotFound, Invalid, and Forbidden where the caller may set only their own hours and it reaches
    further, before or after.
    """
    async with ctx.unit_of_work() as uow:
        if earlier := await uow.earlier_answer("block.update", command, UpdatedBlock):
            return earlier
        block = await uow.get(Block, command.block_id, lock=True)
        if block is None:
            raise NotFound("block")
        wanted = _wanted(block, command)
        for reaches in (reaches_of(block.reaches), wanted.reaches):
            require_hours_of(ctx.actor, (reach.provider_id for reach in reaches))
        values = block_values(wanted)
        if command.reaches is not UNSET:
            await require_reachable(uow, command.reaches)
        for name, value in values.items():
            setattr(block, name, value)
        uow.emit(BlockUpdated(block_id=block.id))
        return uow.answer(UpdatedBlock(block_id=block.id))


def _wanted(block: Block, command: UpdateBlock) -> BlockValues:
    recurrence = None if block.recurrence is None else recurrence_of(block.recurrence)
    return BlockValues(
        title=given(command.title, block.title),
        span=given(command.span, Span(starts=wall_of(block.starts), ends=wall_of(block.ends))),
        time_zone=given(command.time_zone, block.time_zone),
        recurrence=given(command.recurrence, recurrence),
        exceptions=given(command.exceptions, [wall_of(one).date() for one in block.exceptions]),
        reaches=given(command.reaches, reaches_of(block.reaches)),
    )
