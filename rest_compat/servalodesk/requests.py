"""What ServaloDesk takes: bodies, filters, and the commands they make."""

from __future__ import annotations

from typing import Any

from auth.create_api_key import CreateApiKey
from auth.found_own_business import FoundOwnBusiness
from auth.refresh import Refresh
from auth.revoke_api_key import RevokeApiKey
from auth.sign_in import SignIn
from auth.sign_up import SignUp
from core.appointments.book import BookAppointment
from core.appointments.cancel import CancelAppointment
from core.appointments.confirm import ConfirmAppointment
from core.appointments.life import CANCELLED, COMPLETED
from core.appointments.mark_no_show import MarkNoShow
from core.appointments.reschedule import RescheduleAppointment
from core.availability.find_openings import FindOpenings
from core.availability.hours import DAY_MINUTES
from core.directory.archive_client import ArchiveClient
from core.directory.archive_provider import ArchiveProvider
from core.directory.close_business import CloseBusiness
from core.directory.create_client import CreateClient
from core.directory.create_provider import CreateProvider
from core.directory.update_business import UpdateBusiness
from core.directory.update_client import UpdateClient
from core.directory.update_provider import UpdateProvider
from core.insights.stats import Period
from core.kernel.errors import Issue
from rest_compat.engine.codec import Surroundings, Unfit, listed
from rest_compat.engine.conditions import containing, from_day, to_day
from rest_compat.engine.money import MAJOR
from rest_compat.engine.scalars import (
    BOOLEAN,
    EMAIL,
    TEXT,
    all_meant,
    alone,
    line,
    note,
    number,
    secret,
    whole,
    words,
)
from rest_compat.engine.shape import Field, Shape, optional
from rest_compat.engine.times import DATE, INSTANT
from rest_compat.servalodesk.spellings import (
    API_KEY_ID,
    APPOINTMENT_ID,
    ARTIST_ID,
    CLIENT_ID,
    HOURS,
    LINK,
    ROLE,
    SLUG,
    STATUSES,
)

REGISTRATION = Shape(
    "Registration",
    makes=SignUp,
    rows=(
        Field("email", "email", EMAIL, required=True),
        Field("password", "password", secret(8), required=True),
        Field("full_name", "full_name", line(), required=True),
        Field("studio_name", "business_name", line(), nullable=True),
        Field("timezone", "time_zone", line(64)),
    ),
)
CREDENTIALS = Shape(
    "Credentials",
    makes=SignIn,
    rows=(
        Field("email", "email", EMAIL, required=True),
        Field("password", "password", secret(), required=True),
    ),
)
REFRESH_TOKEN = Shape(
    "RefreshToken", makes=Refresh, rows=(Field("refresh_token", "refresh_token", secret(), required=True),)
)

PERIODS = words({period.name: period.value for period in Period})
PERIOD = Shape("WantedPeriod", rows=(Field("period", "period", PERIODS, default="month"),))
CHANGED_STUDIO = Shape(
    "ChangedStudio",
    makes=UpdateBusiness,
    rows=(
        Field("name", "name", line()),
        Field("slug", "slug", SLUG),
        Field("timezone", "time_zone", line(64)),
    ),
)
NEW_STUDIO = Shape(
    "NewStudio",
    makes=FoundOwnBusiness,
    rows=(
        Field("name", "name", line(), required=True),
        Field("slug", "slug", SLUG, nullable=True),
        Field("timezone", "time_zone", line(64)),
    ),
)
CLOSURE = Shape("Closure", makes=CloseBusiness, rows=())

ARTIST_BY_ID = Shape("ArtistById", rows=(Field("id", "provider_id", ARTIST_ID),))
ARTIST_BY_SLUG = Shape("ArtistBySlug", rows=(Field("slug", "slug", TEXT),))
NEW_ARTIST = Shape(
    "NewArtist",
    makes=CreateProvider,
    rows=(
        Field("full_name", "display_name", line(), required=True),
        Field("email", "email", EMAIL, nullable=True),
        Field("role", "role", ROLE, default="artist"),
        Field("styles", "styles", listed(line(100), most=50), default=[]),
        Field("booking_link_slug", "slug", SLUG, nullable=True),
        Field("is_accepting_bookings", "is_accepting_bookings", BOOLEAN, default=True),
        Field("instagram_handle", "instagram_handle", note(100), nullable=True),
        Field("availability_note", "availability_note", note(500), nullable=True),
        Field("min_deposit_percent", "deposit_percent", number(0, 100)),
        Field("portfolio_images", "portfolio_images", listed(LINK), default=[]),
        Field("working_hours", "weekly_hours", HOURS, nullable=True),
    ),
)
CHANGED_ARTIST = Shape(
    "ChangedArtist",
    makes=UpdateProvider,
    rows=(
        *ARTIST_BY_ID.rows,
        *optional(NEW_ARTIST.rows, but="booking_link_slug"),
        Field("booking_link_slug", "slug", SLUG),
    ),
)
GONE_ARTIST = Shape("GoneArtist", makes=ArchiveProvider, rows=ARTIST_BY_ID.rows)
WANTED_SLOTS = Shape(
    "WantedSlots",
    makes=FindOpenings,
    always={"tile": True, "for_staff": True},
    rows=(
        Field("id", "provider_ids", alone(ARTIST_ID)),
        Field("start_date", "first", DATE, required=True),
        Field("end_date", "last", DATE, required=True),
        Field("duration", "duration_minutes", whole(1, DAY_MINUTES), default=120),
    ),
)

CLIENT_BY_ID = Shape("ClientById", rows=(Field("id", "client_id", CLIENT_ID),))
CLIENT_FILTERS = Shape(
    "ClientFilters",
    rows=(
        Field("q", "q", note(200), condition=containing("display_name", "email", digits="phone")),
        Field("artist_id", "preferred_provider_id", ARTIST_ID),
    ),
)
NEW_CLIENT = Shape(
    "NewClient",
    makes=CreateClient,
    rows=(
        Field("first_name", "given_name", line(100), required=True),
        Field("last_name", "family_name", line(100), required=True),
        Field("email", "email", EMAIL, required=True),
        Field("phone", "phone", line(40), nullable=True),
        Field("allergies", "allergies", note(), nullable=True),
        Field("medical_notes", "medical_notes", note(), nullable=True),
        Field("preferred_artist_id", "preferred_provider_id", ARTIST_ID, nullable=True),
    ),
)

CHANGED_CLIENT = Shape(
    "ChangedClient", makes=UpdateClient, rows=(*CLIENT_BY_ID.rows, *optional(NEW_CLIENT.rows))
)
GONE_CLIENT = Shape("GoneClient", makes=ArchiveClient, rows=CLIENT_BY_ID.rows)

APPOINTMENT_BY_ID = Shape("AppointmentById", rows=(Field("id", "appointment_id", APPOINTMENT_ID),))
APPOINTMENT_FILTERS = Shape(
    "AppointmentFilters",
    rows=(
        Field("artist_id", "provider_id", ARTIST_ID),
        Field("client_id", "client_id", CLIENT_ID),
        Field("status", "status", all_meant(STATUSES)),
        Field("start_date", "from", DATE, condition=from_day("starts_at")),
        Field("end_date", "to", DATE, condition=to_day("starts_at")),
    ),
)
NEW_APPOINTMENT = Shape(
    "NewAppointment",
    makes=BookAppointment,
    # A staff door that books in silence: mail and deposit belong to confirming.
    always={"within_policies": False, "tell_client": False},
    rows=(
        Field("client_id", "client_id", CLIENT_ID, required=True),
        Field("artist_id", "provider_id", ARTIST_ID, required=True),
        Field("start_time", "starts_at", INSTANT, required=True),
        Field("duration_minutes", "duration_minutes", whole(1, DAY_MINUTES), required=True),
        Field("tattoo_description", "description", note(), nullable=True),
        Field("style", "style", note(100), nullable=True),
        Field("quoted_price", "price", MAJOR, nullable=True),
        Field("deposit_amount", "deposit", MAJOR, nullable=True),
    ),
)

_MOVES = ("starts_at", "duration_minutes", "provider_id")


def moved(values: dict[str, Any], around: Surroundings) -> dict[str, Any]:
    """Time, length and artist are one move; a staff door moves as it books. A status comes alone: what
    it starts is a verb with a transaction of its own."""
    if "status" in values and values.keys() > {"status", "appointment_id"}:
        raise Unfit([Issue("status", "NOT_ALONE", "cannot be changed together with other fields")])
    changes = {name: values.pop(name) for name in _MOVES if name in values}
    if not changes:
        return values
    move = RescheduleAppointment(
        appointment_id=values["appointment_id"], within_policies=False, tell_client=False, **changes
    )
    return {**values, "move": move}


CHANGED_APPOINTMENT = Shape(
    "ChangedAppointment",
    finish=moved,
    rows=(
        *APPOINTMENT_BY_ID.rows,
        *optional(NEW_APPOINTMENT.rows, but="client_id"),
        Field("status", "status", words({COMPLETED: "completed", CANCELLED: "cancelled"})),
    ),
)
CONFIRMATION = Shape(
    "Confirmation",
    makes=ConfirmAppointment,
    rows=(
        *APPOINTMENT_BY_ID.rows,
        Field("send_deposit_request", "tell_client", BOOLEAN, default=True),
        Field("deposit_due_date", "deposit_due_at", INSTANT, nullable=True),
    ),
)
ABSENCE = Shape("Absence", makes=MarkNoShow, rows=APPOINTMENT_BY_ID.rows)
CANCELLATION = Shape(
    "Cancellation",
    makes=CancelAppointment,
    always={"within_policies": False},
    rows=(*APPOINTMENT_BY_ID.rows, Field("reason", "reason", note(1_000), nullable=True)),
)
GONE_APPOINTMENT = Shape(
    "GoneAppointment",
    makes=CancelAppointment,
    always={"within_policies": False},
    rows=APPOINTMENT_BY_ID.rows,
)

NEW_API_KEY = Shape("NewApiKey", makes=CreateApiKey, rows=(Field("name", "name", line(100), required=True),))
GONE_API_KEY = Shape("GoneApiKey", makes=RevokeApiKey, rows=(Field("id", "key_id", API_KEY_ID),))
