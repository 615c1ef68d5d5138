"""Blocks: spans, recurrence with exceptions, whom they stop; and contradictions, refused."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from core.availability.kept import reaches_of, recurrence_of
from core.availability.recurrence import DAILY, MONTHLY, WEEKLY, Recurrence
from core.availability.rulebook import Reach
from core.blocks.block import Span, shortest_gap
from core.blocks.create_block import CreateBlock, create_block
from core.blocks.delete_block import DeleteBlock, delete_block
from core.blocks.reads import BLOCK
from core.blocks.update_block import UpdateBlock, update_block
from core.kernel.errors import NotFound
from tests.kit.houses import NOW, Studio, counted
from tests.kit.rules import FAR, issues, kept, last_event, refused, revision

MONDAY = datetime(2027, 3, 8, 12, 0)
LUNCH = Span(starts=MONDAY, ends=MONDAY + timedelta(hours=1))
WEEKDAYS = Recurrence(frequency=WEEKLY, byday=("MO", "WE", "FR"))


def days(count: float) -> Span:
    """A span of so many days, from midnight on."""
    starts = datetime(2027, 3, 8)
    return Span(starts=starts, ends=starts + timedelta(days=count))


async def made(studio: Studio, **more: Any) -> int:
    """The key of a new block: a lunch, once, for everybody, unless said otherwise."""
    return (await create_block(studio.ctx, CreateBlock(**{"span": LUNCH, **more}))).block_id


async def test_a_block_is_kept_with_its_event(studio: Studio) -> None:
    """As core.availability.kept says; exceptions carry the time of the start, repeats are dropped."""
    service = await studio.service()
    (place,) = await studio.table("locations")
    reaches = [
        Reach(provider_id=studio.provider_id, service_id=service),
        Reach(location_id=place["id"]),
        Reach(location_id=place["id"]),
    ]
    key = await made(
        studio,
        title="Lunch",
        time_zone="America/New_York",
        recurrence=Recurrence(frequency=WEEKLY, interval=2, byday=("MO", "WE"), until=date(2027, 6, 1)),
        exceptions=[date(2027, 3, 24), date(2027, 3, 10), date(2027, 3, 10)],
        reaches=reaches,
    )
    row = await kept(studio, BLOCK, key)
    assert row == {
        "id": key,
        "title": "Lunch",
        "starts": "2027-03-08T12:00",
        "ends": "2027-03-08T13:00",
        "time_zone": "America/New_York",
        "recurrence": {
            "frequency": "WEEKLY",
            "interval": 2,
            "byday": ["MO", "WE"],
            "count": None,
            "until": "2027-06-01",
        },
        "exceptions": ["2027-03-10T12:00", "2027-03-24T12:00"],
        "reaches": [
            {"provider_id": studio.provider_id, "service_id": service},
            {"location_id": place["id"]},
        ],
        "created_at": NOW,
    }
    assert reaches_of(row["reaches"]) == tuple(reaches[:2])
    assert await last_event(studio) == ("block.created", {"block_id": key})
    assert await revision(studio) == len(await studio.table("events"))


async def test_a_block_is_everybodys_and_once_unless_said_otherwise(studio: Studio) -> None:
    """One reach that names nothing."""
    row = await kept(studio, BLOCK, await made(studio))
    assert row is not None
    assert (row["reaches"], row["recurrence"], row["exceptions"], row["time_zone"]) == ([{}], None, [], None)


async def test_only_what_is_given_changes_and_the_whole_is_judged(studio: Studio) -> None:
    """Exceptions follow a new time of day; a new day that makes one of them impossible is refused."""
    key = await made(studio, recurrence=WEEKDAYS, exceptions=[date(2027, 3, 10)])
    later = Span(starts=datetime(2027, 3, 8, 13, 30), ends=datetime(2027, 3, 8, 14, 0))
    await update_block(studio.ctx, UpdateBlock(block_id=key, span=later, title="Break"))
    row = await kept(studio, BLOCK, key)
    assert row is not None
    assert (row["title"], row["starts"], row["exceptions"]) == (
        "Break",
        "2027-03-08T13:30",
        ["2027-03-10T13:30"],
    )
    assert recurrence_of(row["recurrence"]) == WEEKDAYS
    after = Span(starts=datetime(2027, 3, 12, 13, 30), ends=datetime(2027, 3, 12, 14, 0))
    move = update_block(studio.ctx, UpdateBlock(block_id=key, span=after))
    assert await issues(studio, move) == [("exceptions.0", "NO_OCCURRENCE")]
    once = update_block(studio.ctx, UpdateBlock(block_id=key, recurrence=None))
    assert await issues(studio, once) == [("exceptions", "NOT_RECURRING")]
    await update_block(studio.ctx, UpdateBlock(block_id=key, recurrence=None, exceptions=[], title=None))
    row = await kept(studio, BLOCK, key)
    assert row is not None
    assert (row["recurrence"], row["exceptions"], row["title"], row["reaches"]) == (None, [], None, [{}])
    assert await last_event(studio) == ("block.updated", {"block_id": key})


async def test_a_deleted_block_is_gone(studio: Studio) -> None:
    """With its event; a second time it is not found."""
    key = await made(studio)
    await delete_block(studio.ctx, DeleteBlock(block_id=key))
    assert await studio.table("blocks") == []
    assert await last_event(studio) == ("block.deleted", {"block_id": key})
    await refused(studio, delete_block(studio.ctx, DeleteBlock(block_id=key)), NotFound)
    await refused(studio, update_block(studio.ctx, UpdateBlock(block_id=key)), NotFound)


DAILY_RULE = Recurrence(frequency=DAILY)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"span": Span(starts=MONDAY, ends=MONDAY)}, [("span", "ENDS_BEFORE_IT_STARTS")]),
        ({"span": days(366.5)}, [("span", "TOO_LONG")]),
        (
            {"span": Span(starts=MONDAY.replace(tzinfo=UTC), ends=MONDAY.replace(hour=13, tzinfo=UTC))},
            [("span", "BAD_TIME")],
        ),
        ({"span": Span(starts=MONDAY, ends=MONDAY.replace(hour=13, second=1))}, [("span", "BAD_TIME")]),
        (
            {"span": Span(starts=datetime(9998, 1, 1), ends=datetime(9998, 1, 2))},
            [("span", "OUT_OF_RANGE"), ("span", "OUT_OF_RANGE")],
        ),
        ({"title": "a\x00b"}, [("title", "BAD_CHARACTER")]),
        ({"title": "t" * 201}, [("title", "TOO_LONG")]),
        ({"time_zone": "Nowhere"}, [("time_zone", "UNKNOWN_TIME_ZONE")]),
        ({"reaches": []}, [("reaches", "OUT_OF_RANGE")]),
        ({"reaches": [Reach(provider_id=at) for at in range(1, 102)]}, [("reaches", "OUT_OF_RANGE")]),
        ({"exceptions": [date(2027, 3, 8)]}, [("exceptions", "NOT_RECURRING")]),
        ({"recurrence": Recurrence(frequency="YEARLY")}, [("recurrence.frequency", "UNKNOWN_FREQUENCY")]),
        ({"recurrence": Recurrence(frequency=DAILY, interval=0)}, [("recurrence.interval", "OUT_OF_RANGE")]),
        (
            {"recurrence": Recurrence(frequency=MONTHLY, byday=("MO",))},
            [("recurrence.weekdays", "NOT_ALLOWED")],
        ),
        (
            {"recurrence": Recurrence(frequency=DAILY, until=date(2027, 3, 7))},
            [("recurrence.until", "BEFORE_FIRST")],
        ),
        (
            {"recurrence": Recurrence(frequency=DAILY, until=date.max)},
            [("recurrence.until", "OUT_OF_RANGE")],
        ),
        (
            {"recurrence": Recurrence(frequency=WEEKLY, byday=("TU",), until=date(2027, 3, 8))},
            [("recurrence", "NO_OCCURRENCE")],
        ),
        (
            {
                "recurrence": Recurrence(frequency=DAILY, count=2),
                "exceptions": [date(2027, 3, 9), date(2027, 3, 8)],
            },
            [("exceptions", "NOTHING_LEFT")],
        ),
        ({"span": days(1.5), "recurrence": DAILY_RULE}, [("span", "LONGER_THAN_ITS_INTERVAL")]),
        ({"span": days(2.5), "recurrence": WEEKDAYS}, [("span", "LONGER_THAN_ITS_INTERVAL")]),
        (
            {"span": days(29), "recurrence": Recurrence(frequency=MONTHLY)},
            [("span", "LONGER_THAN_ITS_INTERVAL")],
        ),
        ({"recurrence": WEEKDAYS, "exceptions": [date(2027, 3, 9)]}, [("exceptions.0", "NO_OCCURRENCE")]),
        (
            {"recurrence": WEEKDAYS, "exceptions": [date(2027, 3, 10), date(2027, 3, 1)]},
            [("exceptions.1", "NO_OCCURRENCE")],
        ),
        (
            {"recurrence": DAILY_RULE, "exceptions": [date(2027, 3, 9)] * 501},
            [("exceptions", "TOO_MANY")],
        ),
    ],
)
async def test_bad_values_are_named_and_nothing_is_kept(
    studio: Studio, given: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    """A contradiction is an issue with its path and code."""
    assert await issues(studio, made(studio, **given)) == expected


@pytest.mark.parametrize(
    ("span", "rule"),
    [
        (days(366), None),
        (days(1), DAILY_RULE),
        (days(2), WEEKDAYS),
        (days(7), Recurrence(frequency=WEEKLY)),
        (days(28), Recurrence(frequency=MONTHLY)),
        (LUNCH, Recurrence(frequency=DAILY, byday=("TU",), count=1)),
    ],
)
async def test_a_span_may_touch_the_next_occurrence(
    studio: Studio, span: Span, rule: Recurrence | None
) -> None:
    """As long as the time between two occurrences, and no longer."""
    row = await kept(studio, BLOCK, await made(studio, span=span, recurrence=rule))
    assert row is not None


@pytest.mark.parametrize(
    ("rule", "gap"),
    [
        (Recurrence(frequency=DAILY, interval=3), 3),
        (Recurrence(frequency=WEEKLY), 7),
        (Recurrence(frequency=WEEKLY, interval=2, byday=("MO",)), 14),
        (Recurrence(frequency=WEEKLY, byday=("SU", "MO")), 1),
        (Recurrence(frequency=WEEKLY, interval=2, byday=("SU", "MO")), 6),
        (Recurrence(frequency=WEEKLY, byday=("TU", "FR")), 3),
        (Recurrence(frequency=MONTHLY, interval=2), 56),
    ],
)
def test_the_shortest_gap_between_occurrences(rule: Recurrence, gap: int) -> None:
    """In days; the end of one week counts with the beginning of the next that is hit."""
    assert shortest_gap(rule) == gap


async def test_keys_of_nobody_and_of_others_are_not_found(studio: Studio, other_studio: Studio) -> None:
    """Nothing changes in either business."""
    (their_place,) = await other_studio.table("locations")
    their_service, theirs, mine = await other_studio.service(), await made(other_studio), await made(studio)
    before = await other_studio.state()
    for noun, reach in (
        ("provider", Reach(provider_id=other_studio.provider_id)),
        ("provider", Reach(provider_id=FAR)),
        ("service", Reach(provider_id=studio.provider_id, service_id=their_service)),
        ("location", Reach(location_id=their_place["id"])),
    ):
        error = await refused(studio, made(studio, reaches=[Reach(), reach]), NotFound)
        assert error.noun == noun
        change = UpdateBlock(block_id=mine, reaches=[reach])
        await refused(studio, update_block(studio.ctx, change), NotFound)
    await refused(studio, update_block(studio.ctx, UpdateBlock(block_id=theirs, title="X")), NotFound)
    await refused(studio, delete_block(studio.ctx, DeleteBlock(block_id=theirs)), NotFound)
    assert await other_studio.state() == before


async def test_a_repeated_key_answers_as_before(studio: Studio) -> None:
    """One block per key, with a span, a rule and reaches in it."""
    command = CreateBlock(
        span=LUNCH, recurrence=WEEKDAYS, reaches=[Reach(provider_id=studio.provider_id)], idempotency_key="k"
    )
    assert await create_block(studio.ctx, command) == await create_block(studio.ctx, command)
    assert len(await studio.table("blocks")) == 1


async def test_writing_costs_few_statements(studio: Studio) -> None:
    """Whom it names in one, the row, the number, the event and its audit."""
    reaches = [Reach(provider_id=studio.provider_id), Reach(service_id=await studio.service())]
    with counted(studio.house) as seen:
        key = await made(studio, reaches=reaches)
    assert len(seen) == 5, seen
    with counted(studio.house) as seen:
        await update_block(studio.ctx, UpdateBlock(block_id=key, title="X"))
    assert len(seen) == 5, seen
    with counted(studio.house) as seen:
        await delete_block(studio.ctx, DeleteBlock(block_id=key))
    assert len(seen) == 5, seen
