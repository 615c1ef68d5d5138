"""A service's policies: what may be said of them, and what contradicts itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from core.availability.hours import DAY_MINUTES
from core.availability.recurrence import Recurrence, issues_in
from core.availability.rulebook import MAX_AHEAD_MINUTES, ResourceNeed, Segment, ServiceRules, SlotRule
from core.kernel.text import Check
from core.kernel.unset import UNSET, Maybe

MAX_NOTICE_MINUTES = 366 * DAY_MINUTES
MOST, MOST_UNITS, MOST_A_DAY = 50, 10_000, 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedStarts:
    """Starts in minutes after midnight, on the days that the recurrence hits, counted from the anchor:
    the day on which the rule is given, where it is None."""

    recurrence: Recurrence
    start_times: Sequence[int]
    anchor: date | None = None


@dataclass(kw_only=True)
class Policies:
    """What each means is said at ServiceRules. UNSET is as before, in a new service as by default there."""

    durations: Maybe[Sequence[int]] = UNSET
    segments: Maybe[Sequence[Segment]] = UNSET
    needs: Maybe[Sequence[ResourceNeed]] = UNSET
    capacity: Maybe[int] = UNSET
    slot_rules: Maybe[Sequence[FixedStarts] | None] = UNSET
    horizon_minutes: Maybe[int] = UNSET
    daily_limit: Maybe[int | None] = UNSET
    client_limit: Maybe[int | None] = UNSET
    no_gap_minutes: Maybe[int | None] = UNSET
    maximise_utilisation: Maybe[bool] = UNSET
    allow_booking: Maybe[bool] = UNSET
    needs_approval: Maybe[bool] = UNSET
    hold_minutes: Maybe[int] = UNSET
    cancellation_notice_minutes: Maybe[int | None] = UNSET
    rescheduling_notice_minutes: Maybe[int | None] = UNSET
    notice_binds_staff: Maybe[bool] = UNSET

    def given(self, today: date) -> dict[str, Any]:
        """Those that are given, by the names of ServiceRules; rules without an anchor begin today."""
        found = {field.name: getattr(self, field.name) for field in fields(self)}
        found = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in found.items()
            if value is not UNSET
        }
        if found.get("slot_rules") is not None:
            found["slot_rules"] = tuple(
                SlotRule(
                    recurrence=rule.recurrence,
                    start_times=tuple(sorted(set(rule.start_times))),
                    anchor=rule.anchor or today,
                )
                for rule in found["slot_rules"]
            )
        return found


def check_policies(check: Check, rules: ServiceRules) -> None:
    """Note every policy that breaks a rule, or contradicts another."""
    _check_lengths(check, rules)
    _check_group(check, rules)
    _check_needs(check, rules)
    _check_starts(check, rules)
    _check_limits(check, rules)


def all_needs(rules: ServiceRules) -> Iterable[tuple[str, ResourceNeed]]:
    """Everything that a service needs, with its path: throughout, and in its segments."""
    for at, need in enumerate(rules.needs):
        yield f"policies.needs.{at}", need
    for place, segment in enumerate(rules.segments):
        for at, need in enumerate(segment.needs):
            yield f"policies.segments.{place}.needs.{at}", need


def _check_lengths(check: Check, rules: ServiceRules) -> None:
    durations, segments = rules.durations, rules.segments
    if len(durations) > MOST:
        check.refuse("policies.durations", "TOO_MANY", f"must not hold more than {MOST}")
    for at, minutes in enumerate(durations[:MOST]):
        check.whole(f"policies.durations.{at}", minutes, least=1, most=DAY_MINUTES, unit="minutes")
    if len(set(durations)) < len(durations):
        check.refuse("policies.durations", "REPEATED", "must name each length once")
    elif durations and rules.duration_minutes not in durations:
        check.refuse("policies.durations", "LACKS_THE_USUAL", "must hold the service's own duration")
    if not segments:
        return
    if len(durations) > 1:
        check.refuse("policies.durations", "NOT_WITH_SEGMENTS", "must be empty where there are segments")
    if len(segments) > MOST:
        check.refuse("policies.segments", "TOO_MANY", f"must not hold more than {MOST}")
    for at, segment in enumerate(segments[:MOST]):
        path = f"policies.segments.{at}.minutes"
        check.whole(path, segment.minutes, least=1, most=DAY_MINUTES, unit="minutes")
    if sum(segment.minutes for segment in segments) != rules.duration_minutes:
        check.refuse("policies.segments", "NOT_THE_DURATION", "must add up to the service's duration")
    if not any(segment.provider_is_busy for segment in segments):
        check.refuse("policies.segments", "NOBODY_BUSY", "must keep the provider busy in at least one")


def _check_group(check: Check, rules: ServiceRules) -> None:
    check.whole("policies.capacity", rules.capacity, least=1, most=MOST_UNITS, unit="seats")
    if rules.capacity <= 1:
        return
    if not all(segment.provider_is_busy for segment in rules.segments):
        check.refuse("policies.segments", "FREE_IN_A_GROUP", "must keep the provider busy throughout a group")
    if len(rules.durations) > 1:
        check.refuse("policies.durations", "NOT_IN_A_GROUP", "must be empty where seats share one start")


def _check_needs(check: Check, rules: ServiceRules) -> None:
    needs = list(all_needs(rules))
    if len(needs) > MOST:
        check.refuse("policies.needs", "TOO_MANY", f"must not be more than {MOST}, segments' included")
    # What is needed throughout comes first; segments are apart, so that two of them may need the same.
    throughout: set[int] = set()
    in_segments: dict[str, set[int]] = defaultdict(set)
    for path, need in needs[:MOST]:
        check.whole(f"{path}.quantity", need.quantity, least=1, most=MOST_UNITS, unit="units")
        named = set(need.resource_ids)
        stretch, _, _ = path.rpartition(".needs.")
        seen = throughout if stretch == "policies" else in_segments[stretch]
        if not 1 <= len(need.resource_ids) <= MOST:
            check.refuse(f"{path}.resource_ids", "OUT_OF_RANGE", f"must name 1 to {MOST} resources")
        elif len(named) < len(need.resource_ids) or named & (throughout | seen):
            text = "must not stand in two needs at once, or twice in one"
            check.refuse(f"{path}.resource_ids", "REPEATED", text)
        seen |= named


def _check_starts(check: Check, rules: ServiceRules) -> None:
    slot_rules = rules.slot_rules or ()
    if len(slot_rules) > MOST:
        check.refuse("policies.slot_rules", "TOO_MANY", f"must not hold more than {MOST}")
    for at, rule in enumerate(slot_rules[:MOST]):
        path = f"policies.slot_rules.{at}"
        check.day(f"{path}.anchor", rule.anchor)
        check.issues += issues_in(rule.recurrence, f"{path}.recurrence", anchor=rule.anchor)
        check.day(f"{path}.recurrence.until", rule.recurrence.until)
        if not rule.start_times:
            check.refuse(f"{path}.start_times", "REQUIRED", "must not be empty")
        elif not all(0 <= minute < DAY_MINUTES for minute in rule.start_times):
            check.refuse(f"{path}.start_times", "OUT_OF_RANGE", "must be within the day")


def _check_limits(check: Check, rules: ServiceRules) -> None:
    for name, least, most, unit in (
        ("horizon_minutes", 1, MAX_AHEAD_MINUTES, "minutes"),
        ("daily_limit", 1, MOST_A_DAY, "appointments"),
        ("client_limit", 1, MOST_A_DAY, "appointments"),
        ("no_gap_minutes", 1, DAY_MINUTES, "minutes"),
        ("hold_minutes", 1, DAY_MINUTES, "minutes"),
        ("cancellation_notice_minutes", 0, MAX_NOTICE_MINUTES, "minutes"),
        ("rescheduling_notice_minutes", 0, MAX_NOTICE_MINUTES, "minutes"),
    ):
        value = getattr(rules, name)
        if value is not None:
            check.whole(f"policies.{name}", value, least=least, most=most, unit=unit)
    if rules.horizon_minutes <= rules.notice_minutes:
        check.refuse("policies.horizon_minutes", "NOT_AFTER_NOTICE", "must be longer than the notice")
