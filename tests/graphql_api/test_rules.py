"""The rules of availability through GraphQL: schedules, single days, holidays, blocks, rooms and kit."""

from __future__ import annotations

from typing import Any

from app.house import House
from tests.graphql_api.conftest import Api, ask_as, gid
from tests.graphql_api.texts import mutation
from tests.kit.houses import Studio, counted

SHIFTS = "weeklyHours { weekday shifts { opensAt closesAt minutes } }"
SCHEDULE = f"id provider {{ displayName }} location {{ name }} timeZone {SHIFTS} firstDay lastDay serviceIds isPublic"
SET_SCHEDULE = mutation("setSchedule", f"schedule {{ {SCHEDULE} }}")
DELETE_SCHEDULE = mutation("deleteSchedule", "scheduleId")
SET_OVERRIDE = mutation(
    "setDateOverride",
    "dateOverride { id provider { displayName } location { name } day shifts { opensAt closesAt } note }",
)
CLEAR_OVERRIDE = mutation("clearDateOverride", "dateOverrideId")
HOLIDAY = "holiday { id name firstDay lastDay location { name } calendar { code } }"
CREATE_HOLIDAY = mutation("createHoliday", HOLIDAY)
UPDATE_HOLIDAY = mutation("updateHoliday", HOLIDAY)
DELETE_HOLIDAY = mutation("deleteHoliday", "holidayId")
ADOPT = mutation("adoptHolidayCalendar", "calendar { id code daysCount lastDay }").replace(
    "... on Error", "... on CalendarAdoptedAlready { calendarCode } ... on Error"
)
DROP = mutation("dropHolidayCalendar", "calendarId")
BLOCK = """block { id title timeZone span { firstDay startsAt lastDay endsAt isAllDay } exceptions
    recurrence { frequency interval weekdays count until }
    reaches { provider { displayName } service { name } location { name } } }"""
CREATE_BLOCK = mutation("createBlock", BLOCK)
UPDATE_BLOCK = mutation("updateBlock", BLOCK)
DELETE_BLOCK = mutation("deleteBlock", "blockId")
RESOURCE = "resource { id kind name capacity description location { name } archivedAt }"
CREATE_RESOURCE = mutation("createResource", RESOURCE)
UPDATE_RESOURCE = mutation("updateResource", RESOURCE)
ARCHIVE_RESOURCE = mutation("archiveResource", "resourceId")


async def run(api: Api, query: str, **given: Any) -> dict[str, Any]:
    """The only field of a mutation's answer."""
    (answer,) = (await api.data(query, input=given)).values()
    found: dict[str, Any] = answer
    return found


async def test_a_schedule_is_set_listed_and_deleted(api: Api, studio: Studio) -> None:
    """Split and overnight shifts; found by its id, in the list and below its provider, in one statement each."""
    provider, service = gid("provider", studio.provider_id), gid("service", await studio.service())
    friday = {
        "weekday": "FRIDAY",
        "shifts": [{"opensAt": "20:00", "closesAt": "02:00"}, {"opensAt": "09:00", "closesAt": "12:00"}],
    }
    made = await run(
        api,
        SET_SCHEDULE,
        providerId=provider,
        timeZone="America/New_York",
        weeklyHours=[friday],
        firstDay="2027-03-08",
        lastDay="2027-06-30",
        serviceIds=[service],
        isPublic=False,
    )
    schedule = made["schedule"]
    assert {**schedule, "weeklyHours": schedule["weeklyHours"][4]} == {
        "id": schedule["id"],
        "provider": {"displayName": "Kai Rodriguez"},
        "location": None,
        "timeZone": "America/New_York",
        "weeklyHours": {
            "weekday": "FRIDAY",
            "shifts": [
                {"opensAt": "09:00", "closesAt": "12:00", "minutes": 180},
                {"opensAt": "20:00", "closesAt": "02:00", "minutes": 360},
            ],
        },
        "firstDay": "2027-03-08",
        "lastDay": "2027-06-30",
        "serviceIds": [service],
        "isPublic": False,
    }
    again = await run(api, SET_SCHEDULE, scheduleId=schedule["id"], weeklyHours=[])
    assert (again["schedule"]["id"], again["schedule"]["isPublic"]) == (schedule["id"], True)
    await run(api, SET_SCHEDULE, scheduleId=schedule["id"], providerId=provider, weeklyHours=[friday])
    with counted(studio.house) as seen:
        data = await api.data(
            f"""query($id: ID!, $provider: ID!) {{
              schedule(id: $id) {{ id }} node(id: $id) {{ __typename id }}
              schedules(filter: {{providerId: $provider}}, orderBy: {{field: CREATED_AT}}) {{
                totalCount edges {{ node {{ {SCHEDULE} }} }} }}
              provider(id: $provider) {{ schedules {{ edges {{ node {{ id isPublic }} }} }} }} }}""",
            id=schedule["id"],
            provider=provider,
        )
    assert len(seen) == 5, seen
    assert data["schedule"] == {"id": schedule["id"]}
    assert data["node"] == {"__typename": "Schedule", "id": schedule["id"]}
    assert data["schedules"]["totalCount"] == 1
    assert data["provider"]["schedules"]["edges"] == [{"node": {"id": schedule["id"], "isPublic": True}}]
    gone = await run(api, DELETE_SCHEDULE, scheduleId=schedule["id"])
    assert gone == {"__typename": "DeleteSchedulePayload", "scheduleId": schedule["id"]}
    missing = await run(api, DELETE_SCHEDULE, scheduleId=schedule["id"])
    assert missing["__typename"] == "NotFound"


async def test_a_day_is_set_closed_and_cleared(api: Api, studio: Studio) -> None:
    """The second time it is the same override; the list is filtered by day."""
    provider = gid("provider", studio.provider_id)
    open_ = await run(
        api,
        SET_OVERRIDE,
        providerId=provider,
        day="2027-03-09",
        shifts=[{"opensAt": "10:00", "closesAt": "12:30"}],
        note="Fair",
    )
    assert open_["dateOverride"] == {
        "id": open_["dateOverride"]["id"],
        "provider": {"displayName": "Kai Rodriguez"},
        "location": None,
        "day": "2027-03-09",
        "shifts": [{"opensAt": "10:00", "closesAt": "12:30"}],
        "note": "Fair",
    }
    closed = await run(api, SET_OVERRIDE, providerId=provider, day="2027-03-09", shifts=[])
    assert closed["dateOverride"]["id"] == open_["dateOverride"]["id"]
    assert closed["dateOverride"]["shifts"] == []
    listed = "query($from: Date!) { dateOverrides(filter: {dayFrom: $from}) { totalCount } }"
    assert (await api.data(listed, **{"from": "2027-03-09"}))["dateOverrides"]["totalCount"] == 1
    assert (await api.data(listed, **{"from": "2027-03-10"}))["dateOverrides"]["totalCount"] == 0
    key = closed["dateOverride"]["id"]
    assert (await run(api, CLEAR_OVERRIDE, dateOverrideId=key))["dateOverrideId"] == key
    assert await studio.table("date_overrides") == []


async def test_holidays_and_calendars(api: Api, studio: Studio) -> None:
    """Own ones are made, changed and deleted; public ones come with a calendar and go with it."""
    made = await run(api, CREATE_HOLIDAY, name="Retreat", firstDay="2027-07-01", lastDay="2027-07-03")
    key = made["holiday"]["id"]
    changed = await run(api, UPDATE_HOLIDAY, holidayId=key, lastDay="2027-07-04")
    assert changed["holiday"] == {
        "id": key,
        "name": "Retreat",
        "firstDay": "2027-07-01",
        "lastDay": "2027-07-04",
        "location": None,
        "calendar": None,
    }
    adopted = await run(api, ADOPT, code="US-CA")
    calendar = adopted["calendar"]
    assert (calendar["code"], calendar["lastDay"]) == ("US-CA", "2032-12-31")
    assert calendar["daysCount"] == len(await studio.table("holidays")) - 1 > 60
    assert (await run(api, ADOPT, code="US-CA"))["calendarCode"] == "US-CA"
    assert (await run(api, ADOPT, code="CA-US"))["issues"][0]["code"] == "UNKNOWN_HOLIDAY_CALENDAR"
    listed = await api.data(
        """query($calendar: ID!) {
          holidays(first: 1, filter: {calendarId: $calendar, endsFrom: "2027-07-01"}, orderBy: {field: FIRST_DAY}) {
            edges { node { name firstDay calendar { code } } } }
          holidayCalendars { totalCount }
          publicHolidayCodes(country: "FR") }""",
        calendar=calendar["id"],
    )
    (edge,) = listed["holidays"]["edges"]
    assert edge["node"] == {
        "name": "Independence Day",
        "firstDay": "2027-07-04",
        "calendar": {"code": "US-CA"},
    }
    assert listed["holidayCalendars"]["totalCount"] == 1
    assert listed["publicHolidayCodes"][0] == "FR"
    assert all(code.startswith("FR") for code in listed["publicHolidayCodes"])
    assert (await run(api, DROP, calendarId=calendar["id"]))["calendarId"] == calendar["id"]
    assert (await run(api, DELETE_HOLIDAY, holidayId=key))["holidayId"] == key
    assert await studio.table("holidays") == []


async def test_blocks_timed_and_all_day(api: Api, studio: Studio) -> None:
    """Whole days name the last one blocked; a recurrence has its exceptions; reaches lead to what they name."""
    service = gid("service", await studio.service("Consultation"))
    made = await run(
        api,
        CREATE_BLOCK,
        title="Team lunch",
        span={"firstDay": "2027-03-08", "startsAt": "12:00", "endsAt": "13:00"},
        timeZone="America/New_York",
        recurrence={"frequency": "WEEKLY", "weekdays": ["MONDAY", "WEDNESDAY"], "until": "2027-12-31"},
        exceptions=["2027-03-10"],
        reaches=[{"providerId": gid("provider", studio.provider_id), "serviceId": service}],
    )
    key = made["block"]["id"]
    assert made["block"] == {
        "id": key,
        "title": "Team lunch",
        "timeZone": "America/New_York",
        "span": {
            "firstDay": "2027-03-08",
            "startsAt": "12:00",
            "lastDay": "2027-03-08",
            "endsAt": "13:00",
            "isAllDay": False,
        },
        "exceptions": ["2027-03-10"],
        "recurrence": {
            "frequency": "WEEKLY",
            "interval": 1,
            "weekdays": ["MONDAY", "WEDNESDAY"],
            "count": None,
            "until": "2027-12-31",
        },
        "reaches": [
            {
                "provider": {"displayName": "Kai Rodriguez"},
                "service": {"name": "Consultation"},
                "location": None,
            }
        ],
    }
    changed = await run(
        api,
        UPDATE_BLOCK,
        blockId=key,
        span={"firstDay": "2027-03-08", "lastDay": "2027-03-09"},
        recurrence=None,
        exceptions=[],
        reaches=[{}],
    )
    assert changed["block"]["span"] == {
        "firstDay": "2027-03-08",
        "startsAt": None,
        "lastDay": "2027-03-09",
        "endsAt": None,
        "isAllDay": True,
    }
    assert changed["block"]["reaches"] == [{"provider": None, "service": None, "location": None}]
    (row,) = await studio.table("blocks")
    assert (row["starts"], row["ends"]) == ("2027-03-08T00:00", "2027-03-10T00:00")
    listed = await api.data(
        '{ blocks(filter: {titleContains: "LUNCH"}, orderBy: {field: STARTS}) { totalCount } }'
    )
    assert listed["blocks"]["totalCount"] == 1
    assert (await run(api, DELETE_BLOCK, blockId=key))["blockId"] == key


async def test_rooms_and_kit(api: Api, studio: Studio) -> None:
    """Made, changed, read as a peak, archived; what is archived is in no list."""
    made = await run(api, CREATE_RESOURCE, name="Laser", kind="KIT", capacity=2)
    key = made["resource"]["id"]
    changed = await run(api, UPDATE_RESOURCE, resourceId=key, name="Laser A", capacity=3)
    assert changed["resource"] == {
        "id": key,
        "kind": "KIT",
        "name": "Laser A",
        "capacity": 3,
        "description": None,
        "location": None,
        "archivedAt": None,
    }
    data = await api.data(
        """query($id: ID!) {
          resources(filter: {kind: KIT}) { edges { node { name } } }
          resourceAvailability(resourceId: $id, from: "2027-03-10T12:00:00Z", to: "2027-03-10T13:00:00Z") {
            resource { name } capacity peak free } }""",
        id=key,
    )
    assert data["resources"]["edges"] == [{"node": {"name": "Laser A"}}]
    assert data["resourceAvailability"] == {
        "resource": {"name": "Laser A"},
        "capacity": 3,
        "peak": 0,
        "free": 3,
    }
    assert (await run(api, ARCHIVE_RESOURCE, resourceId=key))["resourceId"] == key
    assert (await api.data("{ resources { totalCount } }"))["resources"]["totalCount"] == 0
    backwards = await api.refused(
        """query($id: ID!) { resourceAvailability(
          resourceId: $id, from: "2027-03-10T12:00:00Z", to: "2027-03-10T12:00:00Z") { peak } }""",
        id=key,
    )
    assert backwards["extensions"]["code"] == "VALIDATION_FAILED"


async def test_bad_input_is_refused_at_every_door(api: Api, studio: Studio, other_studio: Studio) -> None:
    """Typed, with paths as the caller spelled them, and nothing changes in either business."""
    theirs = gid("provider", other_studio.provider_id)
    block = {"span": {"firstDay": "2027-03-08"}}
    before = (await studio.state(), await other_studio.state())
    for query, given, kind, path in (
        (SET_SCHEDULE, {"weeklyHours": [], "providerId": theirs}, "NotFound", None),
        (SET_SCHEDULE, {"weeklyHours": [], "scheduleId": "garbage"}, "NotFound", None),
        (SET_SCHEDULE, {"weeklyHours": [], "firstDay": "9999-12-31"}, "ValidationFailed", "firstDay"),
        (SET_OVERRIDE, {"day": "2027-03-09", "shifts": [], "providerId": theirs}, "NotFound", None),
        (SET_OVERRIDE, {"day": "0001-01-01", "shifts": []}, "ValidationFailed", "day"),
        (CLEAR_OVERRIDE, {"dateOverrideId": "ovr_nothing"}, "NotFound", None),
        (CREATE_HOLIDAY, {"name": " ", "firstDay": "2027-03-09"}, "ValidationFailed", "name"),
        (UPDATE_HOLIDAY, {"holidayId": theirs, "name": "X"}, "NotFound", None),
        (ADOPT, {"code": "de-be"}, "ValidationFailed", "code"),
        (DROP, {"calendarId": theirs}, "NotFound", None),
        (CREATE_BLOCK, {**block, "reaches": [{"providerId": theirs}]}, "NotFound", None),
        (CREATE_BLOCK, {**block, "reaches": []}, "ValidationFailed", "reaches"),
        (CREATE_BLOCK, {"span": {"firstDay": "9999-12-31"}}, "ValidationFailed", "span"),
        (CREATE_BLOCK, {"span": {"firstDay": "2027-03-08", "startsAt": "10:00"}}, "ValidationFailed", "span"),
        (
            CREATE_BLOCK,
            {**block, "recurrence": {"frequency": "DAILY", "interval": 0}},
            "ValidationFailed",
            "recurrence.interval",
        ),
        (CREATE_RESOURCE, {"name": "Room", "capacity": -1}, "ValidationFailed", "capacity"),
        (UPDATE_RESOURCE, {"resourceId": theirs, "capacity": 2}, "NotFound", None),
        (ARCHIVE_RESOURCE, {"resourceId": ""}, "NotFound", None),
    ):
        answer = await run(api, query, **given)
        assert answer["__typename"] == kind, (given, answer)
        if path is not None:
            assert answer["issues"][0]["path"] == path
    assert (await studio.state(), await other_studio.state()) == before


async def test_staff_may_read_rules_and_not_write_them(studio: Studio, house: House) -> None:
    """A display may do neither."""
    texts = "{ schedules { totalCount } blocks { totalCount } resources { totalCount } publicHolidayCodes }"
    assert "errors" not in await ask_as(studio, "staff", texts)
    assert "errors" in await ask_as(studio, "display", "{ schedules { totalCount } }")
    assert "errors" in await ask_as(studio, "display", "{ resources { totalCount } }")
    before = await studio.state()
    for query, given in (
        (SET_SCHEDULE, {"weeklyHours": []}),
        (SET_OVERRIDE, {"day": "2027-03-09", "shifts": []}),
        (CREATE_HOLIDAY, {"name": "Retreat", "firstDay": "2027-07-01"}),
        (ADOPT, {"code": "FR"}),
        (CREATE_BLOCK, {"span": {"firstDay": "2027-03-08"}}),
        (CREATE_RESOURCE, {"name": "Room"}),
    ):
        (answer,) = (await ask_as(studio, "staff", query, input=given))["data"].values()
        assert answer["__typename"] == "PermissionDenied"
    assert await studio.state() == before


async def test_events_of_rules_are_told_in_the_log(api: Api) -> None:
    """Each by its own type, with its facts."""
    await run(api, SET_OVERRIDE, day="2027-03-09", shifts=[])
    made = await run(api, CREATE_RESOURCE, name="Room 1", capacity=2)
    data = await api.data(
        """{ events(types: [DATE_OVERRIDE_SET, RESOURCE_CREATED]) { edges { node { type
          ... on DateOverrideSet { day dateOverrideId forProviderId }
          ... on ResourceCreated { resourceId capacity } } } } }"""
    )
    override, resource = (edge["node"] for edge in data["events"]["edges"])
    assert (override["type"], override["day"], override["forProviderId"]) == (
        "DATE_OVERRIDE_SET",
        "2027-03-09",
        None,
    )
    assert resource == {"type": "RESOURCE_CREATED", "resourceId": made["resource"]["id"], "capacity": 2}
