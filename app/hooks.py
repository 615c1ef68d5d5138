"""What outside services tell us: each route checks who speaks before anything is believed."""

from __future__ import annotations

from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from adapters.sms.twilio import is_signed
from app.house import House
from core.messaging.delivered import note_delivery
from core.messaging.message import DELIVERED, FAILED, SENT

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


async def twilio_status(request: Request) -> Response:
    """What became of an SMS. 403 for whoever is not Twilio, 404 for a message that is not there.

    The signature covers the address as Twilio was given it, so DAYBOOK_PUBLIC_URL must be that one.
    """
    house: House = request.app.state.house
    settings = house.settings
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LONGEST_BYTES:
            return PlainTextResponse("too long", status_code=413)
    try:
        form = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError:
        return PlainTextResponse("not a form", status_code=400)
    url = settings.public_url + request.url.path
    signature = request.headers.get("x-twilio-signature", "")
    if settings.twilio_auth_token is None or not is_signed(settings.twilio_auth_token, url, form, signature):
        return PlainTextResponse("not signed", status_code=403)
    told = dict(form)
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
