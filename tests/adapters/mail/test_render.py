"""Letters in words: a subject of one line and a plain text, whatever the facts hold."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from jinja2 import UndefinedError

from adapters.mail.render import render
from core.messaging.mail import Letter

FACTS: dict[str, Any] = {
    "business": "Inkwell & Sons <ltd>",
    "client": "Ana Lima",
    "provider": "Kai Rodriguez",
    "starts_at": datetime(2027, 3, 8, 15, 0, tzinfo=UTC),
    "duration_minutes": 90,
    "time_zone": "UTC",
    "address": "2nd Street\nBrooklyn",
}


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


def test_the_booking_confirmation_tells_time_place_and_person() -> None:
    """In the zone that the facts are in; the address only where there is one."""
    rendered = render(letter("booking_confirmation", **FACTS))
    assert rendered.subject == "Your appointment at Inkwell & Sons <ltd> on 08 March 2027, 15:00"
    assert "Monday, 08 March 2027, 15:00 (UTC), 90 minutes" in rendered.text
    assert "2nd Street\nBrooklyn" in rendered.text
    without = render(letter("booking_confirmation", **{**FACTS, "address": None}))
    assert "None" not in without.text
    assert "2nd Street" not in without.text


@pytest.mark.parametrize("name", ["A\r\nBcc: all@example.com", "A\nB", "A\x0bB", "A\u2028B", "A\x85B"])
def test_a_name_cannot_break_out_of_the_subject(name: str) -> None:
    """Whatever counts as a line break anywhere becomes a space."""
    subject = render(letter(business=name, owner="Kai")).subject
    assert len(subject.splitlines()) == 1


def test_a_fact_that_is_missing_is_a_fault() -> None:
    """No letter goes out with a hole in it."""
    with pytest.raises(UndefinedError):
        render(letter(business="Inkwell"))
