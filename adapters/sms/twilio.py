"""SMS by Twilio's Messages API (2010-04-01): a form goes out, JSON comes back, signed callbacks follow."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable
from typing import Any

import httpx2

from core.messaging.sms import E164, SmsNotSent, SmsRefused, TakenSms, TextMessage

_TIMEOUT_SECONDS = 20.0
_LOOKED_THROUGH = 50
_BAD_NUMBER = 21211
_UNKNOWN = 0


class TwilioSender:
    """Sends each text with one request; `sender` is a number in E.164, a word, or a service (`MG…`).

    Twilio has no idempotency key: a text that may have been handed on before is looked for among the
    newest to its recipient, and not sent again where it is there.
    """

    def __init__(
        self,
        *,
        base_url: str,
        account_sid: str,
        auth_token: str,
        sender: str,
        callback_url: str,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        self._messages = f"{base_url.rstrip('/')}/2010-04-01/Accounts/{account_sid}/Messages.json"
        self._auth = httpx2.BasicAuth(account_sid, auth_token)
        self._sender = {"MessagingServiceSid" if sender.startswith("MG") else "From": sender}
        self._callback_url = callback_url.rstrip("/")
        self._transport = transport

    async def send(self, message: TextMessage, *, again: bool) -> TakenSms:
        """Hand the text on. Raises SmsNotSent, or SmsRefused with Twilio's code."""
        if not E164.fullmatch(message.to):
            raise SmsRefused(_BAD_NUMBER)
        async with httpx2.AsyncClient(
            auth=self._auth, timeout=_TIMEOUT_SECONDS, transport=self._transport
        ) as http:
            try:
                if again and (sid := await self._found(http, message)) is not None:
                    return TakenSms(sid=sid)
                answer = await http.post(
                    self._messages,
                    data={
                        **self._sender,
                        "To": message.to,
                        "Body": message.text,
                        "StatusCallback": self._callback_url + message.status_path,
                    },
                )
                told = _told(answer)
            except httpx2.HTTPError as error:
                raise SmsNotSent(type(error).__name__) from error
        if answer.status_code == 201 and isinstance(told.get("sid"), str):
            return TakenSms(sid=told["sid"])
        if answer.status_code == 400:
            code = told.get("code")
            raise SmsRefused(code if isinstance(code, int) else _UNKNOWN)
        raise SmsNotSent(f"status {answer.status_code}")

    async def _found(self, http: httpx2.AsyncClient, message: TextMessage) -> str | None:
        """The id of this text, where Twilio has it."""
        answer = await http.get(self._messages, params={"To": message.to, "PageSize": _LOOKED_THROUGH})
        if answer.status_code != 200:
            raise SmsNotSent(f"status {answer.status_code}")
        for one in _told(answer).get("messages", []):
            if one.get("to") == message.to and one.get("body") == message.text:
                return str(one["sid"])
        return None


def signature_of(auth_token: str, url: str, form: Iterable[tuple[str, str]]) -> str:
    """What Twilio puts into X-Twilio-Signature: HMAC-SHA1 over the URL and the form, sorted by name."""
    told = url + "".join(name + value for name, value in sorted(set(form)))
    digest = hmac.new(auth_token.encode(), told.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


def is_signed(auth_token: str, url: str, form: Iterable[tuple[str, str]], signature: str) -> bool:
    """Whether a callback comes from Twilio, compared in constant time."""
    return hmac.compare_digest(signature_of(auth_token, url, form).encode(), signature.encode())


def _told(answer: httpx2.Response) -> dict[str, Any]:
    try:
        told = answer.json()
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}
