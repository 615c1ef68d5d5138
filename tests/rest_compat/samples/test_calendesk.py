"""Calendesk's style: key and tenant in headers, date and time apart, figures beside `data`, errors by field."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from starlette.datastructures import Headers

from auth.allow import PUBLIC, may
from auth.permissions import Permission
from core.appointments.reads import APPOINTMENT
from core.catalog.reads import SERVICE
from core.directory.reads import CLIENT
from core.kernel.errors import Issue
from core.kernel.reading import Order
from rest_compat.engine.call import Call
from rest_compat.engine.codec import worked
from rest_compat.engine.conditions import containing
from rest_compat.engine.dialect import ITEMS, Dialect, Wording
from rest_compat.engine.ids import NUMBER_ID
from rest_compat.engine.pages import ByNumber
from rest_compat.engine.refusal import Kind
from rest_compat.engine.route import Json, Paged, Route
from rest_compat.engine.scalars import COUNT, TEXT, line, note, words
from rest_compat.engine.shape import Field, Shape, nested
from rest_compat.engine.times import CLOCK, DATE, INSTANT, LOCAL_CLOCK, LOCAL_DATE, joined_start
from tests.rest_compat.samples.backing import BUSINESS, Arrange, arrange, calling, filled

STATUS = words({"CONFIRMED": "approved", "PENDING": "pending", "DECLINED": "rejected"})
ZONE = "location.time_zone"


def by_field(issues: Sequence[Issue] | None) -> dict[str, list[str]]:
    """The sentences of each field."""
    found: dict[str, list[str]] = {}
    for issue in issues or ():
        found.setdefault(issue.path, []).append(f"The {issue.path.replace('_', ' ')} {issue.message}.")
    return found


ERROR = Shape(
    "Error",
    rows=(
        Field("message", "message", TEXT),
        Field("errors", "issues", worked(by_field, {"type": "object"})),
    ),
)
SERVICE_SHAPE = Shape(
    "Service",
    of=SERVICE,
    rows=(
        Field("id", "id", NUMBER_ID),
        Field("name", "name", TEXT),
        Field("duration", "duration_minutes", COUNT),
        Field("price", "price_minor", COUNT),
    ),
)
BOOKING = Shape(
    "Booking",
    of=APPOINTMENT,
    rows=(
        Field("id", "id", NUMBER_ID),
        Field("employee_id", "provider_id", NUMBER_ID),
        Field("user_id", "client_id", NUMBER_ID),
        Field("start_date", f"starts_at {ZONE}", LOCAL_DATE),
        Field("start_time", f"starts_at {ZONE}", LOCAL_CLOCK),
        Field("status", "status", STATUS),
        Field("service", "service", nested(SERVICE_SHAPE), nullable=True),
    ),
)
NEW_BOOKING = Shape(
    "NewBooking",
    makes=Arrange,
    finish=joined_start,
    rows=(
        Field("employee_id", "provider_id", NUMBER_ID, required=True),
        Field("user_id", "client_id", NUMBER_ID, required=True),
        Field("service_id", "service_id", NUMBER_ID, required=True),
        Field("start_date", "date", DATE, required=True),
        Field("start_time", "clock", CLOCK, required=True),
        Field("description", "notes", note(), nullable=True),
    ),
)
USER = Shape(
    "User",
    of=CLIENT,
    rows=(
        Field("id", "id", NUMBER_ID),
        Field("name", "given_name", TEXT),
        Field("surname", "family_name", TEXT),
        Field("created_at", "created_at", INSTANT),
    ),
)
SLOTS = Json({"type": "object", "additionalProperties": {"type": "object"}})
WANTED = Shape("Wanted", rows=(Field("service_id", "service_id", NUMBER_ID, required=True),))


async def slots(call: Call) -> dict[str, Any]:
    """Free starts by service and day, which no list of fields can say: an object with keys of its own."""
    assert call.ctx.actor.business_id == BUSINESS
    return {str(call.values["service_id"]): {"2027-04-01": ["09:00", "09:30"]}}


async def remove(call: Call) -> None:
    """Nothing is left to say."""


def key_of(headers: Headers) -> str | None:
    """The key in its own header, as the gate knows it."""
    key = headers.get("x-api-key")
    return None if key is None else f"Bearer {key}"


async def tenant(call: Call) -> int | None:
    """The business that X-Tenant names, for calls without a key."""
    return BUSINESS if call.headers.get("x-tenant") == "lumi" else None


CALENDESK = Dialect(
    name="calendesk",
    title="Calendesk",
    version="1",
    base_path="/api",
    contract=Path(__file__).with_name("calendesk.yaml"),
    routes=(
        Route("GET", "/api/available-slots", slots, takes=WANTED, gives=SLOTS, allow=PUBLIC),
        Route(
            "POST",
            "/api/bookings",
            arrange,
            takes=NEW_BOOKING,
            gives=BOOKING,
            status=201,
            allow=may(Permission.APPOINTMENTS_WRITE),
        ),
        Route(
            "GET",
            "/api/admin/users",
            Paged(Order("created_at")),
            takes=Shape(
                "Search",
                rows=(Field("query", "query", line(), condition=containing("display_name", "email")),),
            ),
            gives=USER,
            allow=may(Permission.CLIENTS_READ),
        ),
        Route(
            "DELETE",
            "/api/admin/users/{id}",
            remove,
            takes=Shape("UserById", rows=(Field("id", "client_id", NUMBER_ID),)),
            status=204,
            allow=may(Permission.CLIENTS_WRITE),
        ),
    ),
    refusals={
        Kind.BAD_REQUEST: Wording(400),
        Kind.UNAUTHENTICATED: Wording(401),
        Kind.PAYMENT_REQUIRED: Wording(402),
        Kind.FORBIDDEN: Wording(403),
        Kind.NOT_FOUND: Wording(404),
        Kind.METHOD_NOT_ALLOWED: Wording(405),
        Kind.CONFLICT: Wording(422),
        Kind.TOO_LARGE: Wording(413),
        Kind.UNSUPPORTED_MEDIA_TYPE: Wording(415),
        Kind.INVALID: Wording(422),
        Kind.RATE_LIMITED: Wording(429),
        Kind.UNAVAILABLE: Wording(503),
        Kind.SERVER_ERROR: Wording(500),
        Kind.NOT_IMPLEMENTED: Wording(501),
    },
    error=ERROR,
    pages=ByNumber(
        envelope=Shape(
            "Page",
            rows=(
                Field("current_page", "page", COUNT),
                Field("data", "items", ITEMS),
                Field("total", "total", COUNT),
                Field("last_page", "pages", COUNT),
                Field("per_page", "size", COUNT),
            ),
        ),
        size="limit",
        default=50,
    ),
    security={"key": {"type": "apiKey", "in": "header", "name": "X-Api-Key"}},
    credential=key_of,
    business=tenant,
    null_is_absent=True,
)
KEY = {"X-Api-Key": "owner", "X-Tenant": "lumi"}
BOOKED = {"employee_id": 1, "user_id": 1, "service_id": 1, "start_date": "2027-04-15", "start_time": "10:00"}


async def test_key_and_tenant_in_headers() -> None:
    """The key is shown in its own header; a public call names its business in X-Tenant."""
    async with calling(CALENDESK, filled()) as http:
        assert (await http.get("/api/admin/users", headers=KEY)).status_code == 200
        assert (
            await http.get("/api/admin/users", headers={"Authorization": "Bearer owner"})
        ).status_code == 401
        answer = await http.get("/api/available-slots?service_id=5", headers={"X-Tenant": "lumi"})
        assert answer.content == b'{"5":{"2027-04-01":["09:00","09:30"]}}'


async def test_figures_beside_data() -> None:
    """The page's figures stand at the top level."""
    async with calling(CALENDESK, filled()) as http:
        answer = await http.get("/api/admin/users?limit=1&query=jo", headers=KEY)
        assert answer.content == (
            b'{"current_page":1,"data":[{"id":2,"name":"John","surname":"Smith",'
            b'"created_at":"2027-03-01T09:00:00Z"}],"total":1,"last_page":1,"per_page":1}'
        )
        answer = await http.get("/api/admin/users?limit=500", headers=KEY)
        assert answer.json()["per_page"] == 100


async def test_date_and_time_apart() -> None:
    """Two fields are one start, in the business's zone, and two again in the answer."""
    rows = filled()
    async with calling(CALENDESK, rows) as http:
        answer = await http.post("/api/bookings", headers=KEY, json=BOOKED)
        assert (answer.status_code, answer.content) == (
            201,
            b'{"id":3,"employee_id":1,"user_id":1,"start_date":"2027-04-15","start_time":"10:00",'
            b'"status":"approved","service":{"id":1,"name":"Consultation","duration":90,"price":10000}}',
        )
        assert rows.commands[-1].starts_at.isoformat() == "2027-04-15T14:00:00+00:00"
        gap = {**BOOKED, "start_date": "2027-03-14", "start_time": "02:30"}
        answer = await http.post("/api/bookings", headers=KEY, json=gap)
        assert (answer.status_code, list(answer.json()["errors"])) == (422, ["start_time"])


async def test_errors_by_field() -> None:
    """`errors` groups sentences by field; it is empty where no field is wrong; null counts as absent."""
    async with calling(CALENDESK, filled()) as http:
        wrong = {**BOOKED, "start_date": "15.4.2027", "start_time": "25:00", "service_id": None}
        answer = await http.post("/api/bookings", headers=KEY, json=wrong)
        assert (answer.status_code, answer.json()["errors"]) == (
            422,
            {
                "service_id": ["The service id is required."],
                "start_date": ["The start date must be a date, such as 2024-06-28."],
                "start_time": ["The start time must be a time of day, such as 09:30."],
            },
        )
        assert (await http.post("/api/bookings", headers=KEY, json=BOOKED)).status_code == 201
        answer = await http.post("/api/bookings", headers=KEY, json=BOOKED)
        assert (answer.status_code, answer.content) == (
            422,
            b'{"message":"This time is taken: choose another.","errors":{}}',
        )
        answer = await http.delete("/api/admin/users/1", headers=KEY)
        assert (answer.status_code, answer.content) == (204, b"")
