"""Letters in words: a subject of one line and a plain text, whatever the facts hold."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from jinja2 import UndefinedError

from adapters.mail.render import render
from core.kernel.text import LANGUAGES
from core.messaging.mail import Letter
from core.messaging.words import Words
from tests.kit.houses import NOW


def letter(template: str = "welcome", **facts: Any) -> Letter:
    """A letter with these facts."""
    return Letter(message_id="1.2.x@test", to="ana@example.com", template=template, facts=facts)


def test_the_first_line_is_the_subject_and_the_rest_the_text() -> None:
    """Signs stay signs: this is plain text, not HTML."""
    rendered = render(letter(business="Inkwell & Sons <ltd>", owner="Kai"))
    assert rendered.subject == "Inkwell & Sons <ltd> is on Daybook"
    assert rendered.text.startswith("Hello Kai,\n\nInkwell & Sons <ltd> is ready to take bookings")
    assert rendered.text.endswith(".\n")
    assert (rendered.message_id, rendered.to) == ("1.2.x@test", "ana@example.com")


@pytest.mark.parametrize("cause", ["GONE", "FAILING"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_letter_is_in_its_language(language: str, cause: str) -> None:
    """Each of them without a hole, and none is another's; what is not written in one is said in English."""
    facts = {"business": "Inkwell", "reader": "Kai", "url": "https://a.example/", "cause": cause}
    made = Letter(
        message_id="1@t",
        to="a@b.example",
        template="webhook_disabled",
        facts={**facts, "failing_since": NOW if cause == "FAILING" else None},
        language=language,
    )
    rendered = render(made)
    assert "Inkwell" in rendered.subject
    assert "https://a.example/" in rendered.text
    assert ("2027-03-01 09:00 UTC" in rendered.text) == (cause == "FAILING")
    assert ("410" in rendered.text) == (cause == "GONE")
    assert "{" not in rendered.text
    others = {render(replace(made, language=other)).text for other in LANGUAGES if other != language}
    assert rendered.text not in others
    assert render(replace(letter(business="A", owner="B"), language=language)).subject == "A is on Daybook"


def test_words_that_a_letter_brings_are_kept_as_they_are() -> None:
    """Its template is not looked for; the subject is one line, and HTML stands beside the text."""
    words = Words(subject="You are\nbooked", text="\nHello\n\nyou\n\n", html="<p>Hello</p>")
    rendered = render(Letter(message_id="1@t", to="a@b.example", template="none", facts={}, words=words))
    assert (rendered.subject, rendered.text, rendered.html) == (
        "You are booked",
        "Hello\n\nyou\n",
        "<p>Hello</p>",
    )


@pytest.mark.parametrize("name", ["A\r\nBcc: all@example.com", "A\nB", "A\x0bB", "A\u2028B", "A\x85B"])
def test_a_name_cannot_break_out_of_the_subject(name: str) -> None:
    """Whatever counts as a line break anywhere becomes a space."""
    subject = render(letter(business=name, owner="Kai")).subject
    assert len(subject.splitlines()) == 1


def test_a_fact_that_is_missing_is_a_fault() -> None:
    """No letter goes out with a hole in it."""
    with pytest.raises(UndefinedError):
        render(letter(business="Inkwell"))
