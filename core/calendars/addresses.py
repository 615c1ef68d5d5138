"""Where feeds and offers are found, and how the events in them are named for the whole world."""

from __future__ import annotations

import re
from dataclasses import dataclass

from core.kernel.ids import spell

FEEDS = "/calendar"
"""The path below which feeds are found."""

OFFERS = "/waitlist/offers"
"""The path below which waitlist offers are found."""

_HOST = re.compile(r"https?://(?:[^@/]*@)?([^/?#]+)")


@dataclass(frozen=True, slots=True)
class Addresses:
    """Addresses below the one that clients reach this program at, without a slash at its end."""

    public_url: str

    def feed(self, token: str) -> str:
        """The secret address of a feed."""
        return f"{self.public_url}{FEEDS}/{token}.ics"

    def offer(self, token: str) -> str:
        """The secret address of a waitlist offer."""
        return f"{self.public_url}{OFFERS}/{token}"

    def uid(self, business_id: int, appointment_id: int) -> str:
        """The UID of an appointment: the same for its whole life, and in everybody's calendar."""
        return f"{spell('apt', appointment_id)}{self._own(business_id)}"

    def is_own(self, business_id: int, uid: str) -> bool:
        """Whether a UID is that of an appointment of the business, come back from another calendar."""
        return uid.startswith("apt_") and uid.endswith(self._own(business_id))

    def _own(self, business_id: int) -> str:
        found = _HOST.match(self.public_url)
        return f".{spell('biz', business_id)}@{found[1] if found else 'localhost'}"
