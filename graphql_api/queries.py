"""What can be asked: the root fields of Query."""

from __future__ import annotations

import strawberry

from auth.allow import PUBLIC, may
from auth.permissions import Permission
from graphql_api.declare.fields import answered_by
from graphql_api.declare.listings import listing, single
from graphql_api.types.appointments import Appointment, AppointmentFilter, AppointmentOrder
from graphql_api.types.availability import availability
from graphql_api.types.availability_questions import available_days, explanation, next_available
from graphql_api.types.blocks import Block, BlockFilter, BlockOrder
from graphql_api.types.board import dashboard
from graphql_api.types.business import Business, Location, LocationFilter, LocationOrder, own_business
from graphql_api.types.calendars import calendar_feeds, calendar_sources
from graphql_api.types.clients import Client, ClientFilter, ClientOrder, found_by
from graphql_api.types.deposits import Deposit, DepositFilter, DepositOrder
from graphql_api.types.event_log import events
from graphql_api.types.holidays import (
    Holiday,
    HolidayCalendar,
    HolidayCalendarFilter,
    HolidayCalendarOrder,
    HolidayFilter,
    HolidayOrder,
    public_holiday_codes,
)
from graphql_api.types.messages import (
    MessageFact,
    MessageSettings,
    MessageTemplate,
    message_facts,
    message_settings,
    message_templates,
)
from graphql_api.types.nodes import node, nodes
from graphql_api.types.provider_choices import ProviderChoice, ProviderChoiceFilter, ProviderChoiceOrder
from graphql_api.types.providers import Provider, ProviderFilter, ProviderOrder
from graphql_api.types.resources import Resource, ResourceFilter, ResourceOrder, resource_availability
from graphql_api.types.said_messages import Message, MessageFilter, MessageOrder
from graphql_api.types.schedules import (
    DateOverride,
    DateOverrideFilter,
    DateOverrideOrder,
    Schedule,
    ScheduleFilter,
    ScheduleOrder,
)
from graphql_api.types.services import Service, ServiceFilter, ServiceOrder
from graphql_api.types.sessions import ApiKey, Viewer, api_keys, viewer
from graphql_api.types.stats import stats
from graphql_api.types.waitlist import (
    WaitlistEntry,
    WaitlistEntryFilter,
    WaitlistEntryOrder,
    WaitlistOffer,
)
from graphql_api.types.watching import DisplayCredential, displays
from graphql_api.types.webhooks import (
    WebhookDelivery,
    WebhookDeliveryFilter,
    WebhookDeliveryOrder,
    WebhookEndpoint,
    WebhookEndpointFilter,
    WebhookEndpointOrder,
)

BUSINESS = may(Permission.BUSINESS_READ)
PROVIDERS = may(Permission.PROVIDERS_READ)
SERVICES = may(Permission.SERVICES_READ)
CLIENTS = may(Permission.CLIENTS_READ)
APPOINTMENTS = may(Permission.APPOINTMENTS_READ)
SCHEDULES = may(Permission.SCHEDULES_READ)
RESOURCES = may(Permission.RESOURCES_READ)
DEPOSITS = may(Permission.DEPOSITS_READ)
MESSAGES = may(Permission.MESSAGES_READ)
API_KEYS = may(Permission.API_KEYS_READ)
WEBHOOKS = may(Permission.WEBHOOKS_READ)


@strawberry.type(description="What can be asked.")
class Query:
    """The root of queries."""

    node = node()
    nodes = nodes()
    viewer: Viewer = answered_by(viewer, "Whoever sends this request.", allow=PUBLIC)
    business: Business = answered_by(own_business, "The business that the caller stands in.", allow=BUSINESS)
    locations = listing(
        Location, "The business's locations.", filter=LocationFilter, order=LocationOrder, allow=BUSINESS
    )
    location = single(Location, "A location.", allow=BUSINESS)
    providers = listing(
        Provider, "The business's providers.", filter=ProviderFilter, order=ProviderOrder, allow=PROVIDERS
    )
    provider = single(Provider, "A provider.", allow=PROVIDERS)
    services = listing(
        Service, "The business's services.", filter=ServiceFilter, order=ServiceOrder, allow=SERVICES
    )
    service = single(Service, "A service.", allow=SERVICES)
    clients = listing(
        Client,
        "The business's clients; `search` looks at names, e-mail addresses and phone numbers.",
        filter=ClientFilter,
        order=ClientOrder,
        search=found_by,
        allow=CLIENTS,
    )
    client = single(Client, "A client.", allow=CLIENTS)
    appointments = listing(
        Appointment,
        "The business's appointments.",
        filter=AppointmentFilter,
        order=AppointmentOrder,
        allow=APPOINTMENTS,
    )
    appointment = single(Appointment, "An appointment.", allow=APPOINTMENTS)
    provider_choices = listing(
        ProviderChoice,
        "The log of choices: why this provider and not another.",
        filter=ProviderChoiceFilter,
        order=ProviderChoiceOrder,
        allow=APPOINTMENTS,
    )
    availability = availability()
    available_days = available_days()
    next_available = next_available()
    explain_availability = explanation()
    schedules = listing(
        Schedule,
        "The schedules: weekly hours in force between two days.",
        filter=ScheduleFilter,
        order=ScheduleOrder,
        allow=SCHEDULES,
    )
    schedule = single(Schedule, "A schedule.", allow=SCHEDULES)
    date_overrides = listing(
        DateOverride,
        "The single days that are otherwise than usual.",
        filter=DateOverrideFilter,
        order=DateOverrideOrder,
        allow=SCHEDULES,
    )
    date_override = single(DateOverride, "A date override.", allow=SCHEDULES)
    holidays = listing(
        Holiday,
        "The days on which nobody works.",
        filter=HolidayFilter,
        order=HolidayOrder,
        allow=SCHEDULES,
    )
    holiday = single(Holiday, "A holiday.", allow=SCHEDULES)
    holiday_calendars = listing(
        HolidayCalendar,
        "The calendars of public holidays that the business keeps.",
        filter=HolidayCalendarFilter,
        order=HolidayCalendarOrder,
        allow=SCHEDULES,
    )
    public_holiday_codes = public_holiday_codes()
    blocks = listing(
        Block,
        "The times in which nothing is booked.",
        filter=BlockFilter,
        order=BlockOrder,
        allow=SCHEDULES,
    )
    block = single(Block, "A block.", allow=SCHEDULES)
    resources = listing(
        Resource,
        "The rooms and kit that services need.",
        filter=ResourceFilter,
        order=ResourceOrder,
        allow=RESOURCES,
    )
    resource = single(Resource, "A room or kit.", allow=RESOURCES)
    resource_availability = resource_availability()
    waitlist = listing(
        WaitlistEntry,
        "Who waits, and who waited, for a time; whoever joined first comes first where nothing else is said.",
        filter=WaitlistEntryFilter,
        order=WaitlistEntryOrder,
        allow=CLIENTS,
    )
    waitlist_entry = single(WaitlistEntry, "An entry of the waitlist.", allow=CLIENTS)
    waitlist_offer = single(WaitlistOffer, "A time that was offered to somebody who waits.", allow=CLIENTS)
    deposits = listing(
        Deposit, "The deposits that were asked for.", filter=DepositFilter, order=DepositOrder, allow=DEPOSITS
    )
    calendar_feeds = calendar_feeds()
    calendar_sources = calendar_sources()
    stats = stats()
    events = events()
    message_settings: MessageSettings = answered_by(
        message_settings, "How the business wants its clients to be told.", allow=MESSAGES
    )
    message_templates: list[MessageTemplate] = answered_by(
        message_templates,
        "The words for every occasion, channel and language: the business's own where it wrote some.",
        allow=MESSAGES,
    )
    message_facts: list[MessageFact] = answered_by(
        message_facts, "All that templates may name.", allow=MESSAGES
    )
    messages = listing(
        Message,
        "What was said to clients, and what became of it.",
        filter=MessageFilter,
        order=MessageOrder,
        allow=MESSAGES,
    )
    message = single(Message, "Something that was said to a client.", allow=MESSAGES)
    dashboard = dashboard()
    display_credentials: list[DisplayCredential] = answered_by(
        displays, "The credentials of the business's wall displays, oldest first.", allow=API_KEYS
    )
    api_keys: list[ApiKey] = answered_by(api_keys, "The business's API keys, oldest first.", allow=API_KEYS)
    webhook_endpoints = listing(
        WebhookEndpoint,
        "The addresses that the business's events are sent to.",
        filter=WebhookEndpointFilter,
        order=WebhookEndpointOrder,
        allow=WEBHOOKS,
    )
    webhook_endpoint = single(WebhookEndpoint, "A webhook endpoint.", allow=WEBHOOKS)
    webhook_deliveries = listing(
        WebhookDelivery,
        "What was sent, or is to be sent, to all of them.",
        filter=WebhookDeliveryFilter,
        order=WebhookDeliveryOrder,
        allow=WEBHOOKS,
    )
    webhook_delivery = single(WebhookDelivery, "A webhook delivery.", allow=WEBHOOKS)
