"""ServaloDesk's style: prefixed ids, cursors, dollars; the dialect itself proves the rest."""

from __future__ import annotations

import base64
from dataclasses import replace
from pathlib import Path
from typing import Any

from auth.allow import may
from auth.permissions import Permission
from core.directory.reads import CLIENT
from core.kernel.money import Money
from core.kernel.reading import Order
from rest_compat.engine.call import Call
from rest_compat.engine.ids import prefixed_id
from rest_compat.engine.money import MAJOR, MINOR
from rest_compat.engine.route import Paged, Route
from rest_compat.engine.scalars import TEXT
from rest_compat.engine.shape import Field, Shape
from rest_compat.engine.times import INSTANT
from rest_compat.servalodesk.dialect import SERVALODESK
from tests.rest_compat.samples.backing import calling, filled

CLIENT_ID = prefixed_id("cli")
CLIENT_SHAPE = Shape(
    "Client",
    of=CLIENT,
    rows=(
        Field("id", "id", CLIENT_ID),
        Field("last_name", "family_name", TEXT),
        Field("total_spent", "total_spent_minor business.currency", MAJOR),
    ),
)
DEPOSIT = Shape(
    "NewDeposit",
    rows=(
        Field("amount", "amount", MAJOR, required=True),
        Field("cents", "cents", MINOR, nullable=True),
        Field("due_date", "due_at", INSTANT),
    ),
)
TOLD = Shape(
    "Told", rows=(Field("amount", "amount_minor currency", MAJOR), Field("due_date", "due_at", INSTANT))
)


async def ask(call: Call) -> dict[str, Any]:
    """What was understood."""
    amount: Money = call.values["amount"]
    return {
        "amount_minor": amount.amount_minor,
        "currency": amount.currency,
        "due_at": call.values.get("due_at"),
    }


SAMPLE = replace(
    SERVALODESK,
    contract=Path(__file__).with_name("servalodesk.yaml"),
    routes=(
        Route(
            "GET",
            "/v1/clients",
            Paged(Order("family_name")),
            gives=CLIENT_SHAPE,
            allow=may(Permission.CLIENTS_READ),
        ),
        Route(
            "POST",
            "/v1/deposits",
            ask,
            takes=DEPOSIT,
            gives=TOLD,
            status=201,
            allow=may(Permission.DEPOSITS_WRITE),
        ),
    ),
)
OWNER = {"Authorization": "Bearer owner"}


async def test_pages_by_cursor() -> None:
    """A page, and the page after the row that its cursor names."""
    async with calling(SAMPLE, filled()) as http:
        first, second = CLIENT_ID.write(1), CLIENT_ID.write(2)
        cursor = base64.b64encode(b'{"id":"%s"}' % first.encode())
        answer = await http.get("/v1/clients?limit=1", headers=OWNER)
        assert answer.content == (
            b'{"data":[{"id":"%s","last_name":"Chen","total_spent":35}],"next_cursor":"%s","has_more":true,"total":2}'
        ) % (first.encode(), cursor)
        answer = await http.get(
            "/v1/clients", params={"limit": "1", "cursor": cursor.decode()}, headers=OWNER
        )
        assert (
            answer.content
            == (
                b'{"data":[{"id":"%s","last_name":"Smith","total_spent":0}],"next_cursor":null,"has_more":false,"total":2}'
            )
            % second.encode()
        )


async def test_dollars() -> None:
    """Decimal numbers in and out, in the business's currency; exact, and never a fraction of a cent."""
    async with calling(SAMPLE, filled()) as http:
        for given in ("120", "120.0", "0.1", "1234567.89", "0"):
            content = f'{{"amount":{given},"due_date":"2027-03-08T12:00:00-05:00"}}'
            answer = await http.post("/v1/deposits", headers=OWNER, content=content)
            shown = given.removesuffix(".0")
            assert answer.content == f'{{"amount":{shown},"due_date":"2027-03-08T17:00:00Z"}}'.encode()
        for given in ("0.001", "-1", "1e12", "true", '"1"', "null"):
            answer = await http.post("/v1/deposits", headers=OWNER, content=f'{{"amount":{given}}}')
            assert answer.status_code == 422, given


async def test_what_is_documented_and_not_served() -> None:
    """501, and its method is among those that are allowed."""
    async with calling(SAMPLE, filled()) as http:
        assert (await http.get("/v1/deposits")).status_code == 501
        answer = await http.delete("/v1/deposits")
        assert answer.headers["Allow"] == "GET, HEAD, OPTIONS, POST"
