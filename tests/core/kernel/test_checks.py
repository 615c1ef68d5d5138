"""Check: every problem is named at once, and good values come back cleaned."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from core.kernel.errors import Invalid
from core.kernel.money import MAX_MINOR, Money
from core.kernel.text import Check, zone_of


def codes(check: Check) -> list[tuple[str, str]]:
    """The issues noted so far, as (path, code)."""
    return [(issue.path, issue.code) for issue in check.issues]


def test_one_refusal_names_every_problem_in_order() -> None:
    """`done` raises once, with all issues in the order in which they were met."""
    check = Check()
    check.text("name", " ")
    check.email("email", "nobody")
    check.zone("zone", "Mars/Olympus")
    with pytest.raises(Invalid) as refused:
        check.done()
    assert [(issue.path, issue.code) for issue in refused.value.issues] == [
        ("name", "REQUIRED"),
        ("email", "BAD_EMAIL"),
        ("zone", "UNKNOWN_TIME_ZONE"),
    ]
    assert refused.value.message == (
        "name: must not be empty; email: must be an e-mail address; "
        "zone: must be an IANA time zone, such as Europe/Berlin"
    )


def test_nothing_is_raised_where_nothing_was_noted() -> None:
    """A check without issues is done."""
    check = Check()
    assert check.text("name", "  Kai Rodriguez\n") == "Kai Rodriguez"
    for name in (
        "\u05d3\u05e0\u05d9 \u05db\u05d4\u05df",
        "\u0645\u06cc\u200c\u0646\u0627\u200f",
        "\U0001f469\u200d\U0001f3a8",
    ):
        assert check.text("name", name) == name  # letters from right to left, joiners and marks are no trick
    check.done()


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("", "REQUIRED"),
        (" \t\n ", "REQUIRED"),
        ("\u00a0", "REQUIRED"),
        ("a\x00b", "BAD_CHARACTER"),
        ("a\nb", "BAD_CHARACTER"),
        ("a\x7fb", "BAD_CHARACTER"),
        ("a\x85b", "BAD_CHARACTER"),
        ("a\ud800b", "BAD_CHARACTER"),
        ("\udfff", "BAD_CHARACTER"),
        *((f"Ada{turn}Quinn", "BAD_CHARACTER") for turn in "\u202a\u202b\u202c\u202d\u202e"),
        *((f"Ada{turn}Quinn", "BAD_CHARACTER") for turn in "\u2066\u2067\u2068\u2069"),
        ("Ada\u2028Quinn", "BAD_CHARACTER"),
        ("Ada\u2029Quinn", "BAD_CHARACTER"),
        ("n" * 201, "TOO_LONG"),
    ],
)
def test_a_line_that_says_nothing_or_holds_what_no_line_may_is_refused(value: str, code: str) -> None:
    """Empty lines, control characters, lone surrogates and endless names."""
    check = Check()
    check.text("name", value)
    assert codes(check) == [("name", code)]


@pytest.mark.parametrize("value", ["n" * 200, "Łukasz Ørsted", "木村 さくら", "O'Brien 🎨", "ب"])
def test_names_of_the_whole_world_are_lines(value: str) -> None:
    """Any script, emoji, and exactly the greatest length."""
    check = Check()
    assert check.text("name", value) == value
    check.done()


@pytest.mark.parametrize("value", [None, "", "  \n\t "])
def test_an_empty_note_is_none(value: str | None) -> None:
    """Free text that says nothing is nothing."""
    assert Check().note("notes", value) is None


def test_a_note_keeps_its_lines_and_spaces() -> None:
    """Free text is kept as it was typed."""
    check = Check()
    assert check.note("notes", "  first\n\tsecond  ") == "  first\n\tsecond  "
    check.done()


@pytest.mark.parametrize(
    ("value", "code"),
    [("a\x00b", "BAD_CHARACTER"), ("a\udc80b", "BAD_CHARACTER"), ("n" * 10_001, "TOO_LONG")],
)
def test_a_note_that_no_database_keeps_is_refused(value: str, code: str) -> None:
    """NUL, lone surrogates, and more than ten thousand characters."""
    check = Check()
    check.note("notes", value)
    assert codes(check) == [("notes", code)]


@pytest.mark.parametrize(
    ("value", "refused"), [(0, True), (1, False), (1_440, False), (1_441, True), (-1, True), (2**70, True)]
)
def test_whole_numbers_have_bounds_that_belong(value: int, refused: bool) -> None:
    """Both bounds are allowed, their neighbours outside are not, and a bad value answers as the least."""
    check = Check()
    assert check.whole("minutes", value, least=1, most=1_440, unit="minutes") == (1 if refused else value)
    assert codes(check) == ([("minutes", "OUT_OF_RANGE")] if refused else [])


@pytest.mark.parametrize("value", ["UTC", "America/New_York", "Europe/Berlin", "Pacific/Apia", "Etc/GMT+12"])
def test_zone_names_of_the_database_are_zones(value: str) -> None:
    """IANA names are taken as they are and can be opened."""
    check = Check()
    assert zone_of(check.zone("zone", value)).key == value
    check.done()


@pytest.mark.parametrize(
    "value",
    [
        "",
        "utc",
        "America/new_york",
        "EDT",
        "+02:00",
        "../../etc/passwd",
        "localtime",
        "Factory",
        "posixrules",
        "a\x00",
    ],
)
def test_what_is_no_zone_everywhere_is_refused(value: str) -> None:
    """Other spellings, offsets and paths; nor the server's own zone, which is another on every machine."""
    check = Check()
    assert check.zone("zone", value) == "UTC"
    assert codes(check) == [("zone", "UNKNOWN_TIME_ZONE")]


@pytest.mark.parametrize("value", ["usd", "US", "USDX", "", "U$D", "ＵＳＤ", "USD\n"])
def test_a_currency_is_three_capital_letters(value: str) -> None:
    """Anything else is refused."""
    check = Check()
    check.currency("currency", value)
    assert codes(check) == [("currency", "BAD_CURRENCY")]


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (None, None),
        (Money(0, "USD"), None),
        (Money(MAX_MINOR, "USD"), None),
        (Money(-1, "USD"), "OUT_OF_RANGE"),
        (Money(MAX_MINOR + 1, "USD"), "OUT_OF_RANGE"),
        (Money(1, "EUR"), "OTHER_CURRENCY"),
    ],
)
def test_a_price_is_nothing_or_more_in_the_businesss_currency(value: Money | None, code: str | None) -> None:
    """Negative, unkeepable and foreign prices are refused."""
    check = Check()
    check.price("price", value, currency="USD")
    assert codes(check) == ([("price", code)] if code else [])


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (None, None),
        ("0", None),
        ("100", None),
        ("12.5", None),
        ("33.330", None),
        ("100.01", "OUT_OF_RANGE"),
        ("-0.01", "OUT_OF_RANGE"),
        ("NaN", "OUT_OF_RANGE"),
        ("sNaN", "OUT_OF_RANGE"),
        ("Infinity", "OUT_OF_RANGE"),
        ("1e-30", "TOO_PRECISE"),
        ("33.333", "TOO_PRECISE"),
    ],
)
def test_a_percentage_is_0_to_100_with_two_decimals(value: str | None, code: str | None) -> None:
    """Bounds belong; what is no number, or finer than a hundredth, is refused."""
    check = Check()
    check.percent("percent", None if value is None else Decimal(value))
    assert codes(check) == ([("percent", code)] if code else [])


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([" Fine line ", "Blackwork"], []),
        (["ok", ""], [("styles.1", "REQUIRED")]),
        (["a"] * 4, [("styles", "TOO_MANY")]),
        (["a" * 101], [("styles.0", "TOO_LONG")]),
    ],
)
def test_lists_of_lines_are_checked_line_by_line(values: list[str], expected: list[Any]) -> None:
    """Each bad line is named by its place; a list that is too long by its own name."""
    check = Check()
    cleaned = check.texts("styles", values, most=3)
    assert codes(check) == expected
    assert cleaned == [value.strip() for value in values]
