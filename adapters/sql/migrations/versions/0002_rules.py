"""The rules of availability, what an appointment takes beside a provider, and who waits for it."""

from adapters.sql.migrations.steps import guard, run_sql

revision = "0002"
down_revision = "0001"

TENANT_TABLES = (
    "appointment_providers blocks date_overrides group_sessions holds holiday_calendars holidays "
    "provider_choices schedules series service_providers"
).split()


def upgrade() -> None:
    run_sql(__file__)
    guard(TENANT_TABLES)
