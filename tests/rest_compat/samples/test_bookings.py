"""Bookings' style: the salon's wall time both ways, 0 and 1, a page only where asked, 400 for bad values."""

from __future__ import annotations

from pathlib import Path

from auth.allow import PUBLIC, may
from auth.permissions import Permission
from core.appointments.reads import APPOINTMENT
from core.directory.reads import BUSINESS
from core.kernel.errors import NotFound
from core.kernel.reading import Order
from rest_compat.engine.body import MULTIPART
from rest_compat.engine.call import Call
from rest_compat.engine.codec import constant
from rest_compat.engine.dialect import ITEMS, Dialect, Wording
from rest_compat.engine.files import upload
from rest_compat.engine.ids import NUMBER_ID
from rest_compat.engine.pages import ByNumber
from rest_compat.engine.refusal import Kind
from rest_compat.engine.route import One, Paged, Route
from rest_compat.engine.scalars import COUNT, FLAG, TEXT, note, words
from rest_compat.engine.shape import Field, Shape
from rest_compat.engine.times import WALL_TIME
from tests.rest_compat.samples.backing import BUSINESS as LUMI
from tests.rest_compat.samples.backing import Arrange, arrange, calling, filled

ZONE = "location.time_zone"
STATUS = words({"CONFIRMED": "scheduled", "PENDING": "provisional", "NO_SHOW": "no-show"})
BOOKING = Shape(
    "Booking",
    of=APPOINTMENT,
    rows=(
        Field("id", "id", NUMBER_ID),
        Field("client_id", "client_id", NUMBER_ID),
        Field("staff_id", "provider_id", NUMBER_ID),
        Field("start_at", f"starts_at {ZONE}", WALL_TIME),
        Field("end_at", f"ends_at {ZONE}", WALL_TIME),
        Field("status", "status", STATUS),
        Field("notes", "notes", TEXT),
        Field("waitlist_id", "", constant(None, {"type": "null"})),
        Field("client_name", "client.display_name", TEXT),
    ),
)
NEW_BOOKING = Shape(
    "NewBooking",
    makes=Arrange,
    rows=(
        Field("client_id", "client_id", NUMBER_ID, required=True),
        Field("staff_id", "provider_id", NUMBER_ID, required=True),
        Field("start_at", "starts_at", WALL_TIME, required=True),
        Field("notes", "notes", note(), default=""),
    ),
)
BY_ID = Shape("ById", rows=(Field("id", "appointment_id", NUMBER_ID),))
PAGE = Shape(
    "Page",
    rows=(
        Field("data", "items", ITEMS),
        Field("page", "page", COUNT),
        Field("limit", "size", COUNT),
        Field("total", "total", COUNT),
        Field("total_pages", "pages", COUNT),
    ),
)
LOGO = Shape("Logo", rows=(Field("logo", "logo", upload("image/png", "image/svg+xml"), required=True),))
STORED = Shape("Stored", rows=(Field("logo", "name", TEXT), Field("bytes", "length", COUNT)))
MARK = Shape("Mark", rows=(Field("id", "id", NUMBER_ID), Field("is_read", "is_read", FLAG, required=True)))
NOTIFICATION = Shape("Notification", rows=(Field("id", "id", NUMBER_ID), Field("is_read", "is_read", FLAG)))
SALON = Shape("Salon", of=BUSINESS, rows=(Field("name", "name", TEXT), Field("timezone", "time_zone", TEXT)))


async def store(call: Call) -> dict[str, object]:
    """Look at the file."""
    logo = call.values["logo"]
    return {"name": logo.name, "length": len(logo.content)}


async def mark(call: Call) -> dict[str, object]:
    """Mark as read."""
    return dict(call.values)


async def salon_in_path(call: Call) -> int | None:
    """The salon whose slug stands behind the dialect's name."""
    if call.mount.slug != "lumi":
        raise NotFound("business")
    return LUMI


BOOKINGS = Dialect(
    name="bookings",
    title="Bookings",
    version="1",
    base_path="/api",
    contract=Path(__file__).with_name("bookings.yaml"),
    routes=(
        Route(
            "GET",
            "/api/bookings",
            Paged(Order("starts_at", descending=True)),
            gives=BOOKING,
            allow=may(Permission.APPOINTMENTS_READ),
        ),
        Route(
            "GET",
            "/api/bookings/{id}",
            One(),
            takes=BY_ID,
            gives=BOOKING,
            allow=may(Permission.APPOINTMENTS_READ),
        ),
        Route(
            "POST",
            "/api/bookings",
            arrange,
            takes=NEW_BOOKING,
            gives=BOOKING,
            allow=may(Permission.APPOINTMENTS_WRITE),
        ),
        Route(
            "POST",
            "/api/settings/logo",
            store,
            takes=LOGO,
            gives=STORED,
            accepts=(MULTIPART,),
            most_bytes=5_000_000,
            allow=may(Permission.BUSINESS_WRITE),
        ),
        Route(
            "PUT",
            "/api/notifications/{id}",
            mark,
            takes=MARK,
            gives=NOTIFICATION,
            allow=may(Permission.APPOINTMENTS_READ),
        ),
        Route("GET", "/api/public/salon-info", One(), gives=SALON, allow=PUBLIC, business=salon_in_path),
    ),
    refusals={
        **{
            Kind.BAD_REQUEST: Wording(400),
            Kind.UNAUTHENTICATED: Wording(401),
            Kind.PAYMENT_REQUIRED: Wording(402),
            Kind.FORBIDDEN: Wording(403),
            Kind.NOT_FOUND: Wording(404),
            Kind.METHOD_NOT_ALLOWED: Wording(405),
            Kind.CONFLICT: Wording(409),
            Kind.TOO_LARGE: Wording(413),
            Kind.UNSUPPORTED_MEDIA_TYPE: Wording(415),
            Kind.INVALID: Wording(400),
            Kind.RATE_LIMITED: Wording(429),
            Kind.UNAVAILABLE: Wording(503),
            Kind.SERVER_ERROR: Wording(500),
            Kind.NOT_IMPLEMENTED: Wording(501),
        },
        "IDEMPOTENCY_MISMATCH": Wording(422),
    },
    error=Shape("Error", rows=(Field("error", "message", TEXT),)),
    pages=ByNumber(envelope=PAGE, size="limit", default=50, asked_by="page"),
    nouns={"appointment": "Booking", "client": "Client", "provider": "Staff member", "business": "Salon"},
    missing="{noun} not found",
    security={"bearer": {"type": "http", "scheme": "bearer"}},
    business_in_path=True,
)
OWNER = {"Authorization": "Bearer owner"}
FIRST = (
    b'{"id":1,"client_id":1,"staff_id":1,"start_at":"2027-03-24 10:00:00","end_at":"2027-03-24 11:30:00",'
    b'"status":"scheduled","notes":"","waitlist_id":null,"client_name":"Emily Chen"}'
)


async def test_a_plain_array_and_a_page_where_asked() -> None:
    """Without `page` everything, newest first; with it an envelope; a page past the end is empty."""
    async with calling(BOOKINGS, filled()) as http:
        answer = await http.get("/api/bookings?limit=1", headers=OWNER)
        assert [one["id"] for one in answer.json()] == [2, 1]
        answer = await http.get("/api/bookings?page=2&limit=1", headers=OWNER)
        assert answer.content == b'{"data":[' + FIRST + b'],"page":2,"limit":1,"total":2,"total_pages":2}'
        answer = await http.get("/api/bookings?page=9", headers=OWNER)
        assert answer.content == b'{"data":[],"page":9,"limit":50,"total":2,"total_pages":1}'
        answer = await http.get("/api/bookings?page=0", headers=OWNER)
        assert (answer.status_code, answer.content) == (400, b'{"error":"page: must be 1 to 1000000."}')


async def test_wall_time_both_ways() -> None:
    """The salon's clock is read and shown; ISO 8601 is understood too; what no clock shows is refused."""
    rows = filled()
    async with calling(BOOKINGS, rows) as http:
        booking = {"client_id": 1, "staff_id": 1, "start_at": "2027-03-14 12:00:00"}
        answer = await http.post("/api/bookings", headers=OWNER, json=booking)
        assert (answer.status_code, answer.json()["start_at"]) == (200, "2027-03-14 12:00:00")
        assert rows.commands[-1].starts_at.isoformat() == "2027-03-14T16:00:00+00:00"
        for text in ("2027-03-15T12:00:00Z", "2027-03-15T08:01:00-04:00", "2027-03-15T08:02"):
            answer = await http.post("/api/bookings", headers=OWNER, json={**booking, "start_at": text})
            assert answer.json()["start_at"].startswith("2027-03-15 08:0"), text
        answer = await http.post(
            "/api/bookings", headers=OWNER, json={**booking, "start_at": "2027-03-14 02:30:00"}
        )
        assert (answer.status_code, answer.content) == (
            400,
            b'{"error":"start_at: falls into a daylight-saving gap: no clock shows this time."}',
        )


async def test_refusals() -> None:
    """One field, 400 for bad values, the documented sentence for what is not there, 409 for what is taken."""
    async with calling(BOOKINGS, filled()) as http:
        answer = await http.get("/api/bookings/77", headers=OWNER)
        assert (answer.status_code, answer.content) == (404, b'{"error":"Booking not found"}')
        taken = {"client_id": 1, "staff_id": 1, "start_at": "2027-03-24 10:00:00"}
        answer = await http.post("/api/bookings", headers=OWNER, json=taken)
        assert (answer.status_code, answer.content) == (
            409,
            b'{"error":"This time is taken: choose another."}',
        )
        answer = await http.post("/api/bookings", headers=OWNER, json={**taken, "client_id": 9})
        assert (answer.status_code, answer.content) == (404, b'{"error":"Client not found"}')
        answer = await http.post("/api/bookings", headers=OWNER, json={"client_id": "1", "staff_id": 1.0})
        assert (answer.status_code, answer.content) == (
            400,
            b'{"error":"client_id: must be a whole number. start_at: is required."}',
        )


async def test_a_file_in() -> None:
    """A logo of up to 5 MB in a part of a multipart body; a text part, another type and more bytes are refused."""
    async with calling(BOOKINGS, filled()) as http:
        path = "/api/settings/logo"
        big = {"logo": ("logo.png", b"x" * 4_000_000, "image/png")}
        answer = await http.post(path, headers=OWNER, files=big)
        assert answer.content == b'{"logo":"logo.png","bytes":4000000}'
        answer = await http.post(path, headers=OWNER, files={"logo": ("a.exe", b"x", "application/exe")})
        assert (answer.status_code, answer.content) == (
            400,
            b'{"error":"logo: must be a file: image/png, image/svg+xml."}',
        )
        answer = await http.post(path, headers=OWNER, data={"logo": "x"}, files={"other": b"x"})
        assert answer.status_code == 400
        answer = await http.post(
            path, headers=OWNER, files={"logo": ("l.png", b"x" * 5_000_001, "image/png")}
        )
        assert (answer.status_code, answer.content) == (
            413,
            b'{"error":"The body is longer than 5000000 bytes."}',
        )


async def test_truth_as_numbers() -> None:
    """0 and 1 are shown; true and false are understood."""
    async with calling(BOOKINGS, filled()) as http:
        for given, shown in ((1, 1), (0, 0), (True, 1), (False, 0)):
            answer = await http.put("/api/notifications/3", headers=OWNER, json={"is_read": given})
            assert answer.content == f'{{"id":3,"is_read":{shown}}}'.encode()
        answer = await http.put("/api/notifications/3", headers=OWNER, json={"is_read": 2})
        assert answer.status_code == 400


async def test_the_salon_in_the_path() -> None:
    """By name, the salon's slug may stand before the documented path; an unknown one is not there."""
    async with calling(BOOKINGS, filled()) as http:
        answer = await http.get("/bookings/lumi/api/public/salon-info")
        assert answer.content == b'{"name":"Lumi","timezone":"America/New_York"}'
        for path in ("/bookings/other/api/public/salon-info", "/bookings/api/public/salon-info"):
            answer = await http.get(path)
            assert (answer.status_code, answer.content) == (404, b'{"error":"Salon not found"}')
        answer = await http.get("/bookings/lumi/api/openapi.json")
        assert answer.json()["servers"] == [{"url": "http://sample.test/bookings/lumi"}]
