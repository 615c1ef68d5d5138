"""What people answer to SMS: STOP and START are heeded in every business that knows the number."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio
from structlog.testing import capture_logs

from adapters.sms.twilio import signature_of
from app.worker import work_off
from core.kernel.clock import SystemClock
from core.messaging.configure_messages import ConfigureMessages, configure_messages
from core.messaging.heed_sms_word import sms_word
from tests.app.test_hooks import NUMBER, Line, line
from tests.kit.houses import Studio, new_studio

__all__ = ["line"]

OURS = "+15125550199"
INCOMING = "http://daybook.test/hooks/twilio/incoming"


@pytest_asyncio.fixture
async def two(line: Line) -> AsyncIterator[tuple[Line, Studio]]:
    """The line, and a second business behind the same number."""
    line.twilio.incoming_url = INCOMING
    other, block = await new_studio(line.studio.house, 2)
    await configure_messages(other.ctx, ConfigureMessages(channels=["sms"], reminders=[]))
    yield line, other
    await block.__aexit__(None, None, None)


async def answered(line: Line, body: str, sender: str = NUMBER, to: str = OURS) -> int:
    """Somebody answers; the status of what we say to Twilio."""
    url, form, signature = line.twilio.incoming(sender, to, body)
    answer = await line.post(url, form, signature)
    if answer.status_code == 200:
        assert answer.headers["content-type"].startswith("text/xml")
        assert answer.text == '<?xml version="1.0" encoding="UTF-8"?><Response/>'
    return answer.status_code


async def wants_sms(*studios: Studio) -> list[bool]:
    """Whether each client of these businesses wants SMS."""
    return [row["sms_opted_out_at"] is None for one in studios for row in await one.table("clients")]


async def booked(studio: Studio, client_id: int, days: int) -> None:
    """Book for a client, and let the worker tell them."""
    starts_at = SystemClock().now().replace(second=0, microsecond=0) + timedelta(days=days)
    await studio.appointment(client_id, starts_at=starts_at)
    await work_off(studio.house)


async def test_stop_ends_and_start_brings_back(two: tuple[Line, Studio]) -> None:
    """In both businesses, for every client with the number, once; nobody else is touched."""
    line, other = two
    ana = await line.studio.client("Ana", phone=NUMBER)
    await line.studio.client("Ana's mother", phone=NUMBER)
    await line.studio.client("Bo", phone="+15125550101")
    theirs = await other.client("Ana", phone=NUMBER)
    assert await answered(line, "Stop") == 200
    assert await wants_sms(line.studio, other) == [False, False, True, False]
    assert len(await line.studio.payloads("client.updated")) == 2
    assert await answered(line, "STOP") == 200
    assert len(await line.studio.payloads("client.updated")) == 2, "it was no news"
    await booked(line.studio, ana, 9)
    await booked(other, theirs, 9)
    assert line.twilio.messages == []
    assert await answered(line, "START") == 200
    assert await wants_sms(line.studio, other) == [True] * 4
    await booked(line.studio, ana, 10)
    assert [one["to"] for one in line.twilio.messages] == [NUMBER]


async def test_what_is_no_such_word_changes_nothing(two: tuple[Line, Studio]) -> None:
    """Chatter, another number of the account, a sender that is no number; nothing is logged of whom."""
    line, _ = two
    await line.studio.client("Ana", phone=NUMBER)
    before = await line.studio.state()
    with capture_logs() as lines:
        assert await answered(line, "Please stop by at 5") == 200
        assert await answered(line, "") == 200
        assert await answered(line, "HELP") == 200
        assert await answered(line, "STOP", to="+15125550777") == 200
        assert await answered(line, "STOP", sender="MIDNIGHT") == 200
        assert await answered(line, "STOP", sender="+15125550\x00") == 200
    assert await line.studio.state() == before
    assert NUMBER not in str(lines)


async def test_what_twilio_took_it_for_counts(two: tuple[Line, Studio]) -> None:
    """With Advanced Opt-Out it says so; a word of its own for HELP is none of ours."""
    line, _ = two
    await line.studio.client("Ana", phone=NUMBER)
    line.twilio.tells_opt_outs = True
    assert await answered(line, "END") == 200
    assert await wants_sms(line.studio) == [False]
    _, form, _ = line.twilio.incoming(NUMBER, OURS, "Weiter bitte")
    for kind, wants in (("HELP", False), ("START", True)):
        told = {**form, "OptOutType": kind}
        signature = signature_of(line.twilio.auth_token, INCOMING, told.items())
        assert (await line.post(INCOMING, told, signature)).status_code == 200
        assert await wants_sms(line.studio) == [wants]


async def test_only_twilio_is_believed(two: tuple[Line, Studio]) -> None:
    """No signature, another's, a changed number, another address: 403, and everybody wants what they wanted."""
    line, _ = two
    await line.studio.client("Ana", phone=NUMBER)
    url, form, signature = line.twilio.incoming(NUMBER, OURS, "STOP")
    for wrong_url, wrong_form, wrong in (
        (url, form, ""),
        (url, form, signature_of("another token", url, form.items())),
        (url, {**form, "From": "+15125550101"}, signature),
        (url, {**form, "Body": "START"}, signature),
        (url, form, signature_of(line.twilio.auth_token, f"{url}/", form.items())),
    ):
        assert (await line.post(wrong_url, wrong_form, wrong)).status_code == 403
    assert (await line.post(url, {"x": "y" * 20_000}, "")).status_code == 413
    assert (await line.http.get(url)).status_code == 405
    assert await wants_sms(line.studio) == [True]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("STOP", "STOP"),
        (" stop.\n", "STOP"),
        ("Arrêt", "STOP"),
        ("stopp", "STOP"),
        ("BAJA", "STOP"),
        ("start", "START"),
        ("Yes!", "START"),
        ("stop it", None),
        ("ja", None),
        ("", None),
        ("S T O P", None),
    ],
)
def test_words(text: str, word: str | None) -> None:
    """Alone, in any case, with a full stop; in the languages that are shipped."""
    assert sms_word(text) == word
