"""What is asked about webhooks, and what the worker notes down; one statement each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from core.webhooks.endpoint import WebhookEndpoint

WAITING = "WAITING"
DELIVERED = "DELIVERED"
FAILED = "FAILED"
STATES = (WAITING, DELIVERED, FAILED)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDelivery:
    """An event that an endpoint is to be sent."""

    sequence: int
    event_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DueDelivery:
    """A delivery whose time has come; `body` is None where none was worded yet.

    `attempts` counts all tries there ever were, `tries` those since it was last asked for.
    """

    delivery_id: int
    sequence: int
    attempts: int
    tries: int
    body: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TriedDelivery:
    """What became of a try, and of its delivery: the attempt's row and the delivery's new values."""

    delivery_id: int
    number: int
    at: datetime
    status: int | None
    error: str | None
    milliseconds: int
    answer: str
    state: str
    tries: int
    next_at: datetime | None
    settled_at: datetime | None


class WebhookQuestions(Protocol):
    """What is asked about a business's endpoints, deliveries and bodies."""

    async def endpoint(self, endpoint_id: int) -> WebhookEndpoint | None:
        """The endpoint with its secrets, for the worker; nothing of it is kept by changing it."""
        ...

    async def count_endpoints(self) -> int:
        """How many endpoints there are."""
        ...

    async def follow(self) -> int:
        """Have every event from now on wake the endpoints; answers the number of the newest event.

        The business's numbers stay locked until the transaction ends.
        """
        ...

    async def give_turn(self, endpoint_id: int, now: datetime) -> None:
        """Have the worker look after an endpoint, from now on."""
        ...

    async def worded(self, scheme: str, version: str, sequences: Sequence[int]) -> list[int]:
        """Which of these events have a body."""
        ...

    async def word(self, scheme: str, version: str, bodies: Mapping[int, str], now: datetime) -> None:
        """Fix the bodies of events, by number, of those that have none."""
        ...

    async def queue(self, endpoint_id: int, new: Sequence[NewDelivery], now: datetime) -> None:
        """Make deliveries, due at once, of events that the endpoint has none of."""
        ...

    async def take_to(self, endpoint_id: int, sequence: int) -> None:
        """Note that events up to this number have become deliveries; never goes back."""
        ...

    async def due(
        self, endpoint_id: int, scheme: str, version: str, now: datetime, most: int
    ) -> list[DueDelivery]:
        """The deliveries whose time has come, longest waiting first, with their bodies."""
        ...

    async def next_due(self, endpoint_id: int) -> datetime | None:
        """When the next waiting delivery is to be tried."""
        ...

    async def note_attempts(self, tried: Sequence[TriedDelivery]) -> None:
        """Keep what became of each try."""
        ...

    async def settle(self, tried: Sequence[TriedDelivery]) -> None:
        """Keep what became of each delivery, unless another worker has tried it since."""
        ...

    async def events_between(
        self,
        first: int | None,
        last: int | None,
        since: datetime | None,
        before: datetime | None,
        most: int,
    ) -> list[NewDelivery]:
        """The events with these numbers, both included, of that time, in order."""
        ...

    async def again(self, delivery_id: int, now: datetime) -> int | None:
        """Have a delivery sent anew, at once; answers its endpoint, or None where there is no delivery."""
        ...

    async def again_all(self, endpoint_id: int, sequences: Sequence[int], now: datetime) -> None:
        """Have the deliveries of these events sent anew, at once."""
        ...

    async def prune_attempts(self, endpoint_id: int, before: datetime, *, with_waiting: bool) -> None:
        """Forget the tries of deliveries that were settled earlier than that, or wait for longer in vain."""
        ...

    async def prune_deliveries(self, endpoint_id: int, before: datetime, *, with_waiting: bool) -> None:
        """Forget deliveries that were settled earlier than that.

        With `with_waiting` also those that were queued earlier and wait: nobody sends them any more.
        """
        ...

    async def prune_bodies(self, before: datetime) -> None:
        """Forget the bodies worded earlier than that which no delivery needs."""
        ...
