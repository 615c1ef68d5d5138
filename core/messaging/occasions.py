"""What can be said to a client: on which occasions, by which way, in which languages, with which facts."""

from __future__ import annotations

from dataclasses import dataclass

BOOKING_CONFIRMATION = "booking_confirmation"
RESCHEDULED = "rescheduled"
CANCELLED = "cancelled"
REMINDER = "reminder"
NO_SHOW = "no_show"
DEPOSIT_REQUEST = "deposit_request"
WAITLIST_OFFER = "waitlist_offer"
WAITLIST_OPENING = "waitlist_opening"

OCCASIONS = (
    BOOKING_CONFIRMATION,
    RESCHEDULED,
    CANCELLED,
    REMINDER,
    NO_SHOW,
    DEPOSIT_REQUEST,
    WAITLIST_OFFER,
    WAITLIST_OPENING,
)

MAIL, SMS = "mail", "sms"
CHANNELS = (MAIL, SMS)

DEFAULT_LANGUAGE = "en"


@dataclass(frozen=True, slots=True)
class Fact:
    """A name that words may hold, what it stands for, and an example."""

    name: str
    meaning: str
    example: str


_LINK = "https://book.example/waitlist/offers/wlo_0000000000000000"  # a real one is 52 letters longer

FACTS = (
    Fact("business", "The business's name.", "Midnight Ink Studio"),
    Fact("client", "The client's name as it is shown.", "Jasmine Torres"),
    Fact("provider", "Who does it.", "Kai Rodriguez"),
    Fact("service", "What was booked; empty where no service was named.", "Small piece"),
    Fact("date", "The day, in words of the language, at the place.", "Monday, 8 March 2027"),
    Fact("time", "The time of day at the place, from 00:00 to 23:59.", "15:00"),
    Fact("time_zone", "The zone that date and time are in.", "America/Chicago"),
    Fact("duration_minutes", "How long it takes, in minutes.", "90"),
    Fact("address", "Where it is; empty where none is known.", "12 River Street"),
    Fact("pending", "`yes` while the business has yet to confirm it; else empty, as in examples.", ""),
    Fact("declined", "`yes` where the business declined it; else empty, as in examples.", ""),
    Fact("deposit", "The deposit with its currency; empty where none is asked for.", "120.00 USD"),
    Fact("deposit_due_date", "The day until which it should be paid; empty without one.", "1 March 2027"),
    Fact("deposit_due_time", "The time of that day; empty without one.", "18:00"),
    Fact("link", "Where a waitlist offer is taken or declined; empty without one.", _LINK),
    Fact("expires_date", "The day on which a waitlist offer runs out; empty without one.", "2 March 2027"),
    Fact("expires_time", "The time of that day; empty without one.", "09:00"),
    Fact("message", "What the business wrote with a waitlist offer; empty without.", "Come a little early."),
)
"""All that words may hold. `docs/messaging.md` and GraphQL's `messageFacts` show this list."""
