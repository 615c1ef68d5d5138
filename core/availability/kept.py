"""How rules are kept: plain JSON values, and the rules they stand for.

The values are those of `services.policies`, `appointments.segments` and `.needs`, `blocks.recurrence`,
`.exceptions` and `.reaches`. Dates are `YYYY-MM-DD`, wall-clock times `YYYY-MM-DDTHH:MM`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from datetime import date, datetime
from typing import Any

from core.availability.recurrence import Recurrence
from core.availability.rulebook import Reach, ResourceNeed, Segment, ServiceRules, SlotRule

OWN_COLUMNS = frozenset(
    "service_id duration_minutes buffer_before_minutes buffer_after_minutes notice_minutes step_minutes "
    "provider_ids weights".split()
)
"""The fields of ServiceRules that are kept elsewhere than among the policies."""
_DEFAULTS = {field.name: field.default for field in fields(ServiceRules) if field.name not in OWN_COLUMNS}


def kept_policies(rules: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON of policies, given by the names of ServiceRules; what is as by default is left out."""
    kept: dict[str, Any] = {}
    for name, value in rules.items():
        if value == _DEFAULTS[name]:
            continue
        if name == "segments":
            kept[name] = kept_segments(value)
        elif name == "needs":
            kept[name] = kept_needs(value)
        elif name == "slot_rules":
            kept[name] = [kept_slot_rule(rule) for rule in value]
        else:
            kept[name] = list(value) if isinstance(value, tuple) else value
    return kept


def policies_of(kept: Mapping[str, Any]) -> dict[str, Any]:
    """The policies behind their JSON, by the names of ServiceRules: only those that are kept."""
    policies = dict(kept)
    if "durations" in kept:
        policies["durations"] = tuple(kept["durations"])
    if "segments" in kept:
        policies["segments"] = segments_of(kept["segments"])
    if "needs" in kept:
        policies["needs"] = needs_of(kept["needs"])
    if "slot_rules" in kept:
        policies["slot_rules"] = tuple(slot_rule_of(rule) for rule in kept["slot_rules"])
    return policies


def kept_needs(needs: Sequence[ResourceNeed]) -> list[dict[str, Any]]:
    """The JSON of what is needed."""
    return [{"resource_ids": list(need.resource_ids), "quantity": need.quantity} for need in needs]


def needs_of(kept: Sequence[Mapping[str, Any]] | None) -> tuple[ResourceNeed, ...]:
    """What is needed."""
    return tuple(
        ResourceNeed(resource_ids=tuple(need["resource_ids"]), quantity=need["quantity"])
        for need in kept or ()
    )


def kept_segments(segments: Sequence[Segment]) -> list[dict[str, Any]]:
    """The JSON of segments."""
    return [{**asdict(segment), "needs": kept_needs(segment.needs)} for segment in segments]


def segments_of(kept: Sequence[Mapping[str, Any]] | None) -> tuple[Segment, ...]:
    """The segments."""
    return tuple(
        Segment(
            minutes=segment["minutes"],
            provider_is_busy=segment["provider_is_busy"],
            needs=needs_of(segment["needs"]),
        )
        for segment in kept or ()
    )


def kept_slot_rule(rule: SlotRule) -> dict[str, Any]:
    """The JSON of a slot rule."""
    return {
        "recurrence": kept_recurrence(rule.recurrence),
        "start_times": list(rule.start_times),
        "anchor": rule.anchor.isoformat(),
    }


def slot_rule_of(kept: Mapping[str, Any]) -> SlotRule:
    """The slot rule."""
    return SlotRule(
        recurrence=recurrence_of(kept["recurrence"]),
        start_times=tuple(kept["start_times"]),
        anchor=date.fromisoformat(kept["anchor"]),
    )


def kept_recurrence(rule: Recurrence) -> dict[str, Any]:
    """The JSON of a recurrence."""
    until = rule.until.isoformat() if rule.until else None
    return {**asdict(rule), "byday": list(rule.byday), "until": until}


def recurrence_of(kept: Mapping[str, Any]) -> Recurrence:
    """The recurrence."""
    until = date.fromisoformat(kept["until"]) if kept["until"] else None
    return Recurrence(**{**kept, "byday": tuple(kept["byday"]), "until": until})


def kept_reaches(reaches: Sequence[Reach]) -> list[dict[str, int]]:
    """The JSON of whom a block stops: only what is named."""
    return [{name: key for name, key in asdict(reach).items() if key is not None} for reach in reaches]


def reaches_of(kept: Sequence[Mapping[str, int]]) -> tuple[Reach, ...]:
    """Whom a block stops."""
    return tuple(Reach(**reach) for reach in kept)


def kept_wall(wall: datetime) -> str:
    """A wall-clock time to the minute."""
    return wall.isoformat(timespec="minutes")


def wall_of(kept: str) -> datetime:
    """The wall-clock time."""
    return datetime.fromisoformat(kept)
