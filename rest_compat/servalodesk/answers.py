"""What ServaloDesk answers: its objects."""

from __future__ import annotations

from auth.permissions import Permission
from core.appointments.reads import APPOINTMENT as APPOINTMENTS
from core.deposits.reads import DEPOSIT
from core.directory.reads import BUSINESS, PROVIDER
from core.directory.reads import CLIENT as CLIENTS
from rest_compat.engine.codec import constant, listed
from rest_compat.engine.money import MAJOR
from rest_compat.engine.scalars import BOOLEAN, COUNT, EMAIL, TEXT, number, words
from rest_compat.engine.shape import Field, Shape, nested
from rest_compat.engine.times import INSTANT
from rest_compat.servalodesk.spellings import (
    API_KEY_ID,
    APPOINTMENT_ID,
    ARTIST_ID,
    CLIENT_ID,
    DEPOSIT_ID,
    DEPOSIT_PAID,
    DEPOSIT_PERCENT,
    DEPOSIT_STATUSES,
    HOURS,
    LINK,
    OR_EMPTY,
    ROLE,
    STATUSES,
    TENANT_ID,
    USER_ID,
    USER_ROLE,
)

REGISTERED_USER = Shape(
    "RegisteredUser",
    rows=(
        Field("id", "identity_id", USER_ID),
        Field("email", "email", EMAIL),
        Field("full_name", "full_name", TEXT),
        Field("role", "role", USER_ROLE),
    ),
)
USER = Shape("User", rows=(Field("id", "identity_id", USER_ID), Field("email", "email", EMAIL)))
REGISTERED = Shape(
    "Registered",
    rows=(
        Field("user", ".", nested(REGISTERED_USER)),
        Field("token", "access_token", TEXT),
        Field("tenant_id", "business_id", TENANT_ID, nullable=True),
        Field("refresh_token", "refresh_token", TEXT),
        Field("expires_in", "expires_in_seconds", COUNT),
    ),
)
SESSION = Shape(
    "Session",
    rows=(
        Field("token", "access_token", TEXT),
        Field("refresh_token", "refresh_token", TEXT),
        Field("expires_in", "expires_in_seconds", COUNT),
        Field("user", ".", nested(USER)),
    ),
)
REFRESHED = Shape("Refreshed", rows=SESSION.rows[:3])

STUDIO = Shape(
    "Studio",
    of=BUSINESS,
    rows=(
        Field("id", "business_id", TENANT_ID),
        Field("name", "name", TEXT),
        Field("slug", "slug", TEXT),
        Field("plan", "plan", words({plan: plan for plan in ("starter", "pro", "studio", "free")})),
        Field("trial_ends_at", "trial_ends_at", INSTANT, nullable=True),
        Field("artists_count", "providers_count", COUNT),
        Field("created_at", "created_at", INSTANT),
        Field("timezone", "time_zone", TEXT),
    ),
)

APPOINTMENT_STATS = Shape(
    "AppointmentStats",
    rows=(
        Field("total", "total", COUNT),
        Field("confirmed", "confirmed", COUNT),
        Field("pending", "pending", COUNT),
        Field("completed", "completed", COUNT),
    ),
)
REVENUE_STATS = Shape(
    "RevenueStats",
    rows=(
        Field("this_month", "revenue_this_month_minor currency", MAJOR),
        Field("last_month", "revenue_last_month_minor currency", MAJOR),
        Field("deposits_pending", "deposits_pending_minor currency", MAJOR),
    ),
)
CLIENT_STATS = Shape(
    "ClientStats",
    rows=(
        Field("total", "clients_total", COUNT),
        Field("new_this_month", "clients_new_this_month", COUNT),
    ),
)
STUDIO_STATS = Shape(
    "StudioStats",
    rows=(
        Field("appointments", ".", nested(APPOINTMENT_STATS)),
        Field("revenue", ".", nested(REVENUE_STATS)),
        Field("clients", ".", nested(CLIENT_STATS)),
        Field("no_show_rate", "no_show_rate", number(0, 1)),
    ),
)

ARTIST = Shape(
    "Artist",
    of=PROVIDER,
    rows=(
        Field("id", "id", ARTIST_ID),
        Field("full_name", "display_name", TEXT),
        Field("role", "role", ROLE),
        Field("styles", "styles", listed(TEXT)),
        Field("booking_link_slug", "slug", TEXT),
        Field("is_accepting_bookings", "is_accepting_bookings", BOOLEAN),
        Field("min_deposit_percent", "deposit_percent business.deposit_percent", DEPOSIT_PERCENT),
        Field("instagram_handle", "instagram_handle", TEXT, nullable=True),
        Field("availability_note", "availability_note", TEXT, nullable=True),
        Field("portfolio_images", "portfolio_images", listed(LINK)),
        Field("working_hours", "weekly_hours", HOURS, nullable=True),
    ),
)
ARTIST_PROFILE = Shape(
    "ArtistProfile",
    of=PROVIDER,
    rows=(
        Field("display_name", "display_name", TEXT),
        Field("instagram_handle", "instagram_handle", TEXT, nullable=True),
        Field("styles", "styles", listed(TEXT)),
        Field("is_accepting_bookings", "is_accepting_bookings", BOOLEAN),
        Field("availability_note", "availability_note", TEXT, nullable=True),
        Field("min_deposit_percent", "deposit_percent business.deposit_percent", DEPOSIT_PERCENT),
        Field("portfolio_images", "portfolio_images", listed(LINK)),
    ),
)
SLOT = Shape(
    "Slot",
    rows=(
        Field("start", "starts_at", INSTANT),
        Field("end", "ends_at", INSTANT),
        Field("available", "", constant(True, {"type": "boolean"})),
    ),
)
AVAILABILITY = Shape("Availability", rows=(Field("slots", "slots", listed(nested(SLOT))),))

LISTED_CLIENT = Shape(
    "ListedClient",
    of=CLIENTS,
    rows=(
        Field("id", "id", CLIENT_ID),
        Field("first_name", "given_name", OR_EMPTY),
        Field("last_name", "family_name", OR_EMPTY),
        Field("email", "email", OR_EMPTY),
        Field("phone", "phone", TEXT, nullable=True),
        Field("total_spent", "total_spent_minor business.currency", MAJOR),
        Field("appointment_count", "appointment_count", COUNT),
        Field("last_appointment_at", "last_appointment_at", INSTANT, nullable=True),
        Field("preferred_artist_id", "preferred_provider_id", ARTIST_ID, nullable=True),
        Field("created_at", "created_at", INSTANT),
    ),
)
CLIENT = Shape(
    "Client",
    of=CLIENTS,
    rows=(
        *LISTED_CLIENT.rows,
        Field("allergies", "allergies", TEXT, nullable=True, only_for=Permission.CLIENTS_HEALTH),
        Field("medical_notes", "medical_notes", TEXT, nullable=True, only_for=Permission.CLIENTS_HEALTH),
    ),
)

APPOINTMENT_CLIENT = Shape(
    "AppointmentClient", rows=(Field("id", "id", CLIENT_ID), Field("full_name", "display_name", TEXT))
)
APPOINTMENT_ARTIST = Shape(
    "AppointmentArtist", rows=(Field("id", "id", ARTIST_ID), Field("full_name", "display_name", TEXT))
)
APPOINTMENT = Shape(
    "Appointment",
    of=APPOINTMENTS,
    rows=(
        Field("id", "id", APPOINTMENT_ID),
        Field("status", "status", words(STATUSES)),
        Field("start_time", "starts_at", INSTANT),
        Field("end_time", "ends_at", INSTANT),
        Field("deposit_amount", "deposit_minor currency", MAJOR, nullable=True),
        Field("deposit_paid", "deposit.status", DEPOSIT_PAID),
        Field("client", "client", nested(APPOINTMENT_CLIENT)),
        Field("artist", "provider", nested(APPOINTMENT_ARTIST)),
        Field("duration_minutes", "duration_minutes", COUNT),
        Field("tattoo_description", "description", TEXT, nullable=True),
        Field("style", "style", TEXT, nullable=True),
        Field("quoted_price", "price_minor currency", MAJOR, nullable=True),
        Field("created_at", "created_at", INSTANT),
    ),
)

DEPOSIT_STATE = Shape(
    "DepositState",
    of=DEPOSIT,
    rows=(
        Field("id", "id", DEPOSIT_ID),
        Field("amount", "amount_minor currency", MAJOR),
        Field("status", "status", words(DEPOSIT_STATUSES)),
        Field("due_date", "due_at", INSTANT, nullable=True),
    ),
)
APPOINTMENT_STATE = Shape(
    "AppointmentState",
    of=APPOINTMENTS,
    rows=(Field("id", "id", APPOINTMENT_ID), Field("status", "status", words(STATUSES))),
)
STATES = Shape(
    "States",
    of=APPOINTMENTS,
    rows=(*APPOINTMENT_STATE.rows, Field("deposit", "deposit", nested(DEPOSIT_STATE), nullable=True)),
)
"""What is read of an appointment and its deposit once a verb is done with them."""
SETTLED = Shape(
    "Settled",
    rows=(
        Field("appointment", "appointment", nested(APPOINTMENT_STATE)),
        Field("deposit", "appointment.deposit", nested(DEPOSIT_STATE), nullable=True),
        Field("notification_sent", "client_is_told", BOOLEAN),
    ),
)
CALLED_OFF = Shape("CalledOff", rows=(SETTLED.rows[0], SETTLED.rows[2]))

API_KEY = Shape(
    "ApiKey",
    rows=(
        Field("id", "key_id", API_KEY_ID),
        Field("name", "name", TEXT),
        Field("prefix", "prefix", TEXT),
        Field("created_at", "created_at", INSTANT),
        Field("last_used_at", "", constant(None, {"type": "null"})),
    ),
)
NEW_API_KEY_SHOWN = Shape(
    "CreatedApiKey",
    rows=(
        Field("id", "key_id", API_KEY_ID),
        Field("name", "name", TEXT),
        Field("key", "secret", TEXT, nullable=True),
        Field("created_at", "created_at", INSTANT),
    ),
)
