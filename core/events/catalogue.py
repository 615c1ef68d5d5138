"""The catalogue: every type of event, who hears of it, and what each dialect calls it. A row is one line.

    _row("deposit.paid", DEPOSITS, personal=True, servalodesk="deposit.paid", calendesk="booking_paid")

The names in the dialects are those of the `webhooks` in their documents; several are parted by spaces.
A row that is `later` has its name already and no verb that emits it yet: whoever builds the verb takes
the mark away; until then `require_row` stops whoever emits it. How to add a row: docs/events.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from core.kernel.events import Event

DIALECTS = ("servalodesk", "schedly", "savvycal", "calendesk")

EVENTS = "events:read"
CLIENTS = "clients:read"
DEPOSITS = "deposits:read"
WEBHOOKS = "webhooks:read"
BILLING = "business:write"
"""What a business pays for is its owners' affair."""


class Unlisted(AssertionError):
    """An event has no row, or one that says it cannot happen yet or is of another version: a fault of ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRow:
    """One type of event.

    `sees` is the permission without which nobody hears of it, beside `events:read`. `personal` says
    that it is about one person who is a client: its facts are ids, yet leave the business with care.
    One that is `for_show` has its event, yet demonstration data alone makes it happen so far.
    """

    type: str
    version: int
    sees: str
    personal: bool
    later: bool
    for_show: bool = False
    names: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def names_in(self, dialect: str) -> tuple[str, ...]:
        """What the dialect calls it; nothing where it has no such event."""
        return self.names.get(dialect, ())


CATALOGUE: dict[str, EventRow] = {}
"""Event type → its row."""


def _row(
    type: str,
    sees: str,
    *,
    personal: bool = False,
    later: bool = False,
    for_show: bool = False,
    version: int = 1,
    **names: str,
) -> None:
    spoken = {dialect: tuple(given.split()) for dialect, given in names.items()}
    assert spoken.keys() <= set(DIALECTS), f"{type} names a dialect that is not known"
    assert type not in CATALOGUE, f"{type} has a row already"
    CATALOGUE[type] = EventRow(
        type=type,
        version=version,
        sees=sees,
        personal=personal,
        later=later,
        for_show=for_show,
        names=spoken,
    )


# Appointments: a display may hear of them, since their facts are ids and times.
_row("appointment.booked", EVENTS, personal=True, schedly="BOOKING_CREATED SERVICE_BOOKING_CREATED", savvycal="appointment.created", calendesk="booking_created")  # fmt: skip
_row("appointment.requested", EVENTS, personal=True, later=True, schedly="BOOKING_REQUESTED")
_row("appointment.declined", EVENTS, personal=True, schedly="BOOKING_REJECTED", calendesk="booking_updated")  # fmt: skip
_row("appointment.confirmed", EVENTS, personal=True, servalodesk="appointment.confirmed", schedly="BOOKING_CONFIRMED SERVICE_BOOKING_UPDATED", savvycal="appointment.confirmed", calendesk="booking_updated")  # fmt: skip
_row("appointment.rescheduled", EVENTS, personal=True, schedly="BOOKING_RESCHEDULED SERVICE_BOOKING_UPDATED", savvycal="appointment.rescheduled", calendesk="booking_updated")  # fmt: skip
_row("appointment.edited", EVENTS, personal=True, schedly="SERVICE_BOOKING_UPDATED", calendesk="booking_updated")  # fmt: skip
_row("appointment.completed", EVENTS, personal=True, schedly="SERVICE_BOOKING_COMPLETED", calendesk="booking_updated")  # fmt: skip
_row("appointment.marked_no_show", EVENTS, personal=True, schedly="BOOKING_NO_SHOW_UPDATED", calendesk="booking_updated")  # fmt: skip
_row("appointment.cancelled", EVENTS, personal=True, servalodesk="appointment.cancelled", schedly="BOOKING_CANCELLED SERVICE_BOOKING_CANCELLED", savvycal="appointment.canceled", calendesk="booking_updated")  # fmt: skip
_row("appointment.deleted", EVENTS, personal=True, later=True, savvycal="appointment.deleted")

# Time that is kept for somebody, or taken by something else.
_row("slot.held", EVENTS, savvycal="booking_intent.created")
_row("hold.changed", EVENTS, later=True, savvycal="booking_intent.updated")
_row("hold.booked", EVENTS, later=True, savvycal="booking_intent.completed")
_row("hold.expired", EVENTS)
_row("series.booked", EVENTS, personal=True)
_row("hold.released", EVENTS, savvycal="booking_intent.abandoned")
_row("block.created", EVENTS, schedly="OOO_CREATED", savvycal="block.created")
_row("block.updated", EVENTS, savvycal="block.updated")
_row("block.deleted", EVENTS, savvycal="block.deleted")

# The rules of availability, beside blocks.
_row("schedule.set", EVENTS)
_row("schedule.deleted", EVENTS)
_row("date_override.set", EVENTS)
_row("date_override.cleared", EVENTS)
_row("holiday.created", EVENTS)
_row("holiday.updated", EVENTS)
_row("holiday.deleted", EVENTS)
_row("holiday_calendar.adopted", EVENTS)
_row("holiday_calendar.refreshed", EVENTS)
_row("holiday_calendar.dropped", EVENTS)
_row("resource.created", EVENTS)
_row("resource.updated", EVENTS)
_row("resource.archived", EVENTS)

# Money that clients pay.
_row("deposit.requested", DEPOSITS, personal=True)
_row("deposit.changed", DEPOSITS, personal=True, later=True)
_row("deposit.paid", DEPOSITS, personal=True, for_show=True, servalodesk="deposit.paid", schedly="BOOKING_PAID", calendesk="booking_paid")  # fmt: skip
_row("deposit.withdrawn", DEPOSITS, personal=True)
_row("deposit.forfeited", DEPOSITS, personal=True)
_row("deposit.refunded", DEPOSITS, personal=True, later=True, servalodesk="deposit.refunded")
_row("payment.begun", DEPOSITS, personal=True, later=True, schedly="BOOKING_PAYMENT_INITIATED")
_row("payment.failed", DEPOSITS, personal=True, later=True)
_row("invoice.created", DEPOSITS, personal=True, later=True)
_row("invoice.sent", DEPOSITS, personal=True, later=True)
_row("invoice.paid", DEPOSITS, personal=True, later=True)
_row("invoice.voided", DEPOSITS, personal=True, later=True)

# What the business itself pays for.
_row("plan.trial_begun", BILLING, later=True)
_row("plan.trial_ended", BILLING, later=True)
_row("plan.started", BILLING, later=True)
_row("plan.changed", BILLING, later=True)
_row("plan.paid", BILLING, later=True)
_row("plan.payment_failed", BILLING, later=True)
_row("plan.cancelled", BILLING, later=True)
_row("plan.resumed", BILLING, later=True)
_row("plan.ended", BILLING, later=True)
_row("payment_card.replaced", BILLING, later=True)

# The business and who works there.
_row("business.founded", EVENTS)
_row("business.updated", EVENTS)
_row("business.closed", EVENTS)
_row("location.created", EVENTS)
_row("location.updated", EVENTS)
_row("location.archived", EVENTS)
_row("service.created", EVENTS)
_row("service.updated", EVENTS)
_row("service.archived", EVENTS)
_row("provider.created", EVENTS)
_row("provider.updated", EVENTS)
_row("provider.archived", EVENTS)

# The people who come.
_row("client.created", CLIENTS, personal=True, calendesk="user_created")
_row("client.updated", CLIENTS, personal=True)
_row("client.archived", CLIENTS, personal=True)
_row("client.erased", CLIENTS, personal=True)
_row("booking_request.received", CLIENTS, personal=True, later=True, servalodesk="booking_request.received")
_row("booking_request.accepted", CLIENTS, personal=True, later=True)
_row("booking_request.declined", CLIENTS, personal=True, later=True)
_row("waitlist.joined", CLIENTS, personal=True)
_row("waitlist.changed", CLIENTS, personal=True)
_row("waitlist.booked", CLIENTS, personal=True)
_row("waitlist.left", CLIENTS, personal=True)
_row("waitlist.expired", CLIENTS, personal=True)
_row("waitlist.slot_offered", CLIENTS, personal=True, servalodesk="waitlist.slot_offered")
_row("waitlist.slot_told", CLIENTS, personal=True)
_row("waitlist.claimed", CLIENTS, personal=True)
_row("waitlist.offer_declined", CLIENTS, personal=True)
_row("waitlist.offer_expired", CLIENTS, personal=True)
_row("waitlist.offer_withdrawn", CLIENTS, personal=True)

# Forms that they sign or send in, and who is sent whom.
_row("consent_template.created", EVENTS, later=True)
_row("consent_template.updated", EVENTS, later=True)
_row("consent_template.archived", EVENTS, later=True)
_row("consent_form.sent", CLIENTS, personal=True, later=True)
_row("consent_form.changed", CLIENTS, personal=True, later=True)
_row("consent_form.signed", CLIENTS, personal=True, later=True, servalodesk="consent_form.signed")
_row("consent_form.withdrawn", CLIENTS, personal=True, later=True)
_row("routing_form.created", EVENTS, later=True)
_row("routing_form.updated", EVENTS, later=True)
_row("routing_form.archived", EVENTS, later=True)
_row("routing_form.submitted", CLIENTS, personal=True, later=True, schedly="FORM_SUBMITTED")
_row("routing_rules.changed", EVENTS, later=True)
_row("lead.routed", CLIENTS, personal=True, later=True)
_row("lead.handed_over", CLIENTS, personal=True, later=True)

# Where events are sent.
_row("webhook_endpoint.created", WEBHOOKS)
_row("webhook_endpoint.updated", WEBHOOKS)
_row("webhook_endpoint.deleted", WEBHOOKS)
_row("webhook_endpoint.tested", WEBHOOKS)
_row("webhook_endpoint.disabled", WEBHOOKS)

# Meetings held elsewhere, and calendars that are joined.
_row("meeting.started", EVENTS, later=True, schedly="MEETING_STARTED")
_row("meeting.ended", EVENTS, later=True, schedly="MEETING_ENDED")
_row("meeting.link_changed", EVENTS, later=True, schedly="MEETING_URL_CHANGED", savvycal="appointment.meeting.updated")  # fmt: skip
_row("meeting.made_at_once", EVENTS, personal=True, later=True, schedly="INSTANT_MEETING")
_row("recording.ready", CLIENTS, personal=True, later=True, schedly="RECORDING_READY")
_row("recording.transcribed", CLIENTS, personal=True, later=True, schedly="RECORDING_TRANSCRIPTION_GENERATED")
_row("calendar.refreshed", EVENTS)
_row("calendar_account.connected", EVENTS, savvycal="connected_account.created")
_row("calendar_account.disconnected", EVENTS, savvycal="connected_account.deleted")
_row("calendar_account.reconnected", EVENTS, savvycal="connected_account.reconnected")
_row("calendar_account.refresh_failed", EVENTS, savvycal="connected_account.refresh_failed")


def require_row(event: Event) -> None:
    """Raise Unlisted for an event that cannot happen, as far as its row says."""
    row = CATALOGUE.get(event.type)
    if row is None or row.later or row.version != event.version:
        raise Unlisted(f"{event.type} {event.version} has no row of its own in core/events/catalogue.py")


def may_hear(event_type: str, permissions: Iterable[str]) -> bool:
    """Whether somebody with these permissions hears of a type; nobody of one without a row."""
    row = CATALOGUE.get(event_type)
    return row is not None and row.sees in permissions


def types_named(dialect: str, name: str) -> tuple[str, ...]:
    """The types that a dialect calls by one of its names; `later` ones included."""
    return tuple(row.type for row in CATALOGUE.values() if name in row.names_in(dialect))
