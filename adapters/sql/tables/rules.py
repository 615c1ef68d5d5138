"""The rules of when somebody can be booked: schedules, exceptions to them, holidays and blocks.

Dates and wall-clock times are those of a place: they are kept as they were written, never as instants.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Date, ForeignKeyConstraint, Index, Text, text

from adapters.sql.tables.base import belongs, maybe, need, tenant_table
from adapters.sql.types import Instant, Json, Key

schedules = tenant_table(
    "schedules",
    maybe("provider_id", Key),
    maybe("location_id", Key),
    maybe("time_zone", Text),
    need("weekly_hours", Json),
    maybe("first_day", Date),
    maybe("last_day", Date),
    maybe("service_ids", Json),
    need("is_public", Boolean),
    need("created_at", Instant),
    ForeignKeyConstraint(["business_id"], ["businesses.business_id"]),
    belongs("provider_id", "providers"),
    belongs("location_id", "locations"),
)

_OVERRIDDEN = {
    "provider": ("provider_id", "provider_id IS NOT NULL"),
    "location": ("location_id", "provider_id IS NULL AND location_id IS NOT NULL"),
    "business": (None, "provider_id IS NULL AND location_id IS NULL"),
}

date_overrides = tenant_table(
    "date_overrides",
    maybe("provider_id", Key),
    maybe("location_id", Key),
    need("day", Date),
    need("shifts", Json),
    maybe("note", Text),
    need("created_at", Instant),
    ForeignKeyConstraint(["business_id"], ["businesses.business_id"]),
    belongs("provider_id", "providers"),
    belongs("location_id", "locations"),
    *(
        Index(
            f"uq_date_overrides_{whose}",
            "business_id",
            *([column] if column else []),
            "day",
            unique=True,
            postgresql_where=text(condition),
            sqlite_where=text(condition),
        )
        for whose, (column, condition) in _OVERRIDDEN.items()
    ),
)

holiday_calendars = tenant_table(
    "holiday_calendars",
    need("code", Text),
    maybe("location_id", Key),
    need("created_at", Instant),
    ForeignKeyConstraint(["business_id"], ["businesses.business_id"]),
    belongs("location_id", "locations"),
)

holidays = tenant_table(
    "holidays",
    need("name", Text),
    need("first_day", Date),
    need("last_day", Date),
    maybe("location_id", Key),
    maybe("calendar_id", Key),
    need("created_at", Instant),
    ForeignKeyConstraint(["business_id"], ["businesses.business_id"]),
    belongs("location_id", "locations"),
    belongs("calendar_id", "holiday_calendars"),
    Index("ix_holidays_calendar_id", "business_id", "calendar_id"),
)

blocks = tenant_table(
    "blocks",
    maybe("title", Text),
    need("starts", Text),
    need("ends", Text),
    maybe("time_zone", Text),
    maybe("recurrence", Json),
    need("exceptions", Json),
    need("reaches", Json),
    need("created_at", Instant),
    ForeignKeyConstraint(["business_id"], ["businesses.business_id"]),
)
