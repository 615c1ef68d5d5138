"""The starts of many together, kept as they change one by one: what they come to when put together anew."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.availability.bits import Found, frame_of
from core.availability.cache import AvailabilityCache
from core.availability.crowd import Crowd, Offer, anybodys, common
from core.availability.masks import Frame
from core.availability.rulebook import Taken
from core.availability.table import Table
from core.availability.walls import DAY
from tests.core.availability.test_cache import TEN, Business, anybody_of

NOW = datetime(2027, 3, 1, 9, tzinfo=UTC)
FRAMES = [frame_of(0, DAY, unit) for unit in (1, 5)]
SEEDS = st.integers(0, 2**32 - 1)


@settings(max_examples=60, deadline=None)
@given(SEEDS)
def test_a_crowd_says_what_its_members_say(seed: int) -> None:
    """After every change of any of them, whatever was asked for in between."""
    assert all(agreements(random.Random(seed)))


def test_a_crowd_that_overlooks_a_change_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the note of a change left away the same changes give other starts."""
    monkeypatch.setattr(Crowd, "change", lambda *_: None)
    assert not all(all(agreements(random.Random(seed))) for seed in range(10))


def agreements(draw: random.Random) -> Iterator[bool]:
    """Whether a table that is changed at random says the same about many at once and one by one."""
    everybody = sorted(draw.sample(range(500), draw.choice((0, 1, 7, 8, 9, 90))))
    table, now = Table(frozenset()), NOW
    for _ in range(60):
        action, provider_id = draw.random(), draw.randrange(500)
        if everybody and draw.random() < 0.8:
            provider_id = draw.choice(everybody)
        if action < 0.6:
            until = now + timedelta(minutes=draw.randrange(1, 9)) if draw.random() < 0.2 else None
            table.put(provider_id, offer_of(draw), until)
        elif action < 0.85:
            table.drop(provider_id)
        elif action < 0.98:
            now += timedelta(minutes=draw.randrange(4))
            table.refresh(now)
        else:
            table.refresh(now - timedelta(minutes=1))
        if draw.random() < 0.7:
            yield minutes(table.anybodys(everybody, again=True)) == minutes(
                anybodys(table.offers, (one for one in everybody if one in table.offers))
            )
            yield table.lacking(everybody) == [one for one in everybody if one not in table.offers]


def offer_of(draw: random.Random) -> Offer:
    """Some starts at up to two places, on five minutes or one, now and then with a session among them."""
    places = []
    for place in range(draw.randrange(3)):
        frame = draw.choice(FRAMES)
        mask = 1 << draw.randrange(frame.bits) | 1 << draw.randrange(frame.bits)
        joined = {draw.randrange(DAY): draw.randrange(1, 5)} if draw.random() < 0.3 else {}
        places.append((place, Found(frame, mask, 1, joined)))
    return places


def minutes(masks: list[Found]) -> tuple[set[int], dict[int, int]]:
    """The starts, and the seats of those that are sessions."""
    joined = {minute: left for found in masks for minute, left in found.joined.items()}
    return {minute for found in masks for minute in found.minutes()}, joined


class Counted(dict[int, Offer]):
    """Counts how often an offer is looked at."""

    reads = 0

    def get(self, key: int, default: object = None) -> object:  # type: ignore[override]
        """One more."""
        self.reads += 1
        return super().get(key, default)


def test_a_change_touches_one_group() -> None:
    """Of 2,500 providers 50 are looked at again; and nobody where nothing changed."""
    draw = random.Random(1)
    everybody, offers = list(range(2_500)), Counted({key: offer_of(draw) for key in range(2_500)})
    crowd = Crowd(everybody, offers)
    first = crowd.together()
    assert offers.reads == 2_500
    assert crowd.together() is first
    offers[7] = offer_of(draw)
    crowd.change(7)
    assert minutes(crowd.together()) == minutes(anybodys(dict(offers), everybody))
    assert offers.reads == 2_550


def test_a_change_of_somebody_else_touches_nothing() -> None:
    """Whoever is not of the crowd, between its members or after them, is neither looked at nor missed."""
    offers = Counted({key: offer_of(random.Random(key)) for key in (1, 3)})
    crowd = Crowd([1, 3], offers)
    first = crowd.together()
    for stranger in (0, 2, 9):
        crowd.change(stranger)
    assert crowd.together() is first
    assert (offers.reads, crowd.absent) == (2, set())


async def test_whoever_is_booked_is_left_away_and_others_stay() -> None:
    """A start goes when the last of three is taken, and comes back with one of them; two statements each."""
    business, cache = Business(), AvailabilityCache()
    everything = await anybody_of(business, cache)
    rows: list[Taken] = []
    for resource_id in (71, 72, 73):
        assert await anybody_of(business, cache) == everything
        rows.append(business.take(resource_id, TEN))
    assert everything - await anybody_of(business, cache) == {TEN}
    asked = business.asked
    business.release(rows[1])
    assert await anybody_of(business, cache) == everything
    assert business.asked == asked + 2
    assert await anybody_of(business, cache) == everything
    assert business.asked == asked + 3


def test_what_all_have_in_common_is_told_in_the_finest_bits() -> None:
    """Of two places of one provider either counts; starts between five minutes are compared to the minute."""
    coarse, fine = frame_of(0, DAY, 5), frame_of(0, DAY, 1)

    def at(frame: Frame, *minutes: int) -> Found:
        return Found(frame, sum(1 << (minute - frame.base) // frame.unit for minute in minutes))

    offers = {
        1: [(1, at(coarse, 10, 20)), (2, at(coarse, 30, 40))],
        2: [(1, at(coarse, 20, 30, 50))],
        3: [(1, at(fine, 20, 29, 31))],
    }
    assert [found.minutes() for found in common(offers, [1, 2])] == [[20, 30]]
    assert [found.minutes() for found in common(offers, [1, 2, 3])] == [[20]]
    assert [found.minutes() for found in common(offers, [3])] == [[20, 29, 31]]
