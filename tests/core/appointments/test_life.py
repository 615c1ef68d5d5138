"""The life table: every verb in every state, allowed or refused, on both databases."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from adapters.sql.tables import allocations, appointments
from core.appointments.cancel import CancelAppointment, cancel
from core.appointments.complete import CompleteAppointment, complete
from core.appointments.confirm import ConfirmAppointment, confirm
from core.appointments.edit import EditAppointment, edit
from core.appointments.life import (
    OCCUPYING,
    SPELLINGS,
    STATES,
    TRANSITIONS,
    VERBS,
    IllegalTransition,
    next_state,
)
from core.appointments.mark_no_show import MarkNoShow, mark_no_show
from core.appointments.reschedule import RescheduleAppointment, reschedule
from core.kernel.context import Context
from core.kernel.events import EVENT_TYPES
from tests.kit.houses import NOW, Studio

LATER = NOW.replace(hour=12) + timedelta(days=9)
DIALECTS = {"servalodesk", "schedly", "bookings", "savvycal", "calendesk"}
WITHOUT_A_VERB_YET = {"decline"}
PAIRS = [(verb, state) for verb in VERBS if verb not in WITHOUT_A_VERB_YET for state in STATES]


async def act(ctx: Context, verb: str, appointment_id: int) -> Any:
    """Do a verb to an appointment."""
    match verb:
        case "confirm":
            return await confirm(ctx, ConfirmAppointment(appointment_id=appointment_id))
        case "reschedule":
            command = RescheduleAppointment(
                appointment_id=appointment_id, starts_at=LATER, within_policies=False
            )
            return await reschedule(ctx, command)
        case "edit":
            return await edit(ctx, EditAppointment(appointment_id=appointment_id, style="blackwork"))
        case "complete":
            return await complete(ctx, CompleteAppointment(appointment_id=appointment_id))
        case "mark_no_show":
            return await mark_no_show(ctx, MarkNoShow(appointment_id=appointment_id))
        case "cancel":
            return await cancel(ctx, CancelAppointment(appointment_id=appointment_id))
    raise AssertionError(verb)


async def appointment_in(studio: Studio, state: str) -> int:
    """An appointment that was put into a state behind the core's back."""
    key = await studio.appointment(await studio.client())
    async with studio.house.database.connect(studio.business_id, write=True) as connection:
        await connection.execute(
            update(appointments)
            .where(appointments.c.business_id == studio.business_id, appointments.c.id == key)
            .values(status=state)
        )
        if state not in OCCUPYING:
            await connection.execute(
                update(allocations)
                .where(allocations.c.business_id == studio.business_id)
                .values(is_active=False)
            )
        await connection.commit()
    return key


@pytest.mark.parametrize(("verb", "state"), PAIRS)
async def test_every_verb_in_every_state_does_what_the_table_says(
    studio: Studio, verb: str, state: str
) -> None:
    """Where the table has a row the verb leads there and emits its event; elsewhere nothing changes."""
    key = await appointment_in(studio, state)
    rows = [row for row in TRANSITIONS if (row.verb, row.source) == (verb, state)]
    before = await studio.state()
    if not rows:
        with pytest.raises(IllegalTransition) as refused:
            await act(studio.ctx, verb, key)
        assert (refused.value.verb, refused.value.status) == (verb, state)
        assert await studio.state() == before
        return
    (row,) = rows
    await act(studio.ctx, verb, key)
    (kept,) = await studio.table("appointments")
    assert kept["status"] == row.target
    new = (await studio.table("events"))[len(before["events"]) :]
    assert row.event in [event["type"] for event in new]
    active = [bool(taken["is_active"]) for taken in await studio.table("allocations")]
    assert any(active) == (row.target in OCCUPYING)


def test_the_table_names_real_states_events_and_every_dialect() -> None:
    """No row leads nowhere, every event is declared, and every state has a word in each dialect."""
    assert {row.source for row in TRANSITIONS} | {row.target for row in TRANSITIONS} <= set(STATES)
    undeclared = {row.event for row in TRANSITIONS} - set(EVENT_TYPES)
    assert undeclared == set()
    assert {state: set(words) for state, words in SPELLINGS.items()} == dict.fromkeys(STATES, DIALECTS)
    assert len({(row.verb, row.source) for row in TRANSITIONS}) == len(TRANSITIONS)


def test_next_state_refuses_a_verb_that_does_not_exist() -> None:
    """An unknown verb is as illegal as a known one in the wrong state."""
    with pytest.raises(IllegalTransition):
        next_state("explode", "CONFIRMED")
