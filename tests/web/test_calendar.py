"""The address of a feed, over HTTP through the whole application."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest
import pytest_asyncio
from starlette.applications import Starlette
from starlette.middleware import Middleware

import web.calendar
from app.house import House
from app.requests import AroundRequests
from auth.throttle import MemoryThrottle
from core.billing.plans import RequestLimit
from core.calendars.create_feed import CreateCalendarFeed, create_calendar_feed
from core.calendars.feed_token import new_feed_token
from core.calendars.revoke_feed import RevokeCalendarFeed, revoke_calendar_feed
from tests.kit.houses import NOW, Studio
from web.calendar import calendar_routes


@pytest_asyncio.fixture
async def http(house: House) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the feeds, with what is done around every request."""
    app = Starlette(routes=calendar_routes(house), middleware=[Middleware(AroundRequests)])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://daybook.test") as made:
        yield made


async def new_feed(studio: Studio) -> tuple[int, str]:
    """A feed's key and the path of its address."""
    made = await create_calendar_feed(studio.ctx, CreateCalendarFeed(provider_id=studio.provider_id))
    return made.feed_id, f"/calendar/{made.token}.ics"


async def test_a_calendar_program_gets_a_calendar(http: httpx.AsyncClient, studio: Studio) -> None:
    """No credential but the address; private, out of search engines, never sniffed, never referred to."""
    await studio.appointment(await studio.client("Zoë Müller"))
    _, path = await new_feed(studio)
    answer = await http.get(path)
    assert answer.status_code == 200
    assert answer.text.startswith("BEGIN:VCALENDAR\r\n")
    assert "\r\nSUMMARY:Zoë Müller\r\n" in answer.content.decode()
    told = {name: answer.headers[name] for name in answer.headers if name not in ("etag", "x-request-id")}
    assert told == {
        "content-type": "text/calendar; charset=utf-8",
        "content-length": str(len(answer.content)),
        "content-disposition": 'inline; filename="calendar.ics"',
        "cache-control": "private, no-cache",
        "x-robots-tag": "noindex, nofollow, noarchive",
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
    }
    head = await http.head(path)
    assert (head.status_code, head.headers["etag"]) == (200, answer.headers["etag"])
    assert (await http.post(path)).status_code == 405


async def test_what_has_not_changed_is_not_sent_again(http: httpx.AsyncClient, studio: Studio) -> None:
    """By strong and weak marks and in a list; a new appointment changes the mark."""
    _, path = await new_feed(studio)
    mark = (await http.get(path)).headers["etag"]
    for given in (mark, f"W/{mark}", f'"other", {mark}', "*"):
        again = await http.get(path, headers={"If-None-Match": given})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", mark)
    for given in ('"other"', mark.strip('"'), ""):
        assert (await http.get(path, headers={"If-None-Match": given})).status_code == 200
    await studio.appointment(await studio.client(), starts_at=NOW + timedelta(days=1))
    changed = await http.get(path, headers={"If-None-Match": mark})
    assert changed.status_code == 200
    assert changed.headers["etag"] != mark


async def test_a_feed_is_read_so_often(
    http: httpx.AsyncClient, house: House, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sixty times at once, then 429 with the time to wait; another feed is read meanwhile, up to its network's."""
    monkeypatch.setattr(house.gate, "throttle", MemoryThrottle(house.clock, monotonic=lambda: 0.0))
    _, path = await new_feed(studio)
    _, other = await new_feed(studio)
    assert {(await http.get(path)).status_code for _ in range(60)} == {200}
    refused = await http.get(path)
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "2")
    assert refused.headers["cache-control"] == "private, no-cache"
    assert "BEGIN" not in refused.text
    assert (await http.get(other)).status_code == 200
    monkeypatch.setattr(web.calendar, "_OF_A_NETWORK", RequestLimit(per_minute=1, burst=1))
    monkeypatch.setattr(house.gate, "throttle", MemoryThrottle(house.clock, monotonic=lambda: 0.0))
    codes = [(await http.get(one)).status_code for one in (path, other, "/calendar/garbage.ics")]
    assert codes == [200, 429, 404]


async def test_wrong_addresses_answer_alike(http: httpx.AsyncClient, studio: Studio) -> None:
    """Garbage, a token that never was, one of a business that is not there, and a revoked one."""
    feed_id, path = await new_feed(studio)
    await revoke_calendar_feed(studio.ctx, RevokeCalendarFeed(feed_id=feed_id))
    paths = [
        path,
        "/calendar/garbage.ics",
        "/calendar/%00.ics",
        f"/calendar/{new_feed_token(studio.business_id)}.ics",
        f"/calendar/{new_feed_token(2**53 - 1)}.ics",
        path.replace(".ics", "%0A.ics"),
    ]
    answers = [await http.get(one) for one in paths]
    assert {(one.status_code, one.text) for one in answers} == {(404, "There is no such calendar.\n")}
    told = [{k: v for k, v in one.headers.items() if k != "x-request-id"} for one in answers]
    assert all(one == told[0] for one in told)


async def test_the_address_is_in_no_log(
    http: httpx.AsyncClient, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither whole nor misspelled; the request itself is logged."""
    _, path = await new_feed(studio)
    lines: list[str] = []
    monkeypatch.setattr("app.requests.log.info", lambda *said, **facts: lines.append(f"{said} {facts}"))
    for one in (path, path.upper(), path.removesuffix(".ics"), f"/{path}", path + "/more"):
        await http.get(one)
    assert len(lines) == 5
    assert all("feed_..." in line for line in lines)
    assert path.removeprefix("/calendar/feed_")[:8] not in "".join(lines).lower()
