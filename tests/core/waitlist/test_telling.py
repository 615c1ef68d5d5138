"""What those who wait are told: in the business's words and their language, by every way it wants, once."""

from __future__ import annotations

import pytest

from core.directory.update_client import UpdateClient, update_client
from core.messaging.configure_messages import ConfigureMessages, configure_messages
from core.messaging.set_template import SetTemplate, set_template
from core.waitlist.letter import tell_of_offer
from tests.core.waitlist.test_offers import notify_first
from tests.core.waitlist.waiting import Told, call_off, offers, statuses, taken, waits
from tests.kit.houses import NOW, Studio, counted
from tests.kit.posts import at

BOTH = ConfigureMessages(channels=["mail", "sms"])


async def one_waits(studio: Studio, **client: str) -> int:
    """Somebody's key who waits while a time is freed; the worker has seen to it."""
    key = await taken(studio)
    ana = await studio.client("Ana Lima", **{"email": "ana@example.com", "phone": "+15125550101", **client})
    await waits(studio, ana)
    await call_off(studio, key)
    await at(studio.house, NOW)
    return ana


async def test_an_offer_is_told_by_mail_and_sms_in_the_clients_language(told: Told) -> None:
    """Both lead to the same offer; what was said is noted twice, without name, address or link."""
    studio, posts = told
    await configure_messages(studio.ctx, BOTH)
    ana = await one_waits(studio, language="de")
    (letter,), (sms,) = posts.letters, posts.texts
    assert letter.words is not None
    assert letter.words.subject == (
        f"Bei {letter.facts['business']} ist ein Termin für Sie frei: Montag, 8. März 2027, 15:00 Uhr"
    )
    link = letter.facts["link"]
    assert link in letter.words.text
    assert "bis Dienstag, 2. März 2027, 09:00 Uhr (UTC)" in letter.words.text
    assert sms.to == "+15125550101"
    assert sms.text == (
        f"{letter.facts['business']}: Montag, 8. März 2027, 15:00 Uhr, bei Kai Rodriguez ist für Sie frei"
        f" bis Dienstag, 2. März 2027, 09:00 Uhr: {link}"
    )
    messages = await studio.table("messages")
    assert [
        (
            one["template"],
            one["channel"],
            one["language"],
            one["client_id"],
            one["appointment_id"],
            one["status"],
        )
        for one in messages
    ] == [
        ("waitlist_offer", "mail", "de", ana, None, "SENT"),
        ("waitlist_offer", "sms", "de", ana, None, "SENT"),
    ]
    assert "wlo_" not in str(messages)
    assert "ana" not in str(messages).lower()


async def test_told_again_is_told_once(told: Told) -> None:
    """A worker that died before it could say so: the second try says nothing more."""
    studio, posts = told
    await configure_messages(studio.ctx, BOTH)
    await one_waits(studio)
    (offer,) = await studio.table("waitlist_offers")
    keys = [one["message_key"] for one in await studio.table("messages")]
    async with studio.house.system_at(studio.business_id) as ctx:
        await tell_of_offer(ctx, offer["id"], keys[0])
    assert (len(posts.letters), len(posts.texts)) == (1, 1)
    assert [one["message_key"] for one in await studio.table("messages")] == keys
    assert keys[1] == f"{keys[0]}.sms"


@pytest.mark.parametrize(
    ("language", "word"), [("en", "free"), ("de", "frei"), ("fr", "libéré"), ("es", "libre")]
)
async def test_openings_are_told_in_every_language(told: Told, language: str, word: str) -> None:
    """Where the business tells several and keeps nothing; its own language goes for whoever has none."""
    studio, posts = told
    await notify_first(studio)
    await configure_messages(studio.ctx, ConfigureMessages(language=language))
    await one_waits(studio)
    (letter,) = posts.letters
    assert letter.template == "waitlist_opening"
    assert letter.words is not None
    assert word in (letter.words.subject or "")
    assert letter.facts["link"] in letter.words.text


async def test_the_business_writes_its_own_words(told: Told) -> None:
    """With the facts of an offer; those of a deposit are empty in it."""
    studio, posts = told
    words = "{{ client }}: {{ date }} {{ time }}, until {{ expires_time }}{{ deposit }}. {{ link }}"
    command = SetTemplate(
        occasion="waitlist_offer", channel="mail", language="en", subject="Yours?", text=words
    )
    await set_template(studio.ctx, command)
    await one_waits(studio)
    (letter,) = posts.letters
    assert letter.words is not None
    assert (letter.words.subject, letter.words.text) == (
        "Yours?",
        f"Ana Lima: Monday, 8 March 2027 15:00, until 09:00. {letter.facts['link']}",
    )


async def test_who_wants_no_sms_gets_none(told: Told) -> None:
    """Opted out: the letter goes, the text does not; where SMS is the only way nothing is said or noted."""
    studio, posts = told
    await configure_messages(studio.ctx, BOTH)
    key = await taken(studio)
    ana = await studio.client("Ana Lima", email="ana@example.com", phone="+15125550101")
    await update_client(studio.ctx, UpdateClient(client_id=ana, wants_sms=False))
    await waits(studio, ana)
    await call_off(studio, key)
    await at(studio.house, NOW)
    assert (len(posts.letters), posts.texts) == (1, [])
    assert [one["channel"] for one in await studio.table("messages")] == ["mail"]
    assert await statuses(studio) == ["OFFERED"]


async def test_a_business_that_wants_silence_has_it(told: Told) -> None:
    """No way at all: the time is kept all the same, for whoever follows the log."""
    studio, posts = told
    await configure_messages(studio.ctx, ConfigureMessages(channels=[]))
    await one_waits(studio)
    assert (posts.letters, posts.texts, await studio.table("messages")) == ([], [], [])
    assert [status for _, status in await offers(studio)] == ["OPEN"]


async def test_what_a_telling_costs(told: Told) -> None:
    """By two ways: 12 statements, whatever the business holds."""
    studio, posts = told
    await configure_messages(studio.ctx, BOTH)
    await one_waits(studio)
    (offer,) = await studio.table("waitlist_offers")
    posts.letters.clear()
    with counted(studio.house) as statements:
        async with studio.house.system_at(studio.business_id) as ctx:
            await tell_of_offer(ctx, offer["id"], "another-key")
    assert len(posts.letters) == 1
    assert len(statements) == 12, statements
