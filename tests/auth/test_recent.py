"""The short memory: bounded in time and in size."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from auth.recent import Recent


class Hand:
    """A monotonic clock moved by hand."""

    def __init__(self) -> None:
        self.at = 1_000.0

    def __call__(self) -> float:
        """Seconds."""
        return self.at


def test_a_value_lives_for_its_seconds_from_the_question_on() -> None:
    """Counted from when it was asked for, not from when the answer came."""
    hand = Hand()
    recent: Recent[str, int] = Recent(seconds=5, largest=10, monotonic=hand)
    asked_at = hand()
    hand.at += 2
    recent.keep("a", 1, asked_at=asked_at)
    hand.at = 1_004.999
    assert recent.get("a") == 1
    hand.at = 1_005.0
    assert recent.get("a") is None
    assert recent.get("b") is None


def test_the_oldest_make_room() -> None:
    """A full memory forgets what was kept first; keeping again counts as new."""
    recent: Recent[str, int] = Recent(seconds=5, largest=2, monotonic=Hand())
    recent.keep("a", 1, asked_at=1_000)
    recent.keep("b", 2, asked_at=1_000)
    recent.keep("a", 3, asked_at=1_000)
    recent.keep("c", 4, asked_at=1_000)
    assert [recent.get(key) for key in "abc"] == [3, None, 4]
    assert len(recent) == 2


@given(st.lists(st.tuples(st.integers(0, 30), st.floats(0, 3)), max_size=200))
def test_it_never_grows_and_never_tells_old_news(steps: list[tuple[int, float]]) -> None:
    """Whatever is kept in whatever rhythm."""
    hand = Hand()
    recent: Recent[int, float] = Recent(seconds=5, largest=8, monotonic=hand)
    for key, pause in steps:
        hand.at += pause
        recent.keep(key, hand.at, asked_at=hand.at)
        assert len(recent) <= 8
        assert recent.get(key) == hand.at
        for other in range(31):
            kept_at = recent.get(other)
            assert kept_at is None or hand.at < kept_at + 5
