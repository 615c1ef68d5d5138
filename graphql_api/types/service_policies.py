"""A service's policies, out and in."""

from __future__ import annotations

from dataclasses import fields
from datetime import date, time
from typing import Any

import strawberry

from auth.allow import INHERITED
from core.availability import rulebook
from core.availability.kept import policies_of
from core.availability.recurrence import Recurrence as Rule
from core.availability.rulebook import ServiceRules
from core.catalog.policies import FixedStarts, Policies
from graphql_api.declare.fields import fact, keyed
from graphql_api.declare.inputs import made_from, optional, required
from graphql_api.declare.types import input_type, object_type
from graphql_api.types.recurrence import Recurrence, RecurrenceInput, rule_of, shown_rule
from graphql_api.types.resources import Resource

_DURATIONS = "The lengths that a client may choose, the usual one among them; none is the usual one only."
_SEGMENTS = (
    "The stretches of the service, which add up to its length; none is one in which the provider is busy."
)
_NEEDS = "What is needed throughout, buffers included."
_CAPACITY = "How many seats share one start; more than one makes it a group."
_SLOT_RULES = "Fixed starts; null is a grid of stepMinutes from where a shift opens, none is no start at all."
_HORIZON = "How far ahead it can be booked; at most five years."
_DAILY = "How many appointments of any kind a provider has on one day at most; null is no limit."
_CLIENT = "How many appointments ahead a client may have; null is no limit."
_NO_GAP = "Starts that would leave a shorter stretch of free time beside them are refused; null refuses none."
_MAXIMISE = "Whether offers that overlap an earlier offer of the same provider are hidden."
_ALLOW = "Whether clients may book it; staff always may."
_APPROVAL = "Whether bookings wait until somebody accepts them."
_HOLD = "How long a slot is held for whoever is booking it."
_CANCEL = "How long before its start a client may cancel it; null is not at all."
_RESCHEDULE = "How long before its start a client may move it; null is not at all."
_BINDS_STAFF = (
    "Whether notice and horizon hold where the rules for staff are the measure, too; true by default."
)


@object_type(allow=INHERITED)
class ResourceNeed:
    """So many units of one of these rooms or kits, the first that has room."""

    resources: list[Resource] = keyed("resource_ids", "Any of these.", many=True)
    quantity: int = fact("How many units.")


@object_type(allow=INHERITED)
class ServiceSegment:
    """A stretch of a service."""

    minutes: int = fact("How long.")
    provider_is_busy: bool = fact("Whether the provider is busy in it; otherwise they can do something else.")
    needs: list[ResourceNeed] = fact("What is needed in it.")


@object_type(allow=INHERITED)
class SlotRule:
    """Fixed starts on the days that a recurrence hits."""

    recurrence: Recurrence = fact("On which days.")
    start_times: list[time] = fact("When, by the wall clock of the location.")
    anchor: date = fact("The first day, from which the recurrence is counted.")


@object_type(allow=INHERITED)
class ServicePolicies:
    """The rules of a service; lengths in minutes."""

    durations: list[int] = fact(_DURATIONS)
    segments: list[ServiceSegment] = fact(_SEGMENTS)
    needs: list[ResourceNeed] = fact(_NEEDS)
    capacity: int = fact(_CAPACITY)
    slot_rules: list[SlotRule] | None = fact(_SLOT_RULES)
    horizon_minutes: int = fact(_HORIZON)
    daily_limit: int | None = fact(_DAILY)
    client_limit: int | None = fact(_CLIENT)
    no_gap_minutes: int | None = fact(_NO_GAP)
    maximise_utilisation: bool = fact(_MAXIMISE)
    allow_booking: bool = fact(_ALLOW)
    needs_approval: bool = fact(_APPROVAL)
    hold_minutes: int = fact(_HOLD)
    cancellation_notice_minutes: int | None = fact(_CANCEL)
    rescheduling_notice_minutes: int | None = fact(_RESCHEDULE)
    notice_binds_staff: bool = fact(_BINDS_STAFF)


def shown_policies(kept: dict[str, Any]) -> ServicePolicies:
    """Kept policies, those that are as by default included."""
    rules = ServiceRules(service_id=0, duration_minutes=1, **policies_of(kept))
    slot_rules = rules.slot_rules
    shown = {field.name: getattr(rules, field.name) for field in fields(ServicePolicies)}
    shown["slot_rules"] = None if slot_rules is None else [_shown_slot_rule(rule) for rule in slot_rules]
    return ServicePolicies(**shown)


def _shown_slot_rule(rule: rulebook.SlotRule) -> SlotRule:
    return SlotRule(
        recurrence=shown_rule(rule.recurrence),
        start_times=[time(*divmod(minute, 60)) for minute in rule.start_times],
        anchor=rule.anchor,
    )


def _needs(given: list[ResourceNeedInput]) -> tuple[rulebook.ResourceNeed, ...]:
    return tuple(made_from(one, rulebook.ResourceNeed) for one in given)


def _segments(given: list[ServiceSegmentInput]) -> tuple[rulebook.Segment, ...]:
    return tuple(made_from(one, rulebook.Segment) for one in given)


def _slot_rules(given: list[SlotRuleInput]) -> tuple[FixedStarts, ...]:
    return tuple(made_from(one, FixedStarts) for one in given)


def _minutes(given: list[time]) -> tuple[int, ...]:
    return tuple(wall.hour * 60 + wall.minute for wall in given)


def _rule(given: RecurrenceInput) -> Rule:
    return rule_of(given)


@input_type
class ResourceNeedInput:
    """So many units of one of these rooms or kits, the first that has room."""

    resource_ids: list[strawberry.ID] = required(
        "Any of these; none stands in two needs at once, though in those of several segments.", of="resource"
    )
    quantity: int | None = optional("How many units; 1 where not given, no more than any of them has.")


@input_type
class ServiceSegmentInput:
    """A stretch of a service."""

    minutes: int = required("How long; at least 1.")
    provider_is_busy: bool | None = optional("Whether the provider is busy in it; true where not given.")
    needs: list[ResourceNeedInput] | None = optional("What is needed in it.", through=_needs)


@input_type
class SlotRuleInput:
    """Fixed starts on the days that a recurrence hits."""

    recurrence: RecurrenceInput = required("On which days.", through=_rule)
    start_times: list[time] = required("When, by the wall clock of the location.", through=_minutes)
    anchor: date | None = optional(
        "The first day, from which the recurrence is counted; today where not given."
    )


@input_type
class ServicePoliciesInput:
    """The rules of a service; lengths in minutes. What is left out stays as it is."""

    durations: list[int] | None = optional(_DURATIONS)
    segments: list[ServiceSegmentInput] | None = optional(_SEGMENTS, through=_segments)
    needs: list[ResourceNeedInput] | None = optional(_NEEDS, through=_needs)
    capacity: int | None = optional(_CAPACITY)
    slot_rules: list[SlotRuleInput] | None = optional(_SLOT_RULES, through=_slot_rules)
    horizon_minutes: int | None = optional(_HORIZON)
    daily_limit: int | None = optional(_DAILY)
    client_limit: int | None = optional(_CLIENT)
    no_gap_minutes: int | None = optional(_NO_GAP)
    maximise_utilisation: bool | None = optional(_MAXIMISE)
    allow_booking: bool | None = optional(_ALLOW)
    needs_approval: bool | None = optional(_APPROVAL)
    hold_minutes: int | None = optional(_HOLD)
    cancellation_notice_minutes: int | None = optional(_CANCEL)
    rescheduling_notice_minutes: int | None = optional(_RESCHEDULE)
    notice_binds_staff: bool | None = optional(_BINDS_STAFF)


def policies_given(given: ServicePoliciesInput) -> Policies:
    """The policies that an input describes."""
    return made_from(given, Policies)
