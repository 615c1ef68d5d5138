"""The page of docs/realtime.md in a browser: its EventSource lives through kills, and shows the log."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy.ext.asyncio import create_async_engine

from adapters.sql.tables import events, stream_tickets
from bootstrap import ROOT
from tests.kit.dashboards import BOOK, CLIENT, Business
from tests.kit.houses import new_database
from tests.kit.serving import Serving, serving

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

PATIENCE_MILLISECONDS = 60_000
ADDRESS = "/a-page-of-a-team"
PAGE = """<!doctype html><title>A team's page</title><script>
const seen = [], sources = [], snapshots = [], stops = [], asked = { count: 0 };
let mayAsk = true, token = %(token)r;
const Native = EventSource;
window.EventSource = class extends Native { constructor(url) { super(url); sources.push(this); } };
const show = (event) => seen.push(event.cursor);
const stopped = (code) => { stops.push(code); };
const isOpen = () => sources.length > 0 && sources[sources.length - 1].readyState === Native.OPEN;
async function ask(query) {
  const headers = { "Content-Type": "application/json", Authorization: `Bearer ${token}` };
  const answer = await fetch("/graphql", { method: "POST", headers, body: JSON.stringify({ query }) });
  return await answer.json();
}
async function createStreamTicket() {
  asked.count += 1;
  while (!mayAsk) await new Promise((go) => setTimeout(go, 20));
  const made = "... on CreateStreamTicketPayload { path } ... on Error { code }";
  const { data, errors } = await ask(`mutation { createStreamTicket(input: {}) { ${made} } }`);
  return data ? data.createStreamTicket : errors[0].extensions;
}
async function takeSnapshot() {
  const { cursor } = (await ask("{ dashboard { cursor } }")).data.dashboard;
  snapshots.push(cursor);
  return cursor;
}
%(documented)s
</script>"""
LOG = """{ events(first: 100, types: [APPOINTMENT_BOOKED]) { edges { cursor } pageInfo { hasNextPage } } }"""
KEY = """
mutation { createApiKey(input: {name: "page"}) {
  ... on CreateApiKeyPayload { apiKey { id } secret } ... on Error { code }
} }
"""
REVOKE = """
mutation($id: ID!) { revokeApiKey(input: {apiKeyId: $id}) { __typename ... on Error { code } } }
"""
END = "{ dashboard { cursor } }"


class Agenda:
    """Books one quarter of an hour after the other, by turns in GraphQL and in ServaloDesk."""

    def __init__(self, business: Business) -> None:
        self.business = business
        self.booked = 0

    async def open(self) -> None:
        """Sign up, with one client."""
        await self.business.sign_up()
        self.client = (await self.business.ask(CLIENT))["createClient"]["client"]["id"]
        viewer = (await self.business.ask("{ viewer { provider { id } } }"))["viewer"]
        self.provider = viewer["provider"]["id"]
        self.legacy = {
            "client_id": (await self.business.http.get("/v1/clients")).json()["data"][0]["id"],
            "artist_id": (await self.business.http.get("/v1/artists")).json()["data"][0]["id"],
            "duration_minutes": 15,
            "quoted_price": 40,
        }

    async def book(self, count: int) -> None:
        """So many bookings; each one is answered before the next."""
        day = (datetime.now(UTC) + timedelta(days=40)).replace(hour=12, minute=0, second=0, microsecond=0)
        for _ in range(count):
            starts = (day + timedelta(minutes=15 * self.booked)).isoformat().replace("+00:00", "Z")
            self.booked += 1
            if self.booked % 2:
                wanted = {
                    "clientId": self.client,
                    "providerId": self.provider,
                    "startsAt": starts,
                    "durationMinutes": 15,
                    "respectPolicies": False,
                }
                answer = (await self.business.ask(BOOK, input=wanted))["bookAppointment"]
                assert answer["__typename"] == "BookAppointmentPayload"
            else:
                given = {**self.legacy, "start_time": starts}
                sold = await self.business.http.post("/v1/appointments", json=given)
                assert sold.status_code == 201, sold.text

    async def log(self) -> list[str]:
        """The cursors of everything that was booked."""
        page = (await self.business.ask(LOG))["events"]
        assert not page["pageInfo"]["hasNextPage"]
        return [edge["cursor"] for edge in page["edges"]]


class Board:
    """A page of a team, open in a browser of its own."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.refusals: list[int] = []
        self.complaints: list[str] = []

    async def open(self, token: str, script: str, after: str, until: str = "isOpen()") -> None:
        """Load the page and listen from a place on; returns when its stream is open, unless said otherwise."""
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on(
            "response",
            lambda told: (
                self.refusals.append(told.status) if "/events?" in told.url and told.status != 200 else None
            ),
        )
        html = PAGE % {"token": token, "documented": script}
        await self.page.route(
            f"**{ADDRESS}", lambda route: route.fulfill(content_type="text/html", body=html)
        )
        await self.page.goto(self.url + ADDRESS)
        await self.page.evaluate("after => listen(after)", after)
        await self.until(until)

    async def until(self, condition: str) -> None:
        """Return once it is true in the page."""
        await self.page.wait_for_function(condition, timeout=PATIENCE_MILLISECONDS)

    async def seen(self) -> list[str]:
        """The cursors of what was shown so far."""
        found: list[str] = await self.page.evaluate("seen")
        return found

    async def tickets(self) -> int:
        """How often it asked for a ticket."""
        count: int = await self.page.evaluate("asked.count")
        return count


def documented() -> str:
    """The script that docs/realtime.md gives to teams."""
    (script,) = re.findall(r"```js\n(.*?)```", (ROOT / "docs/realtime.md").read_text(), re.DOTALL)
    return str(script)


async def tickets_end(database_url: str, at: datetime) -> None:
    """Have every ticket run out at a time."""
    engine = create_async_engine(database_url)
    async with engine.begin() as connection:
        await connection.execute(stream_tickets.update().values(expires_at=at))
    await engine.dispose()


async def killed_and_started(server: Serving, database_url: str, tickets_until: datetime) -> None:
    """kill -9, and the same port again; the tickets of before run out at a time."""
    await asyncio.to_thread(server.kill)
    await tickets_end(database_url, tickets_until)
    await asyncio.to_thread(server.start)


async def oldest_are_forgotten(database_url: str, most: int) -> None:
    """Have the log of every business reach back no further than right after that number."""
    engine = create_async_engine(database_url)
    async with engine.begin() as connection:
        await connection.execute(events.delete().where(events.c.sequence <= most))
    await engine.dispose()


async def test_a_browser_whose_cursor_expired_takes_a_snapshot_and_one_without_a_key_stops(
    tmp_path: Path, request: pytest.FixtureRequest, browser: Browser
) -> None:
    """The page hears of it by an event, shows a snapshot, and goes on from there; once its key is revoked it
    makes no more tickets.

    The negative control does not listen for `refused`: it comes back with the same cursor, and hears nothing.
    """
    name = f"expired_{request.getfixturevalue('worker_id')}"
    database_url = await new_database("sqlite", tmp_path, None, name)
    listening = documented()
    deaf = listening.replace('addEventListener("refused"', 'addEventListener("nothing"')
    assert deaf != listening
    contexts = [await browser.new_context() for _ in range(2)]
    with serving(tmp_path, database_url) as server:
        agenda = Agenda(Business(server.url))
        await agenda.open()
        made = await agenda.business.ask(KEY)
        secret = made["createApiKey"]["secret"]
        old = (await agenda.business.ask(END))["dashboard"]["cursor"]
        await agenda.book(2)
        await oldest_are_forgotten(database_url, 5)
        careful, unaware = boards = [Board(await one.new_page(), server.url) for one in contexts]
        await careful.open(
            secret, listening, old, "snapshots.length === 1 && sources.length === 2 && isOpen()"
        )
        await unaware.open(secret, deaf, old, "sources.length === 1")
        snapshot = (await agenda.business.ask(END))["dashboard"]["cursor"]
        assert await careful.page.evaluate("snapshots") == [snapshot]
        await agenda.book(2)
        await careful.until("seen.length === 2")
        assert (await careful.tickets(), careful.refusals) == (2, [])
        log = await agenda.log()
        assert await careful.seen() == log[-2:]
        assert await unaware.seen() == []

        key = made["createApiKey"]["apiKey"]["id"]
        await agenda.business.ask(REVOKE, id=key)
        await careful.until("stops.length === 1")
        assert await careful.page.evaluate("stops") == ["UNAUTHENTICATED"]
        tickets = await careful.tickets()
        await asyncio.sleep(1.5)
        assert await careful.tickets() == tickets
        await agenda.business.close()
    assert [one.complaints for one in boards] == [[], []]
    for one in contexts:
        await one.close()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
async def test_a_browser_shows_the_log_across_kills(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest, browser: Browser
) -> None:
    """Killed twice: back by itself while the ticket is good, by another ticket and its last id afterwards.

    The negative control lives the same life, and comes back without the id.
    """
    postgres_url = request.getfixturevalue("postgres_url") if kind == "postgresql" else None
    name = f"browser_{request.getfixturevalue('worker_id')}"
    database_url = await new_database(kind, tmp_path, postgres_url, name)
    remembering = documented()
    forgetting = remembering.replace("after ? `${path}&after=${after}` : path", "path")
    assert forgetting != remembering
    contexts = [await browser.new_context() for _ in range(2)]
    with serving(tmp_path, database_url) as server:
        agenda = Agenda(Business(server.url))
        await agenda.open()
        token, now = agenda.business.token, datetime.now(UTC)
        end = (await agenda.business.ask(END))["dashboard"]["cursor"]
        careful, forgetful = boards = [Board(await one.new_page(), server.url) for one in contexts]
        await careful.open(token, remembering, end)
        await forgetful.open(token, forgetting, end)
        await agenda.book(4)
        for board in boards:
            await board.until("seen.length === 4")

        await killed_and_started(server, database_url, now + timedelta(hours=1))
        await agenda.book(4)
        for board in boards:
            await board.until("seen.length === 8")
            assert (await board.tickets(), board.refusals) == (1, [])

        for board in boards:
            await board.page.evaluate("mayAsk = false")
        await killed_and_started(server, database_url, now - timedelta(hours=1))
        for board in boards:
            await board.until("asked.count === 2")
            assert board.refusals == [401]
        await agenda.book(3)
        for board in boards:
            await board.page.evaluate("mayAsk = true")
            await board.until("sources.length === 2 && isOpen()")
        await agenda.book(3)
        await careful.until("seen.length === 14")
        await forgetful.until("seen.length === 11")

        log = await agenda.log()
        await agenda.business.close()
    assert len(log) == len(set(log)) == 14
    assert await careful.seen() == log
    assert await forgetful.seen() == log[:8] + log[11:]
    assert careful.complaints == forgetful.complaints == []
    for one in contexts:
        await one.close()
