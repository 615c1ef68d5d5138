"""Codecs of money: in major units such as dollars, or in minor units such as cents."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from core.kernel.money import MAX_MINOR, Money, from_major, to_major
from rest_compat.engine.codec import Codec, Later, Surroundings, unfit
from rest_compat.engine.scalars import decimal_in, decimal_of, plain, whole

MOST_MAJOR = 1_000_000_000


def _amount(value: Decimal) -> Later:
    if not 0 <= value <= MOST_MAJOR:
        raise unfit("OUT_OF_RANGE", f"must be 0 to {MOST_MAJOR}")

    def settle(around: Surroundings) -> Money:
        try:
            return from_major(value, around.currency)
        except ValueError:
            raise unfit("TOO_PRECISE", "must not have a fraction of the smallest coin") from None

    if value != round(value, 3):
        raise unfit("TOO_PRECISE", "must not have a fraction of the smallest coin")
    return Later(settle)


MAJOR = Codec(
    read=lambda value: _amount(decimal_of(value)),
    read_text=lambda text: _amount(decimal_in(text)),
    write=lambda amount_minor, currency: plain(to_major(amount_minor, currency)),
    schema={"type": "number"},
    accepts={"type": "number", "minimum": 0, "maximum": MOST_MAJOR, "multipleOf": 0.01},
)
"""120 for 120 dollars. Out, of an amount in minor units and a currency: the field's two paths."""

_MINOR = whole(0, MAX_MINOR)


def _later(amount_minor: Any) -> Later:
    return Later(lambda around: Money(amount_minor, around.currency))


MINOR = Codec(
    read=lambda value: _later(_MINOR.read(value)),
    read_text=lambda text: _later(_MINOR.read_text(text)),
    write=int,
    schema={"type": "integer"},
    accepts=_MINOR.asked,
)
"""12000 for 120 dollars."""
