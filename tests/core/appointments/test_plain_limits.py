"""As many appointments ahead as a service allows a client, and no more."""

from __future__ import annotations

from typing import Any

import pytest

from core.appointments.appointment import Appointment, SlotTaken, TooManyAhead
from core.appointments.book import book
from core.appointments.choose_provider import ProviderSelection
from core.appointments.series import Repeats
from core.availability.hours import every_day
from core.availability.recurrence import Recurrence
from core.availability.rulebook import LocationRules
from core.kernel.errors import NotFound
from tests.core.appointments.on_paper import Paper, client, wanted
from tests.core.availability.in_memory import (
    ANNEXE,
    HOME,
    MARA,
    NOW,
    ZOE,
    later,
    provider,
    row,
    salon,
    service,
)

WEEKLY = Repeats(recurrence=Recurrence(frequency="WEEKLY", count=2))


async def test_a_client_has_no_more_ahead_than_the_service_allows() -> None:
    """A series counts each of its dates; the staff door does not count."""
    for ahead, more, is_refused in (
        (1, {}, False),
        (2, {}, True),
        (0, {"repeats": WEEKLY}, False),
        (1, {"repeats": WEEKLY}, True),
        (2, {"for_staff": True}, True),
        (2, {"within_policies": False}, False),
    ):
        paper = Paper(salon(service(client_limit=2)), ahead_of=ahead)
        if not is_refused:
            await book(paper.ctx, wanted(**more))
            assert bool(paper.heard("ahead_of")) is more.get("within_policies", True)
            continue
        with pytest.raises(TooManyAhead) as refused:
            await book(paper.ctx, wanted(**more))
        assert (refused.value.limit, paper.heard("add", "emit"), paper.is_kept) == (2, [], False)


async def test_a_client_who_is_counted_must_be_there_still() -> None:
    """Who was archived while the resources were waited for is NotFound, and nothing is sold."""
    gone = client(4, archived_at=NOW)
    paper = Paper(salon(service(client_limit=2)), there=[gone])
    with pytest.raises(NotFound) as missing:
        await book(paper.ctx, wanted(client_id=4))
    assert missing.value.noun == "client"
    assert (paper.heard("add", "emit"), paper.is_kept) == ([], False)


@pytest.mark.parametrize(
    ("ahead", "busy", "outcome"),
    [
        (0, None, (MARA, 3)),
        (1, None, (ZOE, 2)),
        (2, None, TooManyAhead),
        (0, MARA, (ZOE, 2)),
        (1, ZOE, SlotTaken),
    ],
)
async def test_of_a_series_the_dates_of_whoever_gives_it_count(
    ahead: int, busy: int | None, outcome: Any
) -> None:
    """Until Wednesday, by Mara's clock from Monday and by Zoe's, in Tokyo, from Tuesday: of three that are
    allowed, one more than she has leaves Zoe alone to choose from."""
    rules = salon(
        service(client_limit=3),
        locations={
            HOME: LocationRules(location_id=HOME, time_zone="UTC"),
            ANNEXE: LocationRules(location_id=ANNEXE, time_zone="Asia/Tokyo"),
        },
        providers={
            MARA: provider(MARA, weekly_hours=every_day(0, 1_440)),
            ZOE: provider(ZOE, location_id=ANNEXE, weekly_hours=every_day(0, 1_440)),
        },
        schedules=[],
    )
    rows = [] if busy is None else [row(busy, 600, 660)]
    paper = Paper(rules, *rows, ahead_of=ahead)
    command = wanted(
        starts_at=later(hours=10),
        selection=ProviderSelection(provider_ids=[MARA, ZOE]),
        repeats=Repeats(recurrence=Recurrence(frequency="DAILY", until=later(days=2).date())),
    )
    if isinstance(outcome, type):
        with pytest.raises(outcome):
            await book(paper.ctx, command)
        assert (paper.heard("add", "emit"), paper.is_kept) == ([], False)
        return
    await book(paper.ctx, command)
    given = [one["provider_id"] for one in paper.kept(Appointment)]
    assert (given[0], len(given)) == outcome
