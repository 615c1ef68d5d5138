"""Kept mail: once per message id, and never more than the newest five hundred."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from adapters.mail.render import Rendered
from adapters.sql import kept_mail
from adapters.sql.kept_mail import KeptMail
from app.house import House
from core.kernel.clock import FixedClock
from tests.kit.houses import NOW


def mail(number: int, *, subject: str = "Hello") -> Rendered:
    """A mail of which only the number matters."""
    return Rendered(message_id=f"{number}@test", to=f"{number}@example.com", subject=subject, text="Hi\n")


MOST = 50
"""Instead of five hundred: the rule is the same."""


@pytest.fixture(autouse=True)
def _fewer(monkeypatch: pytest.MonkeyPatch) -> None:
    assert kept_mail.MOST == 500
    monkeypatch.setattr(kept_mail, "MOST", MOST)


@pytest.fixture
def clock() -> FixedClock:
    """A clock of this test's own."""
    return FixedClock(NOW)


async def test_only_the_newest_are_kept(own_house: House, clock: FixedClock) -> None:
    """Of twenty too many the first twenty are gone; a repeat is kept once, as it first was, and drives nothing out."""
    kept = KeptMail(own_house.database, clock)
    for number in range(MOST + 20):
        await kept.keep(mail(number))
        if number % 4 == 0:
            clock.advance(timedelta(seconds=1))
            await kept.keep(mail(number, subject="Again"))
    newest = await kept.newest(1_000)
    assert [to for _, to, _, _ in newest] == [f"{number}@example.com" for number in range(MOST + 19, 19, -1)]
    assert {subject for _, _, subject, _ in newest} == {"Hello"}
    assert await kept.newest(1) == [(clock.now(), f"{MOST + 19}@example.com", "Hello", "Hi\n")]


async def test_repeats_of_one_mail_drive_nothing_out(own_house: House, clock: FixedClock) -> None:
    """A hundred and fifty tries of the same letter leave the one before it where it is."""
    kept = KeptMail(own_house.database, clock)
    async with own_house.database.connect(None, write=True) as connection:
        await connection.execute(text("DELETE FROM kept_mail"))
        await connection.commit()
    await kept.keep(mail(1_000))
    for _ in range(MOST + 100):
        await kept.keep(mail(1_001))
    assert [to for _, to, _, _ in await kept.newest()] == ["1001@example.com", "1000@example.com"]
