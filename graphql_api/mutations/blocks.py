"""Blocking time, and freeing it again."""

from __future__ import annotations

from datetime import date

import strawberry

from auth.allow import may
from auth.permissions import Permission
from core.blocks.create_block import create_block
from core.blocks.delete_block import DeletedBlock, delete_block
from core.blocks.update_block import update_block
from graphql_api.declare.fields import answered_by, keyed
from graphql_api.declare.ids import spell_id
from graphql_api.declare.inputs import MutationInput, optional, required
from graphql_api.declare.mutations import mutation
from graphql_api.declare.scalars import TimeZone
from graphql_api.declare.types import input_type, payload
from graphql_api.types.blocks import Block, BlockReachInput, BlockSpanInput, reaches_given, span_of
from graphql_api.types.recurrence import RecurrenceInput, rule_of

WRITE = may(Permission.OWN_SCHEDULE_WRITE)
"""The verbs themselves refuse what is not one's own to whoever lacks schedules:write."""

_TITLE = "Why, for staff; at most 200 characters."
_EXCEPTIONS = "The days on which an occurrence starts that is left out; at most 500."


@input_type
class CreateBlockInput(MutationInput):
    """Time in which nothing is to be booked."""

    span: BlockSpanInput = required(
        "When, at most 366 days; the first time, where it recurs.", through=span_of
    )
    title: str | None = optional(_TITLE)
    time_zone: TimeZone | None = optional(
        "The zone of its wall clock; that of the location of whoever it stops where not given."
    )
    recurrence: RecurrenceInput | None = optional("How it recurs; once where not given.", through=rule_of)
    exceptions: list[date] | None = optional(_EXCEPTIONS)
    reaches: list[BlockReachInput] | None = optional(
        "Whom it stops: any of these, at most 100; the whole business where not given.", through=reaches_given
    )


@payload
class CreateBlockPayload:
    """The time is blocked; what is booked in it already stays."""

    block: Block | None = keyed("block_id", "The new block.")


@input_type
class UpdateBlockInput(MutationInput):
    """What is left out stays as it is. The whole is judged: exceptions, too, when the time moves."""

    block_id: strawberry.ID = required("Which block.", of="block")
    span: BlockSpanInput | None = optional("When.", through=span_of)
    title: str | None = optional(_TITLE)
    time_zone: TimeZone | None = optional("The zone of its wall clock; null is that of the location.")
    recurrence: RecurrenceInput | None = optional("How it recurs; null is once.", through=rule_of)
    exceptions: list[date] | None = optional(_EXCEPTIONS)
    reaches: list[BlockReachInput] | None = optional(
        "Whom it stops: any of these, at most 100.", through=reaches_given
    )


@payload
class UpdateBlockPayload:
    """The block was changed."""

    block: Block | None = keyed("block_id", "The block.")


@input_type
class DeleteBlockInput(MutationInput):
    """The block that is to hold no longer."""

    block_id: strawberry.ID = required("Which block.", of="block")


def _deleted_id(root: DeletedBlock) -> strawberry.ID:
    return spell_id("block", root.block_id)


@payload
class DeleteBlockPayload:
    """Its time is free again, in all its occurrences."""

    block_id: strawberry.ID = answered_by(_deleted_id, "Which block.")


@strawberry.type
class BlockMutations:
    """Time in which nothing is booked."""

    create_block = mutation(
        create_block,
        "Block time, once or again and again.",
        takes=CreateBlockInput,
        gives=CreateBlockPayload,
        allow=WRITE,
    )
    update_block = mutation(
        update_block, "Change a block.", takes=UpdateBlockInput, gives=UpdateBlockPayload, allow=WRITE
    )
    delete_block = mutation(
        delete_block, "Delete a block.", takes=DeleteBlockInput, gives=DeleteBlockPayload, allow=WRITE
    )
