"""The page behind an offer's link: looking changes nothing, a button does, once."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio
from starlette.applications import Starlette

from app.house import House
from auth.throttle import MemoryThrottle
from core.waitlist.offer_slot import OfferWaitlistSlot, offer_waitlist_slot
from tests.core.waitlist.waiting import THREE, statuses, waits
from tests.kit.houses import Studio
from web.waitlist import waitlist_routes


@pytest_asyncio.fixture
async def http(house: House) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the pages."""
    app = Starlette(routes=waitlist_routes(house))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://daybook.test") as made:
        yield made


async def offered(studio: Studio) -> str:
    """The path of an open offer's page."""
    entry = await waits(studio, await studio.client("Jasmine Torres"))
    command = OfferWaitlistSlot(
        waitlist_entry_id=entry,
        starts_at=THREE,
        provider_id=studio.provider_id,
        message="<b>Yours</b>",
    )
    return f"/waitlist/offers/{(await offer_waitlist_slot(studio.ctx, command)).claim_token}"


async def test_looking_shows_the_time_and_changes_nothing(http: httpx.AsyncClient, studio: Studio) -> None:
    """The time, the place's zone, the note as text; nothing about the client, nothing kept by search engines."""
    path = await offered(studio)
    before = await studio.state()
    answer = await http.get(path)
    assert answer.status_code == 200
    assert "Monday, 8 March 2027, 15:00</strong> (UTC), 60 minutes with Kai Rodriguez" in answer.text
    assert "&lt;b&gt;Yours&lt;/b&gt;" in answer.text
    assert "Jasmine" not in answer.text
    assert answer.headers["x-robots-tag"] == "noindex, nofollow, noarchive"
    assert answer.headers["cache-control"] == "no-store"
    assert (await http.get(f"{path}/claim")).status_code == 405
    assert await studio.state() == before


async def test_a_button_takes_it_once(http: httpx.AsyncClient, studio: Studio) -> None:
    """Again shows the same; the other button comes too late."""
    path = await offered(studio)
    for _ in range(2):
        answer = await http.post(f"{path}/claim")
        assert (answer.status_code, "it is booked" in answer.text) == (200, True)
    before = await studio.state()
    late = await http.post(f"{path}/decline")
    assert (late.status_code, "does not stand any more" in late.text) == (409, True)
    assert await studio.state() == before
    assert (await statuses(studio), len(before["appointments"])) == (["BOOKED"], 1)


async def test_letting_go(http: httpx.AsyncClient, studio: Studio) -> None:
    """The client waits on, and the time is free."""
    path = await offered(studio)
    assert (await http.post(f"{path}/decline")).status_code == 200
    assert await statuses(studio) == ["WAITING"]
    assert [row for row in await studio.table("allocations") if row["is_active"]] == []
    assert "does not stand" in (await http.get(path)).text


async def test_links_that_never_were(http: httpx.AsyncClient, studio: Studio) -> None:
    """One answer for all of them."""
    path = await offered(studio)
    wrong = path[:-1] + ("a" if path[-1] != "a" else "b")
    for bad in (wrong, "/waitlist/offers/x", "/waitlist/offers/%00"):
        answers = [await http.get(bad), await http.post(f"{bad}/claim"), await http.post(f"{bad}/decline")]
        assert {(one.status_code, "There is no such offer." in one.text) for one in answers} == {(404, True)}


async def test_whoever_tries_links_is_told_to_wait(
    http: httpx.AsyncClient, house: House, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After 120 of them, buttons included; what is refused then changes nothing, and a new minute lets in again."""
    path = await offered(studio)
    seconds = 0.0
    throttle = MemoryThrottle(house.clock, monotonic=lambda: seconds)
    monkeypatch.setattr(house.gate, "throttle", throttle)
    guess = f"/waitlist/offers/{new_offer_guess(path)}"
    statuses = [(await http.get(guess)).status_code for _ in range(120)]
    assert statuses == [404] * 120
    before = await studio.state()
    refused = await http.post(f"{path}/claim")
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
    assert await studio.state() == before
    seconds = 60.0
    assert (await http.post(f"{path}/claim")).status_code == 200


def new_offer_guess(path: str) -> str:
    """A token of the same business that there is not."""
    token = path.rpartition("/")[2]
    return token[:-4] + ("aaaa" if not token.endswith("aaaa") else "bbbb")
