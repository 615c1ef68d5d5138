"""Who is chosen by the staff door, whoever's turn it is, and what is kept of those who were set aside."""

from __future__ import annotations

from typing import Any

import pytest

from core.appointments.appointment import OutsidePolicy, SlotTaken
from core.appointments.arrange import Asked
from core.appointments.choose_provider import Choice, ProviderSelection, Turns, choose
from core.appointments.open_ledger import OpenLedger
from core.appointments.terms import Terms
from core.availability.demand import demand_of
from core.availability.rulebook import ServiceRules, Taken
from tests.core.appointments.on_paper import Paper, facts
from tests.core.availability.in_memory import AT, KAI, MARA, NOW, ZOE, later, row, salon, service

KAI_IS_NEXT = {KAI: Turns(), MARA: Turns(count=1, last_at=NOW), ZOE: Turns(count=2, last_at=NOW)}
THIRTEEN = 180
"""Kai works from ten to twelve, at the annexe; Mara and Zoe from ten to two."""


async def chosen(
    *rows: Taken,
    wanted: ServiceRules | None = None,
    start: int = THIRTEEN,
    among: tuple[int, ...] = (MARA, KAI, ZOE),
    mode: str = "ROUND_ROBIN",
    **more: Any,
) -> tuple[Choice, Paper]:
    """The choice among them at a minute from ten, by the staff door unless said otherwise."""
    rules = salon(*([wanted] if wanted else []))
    paper = Paper(rules, turns=KAI_IS_NEXT)
    ledger = OpenLedger(capacity={700: 1, 800: 1, 900: 1, 80: 2}, taken=list(rows))
    asked = Asked(demand=demand_of(60), **{"within_policies": False, **more})
    terms = Terms(facts=facts(), rules=rules, service=wanted)
    selection = ProviderSelection(mode=mode, provider_ids=list(among))
    starts = {key: [AT + start] for key in among}
    return await choose(paper.uow, ledger, terms, asked, selection, list(among), starts), paper


def entry(provider_id: int, outcome: str) -> dict[str, Any]:
    """How a candidate is kept: Kai's turn is the first, Mara's the second, Zoe's the third."""
    load = {KAI: 1.0, MARA: 2.0, ZOE: 3.0}[provider_id]
    return {"provider_id": provider_id, "weight": 1, "load": load, "outcome": outcome}


async def test_whoever_works_then_comes_before_whose_turn_it_is() -> None:
    """At one Kai does not: Mara, who is next; Kai is kept as set aside by the hours, Zoe not at all."""
    choice, paper = await chosen()
    assert (choice.provider_ids, choice.mode) == ([MARA], "ROUND_ROBIN")
    assert choice.log == [entry(KAI, "HOURS"), entry(MARA, "CHOSEN")]
    assert paper.heard("turns")[0][:3] == ("turns", None, [MARA, KAI, ZOE])
    at_ten, _ = await chosen(start=0)
    assert (at_ten.provider_ids, at_ten.log) == ([KAI], [entry(KAI, "CHOSEN")])


async def test_where_nobody_works_it_is_whose_turn_it_is() -> None:
    """At three in the morning; what stands against all of them is no reason against one."""
    choice, _ = await chosen(start=-420)
    assert (choice.provider_ids, choice.log) == ([KAI], [entry(KAI, "CHOSEN")])


async def test_whoever_has_no_room_is_tried_and_kept_after_those_who_were_set_aside() -> None:
    """Mara is taken: Zoe; both are: Kai, who was set aside only until then."""
    taken = [row(MARA, THIRTEEN, THIRTEEN + 60), row(ZOE, THIRTEEN, THIRTEEN + 60)]
    choice, _ = await chosen(taken[0])
    assert choice.log == [entry(KAI, "HOURS"), entry(MARA, "TAKEN"), entry(ZOE, "CHOSEN")]
    choice, _ = await chosen(*taken)
    assert choice.provider_ids == [KAI]
    assert choice.log == [entry(MARA, "TAKEN"), entry(ZOE, "TAKEN"), entry(KAI, "CHOSEN")]


async def test_whoever_has_fewer_rules_against_them_comes_first_of_those_who_work() -> None:
    """Kai has an appointment that day and the service allows one; Mara has none."""
    one_a_day = service(daily_limit=1)
    choice, _ = await chosen(row(KAI, 60, 90), wanted=one_a_day, start=0)
    assert choice.log == [entry(KAI, "DAILY_LIMIT"), entry(MARA, "CHOSEN")]
    both = [row(KAI, 60, 90), row(MARA, 60, 90, owner="appointment:6")]
    choice, _ = await chosen(*both, wanted=one_a_day, start=0, among=(MARA, KAI))
    assert choice.log == [entry(KAI, "CHOSEN")]


async def test_whoever_does_not_work_then_comes_after_all_who_do() -> None:
    """Kai has one rule against him, that he does not work; Mara, who works, has two."""
    strict = service(daily_limit=1, no_gap_minutes=60)
    beside = row(MARA, THIRTEEN - 90, THIRTEEN - 30)
    choice, _ = await chosen(beside, wanted=strict, among=(MARA, KAI))
    assert choice.log == [entry(KAI, "HOURS"), entry(MARA, "CHOSEN")]


async def test_what_sets_someone_aside_is_a_rule_that_does_not_stand_against_the_chosen_one() -> None:
    """The notice stands against both; Kai has the hours against him beside it."""
    late = service(notice_minutes=30 * 1_440)
    choice, _ = await chosen(wanted=late, among=(MARA, KAI))
    assert choice.log == [entry(KAI, "HOURS"), entry(MARA, "CHOSEN")]


async def test_the_public_is_refused_by_the_rules_and_sets_nobody_aside() -> None:
    """In turn: Kai by his hours, then Mara has it."""
    choice, _ = await chosen(wanted=service(), within_policies=True)
    assert choice.log == [entry(KAI, "HOURS"), entry(MARA, "CHOSEN")]
    with pytest.raises(OutsidePolicy) as refused:
        await chosen(wanted=service(), within_policies=True, start=-420, among=(MARA, KAI))
    assert (refused.value.rule, refused.value.starts_at) == ("HOURS", later(minutes=-420))
    assert refused.value.wanted is not None
    assert refused.value.wanted.provider_ids == (MARA, KAI)


async def test_the_public_is_told_of_whose_turn_it_is_whether_they_work_or_not() -> None:
    """Kai, who is first, by his hours; Mara has her one appointment of the day."""
    strict = service(daily_limit=1)
    with pytest.raises(OutsidePolicy) as refused:
        await chosen(row(MARA, 0, 60), wanted=strict, within_policies=True, among=(MARA, KAI))
    assert refused.value.rule == "HOURS"


async def test_whoever_is_told_where_nobody_can() -> None:
    """The first in turn; but who is only taken before who is refused by a rule."""
    taken = [row(key, 0, 60, owner=f"appointment:{key}") for key in (KAI, MARA, ZOE)]
    with pytest.raises(SlotTaken) as refused:
        await chosen(*taken, start=0)
    assert refused.value.provider_id == KAI
    with pytest.raises(SlotTaken) as refused:
        await chosen(
            row(MARA, THIRTEEN, THIRTEEN + 60), wanted=service(), within_policies=True, among=(MARA, KAI)
        )
    assert refused.value.provider_id == MARA


async def test_who_was_chosen_can_be_had_at_each_of_their_starts() -> None:
    """How, by provider and start; a start that is taken is no turn."""
    rules = salon()
    ledger = OpenLedger(capacity={700: 1, 800: 1}, taken=[row(KAI, 60, 120)])
    starts = {MARA: [AT, AT + 120], KAI: [AT, AT + 60]}
    terms = Terms(facts=facts(), rules=rules, service=None)
    for selection, expected in (
        (ProviderSelection(provider_ids=[MARA, KAI]), MARA),
        (None, MARA),
    ):
        candidates = [MARA, KAI] if selection else [MARA]
        paper = Paper(rules, turns=KAI_IS_NEXT)
        choice = await choose(
            paper.uow, ledger, terms, Asked(demand=demand_of(60)), selection, candidates, starts
        )
        assert choice.provider_ids == [expected]
        assert set(choice.found) == {(MARA, AT), (MARA, AT + 120)}
        assert choice.at(MARA, AT + 120).start == AT + 120
        assert choice.mode == ("ROUND_ROBIN" if selection else None)
    with pytest.raises(SlotTaken) as refused:
        await choose(paper.uow, ledger, terms, Asked(demand=demand_of(60)), None, [KAI], starts)
    assert (refused.value.provider_id, refused.value.starts_at) == (KAI, later(hours=1))


async def test_all_together_begin_when_the_first_of_them_does() -> None:
    """Whatever the clocks where the others work would say."""
    rules = salon(schedules=[])
    paper, ledger = Paper(rules), OpenLedger(capacity={700: 1, 800: 1}, taken=[])
    terms = Terms(facts=facts(), rules=rules, service=None)
    selection = ProviderSelection(mode="COLLECTIVE", provider_ids=[MARA, KAI])
    starts = {MARA: [AT], KAI: [AT + 60]}
    asked = Asked(demand=demand_of(60))
    choice = await choose(paper.uow, ledger, terms, asked, selection, [MARA, KAI], starts)
    assert choice.provider_ids == [MARA, KAI]
    assert set(choice.found) == {(MARA, AT), (KAI, AT)}
