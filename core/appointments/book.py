"""Book an appointment: the verb that sells time."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from core.appointments.alternatives import with_alternatives
from core.appointments.appointment import (
    Appointment,
    AppointmentBooked,
    AppointmentProvider,
    HoldExpired,
    OutsidePolicy,
    SlotTaken,
    TooManyAhead,
)
from core.appointments.arrange import Arrangement, resources_of, settle
from core.appointments.choose_provider import Choice, ProviderChoice, ProviderSelection, choose
from core.appointments.draft import drafted
from core.appointments.hold import BOOKED, chosen_when_held
from core.appointments.ledger import APPOINTMENT, HOLD, Owner
from core.appointments.life import CONFIRMED, PENDING
from core.appointments.open_ledger import OpenLedger, open_ledger, span_of
from core.appointments.plan import Plan, planned
from core.appointments.series import Repeats, Series, SeriesBooked
from core.appointments.terms import BookingQuestions
from core.availability.kept import kept_recurrence
from core.availability.shelf import RulebookShelf
from core.directory.client import EmailTaken, locked_client
from core.directory.create_client import NewClient, add_client
from core.kernel.clock import instant_of
from core.kernel.context import Context
from core.kernel.errors import IdempotencyMismatch, Invalid, NotFound
from core.kernel.money import Money
from core.kernel.unit_of_work import UnitOfWork
from core.kernel.use_case import use_case

BUSINESS = "BUSINESS"
END_WAITS = "end_waits"
"""The job that looks whether a client who waits has booked what they wait for."""


@dataclass(kw_only=True)
class BookAppointment:
    """A client, a start, and a provider or how to choose one. Length and price come from the service
    unless given here; those of a group pay the service's price for each of their seats.

    The client is named by `client_id`, or described by `client`: whoever has that e-mail address is meant
    and stays as they are, anybody else is added with the booking, and not without it.

    `within_policies` False is the staff door: hours, notice and the like do not refuse, only time
    that is taken does, and the rules that `heeding` names: see core.appointments.arrange.Asked.
    `for_staff` books within the rules for staff, as listings for staff do. `tell_client` False books in
    silence. `hold_id` turns one's own hold into the booking. `repeats` books a series: all of its dates
    or none.
    """

    starts_at: datetime
    client_id: int | None = None
    client: NewClient | None = None
    provider_id: int | None = None
    selection: ProviderSelection | None = None
    service_id: int | None = None
    location_id: int | None = None
    duration_minutes: int | None = None
    price: Money | None = None
    deposit: Money | None = None
    description: str | None = None
    style: str | None = None
    notes: str | None = None
    internal_notes: str | None = None
    hold_id: int | None = None
    seats: int = 1
    repeats: Repeats | None = None
    within_policies: bool = True
    for_staff: bool = False
    heeding: tuple[str, ...] = ()
    tell_client: bool = True
    idempotency_key: str | None = None


@dataclass(kw_only=True)
class Booked:
    """The key of the new appointment; of a series its key, and those of all its appointments in order."""

    appointment_id: int
    series_id: int | None = None
    appointment_ids: list[int] = field(default_factory=list)


@use_case(
    "appointment.book",
    raises=(
        SlotTaken,
        HoldExpired,
        OutsidePolicy,
        TooManyAhead,
        NotFound,
        EmailTaken,
        Invalid,
        IdempotencyMismatch,
    ),
)
async def book(ctx: Context, command: BookAppointment) -> Booked:
    """Sell the time, confirmed at once, or pending where the service wants approval.

    In this order it raises Invalid for a start, a length, words or a client that are wrong by themselves,
    NotFound for an unknown provider, client, service or location, Invalid for all other values, HoldExpired
    where the hold is gone, TooManyAhead where the client has as many appointments as the service allows,
    OutsidePolicy where the business's rules refuse, and SlotTaken, with the nearest free starts, where the
    time is taken. EmailTaken says that somebody else adds and changes clients with that address just now.
    """
    is_second = False
    while True:
        try:
            async with ctx.unit_of_work() as uow:
                if earlier := await uow.earlier_answer("appointment.book", command, Booked):
                    return earlier
                return uow.answer(await sell(uow, ctx.reach(RulebookShelf), command))
        except EmailTaken:
            if is_second:
                raise
            is_second = True  # whoever was added meanwhile is found now
        except (SlotTaken, OutsidePolicy) as error:
            raise await with_alternatives(ctx, error) from None


async def sell(
    uow: UnitOfWork,
    shelf: RulebookShelf,
    command: BookAppointment,
    *,
    hold_kind: str = HOLD,
    needs_approval: bool = False,
) -> Booked:
    """Sell the time in the caller's transaction; pending where the caller or the service wants approval.

    Raises as `book` does.
    """
    plan = await planned(uow, shelf, command, hold_kind)
    if needs_approval:
        plan = replace(plan, needs_approval=True)
    ledger = await open_ledger(
        uow,
        resources_of(plan.terms, plan.candidates, plan.asked.demand),
        span_of(plan.asked.demand, [start for own in plan.dates.starts.values() for start in own]),
        hold_id=None if plan.hold is None else plan.hold.id,
    )
    candidates = await _within_limit(uow, command, plan)
    chosen = await choose(
        uow, ledger, plan.terms, plan.asked, command.selection, candidates, plan.dates.starts
    )
    if plan.hold is not None:
        chosen = chosen_when_held(plan.hold, chosen)
        plan.hold.end(uow.now, BOOKED)
        uow.cancel_job(f"hold:{plan.hold.id}")
    return await _write(uow, ledger, command, plan, chosen)


async def _within_limit(uow: UnitOfWork, command: BookAppointment, plan: Plan) -> list[int]:
    """The candidates with whom the client has no more ahead than the service allows: of a series, who
    works by another clock may have fewer dates. Raises TooManyAhead where there are none."""
    limit = plan.terms.service.client_limit if plan.terms.service else None
    if limit is None or not command.within_policies:
        return plan.candidates
    ahead = 0 if plan.client_id is None else await _ahead(uow, command, plan.client_id)
    within = [key for key in plan.candidates if ahead + len(plan.dates.starts[key]) <= limit]
    if not within:
        raise TooManyAhead(limit)
    return within


async def _ahead(uow: UnitOfWork, command: BookAppointment, client_id: int) -> int:
    assert command.service_id is not None
    # The client's row is locked, so that two bookings at once are counted one after the other; after
    # the resources, as every booking's reference to the client comes after them: no deadlock.
    await locked_client(uow, client_id)
    return await uow.ask(BookingQuestions).ahead_of(client_id, command.service_id, uow.now)


async def _write(
    uow: UnitOfWork, ledger: OpenLedger, command: BookAppointment, plan: Plan, chosen: Choice
) -> Booked:
    client_id = plan.client_id
    if client_id is None:
        assert plan.newcomer is not None
        client_id = await add_client(uow, plan.newcomer)
    series = await _series(uow, command, plan, chosen, client_id) if command.repeats is not None else None
    made: list[Appointment] = []
    for start in plan.dates.starts[chosen.provider_ids[0]]:
        appointment = await _sell_one(uow, ledger, command, plan, chosen, start, client_id)
        appointment.series_id = None if series is None else series.id
        made.append(appointment)
    if series is not None:
        await uow.flush()
        uow.emit(
            SeriesBooked(
                series_id=series.id,
                provider_id=series.provider_id,
                client_id=series.client_id,
                count=len(made),
            )
        )
    return Booked(
        appointment_id=made[0].id,
        series_id=None if series is None else series.id,
        appointment_ids=[appointment.id for appointment in made] if series is not None else [],
    )


async def _sell_one(
    uow: UnitOfWork,
    ledger: OpenLedger,
    command: BookAppointment,
    plan: Plan,
    chosen: Choice,
    start: int,
    client_id: int,
) -> Appointment:
    lead = chosen.provider_ids[0]
    service = plan.terms.service
    is_public = command.within_policies and not command.for_staff
    pending = plan.needs_approval or (is_public and service is not None and service.needs_approval)
    appointment = drafted(
        uow.now,
        command,
        plan.terms,
        plan.words,
        plan.sums,
        client_id=client_id,
        provider_id=lead,
        location_id=chosen.at(lead, start).location_id,
        starts_at=instant_of(start),
        duration=plan.duration,
    )
    appointment.status = PENDING if pending else CONFIRMED
    appointment.awaiting = BUSINESS if pending else None
    uow.add(appointment)
    await uow.flush()
    for provider_id in chosen.provider_ids:
        found = chosen.at(provider_id, start)
        await _take_time(uow, ledger, plan, found, appointment)
        if provider_id != lead:
            uow.add(AppointmentProvider(appointment_id=appointment.id, provider_id=provider_id))
    if chosen.mode is not None:
        uow.add(
            ProviderChoice(
                appointment_id=appointment.id,
                service_id=command.service_id,
                mode=chosen.mode,
                provider_id=lead,
                candidates=chosen.log,
                created_at=uow.now,
            )
        )
    if plan.terms.facts.client_is_waiting:
        facts = {"appointment_id": appointment.id}
        uow.schedule(END_WAITS, facts, run_at=uow.now, dedupe_key=f"{END_WAITS}:{appointment.id}")
    uow.emit(
        AppointmentBooked(
            appointment_id=appointment.id,
            provider_id=appointment.provider_id,
            client_id=appointment.client_id,
            location_id=appointment.location_id,
            service_id=appointment.service_id,
            starts_at=appointment.starts_at,
            ends_at=appointment.ends_at,
            status=appointment.status,
            client_is_told=command.tell_client,
        )
    )
    return appointment


async def _take_time(
    uow: UnitOfWork, ledger: OpenLedger, plan: Plan, found: Arrangement, appointment: Appointment
) -> None:
    owner = Owner(
        kind=APPOINTMENT,
        begins_minute=found.start,
        service_id=appointment.service_id,
        appointment_id=appointment.id,
    )
    session_id, location_id = await settle(uow, ledger, plan.terms, plan.asked, found, owner)
    appointment.group_session_id, appointment.location_id = session_id, location_id


async def _series(
    uow: UnitOfWork, command: BookAppointment, plan: Plan, chosen: Choice, client_id: int
) -> Series:
    assert command.repeats is not None
    series = Series(
        provider_id=chosen.provider_ids[0],
        client_id=client_id,
        service_id=command.service_id,
        recurrence=kept_recurrence(command.repeats.recurrence),
        starts_at=command.starts_at,
        time_zone=plan.dates.zones[chosen.provider_ids[0]],
        created_at=uow.now,
    )
    uow.add(series)
    await uow.flush()
    return series
