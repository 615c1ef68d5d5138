"""Booking."""

from __future__ import annotations

from datetime import datetime

import strawberry

from auth.allow import may
from auth.permissions import Permission
from core.appointments.book import book
from graphql_api.declare.fields import keyed
from graphql_api.declare.inputs import MutationInput, optional, required
from graphql_api.declare.mutations import mutation
from graphql_api.declare.types import input_type, payload
from graphql_api.types.appointments import Appointment
from graphql_api.types.money import MoneyInput, money_of


@input_type
class BookAppointmentInput(MutationInput):
    """A client, a provider and a start. Length and price come from the service unless given here."""

    client_id: strawberry.ID = required("Who comes.", of="client")
    provider_id: strawberry.ID = required("Whose time is wanted.", of="provider")
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


@payload
class BookAppointmentPayload:
    """The time is sold; the appointment is confirmed."""

    appointment: Appointment | None = keyed("appointment_id", "The new appointment.")


@strawberry.type
class AppointmentMutations:
    """The life of an appointment."""

    book_appointment = mutation(
        book,
        "Book an appointment within the business's rules. Of several who want one time, exactly one gets it.",
        takes=BookAppointmentInput,
        gives=BookAppointmentPayload,
        allow=may(Permission.APPOINTMENTS_WRITE),
    )
