"""What may be done, in words, and which role may do it: one table, and what is not in it is refused."""

from __future__ import annotations

from enum import StrEnum


class Permission(StrEnum):
    """One thing that may be done in a business; `clients:health` is allergies, medical and internal notes,
    `schedules` are the hours: schedules, date overrides, holidays and blocks; `own_schedule` those of
    whoever asks, holidays apart."""

    BUSINESS_READ = "business:read"
    BUSINESS_WRITE = "business:write"
    LOCATIONS_WRITE = "locations:write"
    PROVIDERS_READ = "providers:read"
    PROVIDERS_WRITE = "providers:write"
    SERVICES_READ = "services:read"
    SERVICES_WRITE = "services:write"
    SCHEDULES_READ = "schedules:read"
    SCHEDULES_WRITE = "schedules:write"
    OWN_SCHEDULE_WRITE = "own_schedule:write"
    RESOURCES_READ = "resources:read"
    RESOURCES_WRITE = "resources:write"
    CLIENTS_READ = "clients:read"
    CLIENTS_WRITE = "clients:write"
    CLIENTS_HEALTH = "clients:health"
    CLIENTS_ERASE = "clients:erase"
    APPOINTMENTS_READ = "appointments:read"
    APPOINTMENTS_WRITE = "appointments:write"
    DEPOSITS_READ = "deposits:read"
    DEPOSITS_WRITE = "deposits:write"
    CALENDARS_READ = "calendars:read"
    CALENDARS_WRITE = "calendars:write"
    STATS_READ = "stats:read"
    EVENTS_READ = "events:read"
    WEBHOOKS_READ = "webhooks:read"
    WEBHOOKS_WRITE = "webhooks:write"
    MESSAGES_READ = "messages:read"
    MESSAGES_WRITE = "messages:write"
    API_KEYS_READ = "api_keys:read"
    API_KEYS_WRITE = "api_keys:write"


OWNER, MANAGER, PROVIDER, STAFF, DISPLAY = "owner", "manager", "provider", "staff", "display"

_EVERYTHING = frozenset(Permission)
_FRONT_DESK = frozenset(
    {
        Permission.BUSINESS_READ,
        Permission.PROVIDERS_READ,
        Permission.SERVICES_READ,
        Permission.SCHEDULES_READ,
        Permission.RESOURCES_READ,
        Permission.CLIENTS_READ,
        Permission.CLIENTS_WRITE,
        Permission.APPOINTMENTS_READ,
        Permission.APPOINTMENTS_WRITE,
        Permission.DEPOSITS_READ,
        Permission.DEPOSITS_WRITE,
        Permission.CALENDARS_READ,
        Permission.CALENDARS_WRITE,
        Permission.EVENTS_READ,
    }
)

ROLE_PERMISSIONS: dict[str, frozenset[Permission]] = {
    OWNER: _EVERYTHING,
    MANAGER: _EVERYTHING - {Permission.BUSINESS_WRITE, Permission.API_KEYS_READ, Permission.API_KEYS_WRITE},
    PROVIDER: _FRONT_DESK | {Permission.CLIENTS_HEALTH, Permission.OWN_SCHEDULE_WRITE},
    STAFF: _FRONT_DESK,
    DISPLAY: frozenset({Permission.APPOINTMENTS_READ, Permission.EVENTS_READ}),
}
"""The one table. A wall display sees the board: no contact data, no health data."""


def permissions_of(role: str) -> frozenset[Permission]:
    """What a role may do; an unknown role may do nothing."""
    return ROLE_PERMISSIONS.get(role, frozenset())


def permissions_of_display() -> frozenset[Permission]:
    """What a wall display's credential may do: watch, and nothing else. Names reach it shortened."""
    return frozenset({Permission.EVENTS_READ})


def permissions_of_key(role: str) -> frozenset[Permission]:
    """What an API key of a role may do: the same, but it never makes or revokes keys.

    Contract: a key acts with owner permissions; minting keys takes an owner's own token.
    """
    return permissions_of(role) - {Permission.API_KEYS_WRITE}
