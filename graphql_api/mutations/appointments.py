"""The life of an appointment: booked, confirmed, moved, edited, and ended in one of three ways."""

from __future__ import annotations

from datetime import date, datetime

import strawberry

from auth.allow import may
from auth.permissions import Permission
from core.appointments.book import BookAppointment, Booked, book
from core.appointments.cancel import cancel
from core.appointments.complete import complete
from core.appointments.confirm import confirm
from core.appointments.decline import decline
from core.appointments.edit import edit
from core.appointments.mark_no_show import mark_no_show
from core.appointments.reschedule import reschedule
from core.appointments.series import Repeats
from core.directory.create_client import NewClient
from graphql_api.declare.fields import fact, keyed
from graphql_api.declare.inputs import MutationInput, made_from, optional, required
from graphql_api.declare.mutations import mutation
from graphql_api.declare.scalars import EmailAddress
from graphql_api.declare.types import input_type, payload
from graphql_api.types.appointments import Appointment
from graphql_api.types.choosing import FOR_STAFF, ProviderSelectionInput, selection_of
from graphql_api.types.deposits import Deposit
from graphql_api.types.money import MoneyInput, money_of
from graphql_api.types.recurrence import RecurrenceInput, rule_of
from graphql_api.visit import Visit

WRITE = may(Permission.APPOINTMENTS_WRITE)
ADD_CLIENTS = may(Permission.CLIENTS_WRITE)

_POLICIES = (
    "Whether opening hours, notice and acceptance may refuse; true where not given. Time that is taken "
    "always refuses."
)
_NOTICE = "Whether the notice that the service wants may refuse; true where not given."
_TELL = "Whether the client is written to, where they have an address; true where not given."
_TOLD = "Whether this call has the client written to."


@input_type
class RepeatsInput:
    """How a booking repeats, from its own day on."""

    recurrence: RecurrenceInput = required("When, counted from the first appointment's day.")
    skip: list[date] | None = optional(
        "Days that are left out, as dates of the place of the first. All others must be free, or nothing is booked."
    )


def _repeats(given: RepeatsInput) -> Repeats:
    skip = given.skip if isinstance(given.skip, list) else []
    return Repeats(recurrence=rule_of(given.recurrence), skip=skip)


@input_type
class BookedClientInput:
    """Somebody who comes and may not be a client yet: a display name, or given and family names to make it
    from. Whoever has the e-mail address is meant, and stays as they are."""

    display_name: str | None = optional("The name that is shown.")
    given_name: str | None = optional("The given name.")
    family_name: str | None = optional("The family name.")
    email: EmailAddress | None = optional("The e-mail address; without one a client is added each time.")
    phone: str | None = optional("The phone number, in any spelling.")
    allergies: str | None = optional("Allergies. Kept encrypted.")
    medical_notes: str | None = optional("Medical notes. Kept encrypted.")
    internal_notes: str | None = optional("Notes that the client never sees. Kept encrypted.")
    language: str | None = optional(
        "The language to write to them in: en, de, fr or es; the business's where null."
    )


def _new_client(given: BookedClientInput) -> NewClient:
    return made_from(given, NewClient)


@input_type
class BookAppointmentInput(MutationInput):
    """A client, a start, and a provider or how to choose one. Length and price come from the service
    unless given here."""

    client_id: strawberry.ID | None = optional("Who comes; this or `client`, not both.", of="client")
    client: BookedClientInput | None = optional(
        "Who comes, where they may be new: added together with the appointment, or not at all. Takes the "
        "permission to add clients.",
        through=_new_client,
    )
    provider_id: strawberry.ID | None = optional(
        "Whose time is wanted; leave out to have one chosen.", of="provider"
    )
    provider_selection: ProviderSelectionInput | None = optional(
        "How a provider is chosen, where none is named.", to="selection", through=selection_of
    )
    location_id: strawberry.ID | None = optional("Where, if that matters.", of="location")
    seats: int | None = optional("How many seats of a group; 1 where not given.")
    recurrence: RepeatsInput | None = optional(
        "To book a series: all of its appointments or none.", to="repeats", through=_repeats
    )
    starts_at: datetime = required("When it starts: a whole minute in the future.")
    service_id: strawberry.ID | None = optional("What is booked.", of="service")
    duration_minutes: int | None = optional("How long it takes; needed where no service is named.")
    quoted_price: MoneyInput | None = optional(
        "What was agreed; the service's price where not given.", to="price", through=money_of
    )
    deposit: MoneyInput | None = optional(
        "What is asked for in advance; a share of the price where not given.", through=money_of
    )
    description: str | None = optional("What is to be done.")
    style: str | None = optional("In which style.")
    notes: str | None = optional("Notes that the client may see.")
    internal_notes: str | None = optional("Notes that the client never sees. Kept encrypted.")
    hold_id: strawberry.ID | None = optional(
        "A hold on this very time, which becomes the booking.", of="hold"
    )
    respect_policies: bool | None = optional(_POLICIES, to="within_policies")
    for_staff: bool | None = optional(FOR_STAFF)
    tell_client: bool | None = optional(_TELL)


@payload
class BookAppointmentPayload:
    """The time is sold; the appointment is confirmed, or pending where the service wants approval."""

    appointment: Appointment | None = keyed("appointment_id", "The new appointment; of a series the first.")
    appointments: list[Appointment] = keyed(
        "appointment_ids", "All appointments of a series, in order; none where it is no series.", many=True
    )


@input_type
class ConfirmAppointmentInput(MutationInput):
    """The appointment to confirm, and how its deposit is asked for."""

    appointment_id: strawberry.ID = required("Which appointment.", of="appointment")
    deposit_due_at: datetime | None = optional("Until when the deposit is due; 48 hours where not given.")
    send_deposit_request: bool | None = optional(
        "Whether the client is told that it is confirmed, and asked for the deposit; true where not given.",
        to="tell_client",
    )


@payload
class ConfirmAppointmentPayload:
    """The appointment is confirmed, and its deposit asked for. Again changes nothing and tells nobody."""

    appointment: Appointment | None = keyed("appointment_id", "The appointment.")
    deposit: Deposit | None = keyed("deposit_id", "Its deposit, where there is one.")
    client_is_told: bool = fact(_TOLD)


@input_type
class RescheduleAppointmentInput(MutationInput):
    """Another time, length, provider or place; what is left out stays as it is."""

    appointment_id: strawberry.ID = required("Which appointment.", of="appointment")
    starts_at: datetime | None = optional("The new start: a whole minute in the future.")
    duration_minutes: int | None = optional("The new length.")
    provider_id: strawberry.ID | None = optional("The new provider.", of="provider")
    location_id: strawberry.ID | None = optional(
        "The new place; where not given it stays as long as the provider works there then.", of="location"
    )
    respect_policies: bool | None = optional(_POLICIES, to="within_policies")
    for_staff: bool | None = optional(FOR_STAFF)
    tell_client: bool | None = optional(_TELL)


@payload
class RescheduleAppointmentPayload:
    """The appointment has its new time, and gave the old one back."""

    appointment: Appointment | None = keyed("appointment_id", "The appointment; its id is the same.")


@input_type
class EditAppointmentInput(MutationInput):
    """What the appointment says: what is left out stays, null makes it nothing. Its time stays, too."""

    appointment_id: strawberry.ID = required("Which appointment.", of="appointment")
    quoted_price: MoneyInput | None = optional("What was agreed.", to="price", through=money_of)
    deposit: MoneyInput | None = optional(
        "What is asked for in advance, as long as it has not been asked for.", through=money_of
    )
    description: str | None = optional("What is to be done.")
    style: str | None = optional("In which style.")
    notes: str | None = optional("Notes that the client may see.")
    internal_notes: str | None = optional("Notes that the client never sees. Kept encrypted.")


@payload
class EditAppointmentPayload:
    """The appointment says what it was told."""

    appointment: Appointment | None = keyed("appointment_id", "The appointment.")


@input_type
class DeclineAppointmentInput(MutationInput):
    """The pending appointment to say no to."""

    appointment_id: strawberry.ID = required("Which appointment.", of="appointment")
    reason: str | None = optional("Why; kept with the appointment, at most 1000 characters.")
    tell_client: bool | None = optional(_TELL)


@payload
class DeclineAppointmentPayload:
    """The appointment is declined: its time is free."""

    appointment: Appointment | None = keyed("appointment_id", "The appointment.")
    client_is_told: bool = fact(_TOLD)


@input_type
class CancelAppointmentInput(MutationInput):
    """The appointment to call off."""

    appointment_id: strawberry.ID = required("Which appointment.", of="appointment")
    reason: str | None = optional("Why; kept with the appointment, at most 1000 characters.")
    respect_policies: bool | None = optional(_NOTICE, to="within_policies")
    for_staff: bool | None = optional(
        "Whether staff calls it off, whom the notice does not bind; false where not given."
    )
    tell_client: bool | None = optional(_TELL)


@payload
class CancelAppointmentPayload:
    """The appointment is off: its time is free, a pending deposit withdrawn, a paid one kept as it is."""

    appointment: Appointment | None = keyed("appointment_id", "The appointment.")
    client_is_told: bool = fact(_TOLD)


@input_type
class CompleteAppointmentInput(MutationInput):
    """The appointment that took place."""

    appointment_id: strawberry.ID = required("Which appointment.", of="appointment")


@payload
class CompleteAppointmentPayload:
    """The appointment is completed."""

    appointment: Appointment | None = keyed("appointment_id", "The appointment.")


@input_type
class MarkNoShowInput(MutationInput):
    """The appointment that nobody came to."""

    appointment_id: strawberry.ID = required("Which appointment.", of="appointment")
    tell_client: bool | None = optional(_TELL)


@payload
class MarkNoShowPayload:
    """The absence is noted: a paid deposit is kept by the business, a pending one withdrawn. Before the
    start, too; the client is not written to then."""

    appointment: Appointment | None = keyed("appointment_id", "The appointment.")
    deposit: Deposit | None = keyed("deposit_id", "Its deposit, where there is one.")
    client_is_told: bool = fact(_TOLD)


async def _book(visit: Visit, command: BookAppointment) -> Booked:
    if command.client is not None:
        visit.require(ADD_CLIENTS)
    return await book(visit.ctx, command)


@strawberry.type
class AppointmentMutations:
    """The life of an appointment."""

    book_appointment = mutation(
        book,
        "Book an appointment within the business's rules. Of several who want one time, exactly one gets it.",
        takes=BookAppointmentInput,
        gives=BookAppointmentPayload,
        allow=WRITE,
        call=_book,
    )
    confirm_appointment = mutation(
        confirm,
        "Confirm an appointment. The first time, the client is asked for the deposit.",
        takes=ConfirmAppointmentInput,
        gives=ConfirmAppointmentPayload,
        allow=WRITE,
    )
    reschedule_appointment = mutation(
        reschedule,
        "Move an appointment, all or nothing: it keeps its old time unless it gets the new one.",
        takes=RescheduleAppointmentInput,
        gives=RescheduleAppointmentPayload,
        allow=WRITE,
    )
    decline_appointment = mutation(
        decline,
        "Say no to an appointment that waits for approval.",
        takes=DeclineAppointmentInput,
        gives=DeclineAppointmentPayload,
        allow=WRITE,
    )
    edit_appointment = mutation(
        edit,
        "Change what an appointment says.",
        takes=EditAppointmentInput,
        gives=EditAppointmentPayload,
        allow=WRITE,
    )
    cancel_appointment = mutation(
        cancel,
        "Call an appointment off before it is over, within the notice that its service wants.",
        takes=CancelAppointmentInput,
        gives=CancelAppointmentPayload,
        allow=WRITE,
    )
    complete_appointment = mutation(
        complete,
        "Note that an appointment took place.",
        takes=CompleteAppointmentInput,
        gives=CompleteAppointmentPayload,
        allow=WRITE,
    )
    mark_no_show = mutation(
        mark_no_show,
        "Note that the client did not come.",
        takes=MarkNoShowInput,
        gives=MarkNoShowPayload,
        allow=WRITE,
    )
