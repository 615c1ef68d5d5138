"""Add a service to the catalogue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from core.catalog.describe import Description, Performer, described, keep_performers, require_performers
from core.catalog.policies import Policies
from core.catalog.service import Service, ServiceCreated
from core.directory.business import Business
from core.kernel.context import Context
from core.kernel.errors import IdempotencyMismatch, Invalid, NotFound
from core.kernel.money import Money
from core.kernel.use_case import use_case


@dataclass(kw_only=True)
class CreateService:
    """A new service; lengths in minutes, `price` in the business's currency.

    `providers` are those who do it; None is everybody.
    """

    name: str
    duration_minutes: int
    description: str | None = None
    price: Money | None = None
    buffer_before_minutes: int = 0
    buffer_after_minutes: int = 0
    deposit_percent: Decimal | None = None
    notice_minutes: int = 0
    step_minutes: int = 15
    policies: Policies = field(default_factory=Policies)
    providers: Sequence[Performer] | None = None
    idempotency_key: str | None = None


@dataclass(kw_only=True)
class CreatedService:
    """The key of the new service."""

    service_id: int


@use_case("service.create", raises=(NotFound, Invalid, IdempotencyMismatch))
async def create_service(ctx: Context, command: CreateService) -> CreatedService:
    """Add a service.

    Raises NotFound for an unknown provider, room or kit, and Invalid with every issue found.
    """
    async with ctx.unit_of_work() as uow:
        if earlier := await uow.earlier_answer("service.create", command, CreatedService):
            return earlier
        business = await uow.get(Business, uow.business_id)
        assert business is not None
        wanted = Description(
            name=command.name,
            duration_minutes=command.duration_minutes,
            description=command.description,
            price=command.price,
            buffer_before_minutes=command.buffer_before_minutes,
            buffer_after_minutes=command.buffer_after_minutes,
            deposit_percent=command.deposit_percent,
            notice_minutes=command.notice_minutes,
            step_minutes=command.step_minutes,
        )
        values = await described(uow, business, wanted, command.policies, {}, business.currency)
        await require_performers(uow, command.providers)
        service = Service(**values, currency=business.currency, created_at=uow.now)
        uow.add(service)
        await uow.flush()
        keep_performers(uow, service.id, command.providers)
        uow.emit(ServiceCreated(service_id=service.id))
        return uow.answer(CreatedService(service_id=service.id))
