"""Who sees the same: whatever is told to one of an audience may be told to all of it as it is."""

from __future__ import annotations

from dataclasses import dataclass

from core.kernel.context import Actor
from core.kernel.errors import Unauthenticated


@dataclass(frozen=True, slots=True)
class Audience:
    """All that decides what a document shows: the business, what may be seen there, and by whom of it."""

    business_id: int
    role: str | None
    provider_id: int | None
    permissions: frozenset[str]

    def actor(self) -> Actor:
        """Somebody of the audience and nobody in particular."""
        return Actor(
            name="audience",
            business_id=self.business_id,
            role=self.role,
            provider_id=self.provider_id,
            permissions=self.permissions,
        )


def audience_of(actor: Actor) -> Audience:
    """The audience that an actor belongs to. Raises Unauthenticated where they stand in no business."""
    if actor.business_id is None:
        raise Unauthenticated()
    return Audience(
        business_id=actor.business_id,
        role=actor.role,
        provider_id=actor.provider_id,
        permissions=frozenset(actor.permissions),
    )
