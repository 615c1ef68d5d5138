"""The words that are shipped: whole in every language, filled without a hole, and short as SMS."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import product
from typing import Any

import pytest

from adapters.words.wording import Sandbox
from core.kernel.text import LANGUAGES
from core.messaging.occasions import CHANNELS, FACTS, OCCASIONS
from core.messaging.words import Words

BARE: dict[str, Any] = {
    "business": "Inkwell & Sons <ltd>",
    "client": "Ana Lima",
    "provider": "Kai Rodriguez",
    "service": None,
    "starts_at": datetime(2027, 3, 8, 15, 0, tzinfo=UTC),
    "duration_minutes": 90,
    "time_zone": "UTC",
    "address": None,
    "deposit": None,
    "deposit_due_at": None,
}


@pytest.mark.parametrize(("occasion", "channel", "language"), list(product(OCCASIONS, CHANNELS, LANGUAGES)))
def test_every_occasion_has_words(occasion: str, channel: str, language: str) -> None:
    """In every language and way: allowed, filled, and without leftovers where facts are missing."""
    sandbox = Sandbox()
    words = sandbox.default(occasion, channel, language)
    assert sandbox.issues(channel, words) == []
    assert (words.subject is None) == (channel == "sms")
    for shown in (
        sandbox.example(words, channel, language),
        sandbox.render(words, channel, language, BARE),
    ):
        said = (shown.subject or "") + shown.text
        assert "{" not in said
        assert "None" not in said
        assert "\n\n\n" not in shown.text
        assert channel == "mail" or len(shown.text) <= (268 if "{{ link }}" in words.text else 160)


@pytest.mark.parametrize(
    ("language", "day"),
    [
        ("en", "Monday, 8 March 2027"),
        ("de", "Montag, 8. März 2027"),
        ("fr", "lundi 8 mars 2027"),
        ("es", "lunes, 8 de marzo de 2027"),
    ],
)
def test_days_are_written_as_the_language_writes_them(language: str, day: str) -> None:
    """Time of day is the same everywhere; facts are not escaped in text, and are in HTML."""
    words = Words(subject="{{ date }}", text="{{ time }} {{ business }}", html="{{ business }}")
    shown = Sandbox().render(words, "mail", language, BARE)
    assert shown == Words(
        subject=day, text="15:00 Inkwell & Sons <ltd>", html="Inkwell &amp; Sons &lt;ltd&gt;"
    )


@pytest.mark.parametrize("name", ["A\r\nBcc: all@example.com", "A\nB", "A\x0bB", "A\u2028B", "A\x85B"])
def test_a_name_cannot_break_out_of_the_subject(name: str) -> None:
    """Whatever counts as a line break anywhere becomes a space."""
    words = Words(subject="At {{ business }}", text="x")
    subject = Sandbox().render(words, "mail", "en", {**BARE, "business": name}).subject
    assert subject is not None
    assert len(subject.splitlines()) == 1


def test_a_template_that_was_never_checked_is_not_filled() -> None:
    """Not even from the database."""
    with pytest.raises(ValueError, match="NOT_ALLOWED"):
        Sandbox().render(Words(text="{{ client.__class__ }}"), "sms", "en", BARE)


def test_every_fact_has_an_example() -> None:
    """And a sentence; what is asked alone is empty in examples, which show what is booked or cancelled."""
    assert len({fact.name for fact in FACTS}) == len(FACTS) == 18
    assert [fact.name for fact in FACTS if not fact.example] == ["pending", "declined"]
    assert all(fact.meaning.endswith(".") for fact in FACTS)
