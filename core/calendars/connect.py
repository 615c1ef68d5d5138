"""Connect a calendar elsewhere, so that nothing is booked over it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from core.calendars.managing import require_provider
from core.calendars.source import (
    JOB_KEYS,
    LONGEST_URL,
    MOST_SOURCES,
    NEW,
    REFRESH,
    CalendarConnected,
    CalendarSource,
    SourceQuestions,
)
from core.directory.provider import Provider
from core.kernel.context import Context
from core.kernel.errors import Forbidden, IdempotencyMismatch, Invalid, NotFound, invalid
from core.kernel.outbound import Outbound, Refused, words_of
from core.kernel.text import Check
from core.kernel.use_case import use_case

_HOST = re.compile(r"https?://(?:[^@/?#]*@)?([^@/?#:]+|\[[^]]*\])", re.IGNORECASE)


@dataclass(kw_only=True)
class ConnectCalendar:
    """The provider, and the secret address at which their calendar tells itself as iCalendar."""

    provider_id: int
    url: str = field(repr=False)
    idempotency_key: str | None = None


@dataclass(kw_only=True)
class ConnectedCalendar:
    """The key of the new source; a worker reads it at once."""

    source_id: int


@use_case("calendar.connect", raises=(NotFound, Forbidden, Invalid, IdempotencyMismatch))
async def connect_calendar(ctx: Context, command: ConnectCalendar) -> ConnectedCalendar:
    """Have the calendar read now, and every fifteen minutes.

    Raises Forbidden for somebody else's provider, NotFound for one who is not there, and Invalid for an
    address that may not be called or is connected already, and beyond ten calendars.
    """
    require_provider(ctx.actor, command.provider_id)
    url = _checked(ctx, command.url)
    async with ctx.unit_of_work() as uow:
        if earlier := await uow.earlier_answer("calendar.connect", command, ConnectedCalendar):
            return earlier
        provider = await uow.get(Provider, command.provider_id, lock=True)
        if provider is None or provider.archived_at is not None:
            raise NotFound("provider")
        questions = uow.ask(SourceQuestions)
        already = await questions.sources_of(provider.id)
        if len(already) >= MOST_SOURCES:
            raise invalid("provider_id", "TOO_MANY", f"has {MOST_SOURCES} calendars already")
        for one in already:
            known = await uow.get(CalendarSource, one.source_id)
            if known is not None and known.url == url:
                raise invalid("url", "ALREADY_CONNECTED", "is connected already")
        source = CalendarSource(
            provider_id=provider.id,
            url=url,
            host=_host_of(url),
            state=NEW,
            created_at=uow.now,
        )
        uow.add(source)
        await uow.flush()
        uow.emit(CalendarConnected(calendar_source_id=source.id, provider_id=provider.id))
        uow.schedule(REFRESH, {"source_id": source.id}, run_at=uow.now, dedupe_key=job_of(source.id))
        return uow.answer(ConnectedCalendar(source_id=source.id))


def job_of(source_id: int) -> str:
    """The key of the one job that reads a source."""
    return f"{JOB_KEYS}{source_id}"


def _checked(ctx: Context, given: str) -> str:
    """The address, `webcal:` meaning https. Raises Invalid; what is wrong is not repeated."""
    check = Check()
    url = check.text("url", given, longest=LONGEST_URL)
    check.done()
    scheme, colon, rest = url.partition(":")
    if scheme.lower() in ("webcal", "webcals"):
        url = f"https{colon}{rest}"
    try:
        ctx.reach(Outbound).check(url, secure=True)
    except Refused as refusal:
        raise invalid("url", "BAD_URL", words_of(refusal)) from None
    return url


def _host_of(url: str) -> str:
    """What may be shown of an address that was checked."""
    found = _HOST.match(url)
    return found[1].lower() if found else ""
