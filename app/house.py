"""The house put together: every adapter chosen by setting, and the Contexts that edges are given."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.utils import parseaddr
from typing import Any

import structlog
from argon2.profiles import RFC_9106_LOW_MEMORY
from redis.asyncio import Redis

from adapters.bus.local import LocalBell
from adapters.bus.redis_bell import RedisBell
from adapters.cache.redis_throttle import RedisThrottle
from adapters.calendars.read import IcsReader
from adapters.calendars.write import IcsWriter
from adapters.holidays.calendar import PackagedHolidays
from adapters.http.addresses import Allowed, read_allowed
from adapters.http.safe import SafeHttp
from adapters.mail.fake import KeptMailer
from adapters.mail.smtp import SmtpMailer
from adapters.sms.kept import KeptTexts
from adapters.sms.twilio import TwilioSender
from adapters.sql.database import Database, open_database
from adapters.sql.event_log import EventLog
from adapters.sql.job_list import JobList
from adapters.sql.jobs import JobQueue
from adapters.sql.kept_mail import KeptMail
from adapters.sql.mapping import map_entities
from adapters.sql.reading.reader import ReadConnection, SqlReader
from adapters.sql.sealing import use_key
from adapters.sql.unit_of_work import SqlUnitOfWork, Workshop
from adapters.sql.webhook_turns import WebhookTurns
from adapters.words.wording import Sandbox
from app.reactions import reactions_to
from app.schemes import WEBHOOK_SCHEMES
from app.settings import Settings, SettingsError, secret_of
from app.timers import lane_of
from auth.gate import Credential, Gate
from auth.passwords import Passwords
from auth.secret_key import SecretKey
from auth.throttle import MemoryThrottle, Throttle, Unlimited
from core.availability.cache import AvailabilityCache
from core.availability.shelf import RulebookShelf
from core.calendars.addresses import Addresses
from core.calendars.busy import CalendarReader
from core.calendars.read_feed import FeedWriter
from core.holidays.public_holidays import PublicHolidays
from core.kernel.bell import JOBS, Bell, events_of
from core.kernel.clock import Clock, SystemClock
from core.kernel.context import Actor, Context
from core.kernel.log import Log
from core.kernel.outbound import Outbound
from core.messaging.mail import MailDomain, Mailer
from core.messaging.sms import SmsSender
from core.messaging.words import Wording
from core.waitlist.offer_token import OfferTokens
from core.webhooks.scheme import Schemes

log = structlog.get_logger("daybook.house")


class House:
    """Everything that a process works with. It is a Door: see auth.door."""

    def __init__(self, settings: Settings, *, clock: Clock | None = None, passwords: Passwords | None = None):
        secret = SecretKey(secret_of(settings))
        use_key(secret.derive("daybook/sealed-columns/v1"))
        map_entities()
        self.settings = settings
        self.clock = clock or SystemClock()
        self.database: Database = open_database(settings.database_url, pool_size=settings.pool_size)
        self.bell: Bell = RedisBell(settings.redis_url) if settings.redis_url else LocalBell()
        self._redis = Redis.from_url(settings.redis_url, protocol=2) if settings.redis_url else None
        self.gate = Gate(
            secret=secret,
            clock=self.clock,
            passwords=passwords or self._passwords(),
            throttle=self._throttle(),
        )
        self.jobs = JobQueue(self.database, self.clock)
        self.job_list = JobList(self.database, self.clock)
        self.event_log = EventLog(self.database)
        self.log: Log = self.event_log
        self.kept_mail = KeptMail(self.database, self.clock)
        self.outside: dict[type[Any], Any] = {
            AvailabilityCache: AvailabilityCache(),
            RulebookShelf: RulebookShelf(),
        }
        self.mailer = (
            SmtpMailer(settings.smtp_url, settings.mail_from)
            if settings.smtp_url
            else KeptMailer(self.kept_mail.keep)
        )
        self.outside[SmsSender] = _sms_sender(settings, self.kept_mail)
        self.outside[Wording] = Sandbox()
        self.mail_domain = parseaddr(settings.mail_from)[1].partition("@")[2] or "localhost"
        self.outside[MailDomain] = MailDomain(self.mail_domain)
        self.http = SafeHttp(allowed=_allowed(settings), ports=settings.outbound_port_list())
        self.outside[Outbound] = self.http
        self.outside[Schemes] = WEBHOOK_SCHEMES
        self.webhook_turns = WebhookTurns(self.database, self.clock)
        self.outside[Addresses] = Addresses(settings.public_url)
        self.outside[OfferTokens] = OfferTokens(secret.derive("daybook/waitlist-offers/v1"))
        self.outside[FeedWriter] = IcsWriter(self.outside[Addresses])
        self.outside[PublicHolidays] = PackagedHolidays()
        self.outside[CalendarReader] = IcsReader(self.outside[Addresses])
        self._workshop = Workshop(
            database=self.database,
            clock=self.clock,
            reactions=reactions_to,
            lane_of=lane_of,
            ring=self._ring,
            secret=secret.derive("daybook/fingerprints/v1"),
        )

    @property
    def mailer(self) -> Mailer:
        """What sends mail; use cases and jobs reach it as `ctx.reach(Mailer)`."""
        mailer: Mailer = self.outside[Mailer]
        return mailer

    @mailer.setter
    def mailer(self, mailer: Mailer) -> None:
        self.outside[Mailer] = mailer

    async def open(self) -> None:
        """Start what runs beside requests."""
        if isinstance(self.bell, RedisBell):
            await self.bell.start()

    async def close(self) -> None:
        """Stop it, and close every connection."""
        if isinstance(self.bell, RedisBell):
            await self.bell.stop()
        self.gate.passwords.close()
        self.http.close()
        if self._redis is not None:
            await self._redis.aclose()
        await self.database.close()

    @asynccontextmanager
    async def visit(
        self, credential: Credential, *, client_ip: str, request_id: str, fresh: bool = False
    ) -> AsyncIterator[Context]:
        """The Context of one request, from its credential."""
        if credential is None:
            actor = Actor(name="anonymous")
        else:
            unknown = ReadConnection(self.database, None)
            try:
                actor = await self.gate.actor_of(credential, unknown, fresh=fresh)
            finally:
                await unknown.release()
        async with self.context(actor, request_id) as ctx:
            yield ctx

    @asynccontextmanager
    async def stranger_at(
        self, business_id: int, *, client_ip: str, request_id: str
    ) -> AsyncIterator[Context]:
        """A Context without permissions that stands in one business."""
        async with self.context(Actor(name="anonymous", business_id=business_id), request_id) as ctx:
            yield ctx

    @asynccontextmanager
    async def system_at(self, business_id: int) -> AsyncIterator[Context]:
        """The program's own Context in one business: for jobs."""
        async with self.context(Actor(name="system", business_id=business_id), "") as ctx:
            yield ctx

    @asynccontextmanager
    async def context(
        self, actor: Actor, request_id: str, clock: Clock | None = None
    ) -> AsyncIterator[Context]:
        """A Context for an actor; its reading connection is given back when the block is left."""
        reading = ReadConnection(self.database, actor.business_id)

        @asynccontextmanager
        async def opened(actor: Actor) -> AsyncIterator[SqlUnitOfWork]:
            await reading.release()
            async with self._workshop.at(clock or self.clock).open(actor, request_id) as uow:
                yield uow

        try:
            yield Context(
                actor=actor,
                clock=clock or self.clock,
                read=SqlReader(reading),
                asker=reading,
                open_unit_of_work=opened,
                request_id=request_id,
                outside=self.outside,
            )
        finally:
            await reading.release()

    async def _ring(self, business_id: int, has_jobs: bool) -> None:
        await self.bell.ring(events_of(business_id))
        if has_jobs:
            await self.bell.ring(JOBS)

    def _passwords(self) -> Passwords:
        if self.settings.rate_limits == "off":
            return Passwords(RFC_9106_LOW_MEMORY, most_waiting=sys.maxsize)
        return Passwords(RFC_9106_LOW_MEMORY)

    def _throttle(self) -> Throttle:
        if self.settings.rate_limits == "off":
            return Unlimited(self.clock)
        if self._redis is not None:
            return RedisThrottle(self._redis, MemoryThrottle(self.clock), self.clock)
        return MemoryThrottle(self.clock)


def _allowed(settings: Settings) -> Allowed:
    """What may be called inside the network. Raises SettingsError for an entry that means nothing."""
    try:
        return read_allowed(settings.outbound_allow_list())
    except ValueError as error:
        raise SettingsError(f"DAYBOOK_OUTBOUND_ALLOW: {error}") from None


def _sms_sender(settings: Settings, kept: KeptMail) -> SmsSender:
    """Twilio where it is set, else what keeps SMS beside kept mail. Raises SettingsError for half a setting."""
    parts = (settings.twilio_account_sid, settings.twilio_auth_token, settings.sms_from)
    if not any(parts):
        return KeptTexts(kept.keep)
    account_sid, auth_token, sender = parts
    if not (account_sid and auth_token and sender):
        raise SettingsError(
            "DAYBOOK_TWILIO_ACCOUNT_SID, DAYBOOK_TWILIO_AUTH_TOKEN and DAYBOOK_SMS_FROM: set all three, or none"
        )
    return TwilioSender(
        base_url=settings.twilio_base_url,
        account_sid=account_sid,
        auth_token=auth_token,
        sender=sender,
        callback_url=settings.public_url,
    )
