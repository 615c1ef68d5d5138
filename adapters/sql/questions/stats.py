"""What the figures ask."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, ColumnElement, cast, func, literal, null, select, union_all

from adapters.sql.questions.port import Answers
from adapters.sql.tables import appointments, clients, deposits
from core.appointments.life import COMPLETED
from core.deposits.deposit import PENDING
from core.insights.stats import Counted, Span


class SqlStatsQuestions(Answers):
    """See core.insights.stats.StatsQuestions."""

    async def counted(self, period: Span, this_month: Span, last_month: Span) -> Counted:
        """All sums in one statement: a row per status, and one per figure."""
        a, d, c = appointments.c, deposits.c, clients.c
        mine = a.business_id == self.business_id
        statuses = (
            select(literal("status").label("what"), a.status.label("which"), func.count().label("sum"))
            .where(mine, a.starts_at >= period[0], a.starts_at < period[1])
            .group_by(a.status)
        )

        def figure(name: str, value: ColumnElement[Any], *where: ColumnElement[bool]) -> Any:
            return select(literal(name), null(), cast(func.coalesce(value, 0), BigInteger)).where(*where)

        def revenue(name: str, month: Span) -> Any:
            within = (mine, a.status == COMPLETED, a.starts_at >= month[0], a.starts_at < month[1])
            return figure(name, func.sum(a.price_minor), *within)

        known = (c.business_id == self.business_id, c.archived_at.is_(None))
        statement = union_all(
            statuses,
            revenue("this_month", this_month),
            revenue("last_month", last_month),
            figure(
                "deposits",
                func.sum(d.amount_minor),
                d.business_id == self.business_id,
                d.status == PENDING,
            ),
            figure("clients", func.count(), *known),
            figure(
                "new_clients",
                func.count(),
                *known,
                c.created_at >= this_month[0],
                c.created_at < this_month[1],
            ),
        )
        rows = (await self.executes.execute(statement)).all()
        sums = {row.what: int(row.sum) for row in rows if row.which is None}
        return Counted(
            by_status={row.which: row.sum for row in rows if row.which is not None},
            revenue_this_month_minor=sums["this_month"],
            revenue_last_month_minor=sums["last_month"],
            deposits_pending_minor=sums["deposits"],
            clients_total=sums["clients"],
            clients_new_this_month=sums["new_clients"],
        )
