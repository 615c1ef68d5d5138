"""Codecs: what they read they write again, and what they cannot understand they refuse."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.kernel.ids import MAX_KEY
from core.kernel.money import Money
from rest_compat.engine.body import MAX_DEPTH, json_object
from rest_compat.engine.codec import Codec, Later, Surroundings, Unfit, listed, settle, waits
from rest_compat.engine.ids import NO_KEY, NUMBER_ID, prefixed_id
from rest_compat.engine.money import MAJOR, MINOR
from rest_compat.engine.pages import ByCursor
from rest_compat.engine.query import parameters_in
from rest_compat.engine.refusal import Refusal
from rest_compat.engine.scalars import BOOLEAN, EMAIL, FLAG, line, number, whole, words
from rest_compat.engine.shape import NOTHING, Field, Shape, nested, read_fields
from rest_compat.engine.times import CLOCK, DATE, INSTANT, LENGTH, OFFSET_INSTANT, WALL_TIME

NEW_YORK = Surroundings(zone=ZoneInfo("America/New_York"), currency="USD")
TOKYO = Surroundings(zone=ZoneInfo("Asia/Tokyo"), currency="JPY")
instants = st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)).map(
    lambda instant: instant.replace(microsecond=0)
)


@given(instants)
def test_instants_come_back(instant: datetime) -> None:
    """In UTC and with an offset exactly; as wall time except in the second half of a fold."""
    assert INSTANT.read(INSTANT.write(instant)) == instant
    assert OFFSET_INSTANT.read(OFFSET_INSTANT.write(instant, "America/New_York")) == instant
    wall = settle(WALL_TIME.read(WALL_TIME.write(instant, "America/New_York")), NEW_YORK)
    assert wall in (instant, instant - timedelta(hours=1))
    assert WALL_TIME.write(wall, "America/New_York") == WALL_TIME.write(instant, "America/New_York")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2027-06-28T14:00:00Z", "2027-06-28T14:00:00"),
        ("2027-06-28t14:00:00z", "2027-06-28T14:00:00"),
        ("2027-06-28 14:00Z", "2027-06-28T14:00:00"),
        ("2027-06-28T14:00:00.25+02:00", "2027-06-28T12:00:00.250000"),
        ("2027-06-28T14:00:00-0430", "2027-06-28T18:30:00"),
        ("2027-06-28T10:00:00", "2027-06-28T14:00:00"),
        ("2027-11-07T01:30:00", "2027-11-07T05:30:00"),
    ],
)
def test_spellings_of_an_instant(text: str, expected: str) -> None:
    """ISO 8601 with an offset, or without one in the business's zone, of two the first."""
    assert settle(INSTANT.read(text), NEW_YORK) == datetime.fromisoformat(expected).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("codec", "value"),
    [
        (INSTANT, "2027-06-28"),
        (INSTANT, "2027-W26-1T10:00:00Z"),
        (INSTANT, "2027-06-28T24:00:00Z"),
        (INSTANT, "2027-06-28T14:00:00+25:00"),
        (INSTANT, "0001-01-01T00:00:00+10:00"),
        (INSTANT, "٢٠٢٧-06-28T14:00:00Z"),
        (INSTANT, 1804593600),
        (INSTANT, None),
        (DATE, "28.06.2027"),
        (DATE, "20270628"),
        (DATE, "2027-02-29"),
        (CLOCK, "24:00"),
        (CLOCK, "9:30"),
        (LENGTH, "PT"),
        (LENGTH, "P1D"),
        (LENGTH, "PT1S"),
        (EMAIL, " a@b.io"),
        (EMAIL, "a@b"),
        (BOOLEAN, 1),
        (BOOLEAN, "true"),
        (FLAG, 2),
        (whole(1, 9), True),
        (whole(1, 9), Decimal("1.5")),
        (whole(1, 9), Decimal("1E+400")),
        (whole(1, 9), 10),
        (number(0, 100), Decimal("1.234")),
        (words({"A": "a"}), "b"),
        (line(), "a\nb"),
        (line(), "a\u202eb"),
        (line(), "a\u2028b"),
        (line(5), "abcdef"),
        (listed(whole(1, 9), most=2), [1, 2, 3]),
        (listed(whole(1, 9)), {"0": 1}),
        (MAJOR, "1"),
        (MAJOR, -1),
        (MINOR, Decimal("0.5")),
        (nested(NOTHING), []),
    ],
)
def test_what_is_refused(codec: Codec, value: Any) -> None:
    """Other types, other spellings, and what lies out of bounds."""
    with pytest.raises(Unfit):
        codec.read(value)


def test_gaps_are_refused() -> None:
    """A wall time that no clock shows is found out when the zone is known."""
    later = INSTANT.read("2027-03-14T02:30:00")
    assert isinstance(later, Later)
    assert waits([{"start": later}])
    with pytest.raises(Unfit, match="daylight-saving gap"):
        settle({"start": later}, NEW_YORK)
    assert settle(later, TOKYO) == datetime(2027, 3, 13, 17, 30, tzinfo=UTC)


@given(st.integers(0, 10_000))
def test_lengths_and_clocks_come_back(minutes: int) -> None:
    """PT1H30M and 09:30."""
    assert LENGTH.read(LENGTH.write(minutes)) == minutes
    assert CLOCK.read(CLOCK.write(minutes % 1440)) == minutes % 1440


@given(st.integers(1, MAX_KEY))
def test_ids_come_back(key: int) -> None:
    """And an id of another noun, in capitals or cut short spells no key."""
    codec = prefixed_id("cli")
    spelled = codec.write(key)
    assert codec.read(spelled) == key
    assert {
        codec.read(other) for other in (f"art{spelled[3:]}", spelled.upper(), spelled[:-1], f"{spelled}0")
    } == {NO_KEY}
    assert NUMBER_ID.read(key) == NUMBER_ID.read_text(str(key)) == key


@pytest.mark.parametrize("text", ["", "0", "-1", "1.0", "9007199254740992", "x", "١"])
def test_numbers_that_are_no_keys(text: str) -> None:
    """In a path whatever is no key goes the way of an unknown one."""
    assert NUMBER_ID.read_text(text) == NO_KEY


@given(st.integers(0, 10**11))
def test_money_comes_back(cents: int) -> None:
    """Exactly, through JSON's decimal numbers, in currencies with and without a hundredth."""
    shown = MAJOR.write(cents, "USD")
    body = json_object(f'{{"amount": {shown!r}}}'.encode())
    assert settle(MAJOR.read(body["amount"]), NEW_YORK) == Money(cents, "USD")
    assert settle(MAJOR.read(cents % 10**9), TOKYO) == Money(cents % 10**9, "JPY")
    assert settle(MINOR.read(cents), TOKYO) == Money(cents, "JPY")


@given(st.integers(1, MAX_KEY))
def test_cursors_have_one_spelling(key: int) -> None:
    """A cursor names its row; any change to its text is noticed."""
    pages, codec = ByCursor(envelope=NOTHING), prefixed_id("cli")
    made = base64.b64encode(f'{{"id":"{codec.write(key)}"}}'.encode()).decode()
    assert pages.request({"size": 5, "cursor": made}, codec).after == key
    for other in {f"{made} ", made.rstrip("="), made[:-4], f"{made}{made}", made.swapcase()} - {made}:
        with pytest.raises(Unfit):
            pages.request({"size": 5, "cursor": other}, codec)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs", "Cc"])), json_values, max_size=4))
def test_json_is_read_as_json(value: dict[str, Any]) -> None:
    """What the standard library writes is read back."""
    assert json_object(json.dumps(value).encode()) == value


def test_depth_is_bounded() -> None:
    """As deep as allowed, and one level more."""
    deepest = b'{"a":' + b"[" * (MAX_DEPTH - 2) + b"1" + b"]" * (MAX_DEPTH - 2) + b"}"
    json_object(deepest)
    with pytest.raises(Refusal):
        json_object(b'{"b":' + deepest + b"}")


@given(
    st.dictionaries(
        st.text(st.characters(exclude_characters="\x00[]", exclude_categories=["Cs"]), min_size=1),
        st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"])),
        max_size=5,
    )
)
def test_queries_are_read_as_they_are_written(parameters: dict[str, str]) -> None:
    """What the standard library encodes is read back."""
    assert parameters_in(urlencode(parameters).encode()) == parameters


def test_every_issue_of_nested_values_is_named() -> None:
    """Paths lead through objects and lists by the wire's names."""
    inner = Shape("Inner", rows=(Field("deep", "deep", listed(whole(1, 9)), required=True),))
    rows = (Field("one", "one", nested(inner)), Field("many", "many", listed(nested(inner))))
    _, issues = read_fields(rows, {"one": {"deep": [1, "x", 0]}, "many": [{}, {"deep": None}, 5]})
    assert [(issue.path, issue.code) for issue in issues] == [
        ("one.deep.1", "WRONG_TYPE"),
        ("one.deep.2", "OUT_OF_RANGE"),
        ("many.0.deep", "REQUIRED"),
        ("many.1.deep", "NULL"),
        ("many.2", "WRONG_TYPE"),
    ]
