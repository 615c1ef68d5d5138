"""What booking decides without a database: starts, lengths, drafts, turns and series, to the letter."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from core.appointments.appointment import OutsidePolicy, check_start, require_notice
from core.appointments.arrange import resources_of
from core.appointments.book import BookAppointment
from core.appointments.choose_provider import (
    ProviderSelection,
    Turns,
    by_time_taken,
    candidates_of,
    in_turn,
    named_providers,
)
from core.appointments.draft import checked_sums, checked_words, drafted
from core.appointments.open_ledger import Want, span_of, wants_of
from core.appointments.series import Repeats, starts_of
from core.appointments.terms import BookingFacts, Terms
from core.availability.demand import demand_for, demand_of
from core.availability.recurrence import Recurrence
from core.availability.rulebook import ResourceNeed, ResourceRules, Segment, ServiceRules
from core.kernel.clock import minute_of
from core.kernel.errors import Invalid
from core.kernel.money import Money
from core.kernel.text import Check
from tests.core.availability.in_memory import (
    ANNEXE,
    AT,
    HOME,
    KAI,
    MARA,
    MONDAY,
    NOW,
    TEN,
    ZOE,
    row,
    salon,
    service,
)

YEARS = timedelta(days=5 * 366)


def told(check: Check) -> list[tuple[str, str, str]]:
    """The issues as they are shown."""
    return [(issue.path, issue.code, issue.message) for issue in check.issues]


@pytest.mark.parametrize(
    ("starts_at", "expected"),
    [
        (NOW + timedelta(minutes=1), []),
        (NOW + YEARS, []),
        (NOW, [("IN_THE_PAST", "must be in the future")]),
        (NOW + YEARS + timedelta(minutes=1), [("TOO_FAR_AHEAD", "must be within five years")]),
        (NOW + timedelta(seconds=90), [("NOT_A_WHOLE_MINUTE", "must fall on a whole minute")]),
        (
            NOW - timedelta(seconds=90),
            [("NOT_A_WHOLE_MINUTE", "must fall on a whole minute"), ("IN_THE_PAST", "must be in the future")],
        ),
    ],
)
def test_a_start_is_a_whole_minute_of_the_next_five_years(
    starts_at: datetime, expected: list[tuple[str, str]]
) -> None:
    """Every issue at once, at its path."""
    check = Check()
    check_start(check, starts_at, NOW)
    assert told(check) == [("starts_at", *issue) for issue in expected]


def facts(**more: Any) -> BookingFacts:
    """Dollars, and thirty percent of the business."""
    given: dict[str, Any] = {
        "currency": "USD",
        "rules_revision": 5,
        "business_percent": Decimal(30),
        "client_is_known": True,
        "client_is_waiting": False,
        "service_percent": None,
        "price_minor": None,
        "provider_percents": {MARA: None, KAI: Decimal(50)},
    }
    return BookingFacts(**{**given, **more})


def draft(wanted: ServiceRules | None = None, provider_id: int = MARA, given: Any = None, **more: Any) -> Any:
    """The appointment of a client at ten with Mara."""
    terms = Terms(facts=given or facts(), rules=salon(), service=wanted)
    command = BookAppointment(client_id=4, provider_id=provider_id, starts_at=TEN, **more)
    check = Check()
    sums, words = checked_sums(check, command, terms, command.seats), checked_words(check, command)
    check.done()
    where = {"client_id": 4, "provider_id": provider_id, "location_id": HOME}
    return drafted(NOW, command, terms, words, sums, **where, starts_at=TEN, duration=75)


def test_a_draft_has_all_that_was_said() -> None:
    """Who, where, when, for how much and in which words; parts and needs as they are kept."""
    need = ResourceNeed(resource_ids=(80,), quantity=2)
    wanted = service(
        buffer_before_minutes=5, buffer_after_minutes=10, needs=(need,), segments=(Segment(minutes=60),)
    )
    words: dict[str, Any] = {
        "description": "A heron",
        "style": "Fine line",
        "notes": "Left arm",
        "internal_notes": "Late",
    }
    made = draft(wanted, service_id=3, seats=1, price=Money(20_000, "USD"), **words)
    assert {name: getattr(made, name) for name in words} == words
    assert (made.location_id, made.provider_id, made.client_id, made.service_id) == (HOME, MARA, 4, 3)
    assert (made.status, made.starts_at, made.ends_at) == ("CONFIRMED", TEN, TEN + timedelta(minutes=75))
    assert (made.duration_minutes, made.buffer_before_minutes, made.buffer_after_minutes) == (75, 5, 10)
    assert (made.price_minor, made.deposit_minor, made.currency, made.seats) == (20_000, 6_000, "USD", 1)
    assert (made.created_at, made.updated_at) == (NOW, NOW)
    assert made.needs == [{"resource_ids": [80], "quantity": 2}]
    assert made.segments == [{"minutes": 60, "provider_is_busy": True, "needs": []}]
    plain = draft()
    assert (plain.price_minor, plain.deposit_minor, plain.segments, plain.needs) == (None, None, None, None)
    assert (plain.buffer_before_minutes, plain.buffer_after_minutes) == (0, 0)


@pytest.mark.parametrize(
    ("given", "more", "expected"),
    [
        ({"price_minor": 5_000}, {}, (5_000, 1_500)),
        ({"price_minor": 5_000}, {"seats": 3}, (15_000, 4_500)),
        ({"price_minor": 5_000}, {"provider_id": KAI}, (5_000, 2_500)),
        ({"price_minor": 5_000, "service_percent": Decimal(10)}, {"provider_id": KAI}, (5_000, 500)),
        ({"price_minor": 5_000}, {"price": Money(8_000, "USD"), "seats": 3}, (8_000, 2_400)),
        ({"price_minor": 5_000}, {"deposit": Money(700, "USD")}, (5_000, 700)),
        ({}, {"deposit": Money(700, "USD")}, (None, 700)),
    ],
)
def test_what_a_draft_costs(
    given: dict[str, Any], more: dict[str, Any], expected: tuple[int | None, int]
) -> None:
    """The price said, else the service's for each seat; the deposit said, else of the nearest percentage."""
    made = draft(given=facts(**given), **more)
    assert (made.price_minor, made.deposit_minor) == expected


def test_what_is_wrong_with_a_draft_is_named_all_at_once() -> None:
    """Each text and sum by its path."""
    with pytest.raises(Invalid) as refused:
        draft(
            price=Money(-1, "USD"),
            deposit=Money(-1, "USD"),
            description="\x00",
            style="x" * 101,
            notes="\x00",
            internal_notes="\x00",
        )
    assert [issue.path for issue in refused.value.issues] == [
        "price",
        "deposit",
        "description",
        "style",
        "notes",
        "internal_notes",
    ]
    assert draft(style="x" * 100).style == "x" * 100


@pytest.mark.parametrize(
    ("provider_id", "named", "expected"),
    [(MARA, None, [MARA]), (None, [KAI, MARA, KAI], [KAI, MARA, KAI]), (None, "all", None)],
)
def test_providers_are_named_or_left_to_choose_from(
    provider_id: int | None, named: Any, expected: Any
) -> None:
    """One, several, or everybody."""
    among = None if named == "all" else named
    selection = None if named is None else ProviderSelection(mode="ROUND_ROBIN", provider_ids=among)
    assert named_providers(provider_id, selection) == expected


def test_a_hundred_providers_may_be_named_and_each_counts_once() -> None:
    """A hundred keys, one of them twice."""
    keys = [*range(100), 0]
    assert named_providers(None, ProviderSelection(provider_ids=keys)) == keys


@pytest.mark.parametrize(
    ("provider_id", "named", "expected"),
    [
        (None, None, ("provider_id", "ONE_OF_TWO", "give either a provider or how to choose one")),
        (MARA, [KAI], ("provider_id", "ONE_OF_TWO", "give either a provider or how to choose one")),
        (None, [], ("selection.provider_ids", "OUT_OF_RANGE", "must be 1 to 100 providers")),
        (None, list(range(101)), ("selection.provider_ids", "OUT_OF_RANGE", "must be 1 to 100 providers")),
    ],
)
def test_too_few_and_too_many_providers_are_refused(
    provider_id: int | None, named: list[int] | None, expected: tuple[str, str, str]
) -> None:
    """Neither, both, none and more than a hundred."""
    selection = None if named is None else ProviderSelection(mode="ROUND_ROBIN", provider_ids=named)
    with pytest.raises(Invalid) as refused:
        named_providers(provider_id, selection)
    assert [(issue.path, issue.code, issue.message) for issue in refused.value.issues] == [expected]


def test_candidates_are_those_named_or_those_who_give_the_service() -> None:
    """Each once, by key; everybody where no service is named or it is everybody's."""
    rules = salon(service(3, provider_ids=frozenset({ZOE, KAI, 99})), service(4))
    assert candidates_of(rules, 3, [ZOE, MARA, ZOE]) == [MARA, ZOE]
    assert candidates_of(rules, 3, None) == [KAI, ZOE]
    assert candidates_of(rules, 4, None) == candidates_of(rules, None, None) == [MARA, KAI, ZOE]


def test_turns_go_to_the_fewest_for_their_weight_then_to_who_waited_longest() -> None:
    """The turn that is to come counts; who never had one waited longest; then the lower key."""
    turns = {
        MARA: Turns(count=3, last_at=TEN),
        KAI: Turns(count=1, last_at=TEN),
        ZOE: Turns(count=1, last_at=NOW),
    }
    ranked = in_turn([MARA, KAI, ZOE, 10], {MARA: 2}, turns)
    assert [(one.provider_id, one.weight, one.load, one.last_at) for one in ranked] == [
        (10, 1, 1.0, None),
        (ZOE, 1, 2.0, NOW),
        (MARA, 2, 2.0, TEN),
        (KAI, 1, 2.0, TEN),
    ]


def test_the_least_busy_has_the_fewest_minutes_for_their_weight() -> None:
    """Sold or held, not what another calendar says; who is not there is no candidate."""
    rows = [
        row(MARA, 0, 60),
        row(MARA, 100, 160, kind="hold", owner="hold:1"),
        row(KAI, 0, 50),
        row(ZOE, 0, 500, kind="external", begins=None),
    ]
    ranked = by_time_taken([MARA, KAI, ZOE, 99], {MARA: 3}, salon(), rows)
    assert [(one.provider_id, one.weight, one.load, one.last_at) for one in ranked] == [
        (ZOE, 1, 0.0, None),
        (MARA, 3, 40.0, None),
        (KAI, 1, 50.0, None),
    ]


def test_what_a_demand_asks_of_a_ledger() -> None:
    """The provider's legs, then rooms of that place or of none, from the first buffer to the last."""
    resources = {
        80: ResourceRules(resource_id=80, capacity=2),
        81: ResourceRules(resource_id=81, capacity=1, location_id=ANNEXE),
        82: ResourceRules(resource_id=82, capacity=1, location_id=HOME),
    }
    wanted = service(
        buffer_before_minutes=5,
        buffer_after_minutes=10,
        needs=(ResourceNeed(resource_ids=(82, 81, 80, 99), quantity=2),),
        segments=(Segment(minutes=20), Segment(minutes=30, provider_is_busy=False), Segment(minutes=10)),
    )
    demand = demand_for(wanted)
    assert wants_of(demand, AT, 700, HOME, salon(resources=resources)) == [
        Want(resource_ids=(700,), starts_minute=AT - 5, ends_minute=AT + 20),
        Want(resource_ids=(700,), starts_minute=AT + 50, ends_minute=AT + 70),
        Want(resource_ids=(82, 80), starts_minute=AT - 5, ends_minute=AT + 70, quantity=2),
    ]
    assert span_of(demand, [AT + 100, AT, AT + 50]) == (AT - 5, AT + 170)
    assert span_of(demand_of(60), [AT]) == (AT, AT + 60)


def test_what_a_demand_may_take_is_locked_by_key() -> None:
    """Providers who are there, and every room that may be given, each once."""
    terms = Terms(facts=facts(), rules=salon(), service=None)
    need = ResourceNeed(resource_ids=(82, 80))
    demand = demand_of(60, needs=(need, ResourceNeed(resource_ids=(80,))))
    assert resources_of(terms, [KAI, MARA, 99, KAI], demand) == [80, 82, 700, 800]


WEEKLY = Recurrence(frequency="WEEKLY", count=4)
YORK = ZoneInfo("America/New_York")


def series(rule: Recurrence = WEEKLY, skip: list[date] | None = None, **more: Any) -> tuple[list[int], Any]:
    """The starts of a series from ten in UTC on, in days and minutes from it, and what is wrong."""
    check, starts_at = Check(), more.get("starts_at", TEN)
    repeats = Repeats(recurrence=rule, skip=skip or [])
    starts = starts_of(check, starts_at, repeats, more.get("zone", UTC), NOW)
    return [minute - minute_of(starts_at) for minute in starts], told(check)


def test_a_series_keeps_its_wall_clock_time() -> None:
    """Weeks in UTC; in New York an hour earlier from the second on, when clocks go forward on the 14th."""
    week = 7 * 1_440
    assert series() == ([0, week, 2 * week, 3 * week], [])
    assert series(zone=YORK) == ([0, week - 60, 2 * week - 60, 3 * week - 60], [])
    assert series(skip=[MONDAY, MONDAY + timedelta(days=7)]) == ([2 * week, 3 * week], [])
    assert len(series(Recurrence(frequency="DAILY", count=104))[0]) == 104
    skipped = [MONDAY + timedelta(days=1), MONDAY + timedelta(days=2)]
    assert len(series(Recurrence(frequency="DAILY", count=106), skipped)[0]) == 104


def test_a_series_ends_five_years_ahead_at_the_latest() -> None:
    """To the minute."""
    rule = Recurrence(frequency="DAILY", interval=30, count=2)
    last = NOW + YEARS - timedelta(days=30)
    assert series(rule, starts_at=last)[1] == []
    late = series(rule, starts_at=last + timedelta(minutes=1))[1]
    assert late == [("repeats", "TOO_FAR_AHEAD", "must end within five years")]
    longer = Recurrence(frequency="DAILY", interval=30, count=3)
    assert series(longer, starts_at=last)[1] == late


@pytest.mark.parametrize(
    ("rule", "skip", "expected"),
    [
        (
            Recurrence(frequency="WEEKLY", byday=("TU",)),
            [],
            ("repeats.recurrence", "NOT_ON_ITS_OWN_DAY", "must hit the day of the first start"),
        ),
        (
            WEEKLY,
            [MONDAY + timedelta(days=1)],
            ("repeats.skip", "NOT_A_DATE_OF_IT", "2027-03-09 is no date of the series"),
        ),
        (
            Recurrence(frequency="DAILY", count=1),
            [],
            ("repeats", "OUT_OF_RANGE", "must come to 2 to 104 appointments"),
        ),
        (
            Recurrence(frequency="DAILY", count=105),
            [],
            ("repeats", "OUT_OF_RANGE", "must come to 2 to 104 appointments"),
        ),
        (
            Recurrence(frequency="MONTHLY", interval=60, count=2),
            [],
            ("repeats", "TOO_FAR_AHEAD", "must end within five years"),
        ),
        (
            Recurrence(frequency="DAILY", interval=0),
            [],
            ("repeats.recurrence.interval", "OUT_OF_RANGE", "must be 1 to 1000"),
        ),
    ],
)
def test_what_is_wrong_with_a_series(
    rule: Recurrence, skip: list[date], expected: tuple[str, str, str]
) -> None:
    """By path, code and sentence."""
    assert series(rule, skip)[1] == [expected]


def test_a_time_that_a_day_lacks_must_be_skipped_by_name() -> None:
    """Half past two in New York, daily over the night of the change."""
    starts_at = datetime(2027, 3, 12, 2, 30, tzinfo=YORK).astimezone(UTC)
    rule = Recurrence(frequency="DAILY", count=4)
    assert series(rule, starts_at=starts_at, zone=YORK)[1] == [
        ("repeats", "NO_SUCH_TIME", "that time does not exist on 2027-03-14: skip the date")
    ]
    found = series(rule, [date(2027, 3, 14)], starts_at=starts_at, zone=YORK)
    assert found == ([0, 1_440, 3 * 1_440 - 60], [])


def test_a_series_may_begin_with_the_second_of_a_time_that_happens_twice() -> None:
    """Half past one in New York after the change, and at half past one a week later."""
    second = datetime(2027, 11, 7, 6, 30, tzinfo=UTC)
    assert series(Recurrence(frequency="WEEKLY", count=2), starts_at=second, zone=YORK) == (
        [0, 7 * 1_440],
        [],
    )


@pytest.mark.parametrize(
    ("minutes", "ahead", "rule"),
    [(None, 9_999, "CANCELLATION"), (60, 59, "CANCELLATION_NOTICE"), (60, 60, None), (0, -60, None)],
)
def test_what_is_too_late_is_outside_the_policy(minutes: int | None, ahead: int, rule: str | None) -> None:
    """Never, or not within the notice; none is asked for where it is nought."""
    appointment = draft()
    now = TEN - timedelta(minutes=ahead)
    if rule is None:
        require_notice("CANCELLATION", minutes, appointment, now)
        return
    with pytest.raises(OutsidePolicy) as refused:
        require_notice("CANCELLATION", minutes, appointment, now)
    assert refused.value.rule == rule
