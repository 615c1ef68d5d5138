"""What every end of an appointment has in common: the state, the time given back, the deposit."""

from __future__ import annotations

from core.appointments.appointment import Appointment
from core.appointments.ledger import free_time
from core.appointments.life import OCCUPYING, next_state
from core.kernel.errors import NotFound
from core.kernel.unit_of_work import UnitOfWork


async def end(uow: UnitOfWork, appointment_id: int, verb: str) -> Appointment:
    """Lock the appointment, lead it on by the verb, and give its time back.

    Raises NotFound, and IllegalTransition where the life table has no such row.
    """
    appointment = await uow.get(Appointment, appointment_id, lock=True)
    if appointment is None:
        raise NotFound("appointment")
    appointment.status = next_state(verb, appointment.status)
    appointment.updated_at, appointment.awaiting = uow.now, None
    assert appointment.status not in OCCUPYING
    await free_time(uow, [appointment.id])
    return appointment
