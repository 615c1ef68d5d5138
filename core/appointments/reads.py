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
    },
)
