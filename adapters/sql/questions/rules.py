"""What the verbs that write rules ask: who is there, days that are otherwise, public holidays."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import bindparam, delete, exists, func, select, text
from sqlalchemy.dialects.postgresql import insert  # its ON CONFLICT is SQLite's too

from adapters.sql.among import among
from adapters.sql.questions.port import Answers
from adapters.sql.tables import (
    date_overrides,
    holiday_calendars,
    holidays,
    locations,
    providers,
    services,
)


class SqlKnownQuestions(Answers):
    """See core.directory.known.KnownQuestions."""

    async def known(
        self, provider_ids: Sequence[int], location_ids: Sequence[int], service_ids: Sequence[int]
    ) -> tuple[int, int, int]:
        """Three counts in one row."""
        asked = ((providers, provider_ids), (locations, location_ids), (services, service_ids))
        counts = [
            select(func.count())
            .select_from(table)
            .where(
                table.c.business_id == self.business_id,
                among(table.c.id, keys),
                table.c.archived_at.is_(None),
            )
            .scalar_subquery()
            for table, keys in asked
        ]
        first, second, third = (await self.executes.execute(select(*counts))).one()
        return first, second, third


class SqlOverrideQuestions(Answers):
    """See core.schedules.date_override.OverrideQuestions."""

    async def put(
        self,
        provider_id: int | None,
        location_id: int | None,
        day: date,
        shifts: list[list[int]],
        note: str | None,
        now: datetime,
    ) -> int:
        """Insert, or take the place of what the subject's index finds there."""
        if provider_id is not None:
            subject, condition = ["provider_id"], "provider_id IS NOT NULL"
        elif location_id is not None:
            subject, condition = ["location_id"], "provider_id IS NULL AND location_id IS NOT NULL"
        else:
            subject, condition = [], "provider_id IS NULL AND location_id IS NULL"
        statement = insert(date_overrides).values(
            business_id=self.business_id,
            provider_id=provider_id,
            location_id=location_id,
            day=day,
            shifts=shifts,
            note=note,
            created_at=now,
        )
        changed = {name: statement.excluded[name] for name in ("location_id", "shifts", "note")}
        statement = statement.on_conflict_do_update(
            index_elements=["business_id", *subject, "day"], index_where=text(condition), set_=changed
        )
        return int((await self.executes.execute(statement.returning(date_overrides.c.id))).scalar_one())


class SqlHolidayQuestions(Answers):
    """See core.holidays.public_holidays.HolidayQuestions."""

    async def adopted(self, code: str, location_id: int | None) -> bool:
        """Whether there is a calendar of the code and location."""
        c = holiday_calendars.c
        same_place = c.location_id.is_(None) if location_id is None else c.location_id == location_id
        statement = select(exists().where(c.business_id == self.business_id, c.code == code, same_place))
        return bool((await self.executes.execute(statement)).scalar_one())

    async def kept(self) -> list[tuple[int, str, date | None]]:
        """The calendars with the last of their days."""
        c = holiday_calendars.c
        last = (
            select(func.max(holidays.c.last_day))
            .where(holidays.c.business_id == c.business_id, holidays.c.calendar_id == c.id)
            .correlate(holiday_calendars)
            .scalar_subquery()
        )
        statement = select(c.id, c.code, last).where(c.business_id == self.business_id).order_by(c.id)
        return [tuple(row) for row in await self.executes.execute(statement)]

    async def last_day(self, calendar_id: int) -> date | None:
        """The last of a calendar's days."""
        h = holidays.c
        statement = select(func.max(h.last_day)).where(
            h.business_id == self.business_id, h.calendar_id == calendar_id
        )
        found: date | None = (await self.executes.execute(statement)).scalar_one()
        return found

    async def keep_days(
        self, calendar_id: int, location_id: int | None, days: Sequence[tuple[date, str]], now: datetime
    ) -> None:
        """One insert, run with each of the days."""
        statement = insert(holidays).values(
            business_id=self.business_id,
            name=bindparam("called"),
            first_day=bindparam("on"),
            last_day=bindparam("on"),
            location_id=location_id,
            calendar_id=calendar_id,
            created_at=now,
        )
        await self.executes.execute(statement, [{"on": day, "called": name} for day, name in days])

    async def forget_days(self, calendar_id: int) -> None:
        """Delete a calendar's days."""
        h = holidays.c
        await self.executes.execute(
            delete(holidays).where(h.business_id == self.business_id, h.calendar_id == calendar_id)
        )
