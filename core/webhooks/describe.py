"""Checks on what describes an endpoint."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from core.events.catalogue import CATALOGUE
from core.kernel.context import Context
from core.kernel.errors import Forbidden
from core.kernel.outbound import Outbound, Refused, words_of
from core.kernel.text import Check
from core.webhooks.endpoint import LONGEST_OVERLAP, WebhookEndpoint
from core.webhooks.scheme import Scheme, Schemes

LONGEST_URL = 2_048
_SECRET_BYTES = 32
_MOST_HOURS = LONGEST_OVERLAP // timedelta(hours=1)


def check_url(ctx: Context, check: Check, url: str) -> str:
    """An address that may be called, as it was given."""
    if len(url) > LONGEST_URL:
        check.refuse("url", "TOO_LONG", f"must not be longer than {LONGEST_URL} characters")
        return url
    try:
        ctx.reach(Outbound).check(url, secure=True)
    except Refused as refusal:
        check.refuse("url", "BAD_URL", words_of(refusal))
    return url


def check_scheme(ctx: Context, check: Check, name: str) -> Scheme:
    """The scheme of that name, or any where there is none."""
    schemes = ctx.reach(Schemes).by_name
    if name not in schemes:
        check.refuse("scheme", "UNKNOWN_SCHEME", f"must be one of {', '.join(sorted(schemes))}")
        return next(iter(schemes.values()))
    return schemes[name]


def check_names(check: Check, scheme: Scheme, names: list[str] | None) -> list[str] | None:
    """Words of the scheme, each once and in its order; None for all of them."""
    if names is None:
        return None
    if not names:
        check.refuse("event_names", "REQUIRED", "must name at least one event; leave it out for all")
    for at, name in enumerate(names[: len(scheme.vocabulary) + 1]):
        if name not in scheme.vocabulary:
            check.refuse(f"event_names.{at}", "UNKNOWN_EVENT", "must be an event of the endpoint's scheme")
    return [name for name in scheme.vocabulary if name in set(names)]


def heard_by(ctx: Context, scheme: Scheme, names: list[str] | None) -> list[str]:
    """The permissions by which an endpoint hears what the caller chooses for it; of all events those that
    the caller has. Raises Forbidden where they name an event that they may not see."""
    rows = CATALOGUE.values()
    if names is None:
        return sorted({row.sees for row in rows if row.sees in ctx.actor.permissions})
    chosen = set(names)
    needed = {row.sees for row in rows if not chosen.isdisjoint(scheme.names(row.type))}
    require_all(ctx, needed)
    return sorted(needed)


def require_all(ctx: Context, hears: Iterable[str]) -> None:
    """Raise Forbidden, with the permission, for a caller who may not see all that is heard by these."""
    for permission in sorted(hears):
        if permission not in ctx.actor.permissions:
            raise Forbidden(permission)


def check_overlap(check: Check, hours: int) -> None:
    """For how long an old secret goes on signing: 0 to 168 hours."""
    check.whole("overlap_hours", hours, least=0, most=_MOST_HOURS, unit="hours")


def new_secret(scheme: Scheme) -> str:
    """A secret of 32 random bytes, as the scheme spells it."""
    return scheme.new_secret(secrets.token_bytes(_SECRET_BYTES))


def give_new_secret(ctx: Context, endpoint: WebhookEndpoint, now: datetime, overlap_hours: int) -> str:
    """Sign with a new secret from now on, and with the present one for so many hours more; the new one."""
    overlaps = overlap_hours > 0
    endpoint.old_secret = endpoint.secret if overlaps else None
    endpoint.old_secret_ends_at = now + timedelta(hours=overlap_hours) if overlaps else None
    endpoint.secret = secret = new_secret(ctx.reach(Schemes)[endpoint.scheme])
    return secret
