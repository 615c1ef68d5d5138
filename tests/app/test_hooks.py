"""Twilio's callbacks: believed when they are signed, kept in their order of meaning, worth nothing elsewhere."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import httpx2
import pytest
import pytest_asyncio

from adapters.sms.fake import FakeTwilio
from adapters.sms.twilio import TwilioSender, signature_of
from adapters.sql.migrate import migrate
from app.asgi import create_app
from app.house import House
from app.settings import SettingsError
from app.worker import work_off
from core.kernel.clock import SystemClock
from core.messaging.configure_messages import ConfigureMessages, configure_messages
from core.messaging.sms import SmsSender
from tests.kit.houses import Studio, house_on, new_studio, settings_for

NUMBER = "+15125550100"


@dataclass
class Line:
    """A studio whose SMS go to Twilio's twin, and the program's own front door."""

    twilio: FakeTwilio
    studio: Studio
    http: httpx.AsyncClient

    async def message(self) -> dict[str, Any]:
        """The only message."""
        (message,) = await self.studio.table("messages")
        return message

    async def send(self, client: dict[str, Any] | None = None, days: int = 9) -> int:
        """Book for a client with a phone, and let the worker tell them; answers the client's key."""
        client_id = await self.studio.client(**{"phone": NUMBER, **(client or {})})
        starts_at = SystemClock().now().replace(second=0, microsecond=0) + timedelta(days=days)
        await self.studio.appointment(client_id, starts_at=starts_at)
        await work_off(self.studio.house)
        return client_id

    async def tell(self, status: str, error: int | None = None) -> int:
        """Post a callback of the newest text; answers the status of our answer."""
        url, form, signature = self.twilio.callback(self.twilio.messages[-1]["sid"], status, error)
        return (await self.post(url, form, signature)).status_code

    async def post(self, url: str, form: dict[str, str], signature: str) -> httpx.Response:
        """Post a form."""
        return await self.http.post(url, data=form, headers={"X-Twilio-Signature": signature})


@pytest_asyncio.fixture
async def line(tmp_path: Path) -> AsyncIterator[Line]:
    """The line."""
    twilio = FakeTwilio()
    settings = settings_for(
        f"sqlite+aiosqlite:///{tmp_path}/daybook.db",
        twilio_account_sid=twilio.account_sid,
        twilio_auth_token=twilio.auth_token,
        sms_from="+15125550199",
    )
    app = create_app(settings, with_worker=False)
    house: House = app.state.house
    await migrate(house.database)
    sender = house.outside[SmsSender]
    assert isinstance(sender, TwilioSender)
    sender._transport = httpx2.ASGITransport(app=twilio.app())
    studio, block = await new_studio(house, 1)
    await configure_messages(studio.ctx, ConfigureMessages(channels=["sms"], reminders=[]))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app)) as http:
        yield Line(twilio, studio, http)
    await block.__aexit__(None, None, None)
    await house.close()


async def test_a_text_goes_out_and_its_fate_comes_back(line: Line) -> None:
    """Sent, then delivered; a later word of an earlier step changes nothing."""
    await line.send()
    message = await line.message()
    assert (message["status"], message["sid"], message["segments"]) == (
        "SENT",
        line.twilio.messages[0]["sid"],
        1,
    )
    for told, kept in (("sending", "SENT"), ("sent", "SENT"), ("delivered", "DELIVERED"), ("sent", "DELIVERED"), ("failed", "DELIVERED")):  # fmt: skip
        assert await line.tell(told) == 204
        assert (await line.message())["status"] == kept


async def test_a_failure_is_kept_with_its_code(line: Line) -> None:
    """And is not tried again: Twilio took it."""
    await line.send()
    assert await line.tell("undelivered", 30003) == 204
    message = await line.message()
    assert (message["status"], message["error_code"]) == ("FAILED", 30003)
    assert await work_off(line.studio.house) == 0


async def test_who_answered_stop_is_opted_out(line: Line) -> None:
    """Whether Twilio refuses the text or tells of it later; no further text goes out."""
    line.twilio.opted_out.add(NUMBER)
    client_id = await line.send()
    message = await line.message()
    assert (message["status"], message["error_code"], line.twilio.messages) == ("REFUSED", 21610, [])
    (client,) = await line.studio.table("clients")
    assert (client["id"], client["sms_opted_out_at"] is not None) == (client_id, True)
    line.twilio.opted_out.clear()
    starts_at = SystemClock().now().replace(second=0, microsecond=0) + timedelta(days=10)
    await line.studio.appointment(client_id, starts_at=starts_at)
    await work_off(line.studio.house)
    assert line.twilio.messages == []
    await line.send({"phone": "+15125550101", "display_name": "Bo"}, days=11)
    assert await line.tell("failed", 21610) == 204
    assert all(one["sms_opted_out_at"] for one in await line.studio.table("clients"))


async def test_a_worker_that_died_over_it_sends_no_second_text(line: Line) -> None:
    """Taken by Twilio, the answer lost: the next try finds it there."""
    line.twilio.lost_answers = 1
    await line.send()
    message = await line.message()
    assert (message["status"], message["sid"]) == ("SENDING", None)
    (job,) = [
        one
        for one in await line.studio.house.job_list.newest(
            state="WAITING", kind=None, business_id=None, most=9
        )
        if one.attempts
    ]
    assert await line.studio.house.job_list.retry(job.id)
    await work_off(line.studio.house)
    assert ((await line.message())["status"], len(line.twilio.messages)) == ("SENT", 1)


async def test_what_is_not_signed_is_not_believed(line: Line) -> None:
    """No signature, another's, a changed form, another address: 403, and nothing is changed."""
    await line.send()
    before = await line.message()
    url, form, signature = line.twilio.callback(line.twilio.messages[0]["sid"], "delivered")
    other = url.rpartition("/")[0] + "/424242"
    for wrong_url, wrong_form, wrong in (
        (url, form, ""),
        (url, form, signature_of("another token", url, form.items())),
        (url, {**form, "MessageStatus": "failed"}, signature),
        (other, form, signature),
    ):
        assert (await line.post(wrong_url, wrong_form, wrong)).status_code == 403
    assert (await line.http.get(url)).status_code == 405
    assert await line.message() == before


async def test_what_is_not_there_is_404_and_too_much_is_413(line: Line) -> None:
    """Unknown messages and businesses, another text's id, numbers beyond every key, a flood of fields."""
    await line.send()
    before = await line.message()
    url, form, _ = line.twilio.callback(line.twilio.messages[0]["sid"], "delivered")
    token, root = line.twilio.auth_token, "http://daybook.test/hooks/twilio"
    business, number = before["business_id"], before["id"]
    for path, told in (
        (f"{business}/{number + 1}", form),
        (f"{business + 1}/{number}", form),
        (f"{business}/{2**70}", form),
        (f"{2**70}/{number}", form),
        (f"{business}/{number}", {**form, "MessageSid": "SM9"}),
        (f"{business}/{number}", {**form, "MessageSid": "SM\x00"}),
    ):
        address = f"{root}/{path}"
        answer = await line.post(address, told, signature_of(token, address, told.items()))
        assert answer.status_code == 404, path
    assert (await line.post(url, {"x": "y" * 20_000}, "")).status_code == 413
    many = {f"f{at}": "" for at in range(101)}
    assert (await line.post(url, many, "")).status_code == 400
    assert (await line.http.post(url, content=b"\xff=1")).status_code == 400
    assert await line.message() == before


@pytest.mark.parametrize("missing", ["twilio_account_sid", "twilio_auth_token", "sms_from"])
def test_half_a_setting_is_refused(tmp_path: Path, missing: str) -> None:
    """Before anything is served, naming all three."""
    parts = {"twilio_account_sid": "AC1", "twilio_auth_token": "t", "sms_from": "+15125550199"}
    del parts[missing]
    with pytest.raises(SettingsError, match="set all three, or none"):
        house_on(f"sqlite+aiosqlite:///{tmp_path}/daybook.db", **parts)


async def test_without_settings_texts_are_kept_like_mail(tmp_path: Path) -> None:
    """Shown in demo mode, once however often they are sent."""
    house = house_on(f"sqlite+aiosqlite:///{tmp_path}/daybook.db", clock=SystemClock())
    await migrate(house.database)
    studio, block = await new_studio(house, 1)
    await configure_messages(studio.ctx, ConfigureMessages(channels=["sms"], reminders=[]))
    client_id = await studio.client(phone=NUMBER)
    starts_at = SystemClock().now().replace(second=0, microsecond=0) + timedelta(days=9)
    await studio.appointment(client_id, starts_at=starts_at)
    await work_off(house)
    (_, to, subject, _), _ = await house.kept_mail.newest()
    assert (to, subject) == (NUMBER, "SMS of 1 segment")
    await block.__aexit__(None, None, None)
    await house.close()
