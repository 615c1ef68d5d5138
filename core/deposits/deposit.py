"""The deposit: money asked for before an appointment, kept if the client does not come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import ClassVar, Protocol

from core.kernel.events import Event
from core.kernel.money import Money
from core.kernel.unit_of_work import Entity, TenantOwned, UnitOfWork

PENDING = "PENDING"
PAID = "PAID"
REFUNDED = "REFUNDED"
PARTIALLY_REFUNDED = "PARTIALLY_REFUNDED"
FORFEITED = "FORFEITED"
CANCELLED = "CANCELLED"
STATUSES = (PENDING, PAID, REFUNDED, PARTIALLY_REFUNDED, FORFEITED, CANCELLED)

PAYMENT_WINDOW = timedelta(hours=48)


@dataclass(kw_only=True, eq=False)
class Deposit(Entity, TenantOwned):
    """Money asked for one appointment, in minor units of `currency`.

    An appointment has at most one deposit with `is_current`; earlier ones stay for the record.
    """

    appointment_id: int
    client_id: int
    amount_minor: int
    refunded_minor: int
    currency: str
    status: str
    is_current: bool
    due_at: datetime | None
    paid_at: datetime | None
    refunded_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class DepositRequested(Event):
    """A deposit was asked for; it is due at `due_at`."""

    type: ClassVar[str] = "deposit.requested"
    noun: ClassVar[str] = "deposit"
    key_field: ClassVar[str] = "deposit_id"

    deposit_id: int
    appointment_id: int
    amount_minor: int
    currency: str
    due_at: datetime
    client_is_told: bool


@dataclass(frozen=True, kw_only=True)
class DepositPaid(Event):
    """The client paid a deposit."""

    type: ClassVar[str] = "deposit.paid"
    noun: ClassVar[str] = "deposit"
    key_field: ClassVar[str] = "deposit_id"

    deposit_id: int
    appointment_id: int


@dataclass(frozen=True, kw_only=True)
class DepositWithdrawn(Event):
    """A deposit that was never paid is asked for no longer."""

    type: ClassVar[str] = "deposit.withdrawn"
    noun: ClassVar[str] = "deposit"
    key_field: ClassVar[str] = "deposit_id"

    deposit_id: int
    appointment_id: int


@dataclass(frozen=True, kw_only=True)
class DepositForfeited(Event):
    """A paid deposit stays with the business, because the client did not come."""

    type: ClassVar[str] = "deposit.forfeited"
    noun: ClassVar[str] = "deposit"
    key_field: ClassVar[str] = "deposit_id"

    deposit_id: int
    appointment_id: int


class DepositQuestions(Protocol):
    """What is asked about deposits inside a transaction; one statement each."""

    async def current(self, appointment_id: int) -> int | None:
        """The key of the appointment's current deposit."""
        ...

    async def client_is_reached(self, client_id: int) -> bool:
        """Whether the client can be told something by any way in which the business tells its clients."""
        ...


def deposit_due(
    *, explicit: Money | None, price: Money | None, percents: tuple[Decimal | None, ...]
) -> Money | None:
    """The deposit of an appointment: the explicit amount, else the first percentage of the price.

    `percents` are those of the service, the provider and the business, in this order; 30 % of 400 is
    120. Without an explicit amount and without a price there is none (ServaloDesk, Appointments:
    `deposit_amount` overrides the percentage).
    """
    if explicit is not None:
        return explicit
    percent = next((percent for percent in percents if percent is not None), None)
    if price is None or percent is None:
        return None
    return price.percent(percent)


async def request_deposit(
    uow: UnitOfWork,
    *,
    appointment_id: int,
    client_id: int,
    amount: Money,
    due_at: datetime | None = None,
    client_is_told: bool,
) -> Deposit:
    """Ask for the deposit of an appointment, due in 48 hours unless said otherwise."""
    deposit = Deposit(
        appointment_id=appointment_id,
        client_id=client_id,
        amount_minor=amount.amount_minor,
        refunded_minor=0,
        currency=amount.currency,
        status=PENDING,
        is_current=True,
        due_at=due_at or uow.now + PAYMENT_WINDOW,
        paid_at=None,
        refunded_at=None,
        created_at=uow.now,
    )
    uow.add(deposit)
    await uow.flush()
    assert deposit.due_at is not None
    uow.emit(
        DepositRequested(
            deposit_id=deposit.id,
            appointment_id=appointment_id,
            amount_minor=amount.amount_minor,
            currency=amount.currency,
            due_at=deposit.due_at,
            client_is_told=client_is_told,
        )
    )
    return deposit


async def settle_deposit(uow: UnitOfWork, deposit_id: int) -> None:
    """Note that a pending deposit was paid; one that is not pending is left alone."""
    deposit = await uow.get(Deposit, deposit_id, lock=True)
    if deposit is None or deposit.status != PENDING:
        return
    deposit.status = PAID
    deposit.paid_at = uow.now
    uow.emit(DepositPaid(deposit_id=deposit.id, appointment_id=deposit.appointment_id))


async def withdraw_deposit(uow: UnitOfWork, appointment_id: int) -> int | None:
    """Ask no longer for a pending deposit; a paid one stays as it is. Answers the current deposit."""
    deposit = await _current(uow, appointment_id)
    if deposit is not None and deposit.status == PENDING:
        deposit.status = CANCELLED
        uow.emit(DepositWithdrawn(deposit_id=deposit.id, appointment_id=appointment_id))
    return deposit.id if deposit else None


async def forfeit_deposit(uow: UnitOfWork, appointment_id: int) -> int | None:
    """Keep a paid deposit for the business, withdraw a pending one. Answers the current deposit."""
    deposit = await _current(uow, appointment_id)
    if deposit is None or deposit.status != PAID:
        return await withdraw_deposit(uow, appointment_id)
    deposit.status = FORFEITED
    uow.emit(DepositForfeited(deposit_id=deposit.id, appointment_id=appointment_id))
    return deposit.id


async def _current(uow: UnitOfWork, appointment_id: int) -> Deposit | None:
    deposit_id = await uow.ask(DepositQuestions).current(appointment_id)
    return None if deposit_id is None else await uow.get(Deposit, deposit_id, lock=True)
