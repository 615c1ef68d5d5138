"""The page behind a waitlist offer's link: it shows the time, and takes it or lets it go when asked to.

Looking changes nothing: mail programs follow links by themselves.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse
from starlette.routing import Route

from auth.door import Door
from auth.rate_limit import network_of
from auth.throttle import demand
from core.appointments.life import CANCELLED, DECLINED, PENDING
from core.billing.plans import RequestLimit
from core.calendars.addresses import OFFERS
from core.kernel.errors import DomainError, NotFound, RateLimited, Unavailable
from core.kernel.text import zone_of
from core.waitlist.claim import ClaimWaitlistOffer, claim_waitlist_offer
from core.waitlist.decline import DeclineWaitlistOffer, decline_waitlist_offer
from core.waitlist.look import LookAtWaitlistOffer, OfferSeen, look_at_waitlist_offer
from core.waitlist.offer_token import business_of_offer_token
from web.pages import page

_OF_A_NETWORK = RequestLimit(per_minute=60, burst=120)
"""A waiting room full of people behind one address may look at their offers at once."""

SHOW, CLAIM, DECLINE = "show", "claim", "decline"
_BOOKED = "The time is yours: it is booked."
_ASKED_FOR = "You asked for this time: the business will confirm it."
_LET_GO = "Thank you: the time goes to the next."
_OVER = "This offer does not stand any more."


def waitlist_routes(door: Door) -> list[Route]:
    """The address of every offer, and those of its two buttons."""

    async def shown(request: Request) -> HTMLResponse:
        return await _answer(door, request, SHOW)

    async def claimed(request: Request) -> HTMLResponse:
        return await _answer(door, request, CLAIM)

    async def declined(request: Request) -> HTMLResponse:
        return await _answer(door, request, DECLINE)

    async def back(request: Request) -> RedirectResponse:
        return RedirectResponse(f"{OFFERS}/{request.path_params['token']}", 303)

    path = f"{OFFERS}/{{token}}"
    return [
        Route(path, shown, methods=["GET"]),
        Route(f"{path}/claim", claimed, methods=["POST"]),
        Route(f"{path}/decline", declined, methods=["POST"]),
        Route(f"{path}/claim", back, methods=["GET"]),
        Route(f"{path}/decline", back, methods=["GET"]),
    ]


async def _answer(door: Door, request: Request, wanted: str) -> HTMLResponse:
    token = request.path_params["token"]
    business_id = business_of_offer_token(token)
    if business_id is None:
        return _missing()
    client_ip = request.client.host if request.client else ""
    try:
        await demand(door.gate.throttle, f"offers:{network_of(client_ip)}", _OF_A_NETWORK)
    except RateLimited as refusal:
        return _later(refusal.message, 429, refusal.retry_after_seconds)
    request_id = request.scope.get("state", {}).get("request_id", "")
    said, status = _LET_GO if wanted == DECLINE else None, 200
    try:
        async with door.stranger_at(business_id, client_ip=client_ip, request_id=request_id) as ctx:
            try:
                if wanted == CLAIM:
                    await claim_waitlist_offer(ctx, ClaimWaitlistOffer(token=token))
                elif wanted == DECLINE:
                    await decline_waitlist_offer(ctx, DeclineWaitlistOffer(token=token))
            except (NotFound, Unavailable):
                raise
            except DomainError as refusal:
                said, status = refusal.message, 409
            seen = await look_at_waitlist_offer(ctx, LookAtWaitlistOffer(token=token))
    except NotFound:
        return _missing()
    except Unavailable as refusal:
        return _later(refusal.message, 503, refusal.retry_after_seconds)
    return _page(seen, token, said or _standing(seen), status)


def _standing(seen: OfferSeen) -> str | None:
    """What became of an offer, None while it can still be taken."""
    if seen.stands:
        return None
    if seen.became in (None, CANCELLED, DECLINED):
        return _OVER
    return _ASKED_FOR if seen.became == PENDING else _BOOKED


def _later(message: str, status: int, seconds: int) -> HTMLResponse:
    answer = _page(None, None, message, status)
    answer.headers["Retry-After"] = str(seconds)
    return answer


def _missing() -> HTMLResponse:
    """The one answer for addresses that never were."""
    return _page(None, None, "There is no such offer.", 404)


def _page(seen: OfferSeen | None, token: str | None, said: str | None, status: int) -> HTMLResponse:
    zone = None if seen is None else zone_of(seen.time_zone)
    answer = page(
        "waitlist_offer",
        offer=seen,
        path=f"{OFFERS}/{token}",
        said=said,
        starts_at=None if seen is None else seen.starts_at.astimezone(zone),
        expires_at=None if seen is None else seen.expires_at.astimezone(zone),
    )
    answer.status_code = status
    answer.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    return answer
