"""Many providers' starts, counted before they are made, and merged without naming all who have them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from core.availability.find_openings import FindOpenings, find_openings
from core.availability.hours import every_day
from core.availability.rulebook import ResourceNeed, Rulebook, ScheduleRules, ServiceRules, Taken
from core.kernel.errors import Invalid
from tests.core.availability.in_memory import (
    ANNEXE,
    KAI,
    MARA,
    MONDAY,
    asking,
    provider,
    row,
    salon,
    service,
)

GROUP = service(capacity=4)
SESSION = row(MARA, 0, 60, kind="session", owner="session:1", service_id=3, seats_left=2)
KAIS = row(KAI, 60, 120, kind="session", owner="session:2", service_id=3, seats_left=3)
ODD = ScheduleRules(schedule_id=2, weekly_hours=every_day(607, 787), provider_id=KAI, location_id=ANNEXE)
BOTH = ScheduleRules(schedule_id=3, weekly_hours=every_day(600, 720), provider_id=MARA, location_id=ANNEXE)


def both(wanted: ServiceRules, **more: Any) -> Rulebook:
    """Mara and Kai, in this order."""
    return salon(wanted, providers={MARA: provider(MARA), KAI: provider(KAI)}, **more)


@pytest.mark.parametrize(
    ("rules", "rows", "starts", "offers"),
    [
        (both(service()), [], 4, 6),
        (both(service()), [row(MARA, 0, 60)], 4, 5),
        (both(service(step_minutes=30)), [row(KAI, 0, 60)], 7, 8),
        (both(service(), schedules=[ODD]), [row(MARA, 60, 120)], 6, 6),
        (both(GROUP), [SESSION], 4, 6),
        (both(GROUP), [SESSION, KAIS], 4, 6),
        (both(GROUP), [row(MARA, 0, 120), KAIS], 4, 4),
        (both(service(needs=(ResourceNeed(resource_ids=(80,)),))), [], 4, 6),
    ],
)
async def test_the_first_who_can_be_had_stands_for_all(
    rules: Rulebook, rows: list[Taken], starts: int, offers: int
) -> None:
    """The same starts, places and seats as where all are named; counted to the last one, and one more is
    too many."""
    asked = FindOpenings(first=MONDAY, last=MONDAY, service_id=3, together=True)
    named = (await find_openings(asking(rules, *rows), asked)).days[MONDAY]
    assert (len(named), sum(slot.providers_left for slot in named)) == (starts, offers)
    few = replace(asked, names_all=False, most_starts=starts, most_offers=0)
    plain = (await find_openings(asking(rules, *rows), few)).days[MONDAY]
    assert plain == [slot._replace(provider_ids=slot.provider_ids[:1]) for slot in named]
    exactly = replace(asked, most_starts=starts, most_offers=offers)
    assert (await find_openings(asking(rules, *rows), exactly)).days[MONDAY] == named
    for over in (
        replace(few, most_starts=starts - 1),
        replace(exactly, most_offers=offers - 1),
        replace(few, with_scores=True),
        replace(few, maximise_utilisation=True),
        *([] if "capacity=4" in repr(rules.services[3]) else [replace(few, collective=True)]),
    ):
        with pytest.raises(Invalid) as refused:
            await find_openings(asking(rules, *rows), over)
        assert [(issue.path, issue.code, issue.message) for issue in refused.value.issues] == [
            ("last", "TOO_MANY", "must be nearer: there are too many openings")
        ]


async def test_who_works_at_two_places_stands_at_the_first() -> None:
    """Ten is to be had of Mara at home and at the annexe: one slot, at home; counted at both."""
    rules = salon(service(), providers={MARA: provider(MARA)}, schedules=[BOTH, replace(BOTH, location_id=1)])
    asked = FindOpenings(first=MONDAY, last=MONDAY, service_id=3, together=True, names_all=False)
    slots = (await find_openings(asking(rules), asked)).days[MONDAY]
    assert [(slot.starts_at.hour, slot.location_id, slot.provider_ids) for slot in slots] == [
        (10, 1, (MARA,)),
        (11, 1, (MARA,)),
    ]
    named = replace(asked, names_all=True, most_offers=4)
    assert (await find_openings(asking(rules), named)).days[MONDAY] == slots
    with pytest.raises(Invalid):
        await find_openings(asking(rules), replace(named, most_offers=3))


async def test_twenty_providers_fit_into_the_longest_range() -> None:
    """92 days, every quarter of an hour, everybody named."""
    everybody = {key: provider(key) for key in range(1, 21)}
    rules = salon(
        service(step_minutes=15), providers=everybody, schedules=[], weekly_hours=every_day(600, 1_080)
    )
    asked = FindOpenings(
        first=MONDAY,
        last=MONDAY + timedelta(days=91),
        service_id=3,
        together=True,
        most_starts=30_000,
        most_offers=60_000,
    )
    days = (await find_openings(asking(rules), asked)).days
    assert sum(map(len, days.values())) == 92 * 29
    assert {slot.providers_left for slots in days.values() for slot in slots} == {20}
