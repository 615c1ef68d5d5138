"""Hold a time for a few minutes, so that nobody else takes it meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, ClassVar

from core.appointments.alternatives import with_alternatives
from core.appointments.appointment import HoldExpired, OutsidePolicy, SlotTaken, check_start
from core.appointments.arrange import Asked, resources_of, settle
from core.appointments.choose_provider import (
    COLLECTIVE,
    Choice,
    ProviderSelection,
    candidates_of,
    choose,
    named_providers,
)
from core.appointments.draft import check_length, checked_duration
from core.appointments.ledger import HOLD, Owner
from core.appointments.open_ledger import open_ledger, span_of
from core.appointments.terms import terms_of
from core.availability.shelf import RulebookShelf
from core.directory.client import locked_client
from core.kernel.clock import minute_of
from core.kernel.context import Context
from core.kernel.errors import IdempotencyMismatch, Invalid, NotFound, invalid
from core.kernel.events import Event
from core.kernel.text import Check
from core.kernel.unit_of_work import Entity, TenantOwned, UnitOfWork
from core.kernel.use_case import use_case

DEFAULT_MINUTES, MOST_MINUTES = 10, 60
OFFER = "offer"
"""A hold for somebody who waits; of the other kind, `hold`, are those that somebody took."""
BOOKED, RELEASED, EXPIRED = "BOOKED", "RELEASED", "EXPIRED"


@dataclass(kw_only=True, eq=False)
class Hold(Entity, TenantOwned):
    """A provider's time, and rooms and kit with it, kept from others until `expires_at`.

    `ended_as` says how it ended: booked, released or expired; one that has run out counts no more,
    whether anybody has noticed or not. `mode` and `candidates` are how its provider was chosen, as in
    ProviderChoice; None where one was named.
    """

    kind: str
    provider_id: int
    service_id: int | None
    client_id: int | None
    location_id: int
    starts_at: datetime
    ends_at: datetime
    duration_minutes: int
    seats: int
    created_at: datetime
    expires_at: datetime
    ended_at: datetime | None = None
    ended_as: str | None = None
    mode: str | None = None
    candidates: list[dict[str, Any]] | None = None

    def is_live(self, now: datetime) -> bool:
        """Whether it still keeps the time."""
        return self.ended_at is None and now < self.expires_at

    def end(self, now: datetime, how: str) -> None:
        """It keeps the time no longer; the ledger is told by the caller."""
        self.ended_at, self.ended_as = now, how


@dataclass(kw_only=True)
class HoldSlot:
    """The time of a provider, or of one who is chosen; the length comes from the service unless given. Held
    for `for_minutes`, else for as long as the service says. `within_policies`, `for_staff` and `heeding`
    are as in booking."""

    starts_at: datetime
    provider_id: int | None = None
    selection: ProviderSelection | None = None
    service_id: int | None = None
    location_id: int | None = None
    duration_minutes: int | None = None
    seats: int = 1
    for_minutes: int | None = None
    within_policies: bool = True
    for_staff: bool = False
    heeding: tuple[str, ...] = ()
    idempotency_key: str | None = None


@dataclass(kw_only=True)
class HeldSlot:
    """The hold's key; it runs out `for_minutes` after it was made."""

    hold_id: int


@dataclass(frozen=True, kw_only=True)
class SlotHeld(Event):
    """A time is held until `expires_at`."""

    type: ClassVar[str] = "slot.held"
    noun: ClassVar[str] = "hold"
    key_field: ClassVar[str] = "hold_id"
    changes_taken: ClassVar[bool] = True

    hold_id: int
    provider_id: int
    starts_at: datetime
    expires_at: datetime


@use_case("slot.hold", raises=(SlotTaken, OutsidePolicy, NotFound, Invalid, IdempotencyMismatch))
async def hold_slot(ctx: Context, command: HoldSlot) -> HeldSlot:
    """Hold the time, buffers, rooms and kit of the service included, as booking would take it.

    Raises NotFound for an unknown provider, service or location, Invalid, OutsidePolicy where the
    rules refuse, and SlotTaken where it is not free.
    """
    try:
        async with ctx.unit_of_work() as uow:
            if earlier := await uow.earlier_answer("slot.hold", command, HeldSlot):
                return earlier
            hold = await keep(uow, ctx.reach(RulebookShelf), command)
            uow.emit(
                SlotHeld(
                    hold_id=hold.id,
                    provider_id=hold.provider_id,
                    starts_at=hold.starts_at,
                    expires_at=hold.expires_at,
                )
            )
            return uow.answer(HeldSlot(hold_id=hold.id))
    except (SlotTaken, OutsidePolicy) as error:
        raise await with_alternatives(ctx, error) from None


async def keep(
    uow: UnitOfWork,
    shelf: RulebookShelf,
    command: HoldSlot,
    *,
    kind: str = HOLD,
    client_id: int | None = None,
) -> Hold:
    """Keep the time, in the caller's transaction. Raises as `hold_slot` does.

    Whom it is kept for is locked, after the resources as in booking, so that what else they have then can
    be asked; by the staff door it does not matter.
    """
    named = named_providers(command.provider_id, command.selection)
    if command.selection is not None and command.selection.mode == COLLECTIVE:
        raise invalid("selection.mode", "NOT_FOR_ALL_TOGETHER", "holds the time of one provider")
    check = Check()
    check_length(check, command.duration_minutes)
    if command.for_minutes is not None and kind == HOLD:
        check.whole("for_minutes", command.for_minutes, least=1, most=MOST_MINUTES, unit="minutes")
    check_start(check, command.starts_at, uow.now)
    terms = await terms_of(
        uow,
        shelf,
        provider_ids=named,
        client_id=client_id,
        service_id=command.service_id,
        location_id=command.location_id,
        check=check,
    )
    is_public = command.within_policies and not command.for_staff
    duration = checked_duration(check, terms, command.duration_minutes, is_public)
    minutes = command.for_minutes
    if minutes is None:
        minutes = terms.service.hold_minutes if terms.service else DEFAULT_MINUTES
    capacity = terms.service.capacity if terms.service else 1
    check.whole("seats", command.seats, least=1, most=capacity, unit="seats")
    check.done()
    asked = Asked(
        demand=terms.demand(duration),
        seats=command.seats,
        location_id=command.location_id,
        within_policies=command.within_policies,
        for_staff=command.for_staff,
        heeding=frozenset(command.heeding),
    )
    start = minute_of(command.starts_at)
    candidates = candidates_of(terms.rules, command.service_id, named)
    if not candidates:
        raise NotFound("provider")
    ledger = await open_ledger(
        uow, resources_of(terms, candidates, asked.demand), span_of(asked.demand, [start])
    )
    if client_id is not None and command.within_policies:
        await locked_client(uow, client_id)
    chosen = await choose(
        uow, ledger, terms, asked, command.selection, candidates, {key: [start] for key in candidates}
    )
    found = chosen.at(chosen.provider_ids[0], start)
    hold = Hold(
        kind=kind,
        provider_id=found.provider_id,
        service_id=command.service_id,
        client_id=client_id,
        location_id=found.location_id,
        starts_at=command.starts_at,
        ends_at=command.starts_at + timedelta(minutes=duration),
        duration_minutes=duration,
        seats=command.seats,
        created_at=uow.now,
        expires_at=uow.now + timedelta(minutes=minutes),
        mode=chosen.mode,
        candidates=None if chosen.mode is None else chosen.log,
    )
    uow.add(hold)
    await uow.flush()
    owner = Owner(
        kind=HOLD,
        begins_minute=start,
        service_id=command.service_id,
        hold_id=hold.id,
        expires_at=hold.expires_at,
    )
    await settle(uow, ledger, terms, asked, found, owner)
    uow.schedule(
        "expire_hold",
        {"hold_id": hold.id},
        run_at=hold.expires_at,
        dedupe_key=f"hold:{hold.id}",
    )
    return hold


def chosen_when_held(hold: Hold, chosen: Choice) -> Choice:
    """The choice that a booking with the hold is written down with: the one made for the hold, if any."""
    if hold.mode is None:
        return chosen
    return replace(chosen, mode=hold.mode, log=hold.candidates or [])


async def matching_hold(
    uow: UnitOfWork,
    hold_id: int,
    providers: Sequence[int],
    *,
    kind: str,
    service_id: int | None,
    location_id: int | None,
    starts_at: datetime,
    duration: int,
    seats: int,
) -> Hold:
    """The hold, locked, where it keeps what is wanted. Raises HoldExpired for any other.

    The service is the one it was held for: what the rules of another would say was never asked.
    """
    hold = await uow.get(Hold, hold_id, lock=True)
    if hold is None or hold.kind != kind or not hold.is_live(uow.now):
        raise HoldExpired()
    same = hold.provider_id in providers and hold.starts_at == starts_at and hold.service_id == service_id
    if not same or location_id not in (None, hold.location_id):
        raise HoldExpired()
    if duration > hold.duration_minutes or seats > hold.seats:
        raise HoldExpired()
    return hold
