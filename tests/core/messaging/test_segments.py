"""Segments of an SMS: 160 and 153 places of GSM-7, 70 and 67 units of UCS-2, no character cut in two."""

from __future__ import annotations

import pytest

from core.messaging.sms import segments_of


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("a" * 159 + "€", 2),
        ("a" * 152 + "€" + "a" * 152, 3),  # the euro's two places do not fit behind 152
        ("ä" * 160, 1),
        ("ç" * 70, 1),  # only the capital cedilla is in GSM-7
        ("ç" * 71, 2),
        ("ж" * 70, 1),
        ("ж" * 71, 2),
        ("ж" * 134, 2),
        ("ж" * 135, 3),
        ("🐙" * 35, 1),
        ("🐙" * 36, 2),
        ("ж" * 66 + "🐙" + "ж" * 66, 3),
    ],
)
def test_segments(text: str, segments: int) -> None:
    """As carriers count them."""
    assert segments_of(text) == segments
