"""Money: whole minor units, percentages rounded half up, major units exactly or not at all."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.kernel.money import MAX_MINOR, Money, from_major, minor_digits, to_major

AMOUNTS = st.integers(0, MAX_MINOR)
CURRENCIES = st.sampled_from(["USD", "JPY", "KWD"])


@pytest.mark.parametrize(
    ("amount", "percent", "share"),
    [
        (40_000, "30", 12_000),
        (1, "50", 1),
        (1, "49.99", 0),
        (3, "50", 2),
        (5, "50", 3),
        (25, "10", 3),
        (24, "10", 2),
        (999, "33.33", 333),
        (0, "100", 0),
        (12_345, "0", 0),
        (12_345, "100", 12_345),
        (MAX_MINOR, "100", MAX_MINOR),
        (MAX_MINOR, "0.01", 900_719_925_474),
    ],
)
def test_a_percentage_is_rounded_half_up(amount: int, percent: str, share: int) -> None:
    """Half a cent counts as a cent, whatever is beside it."""
    assert Money(amount, "USD").percent(Decimal(percent)) == Money(share, "USD")


@given(AMOUNTS, st.integers(0, 10_000))
def test_a_percentage_is_the_exact_share_rounded(amount: int, hundredths: int) -> None:
    """No precision is lost on the way, up to the greatest amount."""
    exact = Fraction(amount * hundredths, 10_000)
    share = Money(amount, "EUR").percent(Decimal(hundredths).scaleb(-2))
    assert share.amount_minor == int(exact + Fraction(1, 2))


@pytest.mark.parametrize(
    ("currency", "digits"),
    [("USD", 2), ("EUR", 2), ("JPY", 0), ("KRW", 0), ("CLP", 0), ("KWD", 3), ("BHD", 3), ("TND", 3)],
)
def test_currencies_have_their_own_minor_digits(currency: str, digits: int) -> None:
    """Cents for most, none for yen, thousandths for dinars (ISO 4217)."""
    assert minor_digits(currency) == digits


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("400", "USD", 40_000),
        ("400.00", "USD", 40_000),
        ("0.01", "USD", 1),
        ("-1.50", "USD", -150),
        ("400", "JPY", 400),
        ("400.0", "JPY", 400),
        ("1.234", "KWD", 1_234),
        ("1E+2", "USD", 10_000),
        ("90071992547409.91", "USD", MAX_MINOR),
        ("1.0000000000000000000000000000000000", "USD", 100),
    ],
)
def test_major_units_become_minor_ones(amount: str, currency: str, minor: int) -> None:
    """Dollars become cents, yen stay yen, dinars become thousandths."""
    assert from_major(Decimal(amount), currency) == Money(minor, currency)


@pytest.mark.parametrize(
    ("amount", "currency"),
    [
        ("0.001", "USD"),
        ("1.999", "USD"),
        ("0.5", "JPY"),
        ("1.2345", "KWD"),
        ("1.0000000000000000000000000000000001", "USD"),
        ("1e-999999", "USD"),
        ("90071992547409.92", "USD"),
        ("-90071992547409.92", "USD"),
        ("1e30", "JPY"),
        ("1e999999", "USD"),
        ("NaN", "USD"),
        ("sNaN", "USD"),
        ("Infinity", "USD"),
        ("-Infinity", "KWD"),
    ],
)
def test_fractions_of_a_minor_unit_and_what_cannot_be_kept_are_refused(amount: str, currency: str) -> None:
    """Nothing is rounded in silence, and every bad amount is the one error that callers expect."""
    with pytest.raises(ValueError):
        from_major(Decimal(amount), currency)


@given(AMOUNTS, CURRENCIES)
def test_minor_units_survive_the_way_to_major_and_back(amount: int, currency: str) -> None:
    """What is shown in major units reads back as the same amount."""
    assert from_major(to_major(amount, currency), currency) == Money(amount, currency)


@pytest.mark.parametrize(
    ("amount", "currency", "major"),
    [(12_000, "USD", "120.00"), (5, "USD", "0.05"), (400, "JPY", "400"), (1_234, "KWD", "1.234")],
)
def test_major_units_are_shown_with_the_currencys_digits(amount: int, currency: str, major: str) -> None:
    """The number of decimals is the currency's."""
    assert str(to_major(amount, currency)) == major
