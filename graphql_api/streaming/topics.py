"""What a root field of Subscription answers: not moments, but how to make them for a whole audience.

A topic is made by the first reader who asks for it and serves all who come after: it holds the
field's arguments in the core's terms, and nothing of whoever asked.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn

from core.kernel.log import LoggedEvent
from graphql_api.visit import Visit


class Topic:
    """The base of both kinds. graphql-core wants something to iterate over; the hub never does."""

    def __aiter__(self) -> NoReturn:
        raise TypeError("a topic is told by the hub")


class EveryEvent(Topic):
    """Every event of the log that is wanted, each once and in order.

    `after` is the number of the event after which this reader begins, the only part that is theirs alone.
    """

    after: int

    @abstractmethod
    def wants(self, event: LoggedEvent) -> bool:
        """Whether the event may be told at all, as far as its own facts say."""

    @abstractmethod
    async def shown(self, visit: Visit, event: LoggedEvent) -> Any | None:
        """The source of what is told of it now; None where it is nothing after all."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A state to be told, and when it changes by itself, if it does."""

    source: Any
    until: datetime | None = None


class Latest(Topic):
    """A state: told at once, and again whenever it may have changed; what changes together is told once."""

    @abstractmethod
    def changes_with(self, event: LoggedEvent) -> bool:
        """Whether the event may have changed it."""

    @abstractmethod
    async def shown(self, visit: Visit) -> Shown:
        """The state now. Raises a DomainError where there is nothing to show, or no longer."""
