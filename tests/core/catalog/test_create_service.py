"""Adding a service: what it keeps, what it refuses."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from core.catalog.create_service import CreatedService, CreateService, create_service
from core.catalog.reads import SERVICE
from core.kernel.errors import IdempotencyMismatch, Invalid
from core.kernel.money import MAX_MINOR, Money
from core.kernel.reading import Selection
from tests.kit.houses import NOW, Studio


async def test_a_service_is_kept_with_its_event_and_audit(studio: Studio) -> None:
    """Every value reads back, cleaned, and the price carries the business's currency."""
    key = await studio.service(
        "  Large piece ",
        duration_minutes=240,
        description="Half a day",
        price=Money(80_000, "USD"),
        buffer_before_minutes=10,
        buffer_after_minutes=30,
        deposit_percent=Decimal("33.33"),
        notice_minutes=2_880,
        step_minutes=30,
    )
    row = await studio.ctx.read.one(Selection(noun=SERVICE, fields=set(SERVICE.columns)), key)
    assert row == {
        "id": key,
        "name": "Large piece",
        "description": "Half a day",
        "duration_minutes": 240,
        "price_minor": 80_000,
        "currency": "USD",
        "buffer_before_minutes": 10,
        "buffer_after_minutes": 30,
        "deposit_percent": Decimal("33.33"),
        "notice_minutes": 2_880,
        "step_minutes": 30,
        "created_at": NOW,
        "archived_at": None,
        "policies": {},
    }
    event, audit = (await studio.table("events"))[-1], (await studio.table("audit"))[-1]
    assert (event["type"], event["key"]) == ("service.created", key)
    assert (audit["action"], audit["key"]) == ("service.created", key)


@pytest.mark.parametrize("price", [None, Money(0, "USD"), Money(MAX_MINOR, "USD")])
async def test_a_service_may_be_free_or_have_no_price(studio: Studio, price: Money | None) -> None:
    """Nothing asked is not the same as nothing to pay, and the greatest amount is kept exactly."""
    await studio.service(price=price)
    (row,) = await studio.table("services")
    assert row["price_minor"] == (price.amount_minor if price else None)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"name": ""}, [("name", "REQUIRED")]),
        ({"name": "n" * 201}, [("name", "TOO_LONG")]),
        ({"description": "\x00"}, [("description", "BAD_CHARACTER")]),
        ({"duration_minutes": 0}, [("duration_minutes", "OUT_OF_RANGE")]),
        ({"duration_minutes": -1}, [("duration_minutes", "OUT_OF_RANGE")]),
        ({"duration_minutes": 366 * 1_440}, [("duration_minutes", "OUT_OF_RANGE")]),
        ({"price": Money(-1, "USD")}, [("price", "OUT_OF_RANGE")]),
        ({"price": Money(MAX_MINOR + 1, "USD")}, [("price", "OUT_OF_RANGE")]),
        ({"price": Money(1, "EUR")}, [("price", "OTHER_CURRENCY")]),
        ({"buffer_before_minutes": -1}, [("buffer_before_minutes", "OUT_OF_RANGE")]),
        ({"buffer_after_minutes": 1_441}, [("buffer_after_minutes", "OUT_OF_RANGE")]),
        ({"deposit_percent": Decimal("100.01")}, [("deposit_percent", "OUT_OF_RANGE")]),
        ({"deposit_percent": Decimal("0.001")}, [("deposit_percent", "TOO_PRECISE")]),
        ({"notice_minutes": 366 * 1_440 + 1}, [("notice_minutes", "OUT_OF_RANGE")]),
        ({"step_minutes": 0}, [("step_minutes", "OUT_OF_RANGE")]),
        (
            {"name": " ", "duration_minutes": 0, "step_minutes": 2_000, "price": Money(1, "EUR")},
            [
                ("name", "REQUIRED"),
                ("duration_minutes", "OUT_OF_RANGE"),
                ("step_minutes", "OUT_OF_RANGE"),
                ("price", "OTHER_CURRENCY"),
            ],
        ),
    ],
)
async def test_bad_values_are_named_and_nothing_is_kept(
    studio: Studio, given: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    """Every broken rule is an issue with its path and code, and the business is as before."""
    before = await studio.state()
    command = CreateService(**{"name": "Small piece", "duration_minutes": 60, **given})
    with pytest.raises(Invalid) as refused:
        await create_service(studio.ctx, command)
    assert [(issue.path, issue.code) for issue in refused.value.issues] == expected
    assert await studio.state() == before


async def test_a_repeated_key_answers_as_before(studio: Studio) -> None:
    """One service per key, price and percentage included; other input under the key is refused."""

    def command(**more: Any) -> CreateService:
        given = {"name": "Piece", "duration_minutes": 60, "idempotency_key": "k"}
        money = {"price": Money(100, "USD"), "deposit_percent": Decimal("12.50")}
        return CreateService(**{**given, **money, **more})

    first = await create_service(studio.ctx, command())
    before = await studio.state()
    assert await create_service(studio.ctx, command()) == first == CreatedService(service_id=first.service_id)
    for other in ({"price": Money(101, "USD")}, {"deposit_percent": Decimal(13)}, {"step_minutes": 20}):
        with pytest.raises(IdempotencyMismatch):
            await create_service(studio.ctx, command(**other))
    assert await studio.state() == before
