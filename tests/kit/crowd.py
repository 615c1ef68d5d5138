"""A crowd that wants everything at once: bookings, holds, groups, series, moves and their ends, by dice.

In this process `crowd` lets so many loose on a shop. As `python -m tests.kit.crowd` it is one process of
several: it reads one JSON line (database URL, actor, shop, seed, attempts) and prints how often each answer came.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from app.house import House
from auth.permissions import Permission
from core.appointments.book import BookAppointment, book
from core.appointments.cancel import CancelAppointment, cancel
from core.appointments.choose_provider import COLLECTIVE, LEAST_BUSY, ROUND_ROBIN, ProviderSelection
from core.appointments.hold import HoldSlot, hold_slot
from core.appointments.release_hold import ReleaseHold, expire_hold, release_hold
from core.appointments.reschedule import RescheduleAppointment, reschedule
from core.appointments.series import Repeats
from core.availability.recurrence import Recurrence
from core.kernel.clock import FixedClock
from core.kernel.context import Actor, Context
from core.kernel.errors import DomainError
from tests.kit.houses import NOW, house_on

AT_ONCE = 8
STARTS = 10
TEN = NOW.replace(hour=10) + timedelta(days=7)
QUARTER = timedelta(minutes=15)


@dataclass(frozen=True, kw_only=True)
class Shop:
    """What is fought over: the keys of providers, of clients, and of services of several kinds."""

    providers: list[int]
    clients: list[int]
    services: list[int]
    group_id: int


class _Visitor:
    """One of the crowd, who remembers what it was given and throws dice."""

    def __init__(self, shop: Shop, dice: random.Random) -> None:
        self.shop, self.dice = shop, dice
        self.appointments: list[int] = []
        self.holds: list[tuple[int, HoldSlot]] = []

    def act(self) -> Callable[[Context], Awaitable[Any]]:
        """The next thing to try."""
        kinds: list[tuple[int, Callable[[], Callable[[Context], Awaitable[Any]]]]] = [
            (6, self.book),
            (3, self.hold),
            (2, self.use_hold),
            (1, self.give_hold_back),
            (3, self.move),
            (2, self.call_off),
        ]
        weights, acts = [weight for weight, _ in kinds], [act for _, act in kinds]
        (chosen,) = self.dice.choices(acts, weights)
        return chosen()

    def when(self) -> Any:
        """A start on a quarter of an hour within a few hours, of one of two weeks."""
        return TEN + self.dice.randrange(STARTS) * QUARTER + timedelta(weeks=self.dice.choice((0, 0, 1)))

    def booking(self, **more: Any) -> BookAppointment:
        """A booking of some service, perhaps for any or all, perhaps twice, perhaps several seats."""
        group = self.dice.random() < 0.3
        given: dict[str, Any] = {
            "client_id": self.dice.choice(self.shop.clients),
            "service_id": self.shop.group_id if group else self.dice.choice(self.shop.services),
            "starts_at": self.when(),
            "seats": self.dice.choice((1, 2, 3)) if group else 1,
            "within_policies": self.dice.random() < 0.7,
        }
        mode = self.dice.choice((None, None, None, ROUND_ROBIN, LEAST_BUSY, COLLECTIVE))
        if mode is None or (group and mode == COLLECTIVE):
            given["provider_id"] = self.dice.choice(self.shop.providers)
        else:
            given["selection"] = ProviderSelection(mode=mode, provider_ids=self.shop.providers)
        if self.dice.random() < 0.15:
            given["repeats"] = Repeats(recurrence=Recurrence(frequency="WEEKLY", count=2))
        return BookAppointment(**{**given, **more})

    def book(self) -> Callable[[Context], Awaitable[Any]]:
        """Book, and remember what came of it."""
        command = self.booking()

        async def act(ctx: Context) -> None:
            made = await book(ctx, command)
            self.appointments += made.appointment_ids or [made.appointment_id]

        return act

    def hold(self) -> Callable[[Context], Awaitable[Any]]:
        """Hold, and remember the hold."""
        group = self.dice.random() < 0.3
        command = HoldSlot(
            provider_id=self.dice.choice(self.shop.providers),
            service_id=self.shop.group_id if group else self.dice.choice(self.shop.services),
            starts_at=self.when(),
            seats=self.dice.choice((1, 2)) if group else 1,
        )

        async def act(ctx: Context) -> None:
            self.holds.append(((await hold_slot(ctx, command)).hold_id, command))

        return act

    def use_hold(self) -> Callable[[Context], Awaitable[Any]]:
        """Book with a hold, which may have run out meanwhile."""
        if not self.holds:
            return self.hold()
        key, held = self.holds.pop(self.dice.randrange(len(self.holds)))
        command = BookAppointment(
            client_id=self.dice.choice(self.shop.clients),
            provider_id=held.provider_id,
            service_id=held.service_id,
            starts_at=held.starts_at,
            seats=held.seats,
            hold_id=key,
        )

        async def act(ctx: Context) -> None:
            self.appointments.append((await book(ctx, command)).appointment_id)

        return act

    def give_hold_back(self) -> Callable[[Context], Awaitable[Any]]:
        """Release a hold, or let the timer have it."""
        if not self.holds:
            return self.hold()
        key, _ = self.dice.choice(self.holds)
        if self.dice.random() < 0.5:
            return lambda ctx: expire_hold(ctx, key)
        return lambda ctx: release_hold(ctx, ReleaseHold(hold_id=key))

    def move(self) -> Callable[[Context], Awaitable[Any]]:
        """Move an appointment in time, and perhaps to another provider."""
        if not self.appointments:
            return self.book()
        command = RescheduleAppointment(
            appointment_id=self.dice.choice(self.appointments),
            starts_at=self.when(),
            provider_id=self.dice.choice((None, *self.shop.providers)),
            within_policies=self.dice.random() < 0.5,
        )
        return lambda ctx: reschedule(ctx, command)

    def call_off(self) -> Callable[[Context], Awaitable[Any]]:
        """Cancel an appointment."""
        if not self.appointments:
            return self.book()
        command = CancelAppointment(appointment_id=self.dice.choice(self.appointments))
        return lambda ctx: cancel(ctx, command)


async def crowd(
    house: House, actor: Actor, shop: Shop, *, seed: int, attempts: int
) -> tuple[Counter[str], list[BaseException]]:
    """How often each answer came, and the faults that were none; every fifth by a clock after the holds."""
    dice = random.Random(seed)
    visitor = _Visitor(shop, dice)
    told: Counter[str] = Counter()
    faults: list[BaseException] = []
    left = iter(range(attempts))

    async def one() -> None:
        for _ in left:
            clock = FixedClock(NOW + timedelta(minutes=11 if dice.random() < 0.2 else 0))
            async with house.context(actor, "crowd", clock) as ctx:
                try:
                    await visitor.act()(ctx)
                    told["DONE"] += 1
                except DomainError as refusal:
                    told[refusal.code] += 1
                except Exception as fault:
                    faults.append(fault)

    await asyncio.gather(*(one() for _ in range(AT_ONCE)))
    return told, faults


def plan(url: str, actor: Actor, shop: Shop, *, seed: int, attempts: int) -> str:
    """The line that a process of the crowd reads."""
    who = {"name": actor.name, "identity_id": actor.identity_id, "business_id": actor.business_id}
    facts = {"url": url, "actor": who, "shop": asdict(shop), "seed": seed, "attempts": attempts}
    return json.dumps(facts) + "\n"


async def _alone(facts: dict[str, Any]) -> dict[str, Any]:
    house = house_on(facts["url"], pool_size=AT_ONCE)
    actor = Actor(**facts["actor"], role="owner", permissions=frozenset(Permission))
    shop = Shop(**facts["shop"])
    told, faults = await crowd(house, actor, shop, seed=facts["seed"], attempts=facts["attempts"])
    await house.close()
    return {"told": told, "faults": [repr(fault) for fault in faults]}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(_alone(json.loads(sys.stdin.readline())))))  # noqa: T201
