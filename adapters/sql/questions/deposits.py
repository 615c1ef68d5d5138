"""What is asked about deposits."""

from __future__ import annotations

from sqlalchemy import select, true

from adapters.sql.questions.port import Answers
from adapters.sql.tables import clients, deposits, message_settings
from core.messaging.occasions import MAIL, SMS
from core.messaging.settings import Telling


class SqlDepositQuestions(Answers):
    """See core.deposits.deposit.DepositQuestions."""

    async def current(self, appointment_id: int) -> int | None:
        """The current deposit of the appointment."""
        statement = select(deposits.c.id).where(
            deposits.c.business_id == self.business_id,
            deposits.c.appointment_id == appointment_id,
            deposits.c.is_current == true(),
        )
        found: int | None = (await self.executes.execute(statement)).scalar_one_or_none()
        return found

    async def client_is_reached(self, client_id: int) -> bool:
        """The client's addresses beside the business's ways, in one row."""
        c, m = clients.c, message_settings.c
        statement = (
            select(c.email, c.phone_e164, c.sms_opted_out_at, m.channels)
            .select_from(clients.outerjoin(message_settings, m.business_id == c.business_id))
            .where(c.business_id == self.business_id, c.id == client_id)
        )
        row = (await self.executes.execute(statement)).one_or_none()
        if row is None:
            return False
        channels = Telling().channels if row.channels is None else row.channels
        has_number = row.phone_e164 is not None and row.sms_opted_out_at is None
        return (MAIL in channels and row.email is not None) or (SMS in channels and has_number)
