"""What outside services tell us: each route checks who speaks before anything is believed."""

from __future__ import annotations

from urllib.parse import parse_qsl

import structlog
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from adapters.sms.twilio import is_signed
from app.house import House
from core.messaging.delivered import note_delivery
from core.messaging.heed_sms_word import START, STOP, heed_sms_word, sms_word
from core.messaging.message import DELIVERED, FAILED, SENT
from core.messaging.sms import E164

_LONGEST_BYTES = 16 * 1024
_MOST_FIELDS = 100
_MEANS = {
    "sent": SENT,
    "delivered": DELIVERED,
    "read": DELIVERED,
    "failed": FAILED,
    "undelivered": FAILED,
}
"""Twilio's word → ours; other words are steps on the way."""

_NOTHING_TO_SAY = '<?xml version="1.0" encoding="UTF-8"?><Response/>'

log = structlog.get_logger("daybook.hooks")


async def twilio_status(request: Request) -> Response:
    """What became of an SMS. 403 for whoever is not Twilio, 404 for a message that is not there.

    The signature covers the address as Twilio was given it, so DAYBOOK_PUBLIC_URL must be that one.
    """
    house: House = request.app.state.house
    told = await _told_by_twilio(request, house)
    if isinstance(told, Response):
        return told
    error = told.get("ErrorCode", "")
    business_id, message_id = request.path_params["business_id"], request.path_params["message_id"]
    sid = told.get("MessageSid", "")
    if max(business_id, message_id) >= 2**53 or not sid.isalnum():
        return PlainTextResponse("no such message", status_code=404)
    async with house.system_at(business_id) as ctx:
        known = await note_delivery(
            ctx,
            message_id,
            sid=sid,
            status=_MEANS.get(told.get("MessageStatus", ""), ""),
            error_code=int(error) if error.isascii() and error.isdigit() and len(error) < 9 else None,
        )
    return Response(status_code=204) if known else PlainTextResponse("no such message", status_code=404)


async def twilio_incoming(request: Request) -> Response:
    """What somebody answered to an SMS: STOP and START are heeded, in every business that knows the number.

    All businesses send from one number, so that a STOP is meant for all of them. Twilio itself answers
    those words; anything else is read by nobody. 403 for whoever is not Twilio.
    """
    house: House = request.app.state.house
    told = await _told_by_twilio(request, house)
    if isinstance(told, Response):
        return told
    word = _word_of(told)
    number = told.get("From", "")
    is_ours = house.settings.sms_from in (told.get("To"), told.get("MessagingServiceSid"))
    if word is not None and is_ours and E164.fullmatch(number):
        changed = 0
        for business_id in await house.event_log.businesses():
            async with house.system_at(business_id) as ctx:
                changed += await heed_sms_word(ctx, number, word)
        log.info("sms.heeded", word=word, clients=changed)
    return Response(_NOTHING_TO_SAY, media_type="text/xml")


def _word_of(told: dict[str, str]) -> str | None:
    """The word that Twilio took it for, where it says so; else the one that stands there."""
    if "OptOutType" in told:
        return told["OptOutType"] if told["OptOutType"] in (STOP, START) else None
    return sms_word(told.get("Body", ""))


async def _told_by_twilio(request: Request, house: House) -> dict[str, str] | Response:
    """The form of a callback that carries Twilio's signature, or the refusal of one that does not."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LONGEST_BYTES:
            return PlainTextResponse("too long", status_code=413)
    try:
        form = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError:
        return PlainTextResponse("not a form", status_code=400)
    token, url = house.settings.twilio_auth_token, house.settings.public_url + request.url.path
    signature = request.headers.get("x-twilio-signature", "")
    if token is None or not is_signed(token, url, form, signature):
        return PlainTextResponse("not signed", status_code=403)
    return dict(form)
