"""Moving: what an appointment takes itself does not stand in its way when another time is looked for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from core.availability.rulebook import Taken


@dataclass(frozen=True, slots=True, kw_only=True)
class Moving:
    """An appointment that is to be moved; of a group also its session, with all the seats of that and the
    seats that the appointment has now."""

    appointment_id: int
    session_id: int | None = None
    capacity: int = 1
    seats: int = 0


class MovingQuestions(Protocol):
    """One statement."""

    async def moving(self, appointment_id: int) -> Moving | None:
        """The appointment, where it is there."""
        ...


def without(rows: Iterable[Taken], moving: Moving) -> list[Taken]:
    """What is taken by others: its seats come back, and with the last of them the time of the session."""
    own, session = f"appointment:{moving.appointment_id}", f"session:{moving.session_id}"
    left = []
    for row in rows:
        if row.owner == own:
            continue
        if row.owner == session and row.seats_left is not None:
            free = row.seats_left + moving.seats
            if free >= moving.capacity:
                continue
            row = row._replace(seats_left=free)
        left.append(row)
    return left
