"""Change a service."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from core.catalog.describe import (
    CatalogQuestions,
    Description,
    Performer,
    described,
    keep_performers,
    require_performers,
)
from core.catalog.policies import Policies
from core.catalog.service import Service, ServiceUpdated
from core.directory.business import Business
from core.kernel.context import Context
from core.kernel.errors import IdempotencyMismatch, Invalid, NotFound
from core.kernel.money import Money
from core.kernel.unset import UNSET, Maybe, given
from core.kernel.use_case import use_case


@dataclass(kw_only=True)
class UpdateService:
    """What is UNSET stays as it is, each of the policies, too; the rest means what it means in
    CreateService."""

    service_id: int
    name: Maybe[str] = UNSET
    duration_minutes: Maybe[int] = UNSET
    description: Maybe[str | None] = UNSET
    price: Maybe[Money | None] = UNSET
    buffer_before_minutes: Maybe[int] = UNSET
    buffer_after_minutes: Maybe[int] = UNSET
    deposit_percent: Maybe[Decimal | None] = UNSET
    notice_minutes: Maybe[int] = UNSET
    step_minutes: Maybe[int] = UNSET
    policies: Policies = field(default_factory=Policies)
    providers: Maybe[Sequence[Performer] | None] = UNSET
    idempotency_key: str | None = None


@dataclass(kw_only=True)
class UpdatedService:
    """The key of the service."""

    service_id: int


@use_case("service.update", raises=(NotFound, Invalid, IdempotencyMismatch))
async def update_service(ctx: Context, command: UpdateService) -> UpdatedService:
    """Change what is given, judged together with what stays. What is booked keeps what it was booked with.

    Raises NotFound for an unknown service, provider, room or kit, and Invalid with every issue found.
    """
    async with ctx.unit_of_work() as uow:
        if earlier := await uow.earlier_answer("service.update", command, UpdatedService):
            return earlier
        service = await uow.get(Service, command.service_id, lock=True)
        if service is None or service.archived_at is not None:
            raise NotFound("service")
        business = await uow.get(Business, uow.business_id)
        assert business is not None
        values = await described(
            uow, business, _wanted(service, command), command.policies, service.policies, service.currency
        )
        if command.providers is not UNSET:
            await require_performers(uow, command.providers)
            before = await uow.ask(CatalogQuestions).forget_performers(service.id)
            if before != {one.provider_id: one.weight for one in command.providers or ()}:
                service.turns_since = uow.now
            keep_performers(uow, service.id, command.providers)
        for name, value in values.items():
            setattr(service, name, value)
        uow.emit(ServiceUpdated(service_id=service.id))
        return uow.answer(UpdatedService(service_id=service.id))


def _wanted(service: Service, command: UpdateService) -> Description:
    price = None if service.price_minor is None else Money(service.price_minor, service.currency)
    return Description(
        name=given(command.name, service.name),
        duration_minutes=given(command.duration_minutes, service.duration_minutes),
        description=given(command.description, service.description),
        price=given(command.price, price),
        buffer_before_minutes=given(command.buffer_before_minutes, service.buffer_before_minutes),
        buffer_after_minutes=given(command.buffer_after_minutes, service.buffer_after_minutes),
        deposit_percent=given(command.deposit_percent, service.deposit_percent),
        notice_minutes=given(command.notice_minutes, service.notice_minutes),
        step_minutes=given(command.step_minutes, service.step_minutes),
    )
