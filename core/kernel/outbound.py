"""The one way out: how the program calls an address that somebody gave it.

`ctx.reach(Outbound)` answers it. What stands behind it never reaches the inside of the network, follows
no redirect, and takes neither long nor much; see adapters/http.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Protocol

MOST_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboundRequest:
    """One request. The answer's body is read up to `most_bytes`: what is longer raises TooLarge, or is cut.

    `connect_seconds` bounds looking the name up, connecting and TLS; `total_seconds` everything.
    """

    url: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    most_bytes: int = MOST_BYTES
    cut: bool = False
    connect_seconds: float = 5.0
    total_seconds: float = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboundResponse:
    """An answer, whatever its status: a redirect is one, too. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float


class OutboundFailure(Exception):
    """There is no answer; `code` says why in a word, `seconds` how long it took."""

    code: ClassVar[str] = "UNREACHABLE"

    def __init__(self, seconds: float = 0.0) -> None:
        super().__init__(self.code)
        self.seconds = seconds


class Refused(OutboundFailure):
    """The address is not one that may be called; nothing was sent. `reason` says which rule it breaks."""

    code: ClassVar[str] = "REFUSED"

    def __init__(self, reason: str, seconds: float = 0.0) -> None:
        super().__init__(seconds)
        self.reason = reason


_WORDS = {
    "NOT_HTTPS": "must begin with https://",
    "CREDENTIALS": "must not hold a user name or password",
    "PORT": "must not name a port other than that of https",
}


def words_of(refusal: Refused) -> str:
    """What is wrong with an address that must be https, in words; the address is not repeated."""
    return _WORDS.get(refusal.reason, "must be an https:// address of the public internet")


class TimedOut(OutboundFailure):
    """It took too long to connect, or all together."""

    code: ClassVar[str] = "TIMED_OUT"


class TooLarge(OutboundFailure):
    """The answer is longer than was asked for, or came compressed, which was not."""

    code: ClassVar[str] = "TOO_LARGE"


class Unreachable(OutboundFailure):
    """No such name, no connection, no valid certificate, or no HTTP."""


class Outbound(Protocol):
    """Calls addresses that somebody gave."""

    def check(self, url: str, *, secure: bool = False) -> None:
        """Look at the spelling of an address, without asking anybody about its name.

        With `secure` it must be https. Raises Refused.
        """
        ...

    async def send(self, request: OutboundRequest) -> OutboundResponse:
        """Send a request and wait for its answer. Raises Refused, TimedOut, TooLarge and Unreachable."""
        ...
