"""The series: all of its dates or none, at one time of the wall, and nothing left out in silence."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from core.appointments.appointment import OutsidePolicy, SlotTaken, TooManyAhead
from core.appointments.choose_provider import ProviderSelection
from core.appointments.series import MOST_DATES, Repeats, starts_of
from core.availability.hours import WeeklyHours, every_day
from core.availability.recurrence import Recurrence
from core.directory.create_location import CreateLocation, create_location
from core.kernel.clock import instant_of
from core.kernel.text import Check
from core.schedules.set_schedule import SetSchedule, set_schedule
from tests.core.appointments.shop import TEN, active, offered, sold
from tests.kit.houses import NOW, Studio
from tests.kit.rules import issues, refused

NEW_YORK = ZoneInfo("America/New_York")
WEEKLY = Recurrence(frequency="WEEKLY", count=4)
DAILY = Recurrence(frequency="DAILY", count=3)


async def new_yorker(studio: Studio) -> int:
    """A provider in New York, open around the clock."""
    place = await create_location(studio.ctx, CreateLocation(name="New York", time_zone="America/New_York"))
    return await studio.provider(location_id=place.location_id, weekly_hours=every_day(0, 1_440))


def starts(rows: list[dict[str, Any]]) -> list[datetime]:
    """When appointments start, as the table has it."""
    found = [row["starts_at"] for row in rows]
    return [
        datetime.fromtimestamp(at / 1_000_000, UTC) if isinstance(at, int) else at.astimezone(UTC)
        for at in found
    ]


async def test_wall_time_is_kept_over_daylight_saving(studio: Studio) -> None:
    """Four Mondays at ten in New York: 15:00 UTC until the clocks go forward, 14:00 after it."""
    client_id = await studio.client()
    provider_id = await new_yorker(studio)
    made = await sold(
        studio,
        client_id,
        datetime(2027, 3, 8, 15, tzinfo=UTC),
        provider_id=provider_id,
        duration_minutes=60,
        repeats=Repeats(recurrence=WEEKLY),
        idempotency_key="series",
    )
    rows = await studio.table("appointments")
    assert starts(rows) == [
        datetime(2027, 3, 8, 15, tzinfo=UTC),
        datetime(2027, 3, 15, 14, tzinfo=UTC),
        datetime(2027, 3, 22, 14, tzinfo=UTC),
        datetime(2027, 3, 29, 14, tzinfo=UTC),
    ]
    (series,) = await studio.table("series")
    assert (made.series_id, made.appointment_ids) == (series["id"], [row["id"] for row in rows])
    assert made.appointment_id == made.appointment_ids[0]
    assert (series["time_zone"], series["provider_id"]) == ("America/New_York", provider_id)
    assert {row["series_id"] for row in rows} == {series["id"]}
    assert await studio.payloads("series.booked") == [
        {"series_id": series["id"], "provider_id": provider_id, "client_id": client_id, "count": 4}
    ]
    before = await studio.state()
    again = await sold(
        studio,
        client_id,
        datetime(2027, 3, 8, 15, tzinfo=UTC),
        provider_id=provider_id,
        duration_minutes=60,
        repeats=Repeats(recurrence=WEEKLY),
        idempotency_key="series",
    )
    assert again == made
    assert await studio.state() == before


async def test_a_provider_away_from_home_keeps_the_clock_of_where_they_are(studio: Studio) -> None:
    """At home in New York, on Mondays in Berlin: ten by the clock of Berlin, also after its clocks change."""
    client_id = await studio.client()
    provider_id = await new_yorker(studio)
    berlin = await create_location(studio.ctx, CreateLocation(name="Berlin", time_zone="Europe/Berlin"))
    mondays: WeeklyHours = {"monday": [[540, 1_080]]}
    command = SetSchedule(weekly_hours=mondays, provider_id=provider_id, location_id=berlin.location_id)
    await set_schedule(studio.ctx, command)
    first = datetime(2027, 3, 8, 9, tzinfo=UTC)
    repeats = Repeats(recurrence=WEEKLY)
    await sold(studio, client_id, first, provider_id=provider_id, duration_minutes=60, repeats=repeats)
    rows = await studio.table("appointments")
    assert [start.astimezone(ZoneInfo("Europe/Berlin")).hour for start in starts(rows)] == [10] * 4
    assert starts(rows)[-1] == datetime(2027, 3, 29, 8, tzinfo=UTC)
    assert {row["location_id"] for row in rows} == {berlin.location_id}
    assert [row["time_zone"] for row in await studio.table("series")] == ["Europe/Berlin"]


async def test_a_series_for_any_keeps_the_clock_of_who_is_chosen(studio: Studio) -> None:
    """The first in turn, in UTC, has the second week taken: the New Yorker gives it by her own clock."""
    client_id = await studio.client()
    new_york = await new_yorker(studio)
    both = ProviderSelection(provider_ids=[studio.provider_id, new_york])
    asked: dict[str, Any] = {"duration_minutes": 60, "selection": both}
    await studio.appointment(client_id, starts_at=TEN + timedelta(weeks=1))
    made = await sold(studio, client_id, TEN, repeats=Repeats(recurrence=replace(WEEKLY, count=2)), **asked)
    rows = [row for row in await studio.table("appointments") if row["id"] in made.appointment_ids]
    assert {row["provider_id"] for row in rows} == {new_york}
    assert starts(rows) == [TEN, TEN + timedelta(weeks=1) - timedelta(hours=1)]
    (series,) = await studio.table("series")
    assert (series["provider_id"], series["time_zone"]) == (new_york, "America/New_York")


async def test_one_taken_date_refuses_all(studio: Studio) -> None:
    """The third of four is taken: nothing is kept, and SlotTaken names it; skipped by name, three are sold."""
    client_id = await studio.client()
    taken = TEN + timedelta(weeks=2)
    await studio.appointment(client_id, starts_at=taken)
    repeats = Repeats(recurrence=WEEKLY)
    act = sold(studio, client_id, TEN, duration_minutes=60, repeats=repeats)
    error = await refused(studio, act, SlotTaken)
    assert error.starts_at == taken
    assert error.next_free == [taken + timedelta(hours=number) for number in (1, 2, 3)]
    repeats.skip = [taken.date()]
    made = await sold(studio, client_id, TEN, duration_minutes=60, repeats=repeats)
    kept = starts([row for row in await studio.table("appointments") if row["id"] in made.appointment_ids])
    assert kept == [TEN + timedelta(weeks=number) for number in (0, 1, 3)]


async def test_one_date_against_the_rules_refuses_all(studio: Studio) -> None:
    """A horizon of ten days holds for the last date too; the staff door books them all."""
    client_id = await studio.client()
    service_id = await offered(studio, 60, horizon_minutes=10 * 1_440)
    asked: dict[str, Any] = {"service_id": service_id, "repeats": Repeats(recurrence=WEEKLY)}
    error = await refused(studio, sold(studio, client_id, TEN, **asked), OutsidePolicy)
    assert error.rule == "HORIZON"
    made = await sold(studio, client_id, TEN, **asked, within_policies=False)
    assert len(made.appointment_ids) == 4


async def test_dates_that_overlap_one_another_are_refused(studio: Studio) -> None:
    """A whole day with a buffer, every day: the second overlaps the first, and none is kept."""
    client_id = await studio.client()
    service_id = await offered(studio, 1_440, buffer_after_minutes=1)
    act = sold(
        studio,
        client_id,
        TEN,
        service_id=service_id,
        within_policies=False,
        repeats=Repeats(recurrence=DAILY),
    )
    await refused(studio, act, SlotTaken)


async def test_a_limit_per_client_counts_the_whole_series(studio: Studio) -> None:
    """Three allowed: a series of four is too many, one of three is not, and then none is left."""
    client_id = await studio.client()
    service_id = await offered(studio, 60, client_limit=3)
    four = sold(studio, client_id, TEN, service_id=service_id, repeats=Repeats(recurrence=WEEKLY))
    assert (await refused(studio, four, TooManyAhead)).limit == 3
    three = Repeats(recurrence=replace(WEEKLY, count=3))
    await sold(studio, client_id, TEN, service_id=service_id, repeats=three)
    one_more = sold(studio, client_id, TEN + timedelta(hours=1), service_id=service_id)
    await refused(studio, one_more, TooManyAhead)


async def test_a_series_of_a_group_sits_in_every_session(studio: Studio) -> None:
    """Two seats a week beside somebody who has the second week already; a full week refuses all."""
    client_id = await studio.client()
    service_id = await offered(studio, 60, capacity=3)
    await sold(studio, client_id, TEN + timedelta(weeks=1), service_id=service_id)
    asked: dict[str, Any] = {"service_id": service_id, "repeats": Repeats(recurrence=WEEKLY)}
    await sold(studio, client_id, TEN, **asked, seats=2)
    assert len(await studio.table("group_sessions")) == 4
    rows = await studio.table("appointments")
    assert sorted(row["seats"] for row in rows) == [1, 2, 2, 2, 2]
    error = await refused(studio, sold(studio, client_id, TEN, **asked), SlotTaken)
    assert error.starts_at == TEN + timedelta(weeks=1)


async def test_any_provider_who_can_have_all_dates(studio: Studio) -> None:
    """The first in turn has the second week taken: the next has all four, with a choice for each."""
    client_id = await studio.client()
    mara = await studio.provider()
    service_id = await offered(studio, 60, weights={studio.provider_id: 1, mara: 1})
    await studio.appointment(client_id, starts_at=TEN + timedelta(weeks=1))
    made = await sold(
        studio,
        client_id,
        TEN,
        service_id=service_id,
        selection=ProviderSelection(),
        repeats=Repeats(recurrence=WEEKLY),
    )
    rows = [row for row in await studio.table("appointments") if row["id"] in made.appointment_ids]
    assert [row["provider_id"] for row in rows] == [mara] * 4
    assert [row["provider_id"] for row in await studio.table("provider_choices")] == [mara] * 4
    assert len(await active(studio)) == 5


@pytest.mark.parametrize(
    ("repeats", "path", "code"),
    [
        (
            Repeats(recurrence=Recurrence(frequency="HOURLY")),
            "repeats.recurrence.frequency",
            "UNKNOWN_FREQUENCY",
        ),
        (
            Repeats(recurrence=Recurrence(frequency="DAILY", interval=0)),
            "repeats.recurrence.interval",
            "OUT_OF_RANGE",
        ),
        (Repeats(recurrence=replace(DAILY, count=1)), "repeats", "OUT_OF_RANGE"),
        (Repeats(recurrence=replace(DAILY, count=MOST_DATES + 1)), "repeats", "OUT_OF_RANGE"),
        (Repeats(recurrence=Recurrence(frequency="DAILY")), "repeats", "OUT_OF_RANGE"),
        (Repeats(recurrence=DAILY, skip=[date(2027, 3, 9), date(2027, 3, 10)]), "repeats", "OUT_OF_RANGE"),
        (Repeats(recurrence=DAILY, skip=[date(2027, 4, 1)]), "repeats.skip", "NOT_A_DATE_OF_IT"),
        (
            Repeats(recurrence=Recurrence(frequency="WEEKLY", byday=("TU",), count=3)),
            "repeats.recurrence",
            "NOT_ON_ITS_OWN_DAY",
        ),
        (Repeats(recurrence=Recurrence(frequency="MONTHLY", count=62)), "repeats", "TOO_FAR_AHEAD"),
    ],
)
async def test_bad_series_are_named_and_nothing_is_kept(
    studio: Studio, repeats: Repeats, path: str, code: str
) -> None:
    """Unknown rules, too few, too many, dates that are none of it, a first day left out, too far ahead."""
    starts_at = TEN if code != "TOO_FAR_AHEAD" else TEN + timedelta(days=90)
    act = sold(
        studio,
        await studio.client(),
        starts_at,
        duration_minutes=60,
        repeats=repeats,
        within_policies=False,
    )
    assert await issues(studio, act) == [(path, code)]


async def test_a_date_without_that_time_must_be_skipped_by_name(studio: Studio) -> None:
    """Half past two is none on 14 March 2027 in New York: refused, or skipped on purpose."""
    client_id = await studio.client()
    provider_id = await new_yorker(studio)
    first = datetime(2027, 3, 13, 7, 30, tzinfo=UTC)
    repeats = Repeats(recurrence=DAILY)
    asked: dict[str, Any] = {"provider_id": provider_id, "duration_minutes": 30, "repeats": repeats}
    assert await issues(studio, sold(studio, client_id, first, **asked)) == [("repeats", "NO_SUCH_TIME")]
    repeats.skip = [date(2027, 3, 14)]
    await sold(studio, client_id, first, **asked)
    assert starts(await studio.table("appointments")) == [first, datetime(2027, 3, 15, 6, 30, tzinfo=UTC)]


def found(starts_at: datetime, repeats: Repeats, zone: ZoneInfo = NEW_YORK) -> list[datetime]:
    """The starts that a series comes to."""
    check = Check()
    minutes = starts_of(check, starts_at, repeats, zone, NOW)
    check.done()
    return [instant_of(minute) for minute in minutes]


def test_a_time_that_happens_twice_is_the_first_except_where_the_second_was_asked_for() -> None:
    """Half past one on 7 November 2027 in New York, once reached by a series, once its own first start."""
    reached = found(datetime(2027, 11, 6, 5, 30, tzinfo=UTC), Repeats(recurrence=replace(DAILY, count=2)))
    assert reached == [datetime(2027, 11, day, 5, 30, tzinfo=UTC) for day in (6, 7)]
    second = found(datetime(2027, 11, 7, 6, 30, tzinfo=UTC), Repeats(recurrence=replace(DAILY, count=2)))
    assert second == [datetime(2027, 11, day, 6, 30, tzinfo=UTC) for day in (7, 8)]


def test_a_series_has_its_limits_exactly() -> None:
    """104 dates are a series, skipped ones not counted; the first may be skipped; five years are the end."""
    daily = Recurrence(frequency="DAILY", count=MOST_DATES + 2)
    skip = [date(2027, 3, 8), date(2027, 3, 10)]
    kept = found(TEN, Repeats(recurrence=daily, skip=skip), ZoneInfo("UTC"))
    assert (len(kept), kept[0], kept[1]) == (104, TEN + timedelta(days=1), TEN + timedelta(days=3))
    assert kept[-1] == TEN + timedelta(days=105)
    five_years = NOW + timedelta(days=5 * 366)
    yearly = Recurrence(frequency="DAILY", interval=1_000, count=2)
    last = found(five_years - timedelta(days=1_000), Repeats(recurrence=yearly), ZoneInfo("UTC"))[-1]
    assert last == five_years
    check = Check()
    starts_of(check, five_years - timedelta(days=999), Repeats(recurrence=yearly), ZoneInfo("UTC"), NOW)
    assert [(issue.path, issue.code) for issue in check.issues] == [("repeats", "TOO_FAR_AHEAD")]
