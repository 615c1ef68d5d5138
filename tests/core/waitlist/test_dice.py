"""Every verb of the waitlist by dice, in two businesses: what is kept, offered and waited for agrees at each step."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import combinations
from typing import Any

import pytest_asyncio
from sqlalchemy import text

from app.house import House
from core.appointments.book import BookAppointment, book
from core.appointments.cancel import CancelAppointment, cancel
from core.appointments.mark_no_show import MarkNoShow, mark_no_show
from core.appointments.release_hold import ReleaseHold, release_hold
from core.appointments.reschedule import RescheduleAppointment, reschedule
from core.availability.rulebook import ResourceNeed
from core.catalog.policies import Policies
from core.catalog.update_service import UpdateService, update_service
from core.directory.archive_client import ArchiveClient, archive_client
from core.directory.business import WAITLIST_MODES
from core.directory.update_business import UpdateBusiness, update_business
from core.kernel.errors import DomainError
from core.waitlist.accept import AcceptWaitlistOffer, accept_waitlist_offer
from core.waitlist.leave import LeaveWaitlist, leave_waitlist
from core.waitlist.offer_slot import OfferWaitlistSlot, offer_waitlist_slot
from tests.core.appointments.overlaps import double_bookings, owners_without_time, taken_beyond_capacity
from tests.core.appointments.shop import room
from tests.core.waitlist.waiting import DAY, HOUR, THREE, waits
from tests.kit.houses import NOW, Studio, new_studio
from tests.kit.posts import at, studio_with_posts

Two = tuple[Studio, Studio]
SEED, STEPS = 2, 50


@pytest_asyncio.fixture
async def two(own_house: House, fresh_number: int) -> AsyncIterator[Two]:
    """Two studios in one house, whose queue is empty."""
    async with studio_with_posts(own_house, fresh_number) as (first, _):
        second, block = await new_studio(own_house, fresh_number + 500_000)
        yield first, second
        await block.__aexit__(None, None, None)


class Shop:
    """A studio with two providers, a service in a room and one of which everybody may have one ahead."""

    def __init__(self, studio: Studio, draw: random.Random) -> None:
        self.studio, self.draw = studio, draw
        self.clients: list[int] = []
        self.services: list[int | None] = [None]
        self.providers: list[int] = [studio.provider_id]

    async def open(self) -> None:
        """Fill it."""
        studio = self.studio
        needs = [ResourceNeed(resource_ids=(await room(studio),))]
        self.providers.append(await studio.provider())
        self.clients = [await studio.client(f"Client {number}") for number in range(6)]
        self.services.append(await studio.service("In a room", policies=Policies(needs=needs)))
        self.services.append(await studio.service("Once", policies=Policies(client_limit=1)))

    async def some(self, table: str) -> int:
        """The key of any row."""
        return int(self.draw.choice(await self.studio.table(table))["id"])

    async def step(self) -> None:
        """One verb; a refusal is an answer, an empty table a pause."""
        names = ["join"] * 4 + ["book"] * 6 + ["cancel"] * 4 + ["take"] * 3
        names += ["no_show", "move", "offer", "leave", "release", "archive", "switch", "lengthen"]
        try:
            await getattr(self, f"_{self.draw.choice(names)}")()
        except (DomainError, IndexError):
            return

    def start(self) -> Any:
        """An hour of three days in a week's time."""
        return THREE + self.draw.randrange(3) * DAY + self.draw.randrange(-2, 3) * HOUR

    async def _join(self) -> None:
        wanted: dict[str, Any] = {"service_id": self.draw.choice(self.services)}
        if self.draw.random() < 0.4:
            wanted["provider_id"] = self.draw.choice(self.providers)
        await waits(self.studio, self.draw.choice(self.clients), **wanted)

    async def _book(self) -> None:
        service_id = self.draw.choice(self.services)
        await book(
            self.studio.ctx,
            BookAppointment(
                client_id=self.draw.choice(self.clients),
                provider_id=self.draw.choice(self.providers),
                service_id=service_id,
                duration_minutes=60 if service_id is None else None,
                starts_at=self.start(),
            ),
        )

    async def _cancel(self) -> None:
        command = CancelAppointment(appointment_id=await self.some("appointments"), tell_client=False)
        await cancel(self.studio.ctx, command)

    async def _no_show(self) -> None:
        command = MarkNoShow(appointment_id=await self.some("appointments"), tell_client=False)
        await mark_no_show(self.studio.ctx, command)

    async def _move(self) -> None:
        key = await self.some("appointments")
        command = RescheduleAppointment(appointment_id=key, starts_at=self.start(), tell_client=False)
        await reschedule(self.studio.ctx, command)

    async def _take(self) -> None:
        command = AcceptWaitlistOffer(waitlist_offer_id=await self.some("waitlist_offers"))
        await accept_waitlist_offer(self.studio.ctx, command)

    async def _offer(self) -> None:
        key = await self.some("waitlist_entries")
        command = OfferWaitlistSlot(waitlist_entry_id=key, starts_at=self.start())
        await offer_waitlist_slot(self.studio.ctx, command)

    async def _leave(self) -> None:
        command = LeaveWaitlist(waitlist_entry_id=await self.some("waitlist_entries"))
        await leave_waitlist(self.studio.ctx, command)

    async def _release(self) -> None:
        await release_hold(self.studio.ctx, ReleaseHold(hold_id=await self.some("holds")))

    async def _archive(self) -> None:
        if len(self.clients) > 3:
            await archive_client(self.studio.ctx, ArchiveClient(client_id=self.clients.pop()))

    async def _switch(self) -> None:
        mode = self.draw.choice(WAITLIST_MODES)
        await update_business(self.studio.ctx, UpdateBusiness(waitlist_mode=mode))

    async def _lengthen(self) -> None:
        minutes = self.draw.choice((30, 60, 90))
        command = UpdateService(service_id=self.services[2] or 0, duration_minutes=minutes)
        await update_service(self.studio.ctx, command)


async def disagreements(studio: Studio) -> list[str]:
    """What does not fit together: an offer without its hold, a hold without its offer, an entry in between;
    a client who is gone and has a time kept, two times kept for one client at once."""
    offers = await studio.table("waitlist_offers")
    entries = {row["id"]: row for row in await studio.table("waitlist_entries")}
    holds = {row["id"]: row for row in await studio.table("holds")}
    gone = {row["id"] for row in await studio.table("clients") if row["archived_at"] is not None}
    held = {
        row["hold_id"] for row in await studio.table("allocations") if row["is_active"] and row["hold_id"]
    }
    open_offers = [row for row in offers if row["status"] == "OPEN"]
    found: list[str] = []
    if sorted(row["entry_id"] for row in open_offers) != sorted(
        key for key, row in entries.items() if row["status"] == "OFFERED"
    ):
        found.append("entries that are offered are not those of open offers")
    if {row["hold_id"] for row in open_offers} != held:
        found.append("what is held is not what is offered")
    if {row["hold_id"] for row in open_offers} != {
        key for key, row in holds.items() if row["ended_at"] is None
    }:
        found.append("holds that stand are not those of open offers")
    if any(entries[row["entry_id"]]["client_id"] in gone for row in open_offers):
        found.append("a time is kept for a client who is gone")
    spans = [
        (entries[row["entry_id"]]["client_id"], row["starts_at"], row["ends_at"])
        for row in open_offers
        if not row["by_staff"]
    ]
    if any(
        one[0] == other[0] and one[1] < other[2] and other[1] < one[2]
        for one, other in combinations(spans, 2)
    ):
        found.append("two times are kept for one client at once")
    return found


async def test_offers_holds_and_entries_agree_at_each_step(two: Two) -> None:
    """Fifty verbs in each of two businesses, the worker after each, hours passing: nothing is left behind,
    no time is sold twice, and in the end nothing is kept."""
    draw = random.Random(SEED)
    shops = [Shop(studio, draw) for studio in two]
    for shop in shops:
        await shop.open()
    now = NOW
    for step in range(STEPS):
        for shop in shops:
            await shop.step()
        now += draw.choice((timedelta(0), timedelta(0), HOUR, 9 * HOUR))
        await at(two[0].house, now)
        for studio in two:
            assert await disagreements(studio) == [], step
            assert await double_bookings(studio) == []
            assert await taken_beyond_capacity(studio) == []
            assert await owners_without_time(studio) == []
    await at(two[0].house, NOW + 60 * DAY)
    ends: set[str] = set()
    for studio in two:
        assert await disagreements(studio) == []
        ends |= {row["status"] for row in await studio.table("waitlist_offers")}
    assert ends == {"CLAIMED", "EXPIRED", "TOLD", "WITHDRAWN"}


async def test_the_judge_objects_to_what_does_not_fit(two: Two) -> None:
    """The negative control: rows are changed by hand, one after another, and each is named."""
    studio, _ = two
    client_id = await studio.client()
    entry = await waits(studio, client_id)
    command = OfferWaitlistSlot(waitlist_entry_id=entry, starts_at=THREE, provider_id=studio.provider_id)
    await offer_waitlist_slot(studio.ctx, command)
    assert await disagreements(studio) == []
    found: list[str] = []
    for change in (
        "UPDATE clients SET archived_at = created_at",
        "UPDATE holds SET ended_at = created_at",
        "UPDATE allocations SET is_active = FALSE",
        "UPDATE waitlist_entries SET status = 'WAITING'",
    ):
        async with studio.house.database.connect(studio.business_id, write=True) as connection:
            own = text(f"{change} WHERE business_id = :business")
            await connection.execute(own, {"business": studio.business_id})
            await connection.commit()
        found += set(await disagreements(studio)) - set(found)
    assert found == [
        "a time is kept for a client who is gone",
        "holds that stand are not those of open offers",
        "what is held is not what is offered",
        "entries that are offered are not those of open offers",
    ]
