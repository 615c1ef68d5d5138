"""SavvyCal's style: everything in `data`, tagged objects, offsets, ISO lengths, kebab names, lists of errors."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from auth.allow import PUBLIC, may
from auth.permissions import Permission
from core.appointments.reads import APPOINTMENT
from core.catalog.reads import SERVICE
from core.directory.reads import CLIENT
from core.kernel.errors import Issue
from core.kernel.reading import Order, Where
from rest_compat.engine.call import Call
from rest_compat.engine.codec import Surroundings, Unfit, constant, listed, mapping, worked
from rest_compat.engine.dialect import ITEM, ITEMS, Dialect, Wording
from rest_compat.engine.ids import prefixed_id
from rest_compat.engine.pages import ByNumber
from rest_compat.engine.refusal import Kind
from rest_compat.engine.route import One, Paged, Route
from rest_compat.engine.scalars import COUNT, TEXT, line
from rest_compat.engine.shape import Field, Shape, many, nested
from rest_compat.engine.times import LENGTH, OFFSET_INSTANT
from tests.rest_compat.samples.backing import Arrange, arrange, calling, filled

EVERYBODY = Where("archived_at", "eq", None)
CLIENT_ID, APPOINTMENT_ID, SERVICE_ID = prefixed_id("clnt"), prefixed_id("appt"), prefixed_id("srv")
PROVIDER_ID = prefixed_id("prov")


def tag(name: str) -> Field:
    """The tag that every object bears."""
    return Field("object", "", constant(name, {"const": name}))


def told(status: int, word: str, message: str, issues: Sequence[Issue] | None) -> list[dict[str, Any]]:
    """A list of errors: one for each issue, or one for all."""
    if issues is None:
        return [{"detail": message, "status": str(status), **({"code": word} if word else {})}]
    return [
        {
            "title": "Invalid value",
            "detail": issue.message,
            "source": {"pointer": f"/{issue.path.replace('.', '/')}"},
        }
        for issue in issues
    ]


ERROR = Shape(
    "Errors",
    rows=(
        Field(
            "errors",
            "status word message issues",
            worked(told, {"type": "array", "items": {"type": "object"}}),
        ),
    ),
)
SERVICE_SHAPE = Shape(
    "Service",
    of=SERVICE,
    rows=(
        tag("service"),
        Field("id", "id", SERVICE_ID),
        Field("name", "name", TEXT),
        Field("duration", "duration_minutes", LENGTH),
    ),
)
APPOINTMENT_SHAPE = Shape(
    "Appointment",
    of=APPOINTMENT,
    rows=(
        tag("appointment"),
        Field("id", "id", APPOINTMENT_ID),
        Field("start_at", "starts_at location.time_zone", OFFSET_INSTANT),
        Field("service", "service", nested(SERVICE_SHAPE), nullable=True),
    ),
)
CLIENT_SHAPE = Shape(
    "Client",
    of=CLIENT,
    rows=(
        tag("client"),
        Field("id", "id", CLIENT_ID),
        Field("first_name", "given_name", TEXT),
        Field("contact", ".", nested(Shape("Contact", rows=(Field("email", "email", TEXT),)))),
    ),
)
WHOLE_CLIENT = Shape(
    "WholeClient",
    of=CLIENT,
    rows=(*CLIENT_SHAPE.rows, Field("appointments", "appointments", many(APPOINTMENT_SHAPE))),
)
FILTERS = Shape(
    "Filters",
    rows=(
        Field("X-SavvyCal-Account", "account", line(), at="header", condition=lambda _: EVERYBODY),
        Field(
            "metadata",
            "metadata",
            mapping(),
            condition=lambda wanted: Where("display_name", "eq", wanted["name"]),
        ),
        Field("order_by", "order", listed(line()), condition=lambda _: EVERYBODY),
    ),
)


def booked_for(values: dict[str, Any], around: Surroundings) -> dict[str, Any]:
    """The client is named in an object of their own."""
    client = values.pop("client_data")
    if client.get("client_id") is None:
        raise Unfit([Issue("client_data.id", "REQUIRED", "is required")])
    return {**values, "client_id": client["client_id"]}


NEW_APPOINTMENT = Shape(
    "NewAppointment",
    makes=Arrange,
    finish=booked_for,
    rows=(
        Field(
            "client_data",
            "client_data",
            nested(
                Shape(
                    "ClientData",
                    rows=(
                        Field("id", "client_id", CLIENT_ID, nullable=True),
                        Field("time_zone", "time_zone", line(), required=True),
                    ),
                )
            ),
            required=True,
        ),
        Field("provider_id", "provider_id", PROVIDER_ID, required=True),
        Field("start_at", "starts_at", OFFSET_INSTANT, required=True),
        Field("service_id", "service_id", SERVICE_ID),
    ),
)
EMBED = Shape(
    "Embed", rows=(Field("client-first-name", "first", TEXT), Field("show-confirmation", "confirms", TEXT))
)


async def embed(call: Call) -> dict[str, str]:
    """The attributes of the embedded element."""
    return {"first": "Emily", "confirms": "true"}


async def remove(call: Call) -> None:
    """Nothing is left to say."""


READ = may(Permission.CLIENTS_READ)
SAVVYCAL = Dialect(
    name="savvycal",
    title="SavvyCal",
    version="1",
    base_path="/v1",
    contract=Path(__file__).with_name("savvycal.yaml"),
    routes=(
        Route(
            "GET", "/v1/clients", Paged(Order("display_name")), takes=FILTERS, gives=CLIENT_SHAPE, allow=READ
        ),
        Route(
            "GET",
            "/v1/clients/{client_id}",
            One(),
            takes=Shape("ClientById", rows=(Field("client_id", "client_id", CLIENT_ID),)),
            gives=WHOLE_CLIENT,
            allow=READ,
        ),
        Route(
            "GET",
            "/v1/appointments/{appointment_id}",
            One(),
            takes=Shape("AppointmentById", rows=(Field("appointment_id", "appointment_id", APPOINTMENT_ID),)),
            gives=APPOINTMENT_SHAPE,
            allow=READ,
        ),
        Route(
            "POST",
            "/v1/appointments",
            arrange,
            takes=NEW_APPOINTMENT,
            gives=APPOINTMENT_SHAPE,
            status=201,
            allow=may(Permission.APPOINTMENTS_WRITE),
        ),
        Route("GET", "/v1/public/embed", embed, gives=EMBED, bare=True, allow=PUBLIC),
        Route(
            "DELETE",
            "/v1/blocks/{block_id}",
            remove,
            takes=Shape("BlockById", rows=(Field("block_id", "block_id", prefixed_id("blk")),)),
            status=204,
            allow=READ,
        ),
    ),
    refusals={
        Kind.BAD_REQUEST: Wording(400),
        Kind.UNAUTHENTICATED: Wording(401),
        Kind.PAYMENT_REQUIRED: Wording(402),
        Kind.FORBIDDEN: Wording(403),
        Kind.NOT_FOUND: Wording(404),
        Kind.METHOD_NOT_ALLOWED: Wording(405),
        Kind.CONFLICT: Wording(409),
        Kind.TOO_LARGE: Wording(413),
        Kind.UNSUPPORTED_MEDIA_TYPE: Wording(415),
        Kind.INVALID: Wording(422),
        Kind.RATE_LIMITED: Wording(429),
        Kind.UNAVAILABLE: Wording(503),
        Kind.SERVER_ERROR: Wording(500),
        Kind.NOT_IMPLEMENTED: Wording(501),
        "SLOT_TAKEN": Wording(422, "slot_unavailable"),
    },
    error=ERROR,
    pages=ByNumber(
        envelope=Shape(
            "Page",
            rows=(
                Field("data", "items", ITEMS),
                Field(
                    "meta",
                    ".",
                    nested(
                        Shape(
                            "Meta",
                            rows=(
                                Field("current_page", "page", COUNT),
                                Field("page_size", "size", COUNT),
                                Field("total_count", "total", COUNT),
                                Field("total_pages", "pages", COUNT),
                            ),
                        )
                    ),
                ),
            ),
        ),
        default=10,
        clamps=False,
    ),
    wrapper=Shape("Data", rows=(Field("data", "item", ITEM),)),
    missing="Not Found",
    security={"bearer": {"type": "http", "scheme": "bearer"}},
    unknown_fields="refused",
)
OWNER = {"Authorization": "Bearer owner"}


async def test_pages_with_meta() -> None:
    """Rows in `data`, figures in `meta`; below 1 and above the cap is refused with 422."""
    async with calling(SAVVYCAL, filled()) as http:
        answer = await http.get("/v1/clients?page=2&page_size=1", headers=OWNER)
        assert (
            answer.content
            == (
                b'{"data":[{"object":"client","id":"%s","first_name":"John","contact":{"email":"john@example.com"}}],'
                b'"meta":{"current_page":2,"page_size":1,"total_count":2,"total_pages":2}}'
            )
            % CLIENT_ID.write(2).encode()
        )
        for query in ("page=0", "page_size=0", "page_size=101"):
            answer = await http.get(f"/v1/clients?{query}", headers=OWNER)
            assert answer.status_code == 422
        assert answer.content == (
            b'{"errors":[{"title":"Invalid value","detail":"must be 1 to 100","source":{"pointer":"/page_size"}}]}'
        )


async def test_brackets_and_headers() -> None:
    """`metadata[key]`, repeated `order_by[]` and a header are fields like others; each stands once."""
    async with calling(SAVVYCAL, filled()) as http:
        headers = {**OWNER, "X-SavvyCal-Account": "acct_1"}
        path = "/v1/clients?metadata[name]=John Smith&order_by[]=start_at_utc&order_by[]=id"
        assert (await http.get(path, headers=headers)).json()["meta"]["total_count"] == 1
        answer = await http.get("/v1/clients?metadata[name]=a&metadata[name]=b", headers=headers)
        assert answer.status_code == 400
        for query in ("metadata=x", "page[]=1", "metadata[]=x", "order_by[x]=1"):
            answer = await http.get(f"/v1/clients?{query}", headers=headers)
            assert (answer.status_code, answer.json()["errors"][0]["detail"]) == (
                422,
                "is of the wrong kind",
            ), query


async def test_unknown_fields_refused() -> None:
    """Where a dialect refuses what it does not know, it names it, in query and body."""
    async with calling(SAVVYCAL, filled()) as http:
        answer = await http.get("/v1/clients?colour=blue", headers=OWNER)
        assert (answer.status_code, answer.json()["errors"][0]["source"]) == (422, {"pointer": "/colour"})
        answer = await http.post("/v1/appointments", headers=OWNER, json={"colour": "blue"})
        assert "/colour" in [error["source"]["pointer"] for error in answer.json()["errors"]]


async def test_an_object_with_its_lists() -> None:
    """To-one objects come with their row, to-many lists in one more statement; all stand in `data`."""
    rows = filled()
    async with calling(SAVVYCAL, rows) as http:
        answer = await http.get(f"/v1/clients/{CLIENT_ID.write(1)}", headers=OWNER)
        assert answer.content == (
            b'{"data":{"object":"client","id":"%s","first_name":"Emily","contact":{"email":"emily@example.com"},'
            b'"appointments":[{"object":"appointment","id":"%s","start_at":"2027-03-24T10:00:00-04:00",'
            b'"service":{"object":"service","id":"%s","name":"Consultation","duration":"PT1H30M"}}]}}'
        ) % (CLIENT_ID.write(1).encode(), APPOINTMENT_ID.write(1).encode(), SERVICE_ID.write(1).encode())
        assert rows.statements == 2


async def test_booking_with_an_object_in_the_body() -> None:
    """A nested object in, an offset or a wall time, the offset of the place out; 201; a refusal has its code."""
    async with calling(SAVVYCAL, filled()) as http:
        booking: dict[str, Any] = {
            "client_data": {"id": CLIENT_ID.write(1), "time_zone": "Europe/Berlin"},
            "provider_id": PROVIDER_ID.write(1),
            "start_at": "2027-07-01T16:00:00+02:00",
        }
        answer = await http.post("/v1/appointments", headers=OWNER, json=booking)
        assert (answer.status_code, answer.json()["data"]["start_at"]) == (201, "2027-07-01T10:00:00-04:00")
        assert answer.json()["data"]["service"] is None
        answer = await http.post(
            "/v1/appointments", headers=OWNER, json={**booking, "start_at": "2027-07-01T10:00:00"}
        )
        assert (answer.status_code, answer.content) == (
            422,
            b'{"errors":[{"detail":"This time is taken: choose another.","status":"422","code":"slot_unavailable"}]}',
        )
        answer = await http.post(
            "/v1/appointments", headers=OWNER, json={**booking, "client_data": {"id": 5}}
        )
        assert [error["source"]["pointer"] for error in answer.json()["errors"]] == [
            "/client_data/id",
            "/client_data/time_zone",
        ]
        lost = {**booking, "client_data": {"time_zone": "UTC"}}
        answer = await http.post("/v1/appointments", headers=OWNER, json=lost)
        assert answer.json()["errors"][0]["source"] == {"pointer": "/client_data/id"}
        answer = await http.post("/v1/appointments", headers=OWNER, json={**booking, "provider_id": "prov_x"})
        assert (answer.status_code, answer.content) == (
            404,
            b'{"errors":[{"detail":"Not Found","status":"404"}]}',
        )


async def test_kebab_names_and_no_wrapper() -> None:
    """Names are whatever the row says; a route can answer bare."""
    async with calling(SAVVYCAL, filled()) as http:
        answer = await http.get("/v1/public/embed")
        assert answer.content == b'{"client-first-name":"Emily","show-confirmation":"true"}'


async def test_nothing_to_say() -> None:
    """204 has no body and no media type."""
    async with calling(SAVVYCAL, filled()) as http:
        answer = await http.delete("/v1/blocks/blk_1", headers=OWNER)
        assert (answer.status_code, answer.content) == (204, b"")
        assert "Content-Type" not in answer.headers
