"""Calendars elsewhere: connected, read by a worker, and nothing booked over them, on both databases."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from adapters.sql.tables import jobs
from app.timers import TIMERS
from core.appointments.appointment import SlotTaken
from core.availability.find_openings import FindOpenings, find_openings
from core.calendars.connect import ConnectCalendar, connect_calendar
from core.calendars.disconnect import DisconnectCalendar, disconnect_calendar
from core.calendars.refresh import refresh_calendar
from core.calendars.request_refresh import RefreshCalendar, request_refresh
from core.calendars.source import REFRESH
from core.kernel.clock import FixedClock, minute_of
from core.kernel.context import Context
from core.kernel.errors import Forbidden, Invalid, NotFound
from core.kernel.outbound import Outbound, OutboundRequest, OutboundResponse, Refused, TimedOut
from tests.core.calendars.test_feeds import as_role
from tests.kit.houses import NOW, Studio, counted

URL = "https://calendar.example/private-0123456789/basic.ics"
DAY = datetime(2027, 3, 8, tzinfo=UTC)


@dataclass
class Elsewhere:
    """Answers as a calendar's server, and notes what it was asked."""

    body: str = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    failure: Exception | None = None
    asked: list[OutboundRequest] = field(default_factory=list)

    def check(self, url: str, *, secure: bool = False) -> None:
        """Anything goes: the real one has tests of its own."""

    async def send(self, request: OutboundRequest) -> OutboundResponse:
        """What was set."""
        self.asked.append(request)
        if self.failure is not None:
            raise self.failure
        return OutboundResponse(
            status=self.status, headers=self.headers, body=self.body.encode(), seconds=0.0
        )


def tells(*events: tuple[datetime, int], extra: str = "") -> str:
    """A calendar of events of so many minutes."""
    told = "".join(
        f"BEGIN:VEVENT\r\nUID:{number}@x\r\nDTSTART:{start:%Y%m%dT%H%M%SZ}\r\nDURATION:PT{minutes}M\r\n"
        "END:VEVENT\r\n"
        for number, (start, minutes) in enumerate(events)
    )
    return f"BEGIN:VCALENDAR\r\n{told}{extra}END:VCALENDAR\r\n"


def beside(studio: Studio, elsewhere: Elsewhere, clock: FixedClock | None = None) -> Context:
    """The studio's Context with another outside."""
    outside: dict[type[Any], Any] = {**studio.ctx.outside, Outbound: elsewhere}
    return replace(studio.ctx, outside=outside, clock=clock or studio.ctx.clock)


async def connected(studio: Studio, elsewhere: Elsewhere) -> int:
    """A new source's key, read once."""
    ctx = beside(studio, elsewhere)
    made = await connect_calendar(ctx, ConnectCalendar(provider_id=studio.provider_id, url=URL))
    await refresh_calendar(ctx, made.source_id)
    return made.source_id


async def external(studio: Studio) -> list[tuple[int, int]]:
    """The stretches of external time, in minutes after DAY."""
    day = minute_of(DAY)
    rows = [row for row in await studio.table("allocations") if row["kind"] == "external"]
    return sorted((row["starts_minute"] - day, row["ends_minute"] - day) for row in rows)


async def source(studio: Studio) -> dict[str, Any]:
    """The only source."""
    (row,) = await studio.table("calendar_sources")
    return row


async def types(studio: Studio) -> list[str]:
    """What happened to calendars."""
    return [row["type"] for row in await studio.table("events") if row["type"].startswith("calendar")]


async def next_due(studio: Studio, source_id: int) -> datetime | None:
    """When the source's job is due, where it waits."""
    async with studio.house.database.connect(None) as connection:
        rows = await connection.execute(
            select(jobs.c.run_at, jobs.c.facts).where(
                jobs.c.business_id == studio.business_id, jobs.c.kind == REFRESH, jobs.c.state == "WAITING"
            )
        )
        due = {row.facts["source_id"]: row.run_at for row in rows}
    return due.get(source_id)


async def test_nothing_is_booked_or_offered_over_external_time(studio: Studio) -> None:
    """Booking and moving onto it are refused, listings leave it out, and beside it all is as before."""
    elsewhere = Elsewhere(tells((DAY.replace(hour=11), 60), (DAY.replace(hour=12), 30)))
    await connected(studio, elsewhere)
    assert await external(studio) == [(660, 750)]
    asked = FindOpenings(first=date(2027, 3, 8), last=date(2027, 3, 8), duration_minutes=30)
    offered = [slot.starts_at for slot in (await find_openings(studio.ctx, asked)).days[date(2027, 3, 8)]]
    taken = {DAY + timedelta(minutes=at) for at in (660, 690, 720)}
    assert not taken & set(offered)
    assert {DAY + timedelta(minutes=at) for at in (630, 750)} <= set(offered)
    ada = await studio.client()
    before = await studio.state()
    for at in (601, 660, 700, 749):
        with pytest.raises(SlotTaken):
            await studio.appointment(ada, starts_at=DAY + timedelta(minutes=at))
    assert await studio.state() == before
    await studio.appointment(ada, starts_at=DAY + timedelta(minutes=600))
    await studio.appointment(ada, starts_at=DAY + timedelta(minutes=750))


async def test_an_import_is_never_refused(studio: Studio) -> None:
    """Over appointments and over another calendar's time; the appointments stay, and stay editable."""
    ada = await studio.client()
    await studio.appointment(ada, starts_at=DAY.replace(hour=11))
    await studio.appointment(ada, starts_at=DAY.replace(hour=12))
    held = [row for row in await studio.table("allocations") if row["kind"] == "appointment"]
    elsewhere = Elsewhere(tells((DAY.replace(hour=10), 300)))
    await connected(studio, elsewhere)
    ctx = beside(studio, elsewhere)
    second = await connect_calendar(ctx, ConnectCalendar(provider_id=studio.provider_id, url=URL + "?2"))
    await refresh_calendar(ctx, second.source_id)
    assert await external(studio) == [(600, 900), (600, 900)]
    assert [row for row in await studio.table("allocations") if row["kind"] == "appointment"] == held
    assert {
        row["is_exclusive"] for row in await studio.table("allocations") if row["kind"] == "external"
    } <= {0}


async def test_only_what_differs_is_changed_and_told(studio: Studio) -> None:
    """Kept rows keep their keys; the same again says nothing and touches nothing."""
    elsewhere = Elsewhere(tells((DAY, 60), (DAY + timedelta(hours=2), 60)))
    source_id = await connected(studio, elsewhere)
    keys = {row["starts_minute"]: row["id"] for row in await studio.table("allocations")}
    revision = (await studio.table("resources"))[0]["revision"]
    await refresh_calendar(beside(studio, elsewhere), source_id)
    assert (await studio.table("resources"))[0]["revision"] == revision
    elsewhere.body = tells((DAY, 60), (DAY + timedelta(hours=4), 60))
    await refresh_calendar(beside(studio, elsewhere), source_id)
    assert await external(studio) == [(0, 60), (240, 300)]
    now = {row["starts_minute"]: row["id"] for row in await studio.table("allocations")}
    assert now[minute_of(DAY)] == keys[minute_of(DAY)]
    assert (await studio.table("resources"))[0]["revision"] > revision
    told = await studio.payloads("calendar.refreshed")
    assert [(one["added"], one["removed"]) for one in told] == [(2, 0), (1, 1)]
    assert await types(studio) == ["calendar_account.connected", "calendar.refreshed", "calendar.refreshed"]


async def test_a_failure_is_kept_and_the_old_time_stays(studio: Studio) -> None:
    """Told once, waited for longer each time, and forgotten when it is over."""
    elsewhere = Elsewhere(tells((DAY, 60)))
    source_id = await connected(studio, elsewhere)
    clock = FixedClock(NOW)
    async with studio.house.context(studio.ctx.actor, "", clock) as ctx:
        ctx = replace(ctx, outside={**ctx.outside, Outbound: elsewhere})
        waits = []
        for body, status, failure, code in (
            ("<html>", 200, None, "NOT_A_CALENDAR"),
            ("", 404, None, "GONE"),
            ("", 403, None, "DENIED"),
            ("", 500, None, "HTTP_ERROR"),
            ("", 302, None, "HTTP_ERROR"),
            ("", 200, TimedOut(), "TIMED_OUT"),
            (tells((DAY, 60))[:-20], 200, None, "TRUNCATED"),
        ):
            elsewhere.body, elsewhere.status, elsewhere.failure = body, status, failure
            await refresh_calendar(ctx, source_id)
            row = await source(studio)
            assert (row["state"], row["error"]) == ("FAILING", code)
            assert await external(studio) == [(0, 60)]
            due = await next_due(studio, source_id)
            assert due is not None
            waits.append((due - NOW) // timedelta(minutes=15))
        assert waits == [1, 2, 4, 8, 16, 32, 48]
        elsewhere.body, elsewhere.status, elsewhere.failure = tells((DAY, 60)), 200, None
        await refresh_calendar(ctx, source_id)
    row = await source(studio)
    assert (row["state"], row["error"], row["failures"]) == ("FRESH", None, 0)
    assert await types(studio) == [
        "calendar_account.connected",
        "calendar.refreshed",
        "calendar_account.refresh_failed",
        "calendar_account.reconnected",
    ]


async def test_what_has_not_changed_is_not_sent_again_but_once_a_day(studio: Studio) -> None:
    """By its ETag; after twenty hours the whole is asked for, since the window has moved."""
    elsewhere = Elsewhere(tells((DAY, 60)), headers={"etag": '"one"', "last-modified": "Mon"})
    source_id = await connected(studio, elsewhere)
    clock = FixedClock(NOW + timedelta(minutes=15))
    async with studio.house.context(studio.ctx.actor, "", clock) as ctx:
        ctx = replace(ctx, outside={**ctx.outside, Outbound: elsewhere})
        elsewhere.status, elsewhere.body = 304, ""
        await refresh_calendar(ctx, source_id)
        assert elsewhere.asked[-1].headers["If-None-Match"] == '"one"'
        assert await external(studio) == [(0, 60)]
        assert (await source(studio))["state"] == "FRESH"
        clock.advance(timedelta(hours=20))
        elsewhere.status, elsewhere.body = 200, tells((DAY, 60))
        await refresh_calendar(ctx, source_id)
    assert "If-None-Match" not in elsewhere.asked[-1].headers
    assert "If-None-Match" not in elsewhere.asked[0].headers


async def test_redirects_are_followed_three_times(studio: Studio) -> None:
    """Each through the same safe way; a path stays on its server."""
    elsewhere = Elsewhere(status=302, headers={"location": "/there.ics"})
    await connected(studio, elsewhere)
    assert [one.url for one in elsewhere.asked] == [URL, *["https://calendar.example/there.ics"] * 3]
    assert (await source(studio))["error"] == "HTTP_ERROR"


@dataclass
class Strict(Elsewhere):
    """As the real way out, it lets nobody out without TLS who asks for it."""

    def check(self, url: str, *, secure: bool = False) -> None:
        """Refuse what is not https."""
        if secure and not url.startswith("https:"):
            raise Refused("NOT_HTTPS")


async def test_a_redirect_leads_to_no_open_wire(studio: Studio) -> None:
    """The address is a secret: it is not followed to http:, and the reason says no more than that."""
    elsewhere = Strict(status=302, headers={"location": "http://calendar.example/open.ics"})
    await connected(studio, elsewhere)
    assert [one.url for one in elsewhere.asked] == [URL]
    assert (await source(studio))["error"] == "REFUSED"


async def test_long_time_is_kept_in_days_and_the_window_moves(studio: Studio) -> None:
    """Cut at UTC midnights, so that the next day changes nothing but the ends, without a word."""
    start = NOW.replace(hour=15) - timedelta(days=20)
    elsewhere = Elsewhere(tells((start, 60 * 24 * 30)))
    source_id = await connected(studio, elsewhere)
    rows = await external(studio)
    assert max(end - begin for begin, end in rows) == 1440
    assert (rows[0][0], rows[-1][1]) == (-14 * 1440, 3 * 1440 + 900)
    clock = FixedClock(NOW + timedelta(days=1))
    async with studio.house.context(studio.ctx.actor, "", clock) as ctx:
        await refresh_calendar(replace(ctx, outside={**ctx.outside, Outbound: elsewhere}), source_id)
    assert await external(studio) == rows[1:]
    assert len(await studio.payloads("calendar.refreshed")) == 1


async def test_a_disconnected_calendar_is_forgotten(studio: Studio) -> None:
    """Its time is free, its address gone, its job dropped; a reading under way changes nothing."""
    elsewhere = Elsewhere(tells((DAY.replace(hour=11), 60)))
    source_id = await connected(studio, elsewhere)
    revision = (await studio.table("resources"))[0]["revision"]
    await disconnect_calendar(studio.ctx, DisconnectCalendar(source_id=source_id))
    assert (await external(studio), await studio.table("calendar_sources")) == ([], [])
    assert await next_due(studio, source_id) is None
    assert (await studio.table("resources"))[0]["revision"] > revision
    before = await studio.state()
    await TIMERS[REFRESH](beside(studio, elsewhere), {"source_id": source_id})
    assert await studio.state() == before
    await studio.appointment(await studio.client(), starts_at=DAY.replace(hour=11))
    with pytest.raises(NotFound):
        await disconnect_calendar(studio.ctx, DisconnectCalendar(source_id=source_id))


async def test_the_address_is_a_secret(studio: Studio) -> None:
    """Encrypted in its table, and in no other, nor in what is shown of a command."""
    await connected(studio, Elsewhere(tells()))
    row = await source(studio)
    assert b"private-0123456789" not in bytes(row["url"])
    assert row["host"] == "calendar.example"
    for name in ("idempotency", "audit", "events"):
        assert "private-0123456789" not in str(await studio.table(name))
    assert "private" not in repr(ConnectCalendar(provider_id=1, url=URL))


@pytest.mark.parametrize(
    "url",
    [
        "",
        "calendar.example/a.ics",
        "ftp://calendar.example/a.ics",
        "file:///etc/passwd",
        "http://192.168.0.1/a.ics",
        "http://calendar.example/a.ics",
        "https://[fd00::1]/a.ics",
        "https://169.254.169.254/latest/meta-data",
        "webcal://10.0.0.1/a.ics",
        "https://user:secret@calendar.example/a.ics",
        "https://calendar.example/\x00",
        "https://calendar.example/" + "a" * 2_000,
    ],
)
async def test_addresses_that_may_not_be_called(studio: Studio, url: str) -> None:
    """Refused at the door by the real way out, and nothing is kept."""
    before = await studio.state()
    with pytest.raises(Invalid) as refused:
        await connect_calendar(studio.ctx, ConnectCalendar(provider_id=studio.provider_id, url=url))
    assert {one.path for one in refused.value.issues} == {"url"}
    assert url == "" or url not in str(refused.value)
    assert (await studio.state(), await studio.table("calendar_sources")) == (before, [])


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://calendar.example/a.ics", "must begin with https://"),
        ("https://user:secret@calendar.example/a.ics", "must not hold a user name or password"),
        ("https://calendar.example:8443/a.ics", "must not name a port other than that of https"),
        ("webcal://10.0.0.1/a.ics", "must be an https:// address of the public internet"),
    ],
)
async def test_what_is_wrong_with_an_address_is_named(studio: Studio, url: str, words: str) -> None:
    """As it is for webhooks."""
    with pytest.raises(Invalid) as refused:
        await connect_calendar(studio.ctx, ConnectCalendar(provider_id=studio.provider_id, url=url))
    assert [(one.path, one.code, one.message) for one in refused.value.issues] == [("url", "BAD_URL", words)]


async def test_who_may_connect(studio: Studio, other_studio: Studio) -> None:
    """Providers their own, managers everybody's; ids of elsewhere do not exist; the same twice is refused."""
    elsewhere = Elsewhere(tells())
    kais = await connected(studio, elsewhere)
    mara = await studio.provider("Mara Voss")
    as_mara = replace(as_role(studio, "provider", mara), outside=beside(studio, elsewhere).outside)
    own = (await connect_calendar(as_mara, ConnectCalendar(provider_id=mara, url=URL))).source_id
    before = (await studio.table("calendar_sources"), await studio.state(), await other_studio.state())
    tries: list[tuple[Any, Any]] = [
        (connect_calendar, ConnectCalendar(provider_id=studio.provider_id, url=URL)),
        (disconnect_calendar, DisconnectCalendar(source_id=kais)),
        (request_refresh, RefreshCalendar(source_id=kais)),
    ]
    for verb, command in tries:
        with pytest.raises(Forbidden) as refused:
            await verb(as_mara, command)
        assert refused.value.permission == "providers:write"
    for verb, command in tries:
        with pytest.raises(NotFound):
            await verb(beside(other_studio, elsewhere), command)
    with pytest.raises(Invalid) as twice:
        await connect_calendar(as_mara, ConnectCalendar(provider_id=mara, url=URL.replace("https", "webcal")))
    assert [one.code for one in twice.value.issues] == ["ALREADY_CONNECTED"]
    assert (
        await studio.table("calendar_sources"),
        await studio.state(),
        await other_studio.state(),
    ) == before
    await disconnect_calendar(as_mara, DisconnectCalendar(source_id=own))


async def test_a_refresh_is_asked_for_at_most_once_a_minute(studio: Studio) -> None:
    """The job moves to now, or to a minute after the last reading."""
    source_id = await connected(studio, Elsewhere(tells()))
    due = await next_due(studio, source_id)
    assert due is not None
    assert timedelta(minutes=15) <= due - NOW <= timedelta(minutes=18)
    await request_refresh(studio.ctx, RefreshCalendar(source_id=source_id))
    assert await next_due(studio, source_id) == NOW + timedelta(minutes=1)


async def test_a_reading_is_a_few_statements(studio: Studio) -> None:
    """However many events: those of the source and its lock, one to drop, one to add, and the log's."""
    elsewhere = Elsewhere(tells())
    source_id = await connected(studio, elsewhere)
    counts = []
    for number in (1, 50):
        elsewhere.body = tells(*((DAY + timedelta(hours=2 * at, minutes=number), 30) for at in range(number)))
        with counted(studio.house) as statements:
            await refresh_calendar(beside(studio, elsewhere), source_id)
        counts.append(len(statements))
    assert len(await external(studio)) == 50
    assert counts[1] <= counts[0] + 1
    assert counts[0] <= 12
