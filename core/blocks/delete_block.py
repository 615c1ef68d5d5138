"""Delete a block: its time is free again."""

from __future__ import annotations

from dataclasses import dataclass

from core.availability.kept import reaches_of
from core.blocks.block import Block, BlockDeleted
from core.kernel.context import Context
from core.kernel.errors import Forbidden, IdempotencyMismatch, NotFound
from core.kernel.use_case import use_case
from core.schedules.own import require_hours_of


@dataclass(kw_only=True)
class DeleteBlock:
    """The block that is to hold no longer."""

    block_id: int
    idempotency_key: str | None = None


@dataclass(kw_only=True)
class DeletedBlock:
    """The key that the block had."""

    block_id: int


@use_case("block.delete", raises=(NotFound, Forbidden, IdempotencyMismatch))
async def delete_block(ctx: Context, command: DeleteBlock) -> DeletedBlock:
    """Delete a block with all its occurrences. Raises NotFound, and Forbidden for others'."""
    async with ctx.unit_of_work() as uow:
        if earlier := await uow.earlier_answer("block.delete", command, DeletedBlock):
            return earlier
        block = await uow.get(Block, command.block_id, lock=True)
        if block is None:
            raise NotFound("block")
        require_hours_of(ctx.actor, (reach.provider_id for reach in reaches_of(block.reaches)))
        await uow.delete(block)
        uow.emit(BlockDeleted(block_id=block.id))
        return uow.answer(DeletedBlock(block_id=block.id))
