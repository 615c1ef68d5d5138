"""Close the business."""

from __future__ import annotations

from dataclasses import dataclass

from core.directory.business import BusinessClosed
from core.directory.questions import DirectoryQuestions
from core.kernel.context import Context
from core.kernel.errors import IdempotencyMismatch
from core.kernel.use_case import use_case


@dataclass(kw_only=True)
class CloseBusiness:
    """Nothing to say: it is the caller's business."""

    idempotency_key: str | None = None


@dataclass(kw_only=True)
class ClosedBusiness:
    """The key of the business."""

    business_id: int


@use_case("business.close", raises=(IdempotencyMismatch,))
async def close_business(ctx: Context, command: CloseBusiness) -> ClosedBusiness:
    """Close the caller's business: its credentials stop working within five seconds, its data stays."""
    async with ctx.unit_of_work() as uow:
        if earlier := await uow.earlier_answer("business.close", command, ClosedBusiness):
            return earlier
        await uow.ask(DirectoryQuestions).close(uow.now)
        uow.emit(BusinessClosed(closed_id=uow.business_id))
        return uow.answer(ClosedBusiness(business_id=uow.business_id))
