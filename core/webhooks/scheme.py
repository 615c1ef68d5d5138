"""Schemes: how an event looks to its receiver. Each voice brings its own; app/webhooks.py lists them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.events.catalogue import may_hear
from core.kernel.context import Context
from core.kernel.ids import spell
from core.kernel.log import LoggedEvent
from core.webhooks.schedule import WAITS


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What is about to be sent: the same id and body at every try, signed anew at `at`.

    `secrets` has the endpoint's own first, and the old one after it while it still signs.
    """

    id: str
    at: datetime
    body: bytes
    secrets: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheme:
    """One way to word and sign events.

    `names` says what a type of event is called here, by one name, several, or none; `vocabulary` is
    what an endpoint may ask for. `body` words an event as it stands in the log, and is asked once per
    event. `headers` signs. `new_secret` makes a secret of 32 random bytes. `waits` are the pauses before
    each try.
    """

    name: str
    version: str
    vocabulary: tuple[str, ...]
    names: Callable[[str], tuple[str, ...]]
    body: Callable[[Context, LoggedEvent], Awaitable[str]]
    headers: Callable[[Message], Mapping[str, str]]
    new_secret: Callable[[bytes], str]
    waits: tuple[timedelta, ...] = WAITS

    def is_wanted(self, event_type: str, names: list[str] | None, hears: Iterable[str]) -> bool:
        """Whether somebody with these permissions who asked for these names, or for all, hears of a type."""
        mine = self.names(event_type)
        wanted = bool(mine) and (names is None or not set(mine).isdisjoint(names))
        return wanted and may_hear(event_type, hears)


@dataclass(frozen=True, slots=True)
class Schemes:
    """The schemes that there are, by name: `ctx.reach(Schemes)`."""

    by_name: Mapping[str, Scheme]

    def __getitem__(self, name: str) -> Scheme:
        return self.by_name[name]


def message_id(endpoint_id: int, sequence: int) -> str:
    """The id of an event's message to an endpoint: `msg_` and 24 characters, the same for every try."""
    return spell("msg", endpoint_id) + spell("", sequence).removeprefix("_")


def event_id(business_id: int, sequence: int) -> str:
    """The id of an event, the same for every endpoint: `evt_` and 24 characters."""
    return spell("evt", business_id) + spell("", sequence).removeprefix("_")
