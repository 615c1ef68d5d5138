"""The life of an appointment: every state, every verb that leads on, and each dialect's word for it.

This is the one table (design: one life of an appointment). A verb on a state that is not in it is
refused with IllegalTransition.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from core.kernel.errors import Conflict

PENDING = "PENDING"
CONFIRMED = "CONFIRMED"
COMPLETED = "COMPLETED"
NO_SHOW = "NO_SHOW"
CANCELLED = "CANCELLED"
DECLINED = "DECLINED"

STATES = (PENDING, CONFIRMED, COMPLETED, NO_SHOW, CANCELLED, DECLINED)
OCCUPYING = (PENDING, CONFIRMED)
"""The states that hold time."""


@dataclass(frozen=True, slots=True)
class Transition:
    """A verb in a state: the state it leads to, and the event that reports it."""

    verb: str
    source: str
    target: str
    event: str


TRANSITIONS = (
    Transition("confirm", PENDING, CONFIRMED, "appointment.confirmed"),
    # A booking is confirmed at once; the first `confirm` after it still asks for the deposit.
    Transition("confirm", CONFIRMED, CONFIRMED, "appointment.confirmed"),
    Transition("reschedule", PENDING, PENDING, "appointment.rescheduled"),
    Transition("reschedule", CONFIRMED, CONFIRMED, "appointment.rescheduled"),
    Transition("edit", PENDING, PENDING, "appointment.edited"),
    Transition("edit", CONFIRMED, CONFIRMED, "appointment.edited"),
    Transition("edit", COMPLETED, COMPLETED, "appointment.edited"),
    Transition("edit", NO_SHOW, NO_SHOW, "appointment.edited"),
    Transition("complete", CONFIRMED, COMPLETED, "appointment.completed"),
    Transition("mark_no_show", PENDING, NO_SHOW, "appointment.marked_no_show"),
    Transition("mark_no_show", CONFIRMED, NO_SHOW, "appointment.marked_no_show"),
    Transition("cancel", PENDING, CANCELLED, "appointment.cancelled"),
    Transition("cancel", CONFIRMED, CANCELLED, "appointment.cancelled"),
    Transition("decline", PENDING, DECLINED, "appointment.declined"),
)
VERBS = tuple(dict.fromkeys(row.verb for row in TRANSITIONS))
_BY_VERB = {(row.verb, row.source): row for row in TRANSITIONS}
_DONE_TO_IT = {
    "confirm": "confirmed",
    "reschedule": "moved",
    "edit": "changed",
    "complete": "marked as completed",
    "mark_no_show": "marked as no-show",
    "cancel": "cancelled",
    "decline": "declined",
}

SPELLINGS: dict[str, dict[str, str]] = {
    # Words of a vocabulary that lacks a state answer with the nearest one it has.
    PENDING: {
        "servalodesk": "pending",
        "schedly": "pending",
        "bookings": "provisional",
        "savvycal": "scheduled",
        "calendesk": "pending",
    },
    CONFIRMED: {
        "servalodesk": "confirmed",
        "schedly": "approved",
        "bookings": "scheduled",
        "savvycal": "scheduled",
        "calendesk": "approved",
    },
    COMPLETED: {
        "servalodesk": "completed",
        "schedly": "completed",
        "bookings": "completed",
        "savvycal": "scheduled",
        "calendesk": "completed",
    },
    NO_SHOW: {
        "servalodesk": "no_show",
        "schedly": "completed",
        "bookings": "no-show",
        "savvycal": "scheduled",
        "calendesk": "completed",
    },
    CANCELLED: {
        "servalodesk": "cancelled",
        "schedly": "canceled",
        "bookings": "cancelled",
        "savvycal": "canceled",
        "calendesk": "cancelled",
    },
    DECLINED: {
        "servalodesk": "cancelled",
        "schedly": "canceled",
        "bookings": "cancelled",
        "savvycal": "canceled",
        "calendesk": "rejected",
    },
}


@dataclass(eq=False)
class IllegalTransition(Conflict):
    """The appointment's state does not allow the verb."""

    code: ClassVar[str] = "ILLEGAL_TRANSITION"

    verb: str
    status: str

    @property
    def message(self) -> str:
        """One sentence for people."""
        state = self.status.lower().replace("_", "-")
        return f"This appointment is {state}: it cannot be {_DONE_TO_IT[self.verb]}."


def next_state(verb: str, status: str) -> str:
    """The state that the verb leads to. Raises IllegalTransition where the table has no such row."""
    found = _BY_VERB.get((verb, status))
    if found is None:
        raise IllegalTransition(verb, status)
    return found.target
