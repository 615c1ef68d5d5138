"""What is asked of an appointment that is to be moved."""

from __future__ import annotations

from sqlalchemy import and_, func, select

from adapters.sql.flag import flag
from adapters.sql.questions.port import Answers
from adapters.sql.tables import allocations, appointments, group_sessions
from core.availability.moving import Moving


class SqlMovingQuestions(Answers):
    """See core.availability.moving.MovingQuestions."""

    async def moving(self, appointment_id: int) -> Moving | None:
        """The appointment with the seats that it takes now; one row, or none."""
        p, g, a = appointments.c, group_sessions.c, allocations.c
        seats = (
            select(func.coalesce(func.sum(a.quantity), 0))
            .where(
                a.business_id == p.business_id,
                a.appointment_id == p.id,
                a.resource_id == g.seats_id,
                flag(a.is_active),
            )
            .scalar_subquery()
        )
        its = and_(g.business_id == p.business_id, g.id == p.group_session_id)
        statement = (
            select(p.id, g.id, g.capacity, seats)
            .select_from(appointments.outerjoin(group_sessions, its))
            .where(p.business_id == self.business_id, p.id == appointment_id)
        )
        row = (await self.executes.execute(statement)).one_or_none()
        if row is None:
            return None
        key, session_id, capacity, taken = row
        if session_id is None:
            return Moving(appointment_id=key)
        return Moving(appointment_id=key, session_id=session_id, capacity=capacity, seats=taken)
