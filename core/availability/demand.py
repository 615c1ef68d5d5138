"""What an appointment takes, relative to its start: the provider's time, and rooms and kit."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from core.availability.rulebook import ResourceNeed, Segment, ServiceRules


@dataclass(frozen=True, slots=True)
class Leg:
    """A stretch [start, end) of something, in minutes after the appointment's start; buffers may
    make it begin before 0 and end after the duration."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class ResourceLeg:
    """A stretch in which one of some rooms or kits is needed."""

    start: int
    end: int
    need: ResourceNeed


@dataclass(frozen=True, kw_only=True)
class Demand:
    """Everything that one appointment takes. `busy` are the provider's legs, sorted and apart."""

    duration: int
    busy: tuple[Leg, ...]
    resources: tuple[ResourceLeg, ...] = ()

    @cached_property
    def needs(self) -> frozenset[int]:
        """Every room and kit that might serve."""
        return frozenset(key for piece in self.resources for key in piece.need.resource_ids)

    @cached_property
    def lengths(self) -> frozenset[int]:
        """The duration, and where each leg begins and ends."""
        legs = [(leg.start, leg.end) for leg in self.busy]
        pieces = [(piece.start, piece.end) for piece in self.resources]
        return frozenset({self.duration}.union(*legs, *pieces))


def demand_of(
    duration: int,
    *,
    before: int = 0,
    after: int = 0,
    segments: tuple[Segment, ...] = (),
    needs: tuple[ResourceNeed, ...] = (),
) -> Demand:
    """The demand of an appointment of `duration` minutes with its buffers.

    Segments stretch or shrink in the last busy one where another duration was chosen. Buffers belong
    to the provider's first and last busy stretch, and to what is needed throughout.
    """
    stretches = _fitted(segments, duration)
    busy: list[Leg] = []
    resources: list[ResourceLeg] = []
    at = 0
    for segment in stretches:
        end = at + segment.minutes
        if segment.provider_is_busy and busy and busy[-1].end == at:
            busy[-1] = Leg(busy[-1].start, end)
        elif segment.provider_is_busy:
            busy.append(Leg(at, end))
        resources += [ResourceLeg(at, end, need) for need in segment.needs]
        at = end
    busy[0] = Leg(busy[0].start - before, busy[0].end)
    busy[-1] = Leg(busy[-1].start, busy[-1].end + after)
    resources += [ResourceLeg(-before, duration + after, need) for need in needs]
    return Demand(duration=duration, busy=tuple(busy), resources=tuple(resources))


def demand_for(service: ServiceRules, duration: int | None = None) -> Demand:
    """The demand of a service, of the length chosen or of its own."""
    return demand_of(
        service.duration_minutes if duration is None else duration,
        before=service.buffer_before_minutes,
        after=service.buffer_after_minutes,
        segments=service.segments,
        needs=service.needs,
    )


def sells(service: ServiceRules, duration: int, *, for_staff: bool) -> bool:
    """Whether the service can be had at a length, in minutes: its own, or one of those to choose from.

    Staff may sell any other, but not of a group, whose seats share one.
    """
    if for_staff and service.capacity == 1:
        return True
    return duration == service.duration_minutes or duration in service.durations


def _fitted(segments: tuple[Segment, ...], duration: int) -> list[Segment]:
    """The segments brought to a duration. Raises ValueError where it is too short for them."""
    if not segments:
        return [Segment(minutes=duration)]
    change = duration - sum(segment.minutes for segment in segments)
    last = max(at for at, segment in enumerate(segments) if segment.provider_is_busy)
    stretched = segments[last].minutes + change
    if stretched < 1:
        raise ValueError("the duration is too short for the segments")
    return [
        Segment(minutes=stretched, provider_is_busy=True, needs=segment.needs) if at == last else segment
        for at, segment in enumerate(segments)
    ]
