"""What can be shown of the waitlist."""

from __future__ import annotations

from core.kernel.reading import Noun, Relation, Where
from core.waitlist.entry import REMOVED
from core.waitlist.offer import OPEN

WAITLIST_ENTRY = Noun(
    name="waitlist_entry",
    columns=(
        "id",
        "client_id",
        "service_id",
        "provider_id",
        "location_id",
        "first_day",
        "last_day",
        "days",
        "weekdays",
        "times",
        "duration_minutes",
        "seats",
        "description",
        "style",
        "notes",
        "status",
        "joined_at",
        "updated_at",
        "lapses_at",
        "expired_offers",
    ),
    relations={
        "client": Relation("client", on=(("client_id", "id"),)),
        "service": Relation("service", on=(("service_id", "id"),)),
        "provider": Relation("provider", on=(("provider_id", "id"),)),
        "location": Relation("location", on=(("location_id", "id"),)),
        "offer": Relation("waitlist_offer", on=(("id", "entry_id"),), where=(Where("status", "eq", OPEN),)),
        "offers": Relation("waitlist_offer", on=(("id", "entry_id"),), many=True),
    },
)

WAITLIST_OFFER = Noun(
    name="waitlist_offer",
    columns=(
        "id",
        "entry_id",
        "hold_id",
        "provider_id",
        "service_id",
        "location_id",
        "starts_at",
        "ends_at",
        "status",
        "opening",
        "by_staff",
        "message",
        "created_at",
        "expires_at",
        "given_up_by",
        "ended_at",
        "appointment_id",
    ),
    relations={
        "entry": Relation("waitlist_entry", on=(("entry_id", "id"),)),
        "provider": Relation("provider", on=(("provider_id", "id"),)),
        "service": Relation("service", on=(("service_id", "id"),)),
        "location": Relation("location", on=(("location_id", "id"),)),
        "appointment": Relation("appointment", on=(("appointment_id", "id"),)),
        "business": Relation("business", on=()),
    },
)

STILL_LISTED = (Where("status", "ne", REMOVED),)
"""Entries that were not taken off."""
