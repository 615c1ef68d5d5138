"""What can be shown of holidays and their calendars."""

from __future__ import annotations

from core.kernel.reading import Figure, Noun, Relation

HOLIDAY = Noun(
    name="holiday",
    columns=("id", "name", "first_day", "last_day", "location_id", "calendar_id", "created_at"),
    relations={
        "location": Relation("location", on=(("location_id", "id"),)),
        "calendar": Relation("holiday_calendar", on=(("calendar_id", "id"),)),
    },
)

HOLIDAY_CALENDAR = Noun(
    name="holiday_calendar",
    columns=("id", "code", "location_id", "created_at"),
    figures={
        "days_count": Figure("holiday", on=(("id", "calendar_id"),), function="count"),
        "last_day": Figure("holiday", on=(("id", "calendar_id"),), function="max", column="last_day"),
    },
    relations={"location": Relation("location", on=(("location_id", "id"),))},
)
