"""What is kept of answers: taken time until a hold runs out, masks until somebody is touched."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core.availability.bits import Engine, Found, frame_of
from core.availability.cache import AvailabilityCache, Kept, KeptShelf
from core.availability.crowd import anybodys
from core.availability.questions import Changes
from core.availability.table import Table
from tests.core.availability.in_memory import AT, KAI, MARA, NOW, row, salon

HOLD = {"kind": "hold", "owner": "hold:1"}
SOON, LATE = NOW + timedelta(minutes=5), NOW + timedelta(minutes=9)


def test_taken_time_is_good_until_a_hold_runs_out() -> None:
    """Then it is what is left; a clock set back, or seats that come back, is another matter."""
    rows = [
        row(MARA, 0, 60),
        row(MARA, 60, 120, expires_at=LATE, **HOLD),
        row(MARA, 120, 180, expires_at=SOON, **HOLD),
    ]
    shelf = KeptShelf(rows, 1, NOW)
    assert (shelf.until, shelf.reload_at, shelf.at) == (SOON, None, NOW)
    assert shelf.is_good(SOON - timedelta(microseconds=1))
    assert (shelf.rows, shelf.at) == (rows, NOW)
    assert shelf.is_good(SOON)
    assert (shelf.rows, list(shelf.shelf.rows), shelf.until, shelf.at) == (rows[:2], rows[:2], LATE, SOON)
    assert not shelf.is_good(NOW)
    assert shelf.is_good(LATE)
    assert (shelf.rows, shelf.until) == (rows[:1], None)
    assert shelf.is_good(LATE + timedelta(days=400))
    assert KeptShelf(rows, 1, SOON).rows == rows[:2]


def test_seats_that_come_back_are_asked_for_again() -> None:
    """At the very instant; the sooner of that and the next hold's end is when masks no longer hold."""
    session = row(MARA, 0, 60, kind="session", seats_until=SOON)
    other = row(MARA, 60, 120, kind="session", seats_until=LATE)
    shelf = KeptShelf([session, other, row(MARA, 200, 260, expires_at=LATE, **HOLD)], 1, NOW)
    assert (shelf.until, shelf.reload_at) == (SOON, SOON)
    assert shelf.is_good(SOON - timedelta(microseconds=1))
    assert not shelf.is_good(SOON)
    early = KeptShelf([other, row(MARA, 200, 260, expires_at=SOON, **HOLD)], 1, NOW)
    assert (early.until, early.reload_at) == (SOON, LATE)
    assert early.is_good(SOON)
    assert early.until == LATE


def mask_of(*minutes: int, unit: int = 5, capacity: int = 1, joined: dict[int, int] | None = None) -> Found:
    """Starts, in minutes from ten, as a mask."""
    frame = frame_of(AT, AT + 1_440, unit)
    bits = sum(1 << (AT + minute - frame.base) // unit for minute in minutes)
    return Found(frame, bits, capacity, {AT + key: left for key, left in (joined or {}).items()})


def test_a_table_forgets_whom_the_clock_overtakes() -> None:
    """At the instant given; all where the clock is set back; and the size is what is left."""
    table = Table(frozenset())
    table.refresh(NOW)
    table.put(MARA, [(1, mask_of(0))], SOON)
    one = table.size
    assert one > 0
    table.put(KAI, [(1, mask_of(0)), (2, mask_of(60))], None)
    assert table.size > 2 * one
    table.refresh(SOON - timedelta(microseconds=1))
    assert set(table.offers) == {MARA, KAI}
    table.refresh(SOON)
    assert (set(table.offers), table.until) == ({KAI}, {})
    table.put(KAI, [(1, mask_of(0))], LATE)
    assert (table.size, table.until) == (one, {KAI: LATE})
    table.drop(MARA)
    assert table.size == one
    table.refresh(NOW)
    assert (table.offers, table.until, table.size) == ({}, {}, 0)


def test_the_starts_of_all_are_made_once_until_somebody_changes() -> None:
    """For the same list of providers; put, drop and clear make them anew."""
    table, both, mara = Table(frozenset()), [MARA, KAI], [MARA]
    table.put(MARA, [(1, mask_of(0))], None)
    table.put(KAI, [(2, mask_of(60))], None)
    made = table.anybodys(both, again=True)
    assert [found.minutes() for found in made] == [[AT, AT + 60]]
    assert table.anybodys(both, again=True) is made
    assert [found.minutes() for found in table.anybodys(mara, again=True)] == [[AT]]
    assert [found.minutes() for found in table.anybodys(both, again=True)] == [[AT, AT + 60]]
    table.put(MARA, [(1, mask_of(30))], None)
    assert [found.minutes() for found in table.anybodys(both, again=True)] == [[AT + 30, AT + 60]]
    table.drop(MARA)
    table.put(MARA, [], None)
    assert [found.minutes() for found in table.anybodys(both, again=True)] == [[AT + 60]]


def test_masks_of_one_unit_are_put_together_and_open_sessions_keep_their_most_seats() -> None:
    """Five minutes and one minute apart; each session once, with the most seats that somebody has."""
    offers = {
        MARA: [(1, mask_of(0, capacity=4, joined={7: 1, 9: 3}))],
        KAI: [(1, mask_of(60, capacity=4, joined={7: 2})), (2, mask_of(3, unit=1, capacity=4))],
    }
    coarse, fine = anybodys(offers, [MARA, KAI])
    assert (coarse.frame.unit, fine.frame.unit, coarse.capacity, fine.capacity) == (5, 1, 4, 4)
    assert coarse.joined == {AT + 7: 2, AT + 9: 3}
    assert coarse.minutes() == [AT, AT + 7, AT + 9, AT + 60]
    assert [start.remaining for start in coarse.starts()] == [4, 2, 3, 4]
    assert set(fine.minutes()) == {AT + 3, AT + 7, AT + 9}
    assert [coarse.starts_at(AT + minute) for minute in (-5, 0, 1, 5, 7, 60)] == [0, 4, 0, 0, 2, 4]
    assert coarse.starts_at(coarse.frame.base - 5) == 0
    inner = coarse.between(AT + 7, AT + 9)
    assert (inner.minutes(), inner.capacity) == ([AT + 7], 4)


CHUNK = (AT, AT + 1_440)


def kept_about(*, last: int = 3) -> Kept:
    """A business whose rules and last event are known."""
    kept = Kept()
    kept.learn(Changes(last=last, rules_revision=5, rulebook=salon(), touched={}), None)
    return kept


def test_what_was_touched_since_is_forgotten() -> None:
    """Taken time and masks of the resource, not of others; and what was read before is not kept."""
    kept = kept_about()
    for resource_id in (700, 80):
        kept.keep(resource_id, CHUNK, KeptShelf([], 3, NOW))
    roomy = kept.table((None, 3, 60, False, 1, CHUNK), {81, 80}, NOW)
    plain = kept.table((None, 4, 60, False, 1, CHUNK), (), NOW)
    for table in (roomy, plain):
        for provider_id in (MARA, KAI):
            table.put(provider_id, [], None)
    kept.learn(Changes(last=4, rules_revision=5, rulebook=None, touched={700: 4}), 3)
    assert (kept.last, kept.shelf(700, CHUNK, NOW)) == (4, None)
    assert kept.shelf(80, CHUNK, NOW) is not None
    assert set(roomy.offers) == set(plain.offers) == {KAI}
    kept.learn(Changes(last=5, rules_revision=5, rulebook=None, touched={81: 5, 700: 4}), 4)
    assert kept.shelf(80, CHUNK, NOW) is not None
    assert (set(roomy.offers), set(plain.offers)) == (set(), {KAI})
    assert [kept.is_current(700, last) for last in (2, 3, 4)] == [False, False, True]
    assert [kept.is_current(81, last) for last in (4, 5)] == [False, True]
    assert [kept.is_current(90, last) for last in (2, 3)] == [False, True]
    kept.keep(700, CHUNK, KeptShelf([], 3, NOW))
    assert kept.shelf(700, CHUNK, NOW) is None
    assert not Kept().is_current(700, 9)


def test_the_same_again_changes_nothing() -> None:
    """Rules of the revision known, taken time put in its own place, a table asked for twice."""
    kept = kept_about()
    engine = kept.engine
    kept.learn(Changes(last=3, rules_revision=5, rulebook=salon(), touched={}), 3)
    assert kept.engine is engine
    kept.keep(700, CHUNK, KeptShelf([], 3, NOW))
    size = kept.size
    kept.keep(700, CHUNK, KeptShelf([], 3, NOW))
    assert kept.size == size
    key = (None, 3, 60, False, 1, CHUNK)
    assert kept.table(key, (), NOW) is kept.table(key, (), NOW)
    assert (AvailabilityCache().size, AvailabilityCache().of(1).size) == (0, 0)
    assert not Kept().shrink()


def test_late_answers_change_nothing_that_is_known_better() -> None:
    """An older event number, older rules, and a first answer that comes second."""
    kept = kept_about()
    book, engine = kept.book, kept.engine
    kept.learn(Changes(last=9, rules_revision=6, rulebook=salon(revision=6), touched={}), 3)
    assert (kept.last, kept.rules) == (9, 6)
    assert kept.book is not book
    assert kept.engine is not engine
    kept.learn(Changes(last=4, rules_revision=5, rulebook=book, touched={}), 3)
    assert (kept.last, kept.rules, kept.floor) == (9, 6, 3)
    kept.learn(Changes(last=12, rules_revision=6, rulebook=None, touched={}), None)
    assert (kept.last, kept.floor) == (9, 3)


def test_new_rules_forget_masks_and_keep_what_is_taken() -> None:
    """Masks hang on rules."""
    kept = kept_about()
    kept.keep(700, CHUNK, KeptShelf([], 3, NOW))
    kept.table((None, 3, 60, False, 1, CHUNK), (), NOW)
    kept.learn(Changes(last=3, rules_revision=6, rulebook=salon(revision=6), touched={}), 3)
    assert (len(kept.tables), len(kept.shelves)) == (0, 1)


def test_what_is_no_longer_good_is_forgotten_when_it_is_asked_for() -> None:
    """A shelf read by a later clock."""
    kept = kept_about()
    kept.keep(700, CHUNK, KeptShelf([], 3, SOON))
    blank = kept.size
    assert kept.shelf(700, CHUNK, NOW) is None
    assert (len(kept.shelves), kept.shelf(700, CHUNK, SOON)) == (0, None)
    assert kept.size < blank


def test_a_business_shrinks_from_what_was_used_least_of_late() -> None:
    """Taken time first, then masks, then compiled rules; then there is nothing left, and it says so."""
    kept = kept_about()
    blank = kept.size
    other = (AT + 1_440, AT + 2_880)
    kept.keep(700, CHUNK, KeptShelf([row(MARA, 0, 60)], 3, NOW))
    kept.keep(80, CHUNK, KeptShelf([], 3, NOW))
    kept.keep(80, other, KeptShelf([], 3, NOW))
    kept.shelf(700, CHUNK, NOW)
    first, second = ((None, key, 60, False, 1, CHUNK) for key in (3, 4))
    for key in (first, second, first):
        kept.table(key, (), NOW).put(MARA, [(1, mask_of(0))], None)
    assert kept.engine is not None
    kept.engine._own_size = 10
    left = []
    while kept.shrink():
        left.append((list(kept.shelves), list(kept.tables), kept.engine.size))
    assert left == [
        ([(80, other), (700, CHUNK)], [second, first], 10),
        ([(700, CHUNK)], [second, first], 10),
        ([], [second, first], 10),
        ([], [first], 10),
        ([], [], 10),
        ([], [], 0),
    ]
    assert kept.size == blank


def test_a_cache_forgets_businesses_before_it_shrinks_the_last() -> None:
    """Those used least of late; of one alone only as much as is too much."""
    cache = AvailabilityCache(most_bytes=10**9)
    for business_id in (1, 2, 3):
        kept = cache.of(business_id)
        for resource_id in (700, 80, 90):
            kept.learn(Changes(last=3, rules_revision=5, rulebook=salon(), touched={}), None)
            kept.keep(resource_id, CHUNK, KeptShelf([], 3, NOW))
    one = cache.of(1).size
    assert cache.size == 3 * one
    cache.trim()
    assert cache.size == 3 * one
    cache.most_bytes = 3 * one - 1
    cache.trim()
    assert cache.size == 2 * one
    cache.most_bytes = one
    cache.trim()
    assert cache.size == one
    assert len(cache.of(1).shelves) == 3
    cache.most_bytes = one - 1
    cache.trim()
    assert len(cache.of(1).shelves) == 2
    cache.most_bytes = 0
    cache.trim()
    assert len(cache.of(1).shelves) == 0


def test_an_engine_that_has_grown_too_large_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """And answers as before."""
    from tests.core.availability.simple import book_in, search_in

    engine = Engine(book_in("UTC", {"monday": [[600, 840]]}))
    search = search_in(60, now=NOW)

    def starts() -> list[int]:
        return engine.found(search, AT - 600, AT + 840, lambda _: KeptShelf([], 1, NOW).shelf).minutes()

    before, size = starts(), engine.size
    assert before == [AT, AT + 60, AT + 120, AT + 180]
    assert (starts(), engine.size) == (before, size)
    monkeypatch.setattr("core.availability.bits.MOST_BYTES", size - 1)
    engine.found(search, AT, AT + 1, lambda _: KeptShelf([], 1, NOW).shelf)
    assert engine.size < 2 * size
    assert starts() == before
