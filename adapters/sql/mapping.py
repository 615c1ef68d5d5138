"""The core's dataclasses, mapped onto the tables as they are: no second set of classes."""

from __future__ import annotations

from sqlalchemy.orm import configure_mappers, registry

from adapters.sql import tables
from auth.identity import ApiKey, DisplayCredential, Identity, Membership, Session, StreamTicket
from core.appointments.appointment import Appointment, AppointmentProvider
from core.appointments.choose_provider import ProviderChoice
from core.appointments.group_session import GroupSession
from core.appointments.hold import Hold
from core.appointments.ledger import Allocation, Resource
from core.appointments.series import Series
from core.blocks.block import Block
from core.calendars.feed import CalendarFeed
from core.calendars.source import CalendarSource
from core.catalog.service import Service, ServiceProvider
from core.deposits.deposit import Deposit
from core.directory.business import Business, Location, Tenant
from core.directory.client import Client
from core.directory.provider import Provider
from core.holidays.holiday import Holiday
from core.holidays.public_holidays import HolidayCalendar
from core.messaging.message import Message
from core.messaging.settings import MessageSettings
from core.schedules.date_override import DateOverride
from core.schedules.schedule import Schedule
from core.waitlist.entry import WaitlistEntry
from core.waitlist.offer import WaitlistOffer
from core.webhooks.endpoint import WebhookEndpoint

_MAPPED = {
    Tenant: tables.tenants,
    Identity: tables.identities,
    Membership: tables.memberships,
    Session: tables.sessions,
    ApiKey: tables.api_keys,
    DisplayCredential: tables.display_credentials,
    StreamTicket: tables.stream_tickets,
    Business: tables.businesses,
    Location: tables.locations,
    Provider: tables.providers,
    Client: tables.clients,
    Service: tables.services,
    ServiceProvider: tables.service_providers,
    Resource: tables.resources,
    Allocation: tables.allocations,
    Appointment: tables.appointments,
    AppointmentProvider: tables.appointment_providers,
    ProviderChoice: tables.provider_choices,
    GroupSession: tables.group_sessions,
    Hold: tables.holds,
    Series: tables.series,
    Deposit: tables.deposits,
    CalendarFeed: tables.calendar_feeds,
    WaitlistEntry: tables.waitlist_entries,
    WaitlistOffer: tables.waitlist_offers,
    WebhookEndpoint: tables.webhook_endpoints,
    Schedule: tables.schedules,
    DateOverride: tables.date_overrides,
    Holiday: tables.holidays,
    HolidayCalendar: tables.holiday_calendars,
    Block: tables.blocks,
    MessageSettings: tables.message_settings,
    Message: tables.messages,
    CalendarSource: tables.calendar_sources,
}
_registry = registry(metadata=tables.metadata)


def map_entities() -> None:
    """Map every entity, once; later calls change nothing."""
    if any(_registry.mappers):
        return
    for entity, table in _MAPPED.items():
        _registry.map_imperatively(entity, table)
    configure_mappers()
