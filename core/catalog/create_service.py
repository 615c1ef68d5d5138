"""Add a service to the catalogue."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from core.availability.hours import DAY_MINUTES
from core.catalog.service import Service, ServiceCreated
from core.directory.business import Business
from core.kernel.context import Context
from core.kernel.errors import IdempotencyMismatch, Invalid
from core.kernel.money import Money
from core.kernel.text import Check
from core.kernel.unit_of_work import UnitOfWork
from core.kernel.use_case import use_case

MAX_NOTICE_MINUTES = 366 * DAY_MINUTES


@dataclass(kw_only=True)
class CreateService:
    """A new service; lengths in minutes, `price` in the business's currency."""

    name: str
    duration_minutes: int
    description: str | None = None
    price: Money | None = None
    buffer_before_minutes: int = 0
    buffer_after_minutes: int = 0
    deposit_percent: Decimal | None = None
    notice_minutes: int = 0
    step_minutes: int = 15
    idempotency_key: str | None = None


@dataclass(kw_only=True)
class CreatedService:
    """The key of the new service."""

    service_id: int


@use_case("service.create", raises=(Invalid, IdempotencyMismatch))
async def create_service(ctx: Context, command: CreateService) -> CreatedService:
    """Add a service, open for booking at once. Raises Invalid with every issue found."""
    async with ctx.unit_of_work() as uow:
        if earlier := await uow.earlier_answer("service.create", command, CreatedService):
            return earlier
        business = await uow.get(Business, uow.business_id)
        assert business is not None
        service = checked_service(uow, command, business.currency)
        uow.add(service)
        await uow.flush()
        uow.emit(ServiceCreated(service_id=service.id))
        return uow.answer(CreatedService(service_id=service.id))


def checked_service(uow: UnitOfWork, command: CreateService, currency: str) -> Service:
    """The service that a command describes. Raises Invalid."""
    check = Check()

    def minutes(path: str, least: int = 0, most: int = DAY_MINUTES) -> int:
        return check.whole(path, getattr(command, path), least=least, most=most, unit="minutes")

    service = Service(
        name=check.text("name", command.name),
        description=check.note("description", command.description),
        duration_minutes=minutes("duration_minutes", least=1),
        price_minor=price.amount_minor if (price := command.price) else None,
        currency=currency,
        buffer_before_minutes=minutes("buffer_before_minutes"),
        buffer_after_minutes=minutes("buffer_after_minutes"),
        deposit_percent=check.percent("deposit_percent", command.deposit_percent),
        notice_minutes=minutes("notice_minutes", most=MAX_NOTICE_MINUTES),
        step_minutes=minutes("step_minutes", least=1),
        created_at=uow.now,
    )
    check.price("price", command.price, currency=currency)
    check.done()
    return service
