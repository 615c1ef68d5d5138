"""Settings and templates: checked when they are kept, refused whole, and each business's own."""

from __future__ import annotations

from typing import Any

import pytest

from core.kernel.errors import Invalid
from core.messaging.configure_messages import ConfigureMessages, configure_messages
from core.messaging.preview_template import PreviewTemplate, preview_template
from core.messaging.questions import MessagingQuestions
from core.messaging.reset_template import ResetTemplate, reset_template
from core.messaging.set_template import SetTemplate, set_template
from core.messaging.settings import Reminder, Telling
from tests.kit.houses import Studio

PLACE: dict[str, Any] = {"occasion": "reminder", "channel": "mail", "language": "en"}


@pytest.mark.parametrize(
    ("given", "path", "code"),
    [
        ({"language": "xx"}, "language", "UNKNOWN_LANGUAGE"),
        ({"language": "e\x00"}, "language", "UNKNOWN_LANGUAGE"),
        ({"changes_held_minutes": -1}, "changes_held_minutes", "OUT_OF_RANGE"),
        ({"changes_held_minutes": 1_441}, "changes_held_minutes", "OUT_OF_RANGE"),
        ({"channels": ["mail", "pigeon"]}, "channels.1", "UNKNOWN_CHANNEL"),
        ({"reminders": [Reminder(minutes_before=4, channel="mail")]}, "reminders.0.minutes_before", "OUT_OF_RANGE"),
        ({"reminders": [Reminder(minutes_before=2**60, channel="sms")]}, "reminders.0.minutes_before", "OUT_OF_RANGE"),
        ({"reminders": [Reminder(minutes_before=60, channel="fax")]}, "reminders.0.channel", "UNKNOWN_CHANNEL"),
        ({"reminders": [Reminder(minutes_before=60 + at, channel="sms") for at in range(6)]}, "reminders", "TOO_MANY"),
    ],
)  # fmt: skip
async def test_settings_that_make_no_sense_are_refused(
    studio: Studio, given: dict[str, Any], path: str, code: str
) -> None:
    """With the place and the reason, and nothing is changed."""
    before = await studio.state()
    with pytest.raises(Invalid) as refused:
        await configure_messages(studio.ctx, ConfigureMessages(**given))
    assert [(issue.path, issue.code) for issue in refused.value.issues] == [(path, code)]
    assert await studio.state() == before


async def test_settings_are_changed_one_by_one(studio: Studio, other_studio: Studio) -> None:
    """What is not given stays; doubles count once; another business keeps its own."""
    assert await studio.ctx.ask(MessagingQuestions).telling() == Telling()
    await configure_messages(studio.ctx, ConfigureMessages(language="fr"))
    twice = [Reminder(minutes_before=60, channel="sms")] * 2
    await configure_messages(studio.ctx, ConfigureMessages(reminders=twice, channels=["sms", "sms"]))
    assert await studio.ctx.ask(MessagingQuestions).telling() == Telling(
        language="fr", channels=("sms",), reminders=(twice[0],)
    )
    assert await other_studio.ctx.ask(MessagingQuestions).telling() == Telling()


async def test_own_words_are_kept_replaced_and_forgotten(studio: Studio, other_studio: Studio) -> None:
    """In place of those that are shipped, for one occasion, channel and language of one business."""
    ask = studio.ctx.ask(MessagingQuestions)
    for text in ("One, {{ client }}", "Two, {{ client }}"):
        await set_template(studio.ctx, SetTemplate(**PLACE, subject="{{ business }}", text=text))
    assert [(one.words.subject, one.words.text) for one in await ask.own_templates()] == [
        ("{{ business }}", "Two, {{ client }}")
    ]
    shown = await preview_template(studio.ctx, PreviewTemplate(**PLACE))
    assert (shown.subject, shown.text, shown.segments) == ("Midnight Ink Studio", "Two, Jasmine Torres", None)
    elsewhere = await preview_template(other_studio.ctx, PreviewTemplate(**PLACE))
    assert elsewhere.text.startswith("Hello Jasmine Torres,\n\nwe look forward")
    await reset_template(other_studio.ctx, ResetTemplate(**PLACE))
    assert len(await ask.own_templates()) == 1
    await reset_template(studio.ctx, ResetTemplate(**PLACE))
    await reset_template(studio.ctx, ResetTemplate(**PLACE))
    assert await ask.own_templates() == []


@pytest.mark.parametrize(
    ("given", "path", "code"),
    [
        ({"text": "{{ clientt }}"}, "text", "UNKNOWN_FACT"),
        ({"subject": "{{ allergies }}"}, "subject", "UNKNOWN_FACT"),
        ({"text": "{{ client"}, "text", "BAD_SYNTAX"),
        ({"text": "{% if client %}"}, "text", "BAD_SYNTAX"),
        ({"text": "{% for x in client %}{{ x }}{% endfor %}"}, "text", "NOT_ALLOWED"),
        ({"text": "{{ client * 999999999 }}"}, "text", "NOT_ALLOWED"),
        ({"text": "{{ client.__class__ }}"}, "text", "NOT_ALLOWED"),
        ({"text": "{{ client['x'] }}"}, "text", "NOT_ALLOWED"),
        ({"text": "{{ client.upper() }}"}, "text", "NOT_ALLOWED"),
        ({"text": "{{ client | center(999999999) }}"}, "text", "NOT_ALLOWED"),
        ({"text": "{% set x = 1 %}"}, "text", "UNKNOWN_FACT"),
        ({"text": "{% include 'x' %}"}, "text", "NOT_ALLOWED"),
        ({"text": "{{ range(9) }}"}, "text", "NOT_ALLOWED"),
        ({"html": "{{ x }}"}, "html", "UNKNOWN_FACT"),
        ({"text": " "}, "text", "REQUIRED"),
        ({"subject": None}, "subject", "REQUIRED"),
        ({"subject": "a\nb"}, "subject", "BAD_CHARACTER"),
        ({"text": "a\x00"}, "text", "BAD_CHARACTER"),
        ({"subject": "x" * 201}, "subject", "TOO_LONG"),
        ({"text": "x" * 10_001}, "text", "TOO_LONG"),
        ({"html": "x" * 50_001}, "html", "TOO_LONG"),
        ({"channel": "sms", "subject": None, "text": "x" * 1_001}, "text", "TOO_LONG"),
        ({"channel": "sms", "text": "x"}, "subject", "NOT_ALLOWED"),
        ({"occasion": "birthday"}, "occasion", "UNKNOWN_OCCASION"),
        ({"language": "tlh"}, "language", "UNKNOWN_LANGUAGE"),
    ],
)
async def test_words_that_cannot_be_said_are_refused(
    studio: Studio, given: dict[str, Any], path: str, code: str
) -> None:
    """When they are kept and when they are tried; nothing is changed."""
    words = {**PLACE, "subject": "Hello", "text": "Hello", **given}
    before = await studio.state()
    with pytest.raises(Invalid) as refused:
        await set_template(studio.ctx, SetTemplate(**words))
    assert (path, code) in [(issue.path, issue.code) for issue in refused.value.issues]
    with pytest.raises(Invalid) as tried:
        await preview_template(studio.ctx, PreviewTemplate(**words))
    assert tried.value.issues == refused.value.issues
    assert await studio.state() == before


async def test_facts_are_escaped_in_html_and_nowhere_else(studio: Studio) -> None:
    """Text stays as it is; the length of an SMS is told."""
    html = "<p>{{ business | upper }}</p>{% if address %}<b>{{ address }}</b>{% endif %}"
    shown = await preview_template(
        studio.ctx, PreviewTemplate(**PLACE, subject="s", text="{{ business }}", html=html)
    )
    assert shown.html == "<p>MIDNIGHT INK STUDIO</p><b>12 River Street</b>"
    sms = PreviewTemplate(occasion="reminder", channel="sms", language="es", text="ñ" * 161)
    assert (await preview_template(studio.ctx, sms)).segments == 2
