"""The page behind an offer's link: looking changes nothing, a button does, once."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest
import pytest_asyncio
from starlette.applications import Starlette

from app.house import House
from auth.throttle import MemoryThrottle
from core.appointments.confirm import ConfirmAppointment, confirm
from core.appointments.decline import DeclineAppointment, decline
from core.appointments.reschedule import RescheduleAppointment, reschedule
from core.waitlist.offer_slot import OfferWaitlistSlot, offer_waitlist_slot
from tests.core.waitlist.waiting import THREE, call_off, statuses, waits
from tests.kit.houses import Studio
from web.waitlist import waitlist_routes

ASKED_FOR = "You asked for this time: the business will confirm it."
BOOKED = "The time is yours: it is booked."
OVER = "This offer does not stand any more."


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


def told(answer: httpx.Response) -> str:
    """The one sentence that a page says."""
    (sentence,) = re.findall('<p role="status">(.*)</p>', answer.text)
    return str(sentence)


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
    for button in ("claim", "decline"):
        led_back = await http.get(f"{path}/{button}")
        assert (led_back.status_code, led_back.headers["location"]) == (303, path)
    assert await studio.state() == before


async def test_a_button_takes_it_once(http: httpx.AsyncClient, studio: Studio) -> None:
    """Again shows the same, and so does the link; the other button comes too late."""
    path = await offered(studio)
    for ask in (http.post(f"{path}/claim"), http.post(f"{path}/claim"), http.get(path)):
        answer = await ask
        assert (answer.status_code, told(answer)) == (200, ASKED_FOR)
    before = await studio.state()
    late = await http.post(f"{path}/decline")
    assert (late.status_code, "does not stand any more" in late.text) == (409, True)
    assert await studio.state() == before
    assert (await statuses(studio), len(before["appointments"])) == (["BOOKED"], 1)


async def test_the_link_tells_what_became_of_it(http: httpx.AsyncClient, studio: Studio) -> None:
    """Asked for while it is pending, booked once it is confirmed; moved or called off it stands no more."""
    path = await offered(studio)
    await http.post(f"{path}/claim")
    ((appointment_id, status),) = [(row["id"], row["status"]) for row in await studio.table("appointments")]
    assert (status, told(await http.get(path))) == ("PENDING", ASKED_FOR)
    await confirm(studio.ctx, ConfirmAppointment(appointment_id=appointment_id))
    assert told(await http.get(path)) == BOOKED
    for starts_at, words in ((THREE + timedelta(hours=1), OVER), (THREE, BOOKED)):
        move = RescheduleAppointment(
            appointment_id=appointment_id, starts_at=starts_at, within_policies=False
        )
        await reschedule(studio.ctx, move)
        assert told(await http.get(path)) == words
    await call_off(studio, appointment_id)
    assert [told(answer) for answer in (await http.get(path), await http.post(f"{path}/claim"))] == [OVER] * 2


async def test_what_was_declined_stands_no_more(http: httpx.AsyncClient, studio: Studio) -> None:
    """Asked for and declined by the business: its link says so."""
    path = await offered(studio)
    await http.post(f"{path}/claim")
    (row,) = await studio.table("appointments")
    await decline(studio.ctx, DeclineAppointment(appointment_id=row["id"]))
    assert told(await http.get(path)) == OVER


async def test_letting_go(http: httpx.AsyncClient, studio: Studio) -> None:
    """The client waits on, and the time is free."""
    path = await offered(studio)
    answer = await http.post(f"{path}/decline")
    assert (answer.status_code, told(answer)) == (200, "Thank you: the time goes to the next.")
    assert await statuses(studio) == ["WAITING"]
    assert [row for row in await studio.table("allocations") if row["is_active"]] == []
    assert told(await http.get(path)) == OVER


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
