"""The rulebook is read in one statement, and only where the rules changed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import insert

from adapters.sql.tables import blocks, date_overrides, holidays, schedules, service_providers
from core.availability.questions import AvailabilityQuestions
from core.availability.rulebook import Rulebook
from core.kernel.clock import minute_of
from tests.kit.houses import NOW, Studio, counted


async def test_a_rulebook_is_one_statement(studio: Studio) -> None:
    """With the business, its places, people and services; the number of the last event is told with it."""
    service_id = await studio.service(buffer_after_minutes=15, notice_minutes=60)
    with counted(studio.house) as statements:
        changes = await studio.ctx.ask(AvailabilityQuestions).changes(None, None)
    assert len(statements) == 1
    (sequence,) = await studio.table("sequences")
    assert (changes.last, changes.rules_revision) == (sequence["last"], sequence["rules_revision"])
    assert changes.touched == {}
    book = changes.rulebook
    assert isinstance(book, Rulebook)
    assert book.revision == changes.rules_revision
    assert list(book.providers) == [studio.provider_id]
    service = book.services[service_id]
    assert (service.duration_minutes, service.buffer_after_minutes, service.notice_minutes) == (60, 15, 60)
    assert service.provider_ids is None
    assert service.slot_rules is None


async def test_rules_are_told_again_only_where_they_changed(studio: Studio) -> None:
    """A client is no rule, a service is; what is taken is told of by the resource."""
    ask = studio.ctx.ask(AvailabilityQuestions)
    first = await ask.changes(None, None)
    client_id = await studio.client()
    second = await ask.changes(first.last, first.rules_revision)
    assert (second.rulebook, second.touched) == (None, {})
    assert second.last == first.last + 1
    await studio.appointment(client_id)
    third = await ask.changes(second.last, second.rules_revision)
    (resource,) = await studio.table("resources")
    assert third.rulebook is None
    assert third.touched == {resource["id"]: third.last}
    await studio.service()
    fourth = await ask.changes(third.last, third.rules_revision)
    assert fourth.rulebook is not None
    assert fourth.rules_revision == fourth.last > third.rules_revision


async def test_every_kind_of_rule_is_read(studio: Studio) -> None:
    """Rows of each table become the rules that they stand for."""
    service_id = await studio.service()
    async with studio.house.database.connect(studio.business_id, write=True) as connection:
        own = {"business_id": studio.business_id, "created_at": NOW}
        today = NOW.date()
        await connection.execute(
            insert(schedules).values(
                **own,
                provider_id=studio.provider_id,
                weekly_hours={"monday": [[540, 600]]},
                first_day=today,
                service_ids=[service_id],
                is_public=False,
            )
        )
        await connection.execute(insert(date_overrides).values(**own, day=today, shifts=[[600, 660]]))
        await connection.execute(
            insert(holidays).values(**own, name="Break", first_day=today, last_day=today + timedelta(days=2))
        )
        await connection.execute(
            insert(blocks).values(
                **own,
                starts="2027-03-02T12:00",
                ends="2027-03-02T13:00",
                reaches=[{"provider_id": studio.provider_id}],
                recurrence={
                    "frequency": "WEEKLY",
                    "interval": 1,
                    "byday": ["TU"],
                    "count": None,
                    "until": None,
                },
                exceptions=["2027-03-09T12:00"],
            )
        )
        await connection.execute(
            insert(service_providers).values(
                business_id=studio.business_id,
                service_id=service_id,
                provider_id=studio.provider_id,
                weight=3,
            )
        )
        await connection.commit()
    book = (await studio.ctx.ask(AvailabilityQuestions).changes(None, None)).rulebook
    assert book is not None
    (schedule,) = book.schedules
    assert (schedule.provider_id, schedule.first, schedule.last) == (studio.provider_id, NOW.date(), None)
    assert (schedule.service_ids, schedule.is_public) == (frozenset({service_id}), False)
    assert [(rule.day, list(rule.shifts)) for rule in book.overrides] == [(NOW.date(), [[600, 660]])]
    assert [(rule.first, rule.last) for rule in book.holidays] == [
        (NOW.date(), NOW.date() + timedelta(days=2))
    ]
    (block,) = book.blocks
    assert block.reaches[0].provider_id == studio.provider_id
    assert block.recurrence is not None
    assert block.recurrence.byday == ("TU",)
    assert {moment.isoformat() for moment in block.exceptions} == {"2027-03-09T12:00:00"}
    assert book.services[service_id].weights == {studio.provider_id: 3}


@pytest.mark.parametrize("inside", [True, False])
async def test_what_is_taken_is_one_statement(studio: Studio, inside: bool) -> None:
    """Rows that touch the stretch, and no others."""
    client_id = await studio.client()
    appointment_id = await studio.appointment(client_id)
    (row,) = await studio.table("allocations")
    begin = row["starts_minute"] if inside else row["ends_minute"]
    with counted(studio.house) as statements:
        taken = await studio.ctx.ask(AvailabilityQuestions).taken(
            [row["resource_id"]], begin, begin + 1, studio.house.clock.now()
        )
    assert len(statements) == 1
    assert [one.owner for one in taken] == ([f"appointment:{appointment_id}"] if inside else [])
    assert all(one.start == minute_of(NOW) + 7 * 1440 + 360 for one in taken)
