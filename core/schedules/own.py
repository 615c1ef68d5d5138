"""Whose hours somebody may set: their own, or everybody's."""

from __future__ import annotations

from collections.abc import Iterable

from core.kernel.context import Actor
from core.kernel.errors import Forbidden

EVERYBODYS = "schedules:write"
"""The permission that lets somebody set the hours of all providers, of places and of the business."""


def require_hours_of(actor: Actor, provider_ids: Iterable[int | None]) -> None:
    """Raise Forbidden unless all are the caller, or the caller may set everybody's hours; None is
    everybody."""
    if EVERYBODYS in actor.permissions:
        return
    if actor.provider_id is None or set(provider_ids) != {actor.provider_id}:
        raise Forbidden(EVERYBODYS)
