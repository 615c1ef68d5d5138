"""Money, out and in."""

from __future__ import annotations

from auth.allow import INHERITED
from core.kernel import money as core
from graphql_api.declare.fields import fact
from graphql_api.declare.inputs import required
from graphql_api.declare.scalars import MinorUnits
from graphql_api.declare.types import input_type, object_type


@object_type(allow=INHERITED)
class Money:
    """An amount of one currency. Never a fraction: 12.50 USD is 1250 minor units."""

    amount_minor: MinorUnits = fact("The amount in the currency's smallest unit.")
    currency: str = fact("The ISO 4217 currency, such as USD.")


@input_type
class MoneyInput:
    """An amount of one currency."""

    amount_minor: MinorUnits = required("The amount in the currency's smallest unit: 1250 for 12.50 USD.")
    currency: str = required("The ISO 4217 currency, such as USD; it must be the business's.")


def money_of(given: MoneyInput) -> core.Money:
    """The amount in the core's terms."""
    return core.Money(given.amount_minor, given.currency)
