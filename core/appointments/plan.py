"""The plan of a booking: all that can be told of it before anything is locked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from core.appointments.appointment import check_start
from core.appointments.arrange import Asked
from core.appointments.choose_provider import COLLECTIVE, candidates_of, check_together, named_providers
from core.appointments.dates import Dates, First, dates_of
from core.appointments.draft import Sums, Words, check_length, checked_duration, checked_sums, checked_words
from core.appointments.hold import Hold, matching_hold
from core.appointments.terms import Terms, terms_of
from core.availability.shelf import RulebookShelf
from core.directory.client import Client
from core.directory.create_client import described
from core.directory.questions import DirectoryQuestions
from core.kernel.clock import minute_of
from core.kernel.errors import Issue, NotFound
from core.kernel.text import Check
from core.kernel.unit_of_work import UnitOfWork

if TYPE_CHECKING:
    from core.appointments.book import BookAppointment


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A booking that has been looked at, before anything is locked.

    `client_id` is the client's, or None where `newcomer` is to be added.
    """

    client_id: int | None
    newcomer: Client | None
    words: Words
    sums: Sums
    terms: Terms
    asked: Asked
    duration: int
    dates: Dates
    candidates: list[int]
    hold: Hold | None
    needs_approval: bool = False


async def planned(uow: UnitOfWork, shelf: RulebookShelf, command: BookAppointment, hold_kind: str) -> Plan:
    """What is to be booked, checked as far as it can be without locks.

    A start, a length, words and a client that are wrong by themselves are told before what is not there,
    and everything before any rule or time.
    """
    named = named_providers(command.provider_id, command.selection)
    check = Check()
    newcomer = _newcomer(check, command, uow.now)
    check_length(check, command.duration_minutes)
    check_start(check, command.starts_at, uow.now)
    words = checked_words(check, command)
    _check_hold(check, command)
    client_id = command.client_id
    if newcomer is not None and newcomer.email_key and not check.issues:
        client_id = await uow.ask(DirectoryQuestions).client_with_email(newcomer.email_key)
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
    capacity = terms.service.capacity if terms.service else 1
    seats = check.whole("seats", command.seats, least=1, most=capacity, unit="seats")
    check_together(check, command.selection, capacity)
    sums = checked_sums(check, command, terms, seats)
    candidates = candidates_of(terms.rules, command.service_id, named)
    if not candidates:
        check.done()
        raise NotFound("provider")
    dates = _dates(check, command, terms, duration, candidates, uow.now)
    check.done()
    candidates = [key for key in candidates if key in dates.starts]
    asked = Asked(
        demand=terms.demand(duration),
        seats=seats,
        location_id=command.location_id,
        within_policies=command.within_policies,
        for_staff=command.for_staff,
        heeding=frozenset(command.heeding),
    )
    hold = None
    if command.hold_id is not None:
        hold = await matching_hold(
            uow,
            command.hold_id,
            candidates,
            kind=hold_kind,
            service_id=command.service_id,
            location_id=command.location_id,
            starts_at=command.starts_at,
            duration=duration,
            seats=seats,
        )
        candidates = [hold.provider_id]
        dates = replace(dates, starts={hold.provider_id: dates.starts[hold.provider_id]})
        # The hold was given by the rules of its moment: a notice that has passed since does not refuse.
        asked = replace(asked, within_policies=False, heeding=frozenset(), location_id=hold.location_id)
    return Plan(
        client_id=client_id,
        newcomer=newcomer if client_id is None else None,
        words=words,
        sums=sums,
        terms=terms,
        asked=asked,
        duration=duration,
        dates=dates,
        candidates=candidates,
        hold=hold,
    )


def _newcomer(check: Check, command: BookAppointment, now: datetime) -> Client | None:
    """The client that is described, who may be one already; None where one is named instead."""
    if (command.client_id is None) == (command.client is None):
        check.refuse("client_id", "ONE_OF_TWO", "give either a client's id or who it is")
    if command.client is None:
        return None
    own = Check()
    newcomer = described(own, command.client, now)
    check.issues += [Issue(f"client.{one.path}", one.code, one.message) for one in own.issues]
    return newcomer


def _check_hold(check: Check, command: BookAppointment) -> None:
    """A hold keeps one time of one provider."""
    if command.hold_id is None:
        return
    if command.repeats is not None:
        check.refuse("hold_id", "NOT_WITH_A_SERIES", "holds one time, not a series")
    elif command.selection is not None and command.selection.mode == COLLECTIVE:
        check.refuse("hold_id", "NOT_FOR_ALL_TOGETHER", "holds the time of one provider")


def _dates(
    check: Check, command: BookAppointment, terms: Terms, duration: int, candidates: list[int], now: datetime
) -> Dates:
    """The one start, or those of the series with each candidate who can have it."""
    if command.repeats is None:
        return Dates(starts={key: [minute_of(command.starts_at)] for key in candidates})
    first = First(
        starts_at=command.starts_at,
        duration=duration,
        service=terms.service,
        location_id=command.location_id,
        for_staff=command.for_staff or not command.within_policies,
    )
    together = command.selection is not None and command.selection.mode == COLLECTIVE
    return dates_of(check, terms.rules, first, command.repeats, candidates, now, together=together)
