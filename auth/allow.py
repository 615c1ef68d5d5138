"""Who may pass a door. Every GraphQL field and every REST route declares one: `allow=may(...)`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from auth.permissions import Permission
from core.kernel.context import ANONYMOUS, Actor
from core.kernel.errors import Forbidden, Unauthenticated


@dataclass(frozen=True, slots=True)
class Allow:
    """One door's rule; made by `may`, or one of PUBLIC, SIGNED_IN and INHERITED."""

    kind: Literal["public", "signed_in", "inherited", "may"]
    permission: Permission | None = None


PUBLIC = Allow("public")
"""Anybody."""

SIGNED_IN = Allow("signed_in")
"""A person who signed in, in a business or not; an API key is no person."""

INHERITED = Allow("inherited")
"""Whoever may see the parent object, whose own door was passed before."""


def may(permission: Permission) -> Allow:
    """Whoever stands in a business and holds the permission there."""
    return Allow("may", permission)


def check(allow: Allow, actor: Actor) -> None:
    """Let the actor pass or refuse.

    Raises Unauthenticated for anonymous callers and Forbidden, with the missing permission, for
    known ones; somebody without a business is Forbidden at every `may` door.
    """
    if allow.kind in ("public", "inherited"):
        return
    if actor.name == ANONYMOUS.name:
        raise Unauthenticated()
    if allow.permission is None:
        if actor.identity_id is None:
            raise Forbidden()
    elif actor.business_id is None or allow.permission not in actor.permissions:
        raise Forbidden(allow.permission)
