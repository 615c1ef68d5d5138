"""The other questions about openings, on real databases: open days, the next opening, and why not."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from core.availability.explain_availability import ExplainAvailability, explain_availability
from core.availability.find_openings import FindOpenings, find_openings
from core.availability.next_opening import FindNextOpening, find_next_opening
from core.availability.open_days import FindOpenDays, find_open_days
from core.kernel.errors import Invalid, NotFound
from tests.kit.houses import NOW, Studio, counted

MONDAY = date(2027, 3, 8)
TEN = datetime(2027, 3, 8, 10, 0, tzinfo=UTC)


async def test_a_year_of_days_costs_two_statements_and_then_one(studio: Studio) -> None:
    """Open ten to six on Mondays alone: the Mondays of a year, from the cache the second time."""
    service_id = await studio.service()
    provider_id = await studio.provider("Mondays", weekly_hours={"monday": [[600, 1_080]]})
    asked = FindOpenDays(
        first=MONDAY, last=MONDAY + timedelta(days=365), service_id=service_id, provider_ids=[provider_id]
    )
    costs = []
    for _ in range(2):
        with counted(studio.house) as statements:
            found = await find_open_days(studio.ctx, asked)
        costs.append(len(statements))
        assert found.days == [MONDAY + timedelta(days=7 * week) for week in range(53)]
    assert costs == [2, 1]


async def test_the_next_opening_is_after_what_is_taken(studio: Studio) -> None:
    """In two statements; and the slot is one that a listing has."""
    service_id, client_id = await studio.service(duration_minutes=60), await studio.client()
    for hour in range(8):
        await studio.appointment(client_id, service_id=service_id, starts_at=TEN + timedelta(hours=hour))
    with counted(studio.house) as statements:
        found = await find_next_opening(studio.ctx, FindNextOpening(service_id=service_id, after=TEN))
    assert len(statements) == 2
    assert found.slot is not None
    assert found.slot.starts_at == TEN + timedelta(days=1)
    listed = await find_openings(
        studio.ctx, FindOpenings(first=MONDAY, last=MONDAY + timedelta(days=1), service_id=service_id)
    )
    assert list(listed.days) == [MONDAY + timedelta(days=1)]
    first = listed.days[MONDAY + timedelta(days=1)][0]
    assert found.slot[:3] == first[:3] == (first.starts_at, first.ends_at, studio.provider_id)


async def test_a_start_is_explained_with_what_is_near(studio: Studio) -> None:
    """By the appointment in its way, in two statements at most; a free one has nothing against it."""
    service_id, client_id = await studio.service(duration_minutes=60, step_minutes=60), await studio.client()
    appointment_id = await studio.appointment(client_id, service_id=service_id, starts_at=TEN)
    asked: dict[str, Any] = {"provider_id": studio.provider_id, "service_id": service_id}
    with counted(studio.house) as statements:
        found = await explain_availability(studio.ctx, ExplainAvailability(**asked, starts_at=TEN))
    assert len(statements) <= 2
    (reason,) = found.reasons
    assert (reason.code, reason.noun, reason.key) == ("APPOINTMENT", "appointment", appointment_id)
    assert (reason.from_at, reason.until) == (TEN, TEN + timedelta(hours=1))
    assert found.nearest == [TEN + timedelta(hours=hours) for hours in (1, 2, 3)]
    free = await explain_availability(
        studio.ctx, ExplainAvailability(**asked, starts_at=TEN + timedelta(hours=1))
    )
    assert (free.is_offered, free.reasons) == (True, [])


async def test_bad_questions_are_refused(studio: Studio, other_studio: Studio) -> None:
    """Unknown and foreign keys alike, ranges that are too long, times between minutes, no length."""
    foreign = await other_studio.service()
    for key in (foreign, 2**53 - 1):
        with pytest.raises(NotFound):
            await find_open_days(studio.ctx, FindOpenDays(first=MONDAY, last=MONDAY, service_id=key))
        with pytest.raises(NotFound):
            await find_next_opening(studio.ctx, FindNextOpening(service_id=key))
    for key in (other_studio.provider_id, 2**53 - 1):
        with pytest.raises(NotFound) as refused:
            await explain_availability(
                studio.ctx, ExplainAvailability(provider_id=key, starts_at=TEN, duration_minutes=60)
            )
        assert refused.value.noun == "provider"
    for bad, paths in (
        (FindOpenDays(first=MONDAY, last=MONDAY + timedelta(days=366), duration_minutes=60), ["last"]),
        (FindOpenDays(first=MONDAY, last=MONDAY, seats=0), ["duration_minutes", "seats"]),
    ):
        with pytest.raises(Invalid) as wrong:
            await find_open_days(studio.ctx, bad)
        assert [issue.path for issue in wrong.value.issues] == paths
    for starts_at in (TEN + timedelta(seconds=1), datetime(9_999, 12, 31, tzinfo=UTC)):
        with pytest.raises(Invalid):
            await explain_availability(
                studio.ctx,
                ExplainAvailability(provider_id=studio.provider_id, starts_at=starts_at, duration_minutes=60),
            )


async def test_the_far_past_is_explained_and_has_nothing_near(studio: Studio) -> None:
    """As what has passed, without an error."""
    found = await explain_availability(
        studio.ctx,
        ExplainAvailability(
            provider_id=studio.provider_id,
            starts_at=NOW - timedelta(days=365 * 50),
            duration_minutes=60,
        ),
    )
    assert "PAST" in [reason.code for reason in found.reasons]
    assert found.nearest == []
