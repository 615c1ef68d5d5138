"""What is asked about messages: settings, own words, and what was said."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, delete, func, insert, literal, select

from adapters.sql.among import among
from adapters.sql.questions.port import Answers
from adapters.sql.tables import (
    appointments,
    businesses,
    clients,
    message_settings,
    message_templates,
    messages,
)
from core.appointments.life import OCCUPYING
from core.messaging.message import FAILED, REFUSED
from core.messaging.occasions import BOOKING_CONFIRMATION, DEFAULT_LANGUAGE, REMINDER, RESCHEDULED
from core.messaging.questions import HowToSay, OwnTemplate
from core.messaging.settings import Reminder, Telling
from core.messaging.words import Words

_TELLS_THE_TIME = (BOOKING_CONFIRMATION, RESCHEDULED, REMINDER)


class SqlMessagingQuestions(Answers):
    """See core.messaging.questions.MessagingQuestions."""

    async def telling(self) -> Telling:
        """The settings in force."""
        s = message_settings.c
        statement = select(s.language, s.changes_held_minutes, s.channels, s.reminders).where(
            s.business_id == self.business_id
        )
        row = (await self.executes.execute(statement)).one_or_none()
        if row is None:
            return Telling()
        return Telling(
            language=row.language,
            changes_held_minutes=row.changes_held_minutes,
            channels=tuple(row.channels),
            reminders=tuple(Reminder(**one) for one in row.reminders),
        )

    async def how_to_say(
        self, occasion: str, channel: str, client_language: str | None, message_key: str
    ) -> HowToSay:
        """Language, own words and status in one row, anchored on the business."""
        b, s, t, m = businesses.c, message_settings.c, message_templates.c, messages.c
        language = func.coalesce(literal(client_language), s.language, DEFAULT_LANGUAGE)
        joined = (
            businesses.outerjoin(message_settings, s.business_id == b.business_id)
            .outerjoin(
                message_templates,
                and_(
                    t.business_id == b.business_id,
                    t.name == occasion,
                    t.channel == channel,
                    t.language == language,
                ),
            )
            .outerjoin(messages, and_(m.business_id == b.business_id, m.message_key == message_key))
        )
        statement = (
            select(language.label("language"), t.subject, t.text, t.html, m.status)
            .select_from(joined)
            .where(b.business_id == self.business_id)
        )
        row = (await self.executes.execute(statement)).one()
        own = None if row.text is None else Words(subject=row.subject, text=row.text, html=row.html)
        return HowToSay(language=row.language, own=own, status=row.status)

    async def message_id(self, message_key: str) -> int | None:
        """The message of this key."""
        m = messages.c
        statement = select(m.id).where(m.business_id == self.business_id, m.message_key == message_key)
        found: int | None = (await self.executes.execute(statement)).scalar_one_or_none()
        return found

    async def last_told(self, appointment_id: int, *, but: Sequence[str]) -> dict[str, Any] | None:
        """The facts of the newest message that told the appointment's time."""
        m = messages.c
        statement = (
            select(m.facts)
            .where(
                m.business_id == self.business_id,
                m.appointment_id == appointment_id,
                m.template.in_(_TELLS_THE_TIME),
                m.message_key.not_in(but),
                m.status.not_in((FAILED, REFUSED)),
            )
            .order_by(m.id.desc())
            .limit(1)
        )
        found: dict[str, Any] | None = (await self.executes.execute(statement)).scalar_one_or_none()
        return found

    async def clients_reached_at(self, number: str, *, opted_out: bool) -> list[int]:
        """By number, in the order of their keys, so that two at once lock alike."""
        c = clients.c
        statement = (
            select(c.id)
            .where(
                c.business_id == self.business_id,
                c.phone_e164 == number,
                c.sms_opted_out_at.is_not(None) if opted_out else c.sms_opted_out_at.is_(None),
            )
            .order_by(c.id)
        )
        return list((await self.executes.execute(statement)).scalars())

    async def lock_upcoming(self, after_id: int, now: datetime, most: int) -> list[tuple[int, datetime]]:
        """Appointments to come, in the order of their keys."""
        a = appointments.c
        statement = (
            select(a.id, a.starts_at)
            .where(
                a.business_id == self.business_id,
                a.id > after_id,
                a.starts_at > now,
                among(a.status, OCCUPYING),
            )
            .order_by(a.id)
            .limit(most)
            .with_for_update()
        )
        return [tuple(row) for row in await self.executes.execute(statement)]

    async def own_templates(self) -> list[OwnTemplate]:
        """All words that the business wrote."""
        t = message_templates.c
        statement = select(message_templates).where(t.business_id == self.business_id)
        return [
            OwnTemplate(
                occasion=row.name,
                channel=row.channel,
                language=row.language,
                words=Words(subject=row.subject, text=row.text, html=row.html),
                updated_at=row.updated_at,
            )
            for row in await self.executes.execute(statement)
        ]

    async def own_words(self, occasion: str, channel: str, language: str) -> Words | None:
        """The business's own words for an occasion."""
        t = message_templates.c
        statement = select(t.subject, t.text, t.html).where(
            t.business_id == self.business_id,
            t.name == occasion,
            t.channel == channel,
            t.language == language,
        )
        row = (await self.executes.execute(statement)).one_or_none()
        return None if row is None else Words(subject=row.subject, text=row.text, html=row.html)

    async def remove_template(self, occasion: str, channel: str, language: str) -> bool:
        """Forget them."""
        t = message_templates.c
        statement = delete(message_templates).where(
            t.business_id == self.business_id,
            t.name == occasion,
            t.channel == channel,
            t.language == language,
        )
        return bool((await self.executes.execute(statement)).rowcount)

    async def add_template(
        self, occasion: str, channel: str, language: str, words: Words, now: datetime
    ) -> None:
        """Keep words of its own."""
        await self.executes.execute(
            insert(message_templates).values(
                business_id=self.business_id,
                name=occasion,
                channel=channel,
                language=language,
                subject=words.subject,
                text=words.text,
                html=words.html,
                updated_at=now,
            )
        )
