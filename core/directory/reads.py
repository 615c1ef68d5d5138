"""What can be shown of businesses, locations, providers and clients."""

from __future__ import annotations

from core.appointments.life import CANCELLED, COMPLETED, DECLINED
from core.kernel.reading import Figure, Noun, Relation, Where

ALIVE = (Where("archived_at", "eq", None),)

BUSINESS = Noun(
    name="business",
    key="business_id",
    columns=(
        "business_id",
        "name",
        "slug",
        "time_zone",
        "currency",
        "plan",
        "trial_ends_at",
        "weekly_hours",
        "deposit_percent",
        "created_at",
        "waitlist_mode",
    ),
    figures={
        "providers_count": Figure("provider", on=(), function="count", where=ALIVE),
        "clients_count": Figure("client", on=(), function="count", where=ALIVE),
    },
)

LOCATION = Noun(
    name="location",
    columns=("id", "name", "time_zone", "address", "created_at", "archived_at"),
)

PROVIDER = Noun(
    name="provider",
    columns=(
        "id",
        "location_id",
        "display_name",
        "slug",
        "role",
        "email",
        "is_accepting_bookings",
        "weekly_hours",
        "deposit_percent",
        "styles",
        "instagram_handle",
        "availability_note",
        "portfolio_images",
        "created_at",
        "archived_at",
    ),
    relations={
        "location": Relation("location", on=(("location_id", "id"),)),
        "appointments": Relation("appointment", on=(("id", "provider_id"),), many=True),
        "schedules": Relation("schedule", on=(("id", "provider_id"),), many=True),
        "business": Relation("business", on=()),
    },
)

CLIENT = Noun(
    name="client",
    columns=(
        "id",
        "display_name",
        "given_name",
        "family_name",
        "email",
        "email_key",
        "phone",
        "phone_e164",
        "allergies",
        "medical_notes",
        "internal_notes",
        "preferred_provider_id",
        "created_at",
        "archived_at",
        "language",
        "sms_opted_out_at",
    ),
    figures={
        "appointment_count": Figure(
            "appointment",
            on=(("id", "client_id"),),
            function="count",
            where=(Where("status", "ne", CANCELLED), Where("status", "ne", DECLINED)),
        ),
        "last_appointment_at": Figure(
            "appointment",
            on=(("id", "client_id"),),
            function="max",
            column="starts_at",
            where=(Where("status", "eq", COMPLETED),),
        ),
        "total_spent_minor": Figure(
            "appointment",
            on=(("id", "client_id"),),
            function="sum",
            column="price_minor",
            where=(Where("status", "eq", COMPLETED),),
        ),
    },
    relations={
        "preferred_provider": Relation("provider", on=(("preferred_provider_id", "id"),)),
        "appointments": Relation("appointment", on=(("id", "client_id"),), many=True),
        "business": Relation("business", on=()),
    },
)
