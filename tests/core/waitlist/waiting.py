"""Short ways to wait, and to look at what became of it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest

from adapters.sql.questions.waitlist import SqlWaitlistQuestions
from app.house import House
from core.appointments.cancel import CancelAppointment, cancel
from core.kernel.context import Context
from core.messaging.mail import Letter
from core.waitlist.join import JoinWaitlist, join_waitlist
from core.waitlist.questions import Stretch
from tests.kit.houses import NOW, Studio
from tests.kit.posts import Posts

Told = tuple[Studio, Posts]
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
THREE = NOW.replace(hour=15) + 7 * DAY
"""The time that is taken: a Monday in a week, 15:00 UTC, an hour."""


async def someone(studio: Studio, name: str) -> int:
    """A client's key, with an address of their own."""
    return await studio.client(name, email=f"{name.lower()}@example.com")


async def waits(studio: Studio, client_id: int, **more: Any) -> int:
    """A new entry's key: for an hour, at any time, with anybody, unless said otherwise."""
    given = {"duration_minutes": 60} if more.get("service_id") is None else {}
    joined = await join_waitlist(studio.ctx, JoinWaitlist(client_id=client_id, **{**given, **more}))
    return joined.waitlist_entry_id


async def taken(studio: Studio, **more: Any) -> int:
    """An appointment at THREE of somebody else, told to nobody: its key."""
    client_id = await studio.client("Somebody Else")
    return await studio.appointment(client_id, starts_at=THREE, tell_client=False, **more)


async def call_off(studio: Studio, appointment_id: int) -> None:
    """Cancel it in silence."""
    await cancel(studio.ctx, CancelAppointment(appointment_id=appointment_id, tell_client=False))


async def statuses(studio: Studio) -> list[str]:
    """The states of the entries, by when they joined."""
    return [row["status"] for row in await studio.table("waitlist_entries")]


async def offers(studio: Studio) -> list[tuple[int, str]]:
    """The offers: to whom, and how they stand."""
    return [(row["entry_id"], row["status"]) for row in await studio.table("waitlist_offers")]


def token_in(letter: Letter) -> str:
    """The token of the link in a letter."""
    found = re.search(r"/waitlist/offers/(wlo_[0-9a-z]+)$", letter.facts["link"])
    assert found is not None
    return found[1]


@asynccontextmanager
async def stranger(house: House, studio: Studio) -> AsyncIterator[Context]:
    """Somebody without a credential, who has followed a link."""
    async with house.stranger_at(studio.business_id, client_ip="127.0.0.1", request_id="") as ctx:
        yield ctx


def after_the_first_look(monkeypatch: pytest.MonkeyPatch, do: Callable[[], Awaitable[int]]) -> list[int]:
    """Have something done once, right after it was looked what clients have then; holds the key of what it made."""
    answer = SqlWaitlistQuestions.engaged
    made: list[int] = []

    async def looked(self: SqlWaitlistQuestions, *given: Any) -> dict[int, list[Stretch]]:
        found = await answer(self, *given)
        if not made:
            made.append(await do())
        return found

    monkeypatch.setattr(SqlWaitlistQuestions, "engaged", looked)
    return made
