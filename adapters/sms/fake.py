"""Twilio's twin: the Messages API as documented, with state, for tests and for development by hand."""

from __future__ import annotations

import base64
import hmac
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from adapters.sms.twilio import signature_of
from core.messaging.sms import E164, OPTED_OUT, segments_of

_LONGEST = 1_600
_STOPS = frozenset("STOP STOPALL UNSUBSCRIBE CANCEL END QUIT OPTOUT REVOKE".split())
_STARTS = frozenset("START UNSTOP YES".split())
_PATH = "/2010-04-01/Accounts/{account}/Messages.json"


@dataclass
class FakeTwilio:
    """An account. `opted_out` numbers answered STOP.

    `incoming_url` is where it posts what people answer; with `tells_opt_outs` it says which word it took
    one for, as messaging services with Advanced Opt-Out do.
    `failures` are answered to the next requests, one each: a status, before anything is taken.
    `lost_answers` counts down: so many texts are taken, and answered with 500 all the same.
    """

    account_sid: str = "AC" + "0" * 32
    auth_token: str = "a token for tests"  # noqa: S105  # of an account that there is not
    messages: list[dict[str, Any]] = field(default_factory=list)
    opted_out: set[str] = field(default_factory=set)
    failures: list[int] = field(default_factory=list)
    lost_answers: int = 0
    incoming_url: str = ""
    tells_opt_outs: bool = False
    answered: int = 0

    def app(self) -> Starlette:
        """The API, to be served or called in process."""
        return Starlette(
            routes=[
                Route(_PATH, self._create, methods=["POST"]),
                Route(_PATH, self._list, methods=["GET"]),
            ]
        )

    def callback(
        self, sid: str, status: str, error_code: int | None = None
    ) -> tuple[str, dict[str, str], str]:
        """What Twilio would post as a text goes on its way: (URL, form, signature)."""
        message = next(one for one in self.messages if one["sid"] == sid)
        message["status"] = status
        form = {
            "AccountSid": self.account_sid,
            "MessageSid": sid,
            "MessageStatus": status,
            "To": message["to"],
            "From": message["from"] or "",
        }
        if error_code is not None:
            form["ErrorCode"] = str(error_code)
        url = message["status_callback"]
        return url, form, signature_of(self.auth_token, url, form.items())

    def incoming(self, sender: str, to: str, body: str) -> tuple[str, dict[str, str], str]:
        """What Twilio would post as somebody answers: (URL, form, signature). It heeds STOP and START itself."""
        self.answered += 1
        word = body.strip().upper()
        kind = "STOP" if word in _STOPS else "START" if word in _STARTS else None
        if kind == "STOP":
            self.opted_out.add(sender)
        elif kind == "START":
            self.opted_out.discard(sender)
        form = {
            "AccountSid": self.account_sid,
            "MessageSid": f"SM{self.answered:032x}",
            "From": sender,
            "To": to,
            "Body": body,
            "NumMedia": "0",
        }
        if kind is not None and self.tells_opt_outs:
            form["OptOutType"] = kind
        return self.incoming_url, form, signature_of(self.auth_token, self.incoming_url, form.items())

    async def _create(self, request: Request) -> Response:
        if (refusal := self._refusal(request)) is not None:
            return refusal
        form = {name: str(value) for name, value in (await request.form()).items()}
        to, body = form.get("To", ""), form.get("Body", "")
        sender = form.get("From") or form.get("MessagingServiceSid")
        for wrong, code, words in (
            (not to, 21604, "A 'To' phone number is required."),
            (not E164.fullmatch(to), 21211, "The 'To' number is not a valid phone number."),
            (not sender, 21603, "A 'From' phone number is required."),
            (not body, 21602, "Message body is required."),
            (len(body) > _LONGEST, 21617, "The concatenated message body exceeds the 1600 character limit."),
            (to in self.opted_out, OPTED_OUT, "Attempt to send to unsubscribed recipient"),
        ):
            if wrong:
                return _refused(400, code, words)
        message = {
            "sid": f"SM{len(self.messages):032x}",
            "account_sid": self.account_sid,
            "to": to,
            "from": form.get("From"),
            "messaging_service_sid": form.get("MessagingServiceSid"),
            "body": body,
            "status": "queued",
            "num_segments": str(segments_of(body)),
            "direction": "outbound-api",
            "error_code": None,
            "status_callback": form.get("StatusCallback"),
        }
        self.messages.append(message)
        if self.lost_answers:
            self.lost_answers -= 1
            return _refused(500, 20500, "Internal Server Error")
        return JSONResponse(_shown(message), status_code=201)

    async def _list(self, request: Request) -> Response:
        if (refusal := self._refusal(request)) is not None:
            return refusal
        to = request.query_params.get("To")
        found = [_shown(one) for one in reversed(self.messages) if to in (None, one["to"])]
        return JSONResponse({"messages": found[: int(request.query_params.get("PageSize", "50"))]})

    def _refusal(self, request: Request) -> Response | None:
        if self.failures:
            status = self.failures.pop(0)
            return _refused(status, 20429 if status == 429 else 20500, "Try again.")
        expected = base64.b64encode(f"{self.account_sid}:{self.auth_token}".encode()).decode()
        given = request.headers.get("authorization", "")
        if not hmac.compare_digest(given.encode(), f"Basic {expected}".encode()):
            return _refused(401, 20003, "Authenticate")
        if request.path_params["account"] != self.account_sid:
            return _refused(404, 20404, "The requested resource was not found")
        return None


def _shown(message: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in message.items() if name != "status_callback"}


def _refused(status: int, code: int, words: str) -> Response:
    told = {
        "code": code,
        "message": words,
        "status": status,
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
    }
    return JSONResponse(told, status_code=status)
