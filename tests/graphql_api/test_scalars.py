"""The scalars: what they spell, and what they refuse."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import pytest
from graphql import GraphQLScalarType

from graphql_api.schema import core_schema, schema


def scalar(name: str) -> GraphQLScalarType:
    """A scalar of the schema."""
    found = core_schema(schema).type_map[name]
    assert isinstance(found, GraphQLScalarType)
    return found


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("DateTime", "2027-03-01T09:00:00Z", datetime(2027, 3, 1, 9, tzinfo=UTC)),
        ("DateTime", "2027-03-01t10:00:00.5+01:00", datetime(2027, 3, 1, 9, 0, 0, 500_000, tzinfo=UTC)),
        ("DateTime", "2027-03-01T03:30:00-05:30", datetime(2027, 3, 1, 9, tzinfo=UTC)),
        ("Date", "2028-02-29", date(2028, 2, 29)),
        ("LocalTime", "09:30", time(9, 30)),
        ("LocalTime", "09:30:00", time(9, 30)),
        ("MinorUnits", 2**53 - 1, 2**53 - 1),
        ("MinorUnits", -5, -5),
        ("Percent", 12.5, Decimal("12.5")),
        ("Percent", 30, Decimal(30)),
        ("TimeZone", "Europe/Berlin", "Europe/Berlin"),
        ("EmailAddress", "a@b.example", "a@b.example"),
        ("Cursor", "cur_apt_0", "cur_apt_0"),
    ],
)
def test_values_are_read(name: str, text: Any, value: Any) -> None:
    """Each spelling that is allowed, and what it means."""
    assert scalar(name).coerce_input_value(text) == value


@pytest.mark.parametrize(
    ("name", "text"),
    [
        *(
            ("DateTime", text)
            for text in (
                "2027-03-01T09:00:00",
                "2027-03-01 09:00:00Z",
                "2027-03-01T09:00Z",
                "2027-03-01",
                "2027-02-29T09:00:00Z",
                "2027-03-01T24:00:00Z",
                "2027-03-01T23:59:60Z",
                "2027-03-01T09:00:00+24:00",
                "2027-03-01T09:00:00+0100",
                "20270301T090000Z",
                "0001-01-01T00:00:00+14:00",
                "9999-12-31T23:00:00-14:00",
                "２０２７-03-01T09:00:00Z",
                "2027-03-01T09:00:00Z\x00",
                " 2027-03-01T09:00:00Z",
                "now",
                "",
                1_740_819_600,
                True,
                None,
                ["2027-03-01T09:00:00Z"],
            )
        ),
        *(
            ("Date", text)
            for text in ("2027-02-29", "2027-W09-1", "20270301", "2027-3-1", "", 20270301, None)
        ),
        *(("LocalTime", text) for text in ("24:00", "9:30", "09:30:01", "09:30Z", "0930", "", 930)),
        *(("MinorUnits", value) for value in (1.0, 2**53, -(2**53), "1", True, None)),
        *(("Percent", value) for value in ("30", True, None, [30])),
        *(("EmailAddress", value) for value in ("a@b.example\x00", "a\n@b.example", "x" * 1_001, 7)),
        *(("TimeZone", value) for value in ("Europe/Berlin\x00", "x" * 101, 7)),
        *(("Cursor", value) for value in ("c\x00", "c" * 201, 7)),
    ],
)
def test_garbage_is_refused_with_a_sentence(name: str, text: Any) -> None:
    """Nothing else is guessed at; the message says what would be right."""
    with pytest.raises(ValueError, match=r"^must be "):
        scalar(name).coerce_input_value(text)


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("DateTime", datetime(2027, 3, 1, 9, tzinfo=UTC), "2027-03-01T09:00:00Z"),
        ("DateTime", datetime(2027, 3, 1, 9, 0, 0, 1_000, tzinfo=UTC), "2027-03-01T09:00:00.001000Z"),
        ("Date", date(2027, 3, 1), "2027-03-01"),
        ("LocalTime", time(9, 30), "09:30"),
        ("Percent", Decimal("12.50"), 12.5),
        ("Percent", Decimal("30.00"), 30),
        ("MinorUnits", 2**53 - 1, 9_007_199_254_740_991),
    ],
)
def test_values_are_written(name: str, value: Any, text: Any) -> None:
    """Instants in UTC with Z; numbers as short as they are."""
    assert scalar(name).coerce_output_value(value) == text
    assert type(scalar(name).coerce_output_value(value)) is type(text)
