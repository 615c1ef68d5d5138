"""An entry is changed while it is matched, or while an offer to it stands."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from core.directory.business import HOLD_AND_OFFER, NOTIFY_FIRST
from core.directory.update_business import UpdateBusiness, update_business
from core.kernel.context import Context
from core.waitlist import fill
from core.waitlist.change import ChangeWaitlistEntry, change_waitlist_entry
from core.waitlist.claim import ClaimWaitlistOffer, claim_waitlist_offer
from core.waitlist.entry import WAITING, WaitlistEntry
from core.waitlist.fill import is_wanted_still
from core.waitlist.offer_token import OfferTokens
from core.waitlist.questions import Candidate
from tests.core.waitlist.waiting import (
    DAY,
    THREE,
    Told,
    call_off,
    offers,
    someone,
    stranger,
    taken,
    token_in,
    waits,
)
from tests.kit.houses import NOW
from tests.kit.posts import at

WISH: dict[str, Any] = {
    "client_id": 3,
    "service_id": 4,
    "provider_id": 5,
    "location_id": 6,
    "first_day": date(2027, 3, 1),
    "last_day": date(2027, 3, 9),
    "days": ["2027-03-08"],
    "weekdays": ["monday"],
    "times": [[600, 900]],
    "duration_minutes": 60,
    "seats": 2,
}


def test_an_entry_is_as_it_was_read_or_it_is_not() -> None:
    """Each thing that matching looks at counts; words for the appointment do not."""
    instant = datetime(2027, 3, 1, tzinfo=UTC)
    same: dict[str, Any] = {
        "description": None,
        "style": None,
        "notes": None,
        "status": WAITING,
        "joined_at": instant,
    }
    wish = Candidate(**WISH, entry_id=1, ahead=7)
    assert is_wanted_still(WaitlistEntry(**WISH, **same, updated_at=instant), wish)
    assert is_wanted_still(WaitlistEntry(**WISH, **{**same, "notes": "mornings"}, updated_at=NOW), wish)
    for name in WISH:
        changed = WaitlistEntry(**{**WISH, name: None}, **same, updated_at=instant)
        assert not is_wanted_still(changed, wish), name


@pytest.mark.parametrize(("mode", "status"), [(HOLD_AND_OFFER, "OPEN"), (NOTIFY_FIRST, "TOLD")])
async def test_one_that_was_changed_meanwhile_is_looked_at_anew(
    told: Told, monkeypatch: pytest.MonkeyPatch, mode: str, status: str
) -> None:
    """At first sight it was another's wish: the second look gives the same entry the time, and once."""
    studio, _ = told
    looks: list[int] = []

    def second_time(entry: WaitlistEntry, wish: Candidate) -> bool:
        looks.append(wish.entry_id)
        return len(looks) > 1 and is_wanted_still(entry, wish)

    monkeypatch.setattr(fill, "is_wanted_still", second_time)
    await update_business(studio.ctx, UpdateBusiness(waitlist_mode=mode))
    key = await taken(studio)
    entry = await waits(studio, await someone(studio, "Ada"))
    await call_off(studio, key)
    await at(studio.house, NOW)
    assert looks == [entry, entry]
    assert await offers(studio) == [(entry, status)]


async def test_others_are_told_once_while_one_is_looked_at_anew(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ada was told, Ben changed his mind and is told of what he wants now, Cleo wants another day by then."""
    studio, _ = told
    await update_business(studio.ctx, UpdateBusiness(waitlist_mode=NOTIFY_FIRST))
    key = await taken(studio)
    entries = [await waits(studio, await someone(studio, name)) for name in ("Ada", "Ben", "Cleo")]
    await call_off(studio, key)
    tell_all = fill._tell_all
    changes = [
        ChangeWaitlistEntry(waitlist_entry_id=entries[1], duration_minutes=30),
        ChangeWaitlistEntry(waitlist_entry_id=entries[2], first_day=(THREE + DAY).date()),
    ]

    async def changed_first(ctx: Context, tokens: OfferTokens, matches: list[fill.Match]) -> int:
        while changes:
            await change_waitlist_entry(studio.ctx, changes.pop())
        return await tell_all(ctx, tokens, matches)

    monkeypatch.setattr(fill, "_tell_all", changed_first)
    await at(studio.house, NOW)
    assert await offers(studio) == [(entries[0], "TOLD"), (entries[1], "TOLD")]
    assert [row["ends_at"] for row in await studio.payloads("waitlist.slot_told")] == [
        "2027-03-08T16:00:00Z",
        "2027-03-08T15:30:00Z",
    ]


async def test_what_was_offered_without_a_service_is_confirmed_by_the_business(told: Told) -> None:
    """Naming a service for the next time changes nothing about the offer that stands: its claim is pending."""
    studio, posts = told
    key = await taken(studio)
    entry = await waits(studio, await someone(studio, "Ada"))
    await call_off(studio, key)
    await at(studio.house, NOW)
    change = ChangeWaitlistEntry(waitlist_entry_id=entry, service_id=await studio.service())
    await change_waitlist_entry(studio.ctx, change)
    async with stranger(studio.house, studio) as ctx:
        await claim_waitlist_offer(ctx, ClaimWaitlistOffer(token=token_in(posts.letters[0])))
    made = (await studio.table("appointments"))[-1]
    assert (made["service_id"], made["status"], made["awaiting"]) == (None, "PENDING", "BUSINESS")
