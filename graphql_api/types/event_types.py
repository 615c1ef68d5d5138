"""The types of events by name."""

from __future__ import annotations

from enum import Enum

import strawberry

from graphql_api.declare.types import enum_type


@enum_type
class EventType(Enum):
    """What can happen in a business."""

    APPOINTMENT_BOOKED = strawberry.enum_value("appointment.booked", description="Time was sold.")
    APPOINTMENT_CONFIRMED = strawberry.enum_value(
        "appointment.confirmed", description="An appointment was confirmed for the first time."
    )
    APPOINTMENT_RESCHEDULED = strawberry.enum_value(
        "appointment.rescheduled", description="An appointment moved."
    )
    APPOINTMENT_EDITED = strawberry.enum_value(
        "appointment.edited", description="Something other than an appointment's time changed."
    )
    APPOINTMENT_COMPLETED = strawberry.enum_value(
        "appointment.completed", description="An appointment took place."
    )
    APPOINTMENT_MARKED_NO_SHOW = strawberry.enum_value(
        "appointment.marked_no_show", description="A client did not come."
    )
    APPOINTMENT_CANCELLED = strawberry.enum_value(
        "appointment.cancelled", description="An appointment was called off."
    )
    SLOT_HELD = strawberry.enum_value("slot.held", description="A time is held.")
    HOLD_RELEASED = strawberry.enum_value("hold.released", description="A hold was given back.")
    HOLD_EXPIRED = strawberry.enum_value("hold.expired", description="A hold ran out.")
    APPOINTMENT_DECLINED = strawberry.enum_value(
        "appointment.declined", description="A pending appointment was declined."
    )
    SERIES_BOOKED = strawberry.enum_value("series.booked", description="A series was booked.")
    DEPOSIT_REQUESTED = strawberry.enum_value("deposit.requested", description="A deposit was asked for.")
    DEPOSIT_PAID = strawberry.enum_value("deposit.paid", description="A deposit was paid.")
    DEPOSIT_WITHDRAWN = strawberry.enum_value(
        "deposit.withdrawn", description="A deposit is asked for no longer."
    )
    DEPOSIT_FORFEITED = strawberry.enum_value(
        "deposit.forfeited", description="A paid deposit stays with the business."
    )
    SERVICE_CREATED = strawberry.enum_value("service.created", description="A service was added.")
    BUSINESS_FOUNDED = strawberry.enum_value("business.founded", description="The business signed up.")
    BUSINESS_UPDATED = strawberry.enum_value(
        "business.updated", description="Something about the business changed."
    )
    BUSINESS_CLOSED = strawberry.enum_value("business.closed", description="The business was closed.")
    LOCATION_CREATED = strawberry.enum_value("location.created", description="A place was added.")
    PROVIDER_CREATED = strawberry.enum_value("provider.created", description="A provider was added.")
    PROVIDER_UPDATED = strawberry.enum_value(
        "provider.updated", description="Something about a provider changed."
    )
    PROVIDER_ARCHIVED = strawberry.enum_value("provider.archived", description="A provider left.")
    CLIENT_CREATED = strawberry.enum_value("client.created", description="A client was added.")
    CLIENT_UPDATED = strawberry.enum_value("client.updated", description="Something about a client changed.")
    CLIENT_ARCHIVED = strawberry.enum_value("client.archived", description="A client was removed.")
    CLIENT_ERASED = strawberry.enum_value(
        "client.erased", description="Whoever a client was is forgotten for good."
    )
    WEBHOOK_ENDPOINT_CREATED = strawberry.enum_value(
        "webhook_endpoint.created", description="Events are to be sent to a new address."
    )
    WEBHOOK_ENDPOINT_UPDATED = strawberry.enum_value(
        "webhook_endpoint.updated", description="Something about a webhook endpoint changed."
    )
    WEBHOOK_ENDPOINT_DELETED = strawberry.enum_value(
        "webhook_endpoint.deleted", description="A webhook endpoint was deleted."
    )
    WEBHOOK_ENDPOINT_TESTED = strawberry.enum_value(
        "webhook_endpoint.tested", description="A test was sent to a webhook endpoint."
    )
    WEBHOOK_ENDPOINT_DISABLED = strawberry.enum_value(
        "webhook_endpoint.disabled", description="A webhook endpoint was given up."
    )
    SCHEDULE_SET = strawberry.enum_value("schedule.set", description="A schedule was added or replaced.")
    SCHEDULE_DELETED = strawberry.enum_value("schedule.deleted", description="A schedule holds no longer.")
    DATE_OVERRIDE_SET = strawberry.enum_value(
        "date_override.set", description="The hours of one day were set."
    )
    DATE_OVERRIDE_CLEARED = strawberry.enum_value(
        "date_override.cleared", description="A day is as usual again."
    )
    HOLIDAY_CREATED = strawberry.enum_value("holiday.created", description="A holiday was added.")
    HOLIDAY_UPDATED = strawberry.enum_value("holiday.updated", description="A holiday changed.")
    HOLIDAY_DELETED = strawberry.enum_value("holiday.deleted", description="A holiday is one no longer.")
    HOLIDAY_CALENDAR_ADOPTED = strawberry.enum_value(
        "holiday_calendar.adopted", description="The public holidays of a place are kept from now on."
    )
    HOLIDAY_CALENDAR_REFRESHED = strawberry.enum_value(
        "holiday_calendar.refreshed", description="Public holidays of further years were added."
    )
    HOLIDAY_CALENDAR_DROPPED = strawberry.enum_value(
        "holiday_calendar.dropped", description="The public holidays of a place are kept no longer."
    )
    BLOCK_CREATED = strawberry.enum_value("block.created", description="Time was blocked.")
    BLOCK_UPDATED = strawberry.enum_value("block.updated", description="A block changed.")
    BLOCK_DELETED = strawberry.enum_value("block.deleted", description="Time is blocked no longer.")
    RESOURCE_CREATED = strawberry.enum_value("resource.created", description="A room or kit was added.")
    RESOURCE_UPDATED = strawberry.enum_value("resource.updated", description="A room or kit changed.")
    RESOURCE_ARCHIVED = strawberry.enum_value(
        "resource.archived", description="A room or kit is used no longer."
    )
    SERVICE_UPDATED = strawberry.enum_value("service.updated", description="A service changed.")
    SERVICE_ARCHIVED = strawberry.enum_value(
        "service.archived", description="A service is offered no longer."
    )
    LOCATION_UPDATED = strawberry.enum_value("location.updated", description="A place changed.")
    LOCATION_ARCHIVED = strawberry.enum_value("location.archived", description="A place was given up.")
    CALENDAR_ACCOUNT_CONNECTED = strawberry.enum_value(
        "calendar_account.connected", description="A provider's calendar elsewhere was connected."
    )
    CALENDAR_ACCOUNT_DISCONNECTED = strawberry.enum_value(
        "calendar_account.disconnected", description="A calendar was disconnected."
    )
    CALENDAR_REFRESHED = strawberry.enum_value(
        "calendar.refreshed", description="A calendar was read, and its busy time had changed."
    )
    CALENDAR_ACCOUNT_REFRESH_FAILED = strawberry.enum_value(
        "calendar_account.refresh_failed", description="A calendar cannot be read any more."
    )
    CALENDAR_ACCOUNT_RECONNECTED = strawberry.enum_value(
        "calendar_account.reconnected", description="A calendar can be read again."
    )
    WAITLIST_JOINED = strawberry.enum_value("waitlist.joined", description="A client waits for a time.")
    WAITLIST_CHANGED = strawberry.enum_value(
        "waitlist.changed", description="What a client waits for changed."
    )
    WAITLIST_BOOKED = strawberry.enum_value(
        "waitlist.booked", description="A client who waited booked what they waited for."
    )
    WAITLIST_LEFT = strawberry.enum_value("waitlist.left", description="A client waits no longer.")
    WAITLIST_EXPIRED = strawberry.enum_value(
        "waitlist.expired", description="The last day that a client waited for is over."
    )
    WAITLIST_SLOT_OFFERED = strawberry.enum_value(
        "waitlist.slot_offered", description="A time is kept for a client who waits."
    )
    WAITLIST_SLOT_TOLD = strawberry.enum_value(
        "waitlist.slot_told", description="A client who waits is told of a free time."
    )
    WAITLIST_CLAIMED = strawberry.enum_value(
        "waitlist.claimed", description="A client took the time that was offered."
    )
    WAITLIST_OFFER_DECLINED = strawberry.enum_value(
        "waitlist.offer_declined", description="A client did not want the time that was offered."
    )
    WAITLIST_OFFER_EXPIRED = strawberry.enum_value(
        "waitlist.offer_expired", description="An offer ran out before anybody took it."
    )
    WAITLIST_OFFER_WITHDRAWN = strawberry.enum_value(
        "waitlist.offer_withdrawn", description="An offer was taken back."
    )
