"""What can be shown of schedules and date overrides."""

from __future__ import annotations

from core.kernel.reading import Noun, Relation

_SUBJECT = {
    "provider": Relation("provider", on=(("provider_id", "id"),)),
    "location": Relation("location", on=(("location_id", "id"),)),
}

SCHEDULE = Noun(
    name="schedule",
    columns=(
        "id",
        "provider_id",
        "location_id",
        "time_zone",
        "weekly_hours",
        "first_day",
        "last_day",
        "service_ids",
        "is_public",
        "created_at",
    ),
    relations=_SUBJECT,
)

DATE_OVERRIDE = Noun(
    name="date_override",
    columns=("id", "provider_id", "location_id", "day", "shifts", "note", "created_at"),
    relations=_SUBJECT,
)
