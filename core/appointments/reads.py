"""What can be shown of appointments."""

from __future__ import annotations

from core.kernel.reading import Noun, Relation, Where

APPOINTMENT = Noun(
    name="appointment",
    columns=(
        "id",
        "location_id",
        "provider_id",
        "client_id",
        "service_id",
        "status",
        "starts_at",
        "ends_at",
        "duration_minutes",
        "buffer_before_minutes",
        "buffer_after_minutes",
        "price_minor",
        "deposit_minor",
        "currency",
        "description",
        "style",
        "notes",
        "internal_notes",
        "created_at",
        "updated_at",
        "confirmed_at",
        "cancellation_reason",
        "awaiting",
        "seats",
        "group_session_id",
        "series_id",
    ),
    relations={
        "location": Relation("location", on=(("location_id", "id"),)),
        "provider": Relation("provider", on=(("provider_id", "id"),)),
        "client": Relation("client", on=(("client_id", "id"),)),
        "service": Relation("service", on=(("service_id", "id"),)),
        "business": Relation("business", on=()),
        "deposit": Relation(
            "deposit", on=(("id", "appointment_id"),), where=(Where("is_current", "eq", True),)
        ),
        "group_session": Relation("group_session", on=(("group_session_id", "id"),)),
        "series": Relation("series", on=(("series_id", "id"),)),
    },
)

HOLD = Noun(
    name="hold",
    columns=(
        "id",
        "kind",
        "provider_id",
        "service_id",
        "location_id",
        "starts_at",
        "ends_at",
        "duration_minutes",
        "seats",
        "created_at",
        "expires_at",
        "ended_at",
        "ended_as",
    ),
    relations={
        "provider": Relation("provider", on=(("provider_id", "id"),)),
        "service": Relation("service", on=(("service_id", "id"),)),
        "location": Relation("location", on=(("location_id", "id"),)),
    },
)

GROUP_SESSION = Noun(
    name="group_session",
    columns=(
        "id",
        "provider_id",
        "service_id",
        "location_id",
        "starts_at",
        "ends_at",
        "duration_minutes",
        "capacity",
        "created_at",
        "ended_at",
    ),
    relations={
        "provider": Relation("provider", on=(("provider_id", "id"),)),
        "service": Relation("service", on=(("service_id", "id"),)),
        "location": Relation("location", on=(("location_id", "id"),)),
    },
)

SERIES = Noun(
    name="series",
    columns=("id", "provider_id", "client_id", "service_id", "starts_at", "time_zone", "created_at"),
    relations={
        "provider": Relation("provider", on=(("provider_id", "id"),)),
        "client": Relation("client", on=(("client_id", "id"),)),
        "service": Relation("service", on=(("service_id", "id"),)),
    },
)

PROVIDER_CHOICE = Noun(
    name="provider_choice",
    columns=("id", "appointment_id", "service_id", "mode", "provider_id", "candidates", "created_at"),
    relations={
        "appointment": Relation("appointment", on=(("appointment_id", "id"),)),
        "provider": Relation("provider", on=(("provider_id", "id"),)),
        "service": Relation("service", on=(("service_id", "id"),)),
    },
)
