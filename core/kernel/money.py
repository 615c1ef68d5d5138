"""Money in minor currency units, never a float."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, ROUND_HALF_UP, Context, Decimal

# ISO 4217: currencies whose minor unit is not a hundredth.
_DIGITS = {
    **dict.fromkeys(
        "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(),
        0,
    ),
    **dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3),
}
MAX_MINOR = 2**53 - 1
_EXACT = Context(prec=MAX_PREC, Emax=MAX_EMAX, Emin=MIN_EMIN)


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units (cents for USD) of one ISO 4217 currency."""

    amount_minor: int
    currency: str

    def percent(self, percent: Decimal) -> Money:
        """That share of the amount, rounded half up to the minor unit."""
        share = (Decimal(self.amount_minor) * percent / 100).quantize(Decimal(1), ROUND_HALF_UP)
        return Money(int(share), self.currency)


def minor_digits(currency: str) -> int:
    """How many decimal digits the currency's minor unit has (ISO 4217)."""
    return _DIGITS.get(currency, 2)


def from_major(amount: Decimal, currency: str) -> Money:
    """Money from an amount in major units, such as dollars.

    Raises ValueError where the amount has a fraction of a minor unit or is too large to keep.
    """
    if not amount.is_finite():
        raise ValueError("the amount must be a number")
    scaled = amount.scaleb(minor_digits(currency), _EXACT)
    if scaled != scaled.to_integral_value():
        raise ValueError(f"{currency} has {minor_digits(currency)} decimal digits")
    if scaled.copy_abs() > MAX_MINOR:
        raise ValueError("the amount is too large")
    return Money(int(scaled), currency)


def to_major(amount_minor: int, currency: str) -> Decimal:
    """The amount in major units, such as dollars."""
    return Decimal(amount_minor).scaleb(-minor_digits(currency))
