"""Twilio: what is asked of it, what its answers mean, and that a text is never sent twice."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx2
import pytest
import pytest_asyncio

from adapters.sms.fake import FakeTwilio
from adapters.sms.twilio import TwilioSender, is_signed, signature_of
from core.messaging.sms import OPTED_OUT, SmsNotSent, SmsRefused, TextMessage

NUMBER = "+15125550100"
CALLBACKS = "https://daybook.example"


def text(to: str = NUMBER, words: str = "Hello", key: str = "1.2.x") -> TextMessage:
    """A text."""
    return TextMessage(message_key=key, to=to, text=words, status_path="/hooks/twilio/1/2")


@pytest.fixture
def twilio() -> FakeTwilio:
    """An account."""
    return FakeTwilio()


def sender_to(twilio: FakeTwilio, **more: str) -> TwilioSender:
    """A sender that speaks to the twin in process, through real requests."""
    given = {
        "base_url": "https://twilio.test/",
        "account_sid": twilio.account_sid,
        "auth_token": twilio.auth_token,
        "sender": "+15125550199",
        "callback_url": CALLBACKS,
        **more,
    }
    return TwilioSender(**given, transport=httpx2.ASGITransport(app=twilio.app()))


@pytest_asyncio.fixture
async def sender(twilio: FakeTwilio) -> AsyncIterator[TwilioSender]:
    """A sender of the account."""
    yield sender_to(twilio)


async def test_a_text_is_a_form_with_a_callback(twilio: FakeTwilio, sender: TwilioSender) -> None:
    """Recipient, sender, words and where to tell of it; the answer is Twilio's id."""
    taken = await sender.send(text(words="Grüße 🐙 & <more>"), again=False)
    (message,) = twilio.messages
    assert taken.sid == message["sid"]
    assert (message["to"], message["from"], message["body"]) == (NUMBER, "+15125550199", "Grüße 🐙 & <more>")
    assert message["status_callback"] == f"{CALLBACKS}/hooks/twilio/1/2"
    await sender_to(twilio, sender="MG" + "0" * 32).send(text(), again=False)
    assert (twilio.messages[1]["from"], twilio.messages[1]["messaging_service_sid"]) == (
        None,
        "MG" + "0" * 32,
    )


@pytest.mark.parametrize(
    "number", ["5125550100", "+1512", "+0123456789", "+1 512 555 0100", "", "+15125550100\x00"]
)
async def test_only_e164_is_called(twilio: FakeTwilio, sender: TwilioSender, number: str) -> None:
    """Any other number is refused before anything goes out."""
    with pytest.raises(SmsRefused) as refused:
        await sender.send(text(to=number), again=False)
    assert (refused.value.code, twilio.messages) == (21211, [])


async def test_what_will_never_be_taken_is_refused_with_twilios_code(
    twilio: FakeTwilio, sender: TwilioSender
) -> None:
    """Who answered STOP, and words that are too long."""
    twilio.opted_out.add(NUMBER)
    with pytest.raises(SmsRefused) as refused:
        await sender.send(text(), again=False)
    assert refused.value.code == OPTED_OUT == 21610
    with pytest.raises(SmsRefused) as refused:
        await sender.send(text(to="+15125550101", words="x" * 1_601), again=False)
    assert (refused.value.code, twilio.messages) == (21617, [])


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_what_may_work_later_is_to_be_tried_again(
    twilio: FakeTwilio, sender: TwilioSender, status: int
) -> None:
    """Too often, or out of order: nothing was taken, and the next try goes through."""
    twilio.failures.append(status)
    with pytest.raises(SmsNotSent, match=str(status)):
        await sender.send(text(), again=False)
    assert twilio.messages == []
    await sender.send(text(), again=True)
    assert len(twilio.messages) == 1


async def test_wrong_credentials_are_an_operators_fault(twilio: FakeTwilio) -> None:
    """Tried again until they are mended; no text is given up over it."""
    for wrong in ({"auth_token": "wrong"}, {"account_sid": "AC1"}):
        with pytest.raises(SmsNotSent, match="401"):
            await sender_to(twilio, **wrong).send(text(), again=False)
    assert twilio.messages == []


async def test_an_answer_that_was_lost_is_no_second_text(twilio: FakeTwilio, sender: TwilioSender) -> None:
    """Taken, but answered with 500: the second try finds it. Told that it is new, it would be sent twice."""
    twilio.lost_answers = 1
    with pytest.raises(SmsNotSent):
        await sender.send(text(), again=False)
    await sender.send(text(words="Something else"), again=False)
    taken = await sender.send(text(), again=True)
    assert [message["body"] for message in twilio.messages] == ["Hello", "Something else"]
    assert taken.sid == twilio.messages[0]["sid"]
    await sender.send(text(), again=False)
    assert len(twilio.messages) == 3


async def test_a_network_that_fails_is_tried_again(twilio: FakeTwilio) -> None:
    """Whatever breaks on the way."""

    def broken(_: httpx2.Request) -> httpx2.Response:
        raise httpx2.ReadTimeout("slow")

    sender = sender_to(twilio)
    sender._transport = httpx2.MockTransport(broken)
    with pytest.raises(SmsNotSent, match="ReadTimeout"):
        await sender.send(text(), again=False)


def test_the_signature_is_the_documented_one() -> None:
    """HMAC-SHA1 over URL and sorted form, worked out here by the other way; any change breaks it."""
    import base64
    import hashlib
    import hmac

    url = "https://daybook.example/hooks/twilio/1/2"
    form = [("MessageStatus", "delivered"), ("MessageSid", "SM1"), ("To", "+1512")]
    told = f"{url}MessageSidSM1MessageStatusdeliveredTo+1512"
    expected = base64.b64encode(hmac.new(b"token", told.encode(), hashlib.sha1).digest()).decode()
    assert signature_of("token", url, form) == expected
    assert is_signed("token", url, form, expected)
    for wrong in (
        ("other", url, form, expected),
        ("token", url + "?", form, expected),
        ("token", url, form[:2], expected),
        ("token", url, form, ""),
        ("token", url, form, "ü"),
        ("token", url, form, expected[:-1]),
    ):
        assert not is_signed(*wrong)
