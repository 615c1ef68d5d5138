"""What the tests of this room share: a clock that stands still, a secret, and cheap passwords."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from argon2.profiles import CHEAPEST

from auth.passwords import Passwords
from auth.secret_key import SecretKey
from core.kernel.clock import FixedClock

SECRET = "correct horse battery staple, and a long one"


@pytest.fixture
def clock() -> FixedClock:
    """Noon on 28 June 2024, UTC."""
    return FixedClock(datetime(2024, 6, 28, 12, 0, tzinfo=UTC))


@pytest.fixture(scope="session")
def secret() -> SecretKey:
    """The installation's secret."""
    return SecretKey(SECRET)


@pytest.fixture(scope="session")
def passwords() -> Iterator[Passwords]:
    """Argon2 at its cheapest."""
    made = Passwords(CHEAPEST)
    yield made
    made.close()
