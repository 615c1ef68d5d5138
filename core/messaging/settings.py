"""How a business wants its clients to be told: language, ways, reminders, and how long changes are held."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from core.kernel.unit_of_work import TenantOwned
from core.messaging.occasions import DEFAULT_LANGUAGE, MAIL


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminder:
    """A reminder so many minutes before the start, by mail or SMS."""

    minutes_before: int
    channel: str

    @property
    def before(self) -> timedelta:
        """How long before the start it is due."""
        return timedelta(minutes=self.minutes_before)


DEFAULT_REMINDERS = (Reminder(minutes_before=24 * 60, channel=MAIL),)
"""What holds until a business says otherwise: one mail, a day ahead."""


@dataclass(kw_only=True, eq=False)
class MessageSettings(TenantOwned):
    """A business's own settings; kept from the first time it changes one.

    `channels` are the ways in which a client hears of bookings and changes. Changes of time are held
    for `changes_held_minutes` and told once; 0 tells each at once.
    """

    language: str
    changes_held_minutes: int
    channels: list[str]
    reminders: list[dict[str, Any]]
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """The settings in force."""

    language: str = DEFAULT_LANGUAGE
    changes_held_minutes: int = 0
    channels: tuple[str, ...] = (MAIL,)
    reminders: tuple[Reminder, ...] = DEFAULT_REMINDERS
