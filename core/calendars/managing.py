"""Whose calendars somebody may manage: their own, or everybody's."""

from __future__ import annotations

from core.kernel.context import Actor
from core.kernel.errors import Forbidden

ANY_PROVIDER, ANY_CLIENT = "providers:write", "clients:write"
"""The permissions that let somebody manage the calendars of all providers, and feeds of clients."""


def require_provider(actor: Actor, provider_id: int) -> None:
    """Raise Forbidden unless the provider is the caller, or the caller may manage all of them."""
    if provider_id != actor.provider_id and ANY_PROVIDER not in actor.permissions:
        raise Forbidden(ANY_PROVIDER)


def require_owner(actor: Actor, provider_id: int | None, client_id: int | None) -> None:
    """Raise Forbidden unless the caller may manage the feeds of that provider, or of that client."""
    if provider_id is not None:
        require_provider(actor, provider_id)
    if client_id is not None and ANY_CLIENT not in actor.permissions:
        raise Forbidden(ANY_CLIENT)
