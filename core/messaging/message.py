"""The message: what was said to a client, and what became of it; whom and in which words is not kept here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.kernel.unit_of_work import Entity, TenantOwned

SENDING, SENT, DELIVERED, FAILED, REFUSED = "SENDING", "SENT", "DELIVERED", "FAILED", "REFUSED"
"""SENDING may have been sent: whoever tries again asks first. REFUSED was never taken, FAILED never arrived."""

OVER = (SENT, DELIVERED, FAILED, REFUSED)
"""States in which nothing more is to be done."""


@dataclass(kw_only=True, eq=False)
class Message(Entity, TenantOwned):
    """Something said once: `message_key` is the same for every try.

    `facts` are the time and provider that were told. `segments`, `sid` and `error_code` are the SMS
    carrier's.
    """

    message_key: str
    channel: str
    template: str
    language: str
    client_id: int | None
    appointment_id: int | None
    facts: dict[str, Any]
    status: str
    created_at: datetime
    updated_at: datetime
    segments: int | None = None
    sid: str | None = None
    error_code: int | None = None
