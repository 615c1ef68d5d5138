"""What is asked about deposits."""

from __future__ import annotations

from sqlalchemy import exists, select, true

from adapters.sql.questions.port import Answers
from adapters.sql.tables import clients, deposits


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

    async def client_has_address(self, client_id: int) -> bool:
        """Whether the client has an e-mail address."""
        statement = select(
            exists().where(
                clients.c.business_id == self.business_id,
                clients.c.id == client_id,
                clients.c.email.is_not(None),
            )
        )
        return bool((await self.executes.execute(statement)).scalar_one())
