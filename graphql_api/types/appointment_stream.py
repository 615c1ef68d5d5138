"""One appointment, watched: the source of the subscription `appointmentChanged`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import strawberry

from auth.allow import may
from auth.permissions import Permission
from core.appointments.reads import APPOINTMENT
from core.kernel.errors import NotFound
from core.kernel.log import LoggedEvent
from core.kernel.reading import Selection
from graphql_api.declare.arguments import Argument, with_arguments
from graphql_api.declare.fields import streamed_by
from graphql_api.declare.ids import key_of
from graphql_api.streaming.topics import Latest, Shown
from graphql_api.types.appointments import Appointment
from graphql_api.visit import Visit

READ = may(Permission.APPOINTMENTS_READ)


@dataclass(frozen=True, slots=True)
class _Changed:
    key: int


@dataclass(frozen=True, slots=True)
class _Watched(Latest):
    appointment_id: int

    def changes_with(self, event: LoggedEvent) -> bool:
        """Whether it is about the appointment, or about somebody who could be shown with it."""
        return event.payload.get("appointment_id") == self.appointment_id or event.noun in (
            "client",
            "provider",
            "service",
            "location",
        )

    async def shown(self, visit: Visit) -> Shown:
        """The appointment now."""
        await _require(visit, self.appointment_id)
        return Shown(_Changed(self.appointment_id))


async def _require(visit: Visit, appointment_id: int) -> None:
    if await visit.ctx.read.one(Selection(noun=APPOINTMENT, fields={"id"}), appointment_id) is None:
        raise NotFound("appointment")


async def _changes(info: Any, **given: Any) -> _Watched:
    """An unknown appointment is refused before anything is told."""
    appointment_id = key_of("appointment", given["id"])
    await _require(info.context, appointment_id)
    return _Watched(appointment_id)


def appointment_changed() -> Any:
    """The root field of Subscription that watches one appointment."""
    arguments = (Argument("id", strawberry.ID, "Which appointment.", optional=False),)
    return streamed_by(
        with_arguments(_changes, arguments),
        "An appointment as it stands, at once and again whenever what is asked for has changed: whoever "
        "comes back needs no cursor.",
        allow=READ,
        gives=Appointment,
        row_of="key",
    )
