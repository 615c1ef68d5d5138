"""What happened: the interface of all events, and one type for each type of event."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import strawberry

from core.appointments import appointment as appointments
from core.appointments.decline import AppointmentDeclined as CoreAppointmentDeclined
from core.appointments.hold import SlotHeld as CoreSlotHeld
from core.appointments.release_hold import HoldRanOut as CoreHoldRanOut
from core.appointments.release_hold import HoldReleased as CoreHoldReleased
from core.appointments.series import SeriesBooked as CoreSeriesBooked
from core.calendars import source as calendars
from core.catalog.service import ServiceCreated as CoreServiceCreated
from core.deposits import deposit as deposits
from core.directory import business as businesses
from core.directory import client as clients
from core.directory import provider as providers
from core.webhooks import endpoint as webhooks
from graphql_api.declare.events import event_type, money_told, told
from graphql_api.declare.fields import fact, keyed
from graphql_api.declare.scalars import Cursor
from graphql_api.types.appointments import Appointment, AppointmentStatus
from graphql_api.types.calendars import CalendarError
from graphql_api.types.event_types import EventType
from graphql_api.types.money import Money

_TOLD = "Whether the client is written to about it."


@strawberry.interface(
    description="Something that happened in the business, told in ids and facts. Events are numbered "
    "without a gap, kept, and told in their order; `appointment` is how it stands when the event is told."
)
class BookingEvent:
    """What every event says."""

    cursor: Cursor = fact("This place in the log: give it as `after`, and nothing is missed or repeated.")
    type: EventType = fact("What happened.")
    version: int = fact("The version of its facts: a higher one where a fact has changed its meaning.")
    occurred_at: datetime = fact("When it happened.")
    appointment: Appointment | None = keyed(
        "appointment_key", "The appointment it is about, if any, as it stands now."
    )
    appointment_key: strawberry.Private[int | None] = None

    @classmethod
    def resolve_type(cls, value: Any, *_: Any) -> str:
        """The name of the event's own type."""
        return str(value.__strawberry_definition__.name)


@event_type(appointments.AppointmentBooked)
class AppointmentBooked(BookingEvent):
    """Time was sold."""

    appointment_id: strawberry.ID = told("The new appointment.", of="appointment")
    provider_id: strawberry.ID = told("Whose time it is.", of="provider")
    client_id: strawberry.ID = told("Who comes.", of="client")
    location_id: strawberry.ID = told("Where it takes place.", of="location")
    service_id: strawberry.ID | None = told("What was booked, if a service was.", of="service")
    starts_at: datetime = told("When it starts.")
    ends_at: datetime = told("When it ends.")
    status: AppointmentStatus = told("Its state at first.")
    client_is_told: bool = told(_TOLD)


@event_type(appointments.AppointmentConfirmed)
class AppointmentConfirmed(BookingEvent):
    """An appointment was confirmed for the first time."""

    appointment_id: strawberry.ID = told("Which appointment.", of="appointment")
    current_deposit_id: strawberry.ID | None = told(
        "Its deposit, if there is one.", of="deposit", fact="deposit_id"
    )
    client_is_told: bool = told("Whether the client is written to that what they asked for is booked.")


@event_type(appointments.AppointmentRescheduled)
class AppointmentRescheduled(BookingEvent):
    """An appointment moved in time, in length or to another provider."""

    appointment_id: strawberry.ID = told("Which appointment.", of="appointment")
    from_starts_at: datetime = told("When it was to start.")
    from_ends_at: datetime = told("When it was to end.")
    from_provider_id: strawberry.ID = told("Whose time it was.", of="provider")
    starts_at: datetime = told("When it starts now.")
    ends_at: datetime = told("When it ends now.")
    provider_id: strawberry.ID = told("Whose time it is now.", of="provider")
    client_is_told: bool = told(_TOLD)


@event_type(appointments.AppointmentEdited)
class AppointmentEdited(BookingEvent):
    """Something other than an appointment's time changed."""

    appointment_id: strawberry.ID = told("Which appointment.", of="appointment")


@event_type(appointments.AppointmentCompleted)
class AppointmentCompleted(BookingEvent):
    """An appointment took place."""

    appointment_id: strawberry.ID = told("Which appointment.", of="appointment")


@event_type(appointments.AppointmentMarkedNoShow)
class AppointmentMarkedNoShow(BookingEvent):
    """A client did not come."""

    appointment_id: strawberry.ID = told("Which appointment.", of="appointment")
    client_is_told: bool = told(_TOLD)


@event_type(appointments.AppointmentCancelled)
class AppointmentCancelled(BookingEvent):
    """An appointment was called off, and its time is free again."""

    appointment_id: strawberry.ID = told("Which appointment.", of="appointment")
    client_is_told: bool = told(_TOLD)


@event_type(CoreSlotHeld)
class SlotHeld(BookingEvent):
    """A time is held."""

    hold_id: strawberry.ID = told("The hold.", of="hold")
    provider_id: strawberry.ID = told("Whose time is held.", of="provider")
    starts_at: datetime = told("When the held time starts.")
    expires_at: datetime = told("When the hold runs out.")


@event_type(CoreHoldReleased)
class HoldReleased(BookingEvent):
    """A hold was given back before it ran out."""

    hold_id: strawberry.ID = told("The hold.", of="hold")


@event_type(CoreHoldRanOut)
class HoldRanOut(BookingEvent):
    """A hold ran out before anybody booked it."""

    hold_id: strawberry.ID = told("The hold.", of="hold")


@event_type(CoreAppointmentDeclined)
class AppointmentDeclined(BookingEvent):
    """A pending appointment was declined, and its time is free again."""

    appointment_id: strawberry.ID = told("Which appointment.", of="appointment")
    client_is_told: bool = told(_TOLD)


@event_type(CoreSeriesBooked)
class SeriesBooked(BookingEvent):
    """A series was booked; each of its appointments was reported before it."""

    series_id: strawberry.ID = told("The series.", of="series")
    provider_id: strawberry.ID = told("Whose time it is.", of="provider")
    client_id: strawberry.ID = told("Who comes.", of="client")
    count: int = told("How many appointments it has.")


@event_type(deposits.DepositRequested)
class DepositRequested(BookingEvent):
    """A deposit was asked for."""

    deposit_id: strawberry.ID = told("The deposit.", of="deposit")
    appointment_id: strawberry.ID = told("What it was asked for.", of="appointment")
    amount: Money = money_told("amount_minor", "currency", "How much was asked for.")
    due_at: datetime = told("Until when it should be paid.")
    client_is_told: bool = told(_TOLD)


@event_type(deposits.DepositPaid)
class DepositPaid(BookingEvent):
    """A deposit was paid."""

    deposit_id: strawberry.ID = told("The deposit.", of="deposit")
    appointment_id: strawberry.ID = told("What it was asked for.", of="appointment")


@event_type(deposits.DepositWithdrawn)
class DepositWithdrawn(BookingEvent):
    """A deposit that was never paid is asked for no longer."""

    deposit_id: strawberry.ID = told("The deposit.", of="deposit")
    appointment_id: strawberry.ID = told("What it was asked for.", of="appointment")


@event_type(deposits.DepositForfeited)
class DepositForfeited(BookingEvent):
    """A paid deposit stays with the business, because the client did not come."""

    deposit_id: strawberry.ID = told("The deposit.", of="deposit")
    appointment_id: strawberry.ID = told("What it was asked for.", of="appointment")


@event_type(CoreServiceCreated)
class ServiceCreated(BookingEvent):
    """A service was added."""

    service_id: strawberry.ID | None = told(
        "The service; never null here, but of one type with AppointmentBooked's.", of="service"
    )


@event_type(businesses.BusinessFounded)
class BusinessFounded(BookingEvent):
    """The business signed up."""

    business_id: strawberry.ID = told("The business.", of="business", fact="founded_id")
    owner_id: strawberry.ID = told("The person who owns it.", of="user", fact="owner_identity_id")


@event_type(businesses.BusinessUpdated)
class BusinessUpdated(BookingEvent):
    """Something about the business changed."""

    business_id: strawberry.ID = told("The business.", of="business", fact="updated_id")


@event_type(businesses.BusinessClosed)
class BusinessClosed(BookingEvent):
    """The business was closed."""

    business_id: strawberry.ID = told("The business.", of="business", fact="closed_id")


@event_type(businesses.LocationCreated)
class LocationCreated(BookingEvent):
    """A place was added."""

    location_id: strawberry.ID = told("The place.", of="location")


@event_type(providers.ProviderCreated)
class ProviderCreated(BookingEvent):
    """A provider was added."""

    provider_id: strawberry.ID = told("The provider.", of="provider")
    location_id: strawberry.ID = told("Where they work.", of="location")


@event_type(providers.ProviderUpdated)
class ProviderUpdated(BookingEvent):
    """Something about a provider changed."""

    provider_id: strawberry.ID = told("The provider.", of="provider")


@event_type(providers.ProviderArchived)
class ProviderArchived(BookingEvent):
    """A provider left."""

    provider_id: strawberry.ID = told("The provider.", of="provider")


@event_type(clients.ClientCreated)
class ClientCreated(BookingEvent):
    """A client was added."""

    client_id: strawberry.ID = told("The client.", of="client")


@event_type(clients.ClientUpdated)
class ClientUpdated(BookingEvent):
    """Something about a client changed."""

    client_id: strawberry.ID = told("The client.", of="client")


@event_type(clients.ClientArchived)
class ClientArchived(BookingEvent):
    """A client was removed."""

    client_id: strawberry.ID = told("The client.", of="client")


@event_type(clients.ClientErased)
class ClientErased(BookingEvent):
    """Whoever a client was is forgotten for good: forget copies, too."""

    client_id: strawberry.ID = told("The client.", of="client")


@event_type(webhooks.WebhookEndpointCreated)
class WebhookEndpointCreated(BookingEvent):
    """Events are to be sent to a new address."""

    webhook_endpoint_id: strawberry.ID = told("Which endpoint.", of="webhook_endpoint", fact="endpoint_id")


@event_type(webhooks.WebhookEndpointUpdated)
class WebhookEndpointUpdated(BookingEvent):
    """Something about a webhook endpoint changed: its address, its events, its state or its secret."""

    webhook_endpoint_id: strawberry.ID = told("Which endpoint.", of="webhook_endpoint", fact="endpoint_id")


@event_type(webhooks.WebhookEndpointDeleted)
class WebhookEndpointDeleted(BookingEvent):
    """A webhook endpoint was deleted."""

    webhook_endpoint_id: strawberry.ID = told("Which endpoint.", of="webhook_endpoint", fact="endpoint_id")


@event_type(webhooks.WebhookEndpointTested)
class WebhookEndpointTested(BookingEvent):
    """A test was sent to a webhook endpoint, and to no other."""

    webhook_endpoint_id: strawberry.ID = told("Which endpoint.", of="webhook_endpoint", fact="endpoint_id")


@event_type(webhooks.WebhookEndpointDisabled)
class WebhookEndpointDisabled(BookingEvent):
    """Nothing is sent to a webhook endpoint until somebody activates it again."""

    webhook_endpoint_id: strawberry.ID = told("Which endpoint.", of="webhook_endpoint", fact="endpoint_id")
    cause: str = told("GONE: it answered 410. FAILING: it took nothing for five days.")


@event_type(calendars.CalendarConnected)
class CalendarConnected(BookingEvent):
    """A provider's calendar elsewhere was connected."""

    calendar_source_id: strawberry.ID = told("Which calendar.", of="calendar_source")
    provider_id: strawberry.ID = told("Whose calendar.", of="provider")


@event_type(calendars.CalendarDisconnected)
class CalendarDisconnected(BookingEvent):
    """A calendar was disconnected, and the time it took is free."""

    calendar_source_id: strawberry.ID = told("Which calendar.", of="calendar_source")
    provider_id: strawberry.ID = told("Whose calendar.", of="provider")


@event_type(calendars.CalendarRefreshed)
class CalendarRefreshed(BookingEvent):
    """A calendar was read, and its provider is busy at other times than before."""

    calendar_source_id: strawberry.ID = told("Which calendar.", of="calendar_source")
    provider_id: strawberry.ID = told("Whose calendar.", of="provider")
    added: int = told("How many stretches of time came to be taken.")
    removed: int = told("How many came to be free.")


@event_type(calendars.CalendarRefreshFailed)
class CalendarRefreshFailed(BookingEvent):
    """A calendar that could be read cannot be read any more; what was read before still counts."""

    calendar_source_id: strawberry.ID = told("Which calendar.", of="calendar_source")
    provider_id: strawberry.ID = told("Whose calendar.", of="provider")
    error: CalendarError = told("Why.")


@event_type(calendars.CalendarReconnected)
class CalendarReconnected(BookingEvent):
    """A calendar that could not be read can be read again."""

    calendar_source_id: strawberry.ID = told("Which calendar.", of="calendar_source")
    provider_id: strawberry.ID = told("Whose calendar.", of="provider")
