"""Listing openings: which slots, grouped by whose dates, at what cost."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from core.availability.find_openings import FindOpenings, Openings, find_openings
from core.availability.hours import every_day
from core.directory.create_location import CreateLocation, create_location
from core.kernel.clock import FixedClock, minute_of
from core.kernel.errors import Invalid, NotFound
from tests.kit.houses import NOW, Studio, counted, new_studio

TODAY, MONDAY = NOW.date(), date(2027, 3, 8)
TEN = datetime(2027, 3, 8, 10, 0, tzinfo=UTC)


async def found(studio: Studio, **more: Any) -> Openings:
    """The openings of Monday in a week, for an hour with anybody, unless said otherwise."""
    given: dict[str, Any] = {"first": MONDAY, "last": MONDAY}
    if "service_id" not in more:
        given["duration_minutes"] = 60
    return await find_openings(studio.ctx, FindOpenings(**{**given, **more}))


def times(openings: Openings, day: date = MONDAY) -> list[str]:
    """The starts of a day in UTC, as `10:00`."""
    return [f"{slot.starts_at:%H:%M}" for slot in openings.days.get(day, [])]


async def archive(studio: Studio, table: str, key: int) -> None:
    """Archive a row by SQL: no verb does it yet."""
    async with studio.house.database.connect(studio.business_id, write=True) as connection:
        await connection.execute(
            text(f"UPDATE {table} SET archived_at = created_at WHERE business_id = :business AND id = :key"),
            {"business": studio.business_id, "key": key},
        )
        await connection.commit()


async def test_an_open_day_is_offered_on_the_services_grid(studio: Studio) -> None:
    """Ten to six, an hour every half hour: the last starts at five."""
    service_id = await studio.service(duration_minutes=60, step_minutes=30)
    openings = await found(studio, service_id=service_id)
    assert times(openings) == [f"{hour}:{minute}" for hour in range(10, 17) for minute in ("00", "30")] + [
        "17:00"
    ]
    assert (openings.time_zone, openings.duration_minutes, list(openings.days)) == ("UTC", 60, [MONDAY])
    first = openings.days[MONDAY][0]
    assert (first.starts_at, first.ends_at, first.provider_id) == (
        TEN,
        TEN + timedelta(hours=1),
        studio.provider_id,
    )


async def test_listing_takes_two_statements_at_first_and_one_when_it_is_known(studio: Studio) -> None:
    """What changed in one, the taken time in the other, however many providers and days; then only the
    first; and both again, for the one that was booked."""
    service_id = await studio.service()
    for name in ("Mara Voss", "Ines Okafor", "Lena Berg"):
        await studio.provider(name)
    cold = await statements_of(studio, service_id=service_id)
    assert ["allocations" in statement for statement in cold] == [False, True]
    warm = await statements_of(studio, service_id=service_id)
    assert ["allocations" in statement for statement in warm] == [False]
    client_id = await studio.client()
    await studio.appointment(client_id, service_id=service_id, starts_at=TEN)
    touched = await statements_of(studio, service_id=service_id)
    assert ["allocations" in statement for statement in touched] == [False, True]
    assert await statements_of(studio, service_id=service_id, last=MONDAY) == [warm[0]]


async def statements_of(studio: Studio, **more: Any) -> list[str]:
    """The statements of listing 92 days, unless said otherwise; each has openings."""
    last = more.pop("last", MONDAY + timedelta(days=91))
    with counted(studio.house) as statements:
        openings = await found(studio, last=last, **more)
    assert len(openings.days) == (last - MONDAY).days + 1
    return list(statements)


async def test_taken_time_with_its_buffers_is_never_offered(studio: Studio) -> None:
    """A booking from twelve to one, ten minutes free before and twenty after, and the same for the next."""
    service_id = await studio.service(
        duration_minutes=60, step_minutes=10, buffer_before_minutes=10, buffer_after_minutes=20
    )
    client_id = await studio.client()
    await studio.appointment(client_id, service_id=service_id, starts_at=TEN + timedelta(hours=2))
    offered = times(await found(studio, service_id=service_id))
    assert offered[:4] == ["10:00", "10:10", "10:20", "10:30"]
    assert offered[4] == "13:30"
    assert offered[-1] == "17:00"


async def test_time_taken_days_before_still_counts(studio: Studio) -> None:
    """A booking of a whole day, with a day's buffer behind it, blocks two mornings later."""
    service_id = await studio.service(duration_minutes=1_440, buffer_after_minutes=1_440)
    client_id = await studio.client()
    await studio.appointment(client_id, service_id=service_id, starts_at=TEN + timedelta(hours=3, days=-2))
    assert times(await found(studio)) == ["13:00", "14:00", "15:00", "16:00", "17:00"]


async def test_holds_count_until_they_run_out(studio: Studio) -> None:
    """A hold until a minute from now blocks its hour; the same hold blocks nothing once that has passed."""
    (resource,) = await studio.table("resources")
    start = minute_of(TEN)
    insert = (
        "INSERT INTO allocations (business_id, resource_id, quantity, starts_minute, ends_minute, kind,"
        " is_active, is_exclusive, expires_at) VALUES (:business, :resource, 1, :start, :end, 'hold',"
        " true, true, :expires)"
    )
    expires: Any = NOW + timedelta(minutes=1)
    if not studio.house.database.is_postgresql:
        expires = int(expires.timestamp()) * 1_000_000
    values = {"business": studio.business_id, "resource": resource["id"], "start": start, "end": start + 60}
    async with studio.house.database.connect(studio.business_id, write=True) as connection:
        await connection.execute(text(insert), {**values, "expires": expires})
        await connection.commit()
    assert times(await found(studio))[0] == "11:00"
    later = FixedClock(NOW + timedelta(minutes=1))
    async with studio.house.context(studio.ctx.actor, "later", clock=later) as ctx:
        command = FindOpenings(first=MONDAY, last=MONDAY, duration_minutes=60)
        assert times(await find_openings(ctx, command))[0] == "10:00"


@pytest.mark.parametrize(
    ("notice", "now", "first"),
    [
        (0, "2027-03-08T09:59:59", "10:00"),
        (0, "2027-03-08T10:00:00", "10:15"),
        (0, "2027-03-08T10:14:59", "10:15"),
        (60, "2027-03-08T09:00:00", "10:00"),
        (60, "2027-03-08T09:00:01", "10:15"),
        (60, "2027-03-08T08:59:59", "10:00"),
        (24 * 60, "2027-03-07T12:00:00", "12:00"),
        (7 * 24 * 60, "2027-03-01T16:59:30", "17:00"),
    ],
)
async def test_notice_moves_the_first_slot_to_the_minute(
    studio: Studio, notice: int, now: str, first: str
) -> None:
    """What is exactly the notice away can be had, and what is a second nearer cannot."""
    service_id = await studio.service(notice_minutes=notice)
    clock = FixedClock(datetime.fromisoformat(now).replace(tzinfo=UTC))
    async with studio.house.context(studio.ctx.actor, "then", clock=clock) as ctx:
        openings = await find_openings(ctx, FindOpenings(first=MONDAY, last=MONDAY, service_id=service_id))
    assert times(openings)[0] == first


async def test_what_has_passed_is_not_offered(studio: Studio) -> None:
    """A day of the past has no slots, and a range over today begins after now."""
    openings = await found(studio, first=TODAY - timedelta(days=7), last=TODAY)
    assert list(openings.days) == [TODAY]
    assert times(openings, TODAY)[0] == "10:00"


async def test_days_are_those_of_the_asker(studio: Studio) -> None:
    """Auckland's Monday begins on Sunday in UTC: its slots are the end of Sunday's and the start of Monday's."""
    openings = await found(studio, time_zone="Pacific/Auckland", last=MONDAY + timedelta(days=1))
    # 10:00-18:00 UTC is 23:00-07:00 in Auckland in March: one slot before midnight, seven after.
    assert times(openings) == ["11:00", "12:00", "13:00", "14:00", "15:00", "16:00", "17:00", "10:00"]
    assert [slot.starts_at.date().day for slot in openings.days[MONDAY]] == [7] * 7 + [8]
    assert openings.time_zone == "Pacific/Auckland"
    assert list(openings.days) == [MONDAY, MONDAY + timedelta(days=1)]


async def test_hours_are_computed_in_the_locations_zone(studio: Studio, fresh_number: int) -> None:
    """A studio in New York opens at ten of its wall, before and after its clocks change."""
    made, block = await new_studio(studio.house, fresh_number + 2_000_000, time_zone="America/New_York")
    openings = await find_openings(
        made.ctx, FindOpenings(first=date(2027, 3, 13), last=date(2027, 3, 14), duration_minutes=240)
    )
    assert openings.time_zone == "America/New_York"
    assert {day.day: times(openings, day) for day in openings.days} == {
        13: ["15:00", "19:00"],
        14: ["14:00", "18:00"],
    }
    await block.__aexit__(None, None, None)


async def test_a_gap_offers_no_slot_and_a_fold_offers_each_wall_time_once(
    studio: Studio, fresh_number: int
) -> None:
    """New York, one to four at night: two hours in March, four in November, of which one shows what the
    clock showed before."""
    made, block = await new_studio(studio.house, fresh_number + 3_000_000, time_zone="America/New_York")
    provider_id = await made.provider(weekly_hours=every_day(60, 240))
    shown = {}
    for day in (date(2027, 3, 14), date(2027, 11, 7)):
        openings = await find_openings(
            made.ctx, FindOpenings(first=day, last=day, duration_minutes=60, provider_ids=[provider_id])
        )
        shown[day.month] = times(openings, day)
    assert shown == {3: ["06:00", "07:00"], 11: ["05:00", "07:00", "08:00"]}
    await block.__aexit__(None, None, None)


async def test_several_providers_are_listed_by_start_and_then_by_provider(studio: Studio) -> None:
    """Each with their own hours; everyone where nobody is named, else those named."""
    early = await studio.provider("Early", weekly_hours={"monday": [[540, 660]]})
    late = await studio.provider("Late", weekly_hours={"monday": [[600, 720]], "tuesday": [[0, 60]]})
    openings = await found(studio, provider_ids=[late, early, late])
    assert [(f"{slot.starts_at:%H:%M}", slot.provider_id) for slot in openings.days[MONDAY]] == [
        ("09:00", early),
        ("10:00", early),
        ("10:00", late),
        ("11:00", late),
    ]
    everyone = await found(studio)
    assert {slot.provider_id for slot in everyone.days[MONDAY]} == {studio.provider_id, early, late}
    assert (await found(studio, provider_ids=[])).days == {}


async def test_a_location_keeps_those_who_work_there(studio: Studio, other_studio: Studio) -> None:
    """Of everybody or of those named; an unknown and a foreign location are not found."""
    made = await create_location(studio.ctx, CreateLocation(name="Annexe"))
    there = await studio.provider("There", location_id=made.location_id)
    everyone = await found(studio, location_id=made.location_id)
    assert {slot.provider_id for slot in everyone.days[MONDAY]} == {there}
    named = {"provider_ids": [studio.provider_id], "location_id": made.location_id}
    assert (await found(studio, **named)).days == {}
    (foreign,) = await other_studio.table("locations")
    for key in (foreign["id"], 2**53 - 1):
        with pytest.raises(NotFound) as refused:
            await found(studio, location_id=key)
        assert refused.value.noun == "location"


async def test_who_accepts_no_bookings_is_listed_for_staff_only(studio: Studio) -> None:
    """The public sees nothing, in one statement; staff see the open day."""
    away = await studio.provider("Away", is_accepting_bookings=False)
    with counted(studio.house) as statements:
        assert (await found(studio, provider_ids=[away])).days == {}
    assert len(statements) == 1
    assert {slot.provider_id for slot in (await found(studio)).days[MONDAY]} == {studio.provider_id}
    assert len(times(await found(studio, provider_ids=[away], for_staff=True))) == 8


async def test_tiles_are_laid_end_to_end_from_the_start_of_each_free_stretch(studio: Studio) -> None:
    """Ninety minutes from ten, and anew from the end of what is taken; the service's grid does not count."""
    service_id = await studio.service(duration_minutes=90, step_minutes=60)
    client_id = await studio.client()
    await studio.appointment(client_id, starts_at=TEN + timedelta(hours=2), duration_minutes=20)
    assert times(await found(studio, service_id=service_id, tile=True)) == [
        "10:00",
        "12:20",
        "13:50",
        "15:20",
    ]
    assert times(await found(studio, service_id=service_id)) == ["10:00", "13:00", "14:00", "15:00", "16:00"]


async def test_tiles_do_not_reach_over_the_end_of_the_range(studio: Studio) -> None:
    """Open around the clock, a day holds four tiles of five hours, counted from its midnight."""
    provider_id = await studio.provider(weekly_hours=every_day(0, 1_440))
    openings = await found(studio, provider_ids=[provider_id], duration_minutes=300, tile=True)
    assert times(openings) == ["00:00", "05:00", "10:00", "15:00"]


async def test_a_given_length_wins_over_the_services(studio: Studio) -> None:
    """For staff, as for the public where the service has that length: its buffers, notice and step stay."""
    service_id = await studio.service(duration_minutes=60, step_minutes=120)
    with pytest.raises(Invalid) as refused:
        await found(studio, service_id=service_id, duration_minutes=180)
    assert [(issue.path, issue.code) for issue in refused.value.issues] == [
        ("duration_minutes", "NOT_OFFERED")
    ]
    openings = await found(studio, service_id=service_id, duration_minutes=180, for_staff=True)
    assert (openings.duration_minutes, times(openings)) == (180, ["10:00", "12:00", "14:00"])


async def test_what_is_archived_is_not_there(studio: Studio) -> None:
    """An archived provider or service is not found when named, and not listed when not."""
    provider_id, service_id = await studio.provider(), await studio.service()
    await archive(studio, "providers", provider_id)
    await archive(studio, "services", service_id)
    assert {slot.provider_id for slot in (await found(studio)).days[MONDAY]} == {studio.provider_id}
    for named in ({"provider_ids": [provider_id]}, {"service_id": service_id}):
        with pytest.raises(NotFound):
            await found(studio, **named)
