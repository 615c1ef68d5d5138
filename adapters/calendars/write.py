"""Feeds as iCalendar.

Times are written in UTC: an appointment is an instant and does not recur, every reader shows UTC in
its owner's own zone, and without TZID there is no VTIMEZONE that could be out of date.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any
from unicodedata import category

from icalendar import Calendar, Event, vText

from core.calendars.addresses import Addresses
from core.calendars.read_feed import Feed, FeedEntry

_REFRESH = timedelta(minutes=15)
_FORM = "1"  # raised whenever the same feed comes to be written differently
_BUSY = {"CONFIRMED": "BUSY", "TENTATIVE": "TENTATIVE", "CANCELLED": "FREE"}


class IcsWriter:
    """See core.calendars.read_feed.FeedWriter."""

    def __init__(self, addresses: Addresses) -> None:
        self._addresses = addresses

    def mark(self, feed: Feed) -> str:
        """A digest of everything that is written."""
        told = f"{_FORM} {self._addresses} {feed}"
        return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:32]

    def write(self, feed: Feed) -> bytes:
        """The calendar, UTF-8, lines folded at 75 octets."""
        calendar = Calendar()
        calendar.add("prodid", "-//Daybook//Calendar feed//EN")
        calendar.add("version", "2.0")
        calendar.add("calscale", "GREGORIAN")
        calendar.add("name", _text(feed.name))
        calendar.add("x-wr-calname", _text(feed.name))
        calendar.add("x-wr-timezone", _text(feed.time_zone))
        calendar.add("refresh-interval", _REFRESH, parameters={"VALUE": "DURATION"})
        calendar.add("x-published-ttl", _text("PT15M"))
        for entry in feed.entries:
            calendar.add_component(self._event(feed, entry))
        written: bytes = calendar.to_ical(sorted=False)
        return written

    def _event(self, feed: Feed, entry: FeedEntry) -> Event:
        event = Event()
        facts: dict[str, Any] = {
            "uid": self._addresses.uid(feed.business_id, entry.appointment_id),
            # Without a METHOD, DTSTAMP is when the facts last changed (RFC 5545, 3.8.7.2).
            "dtstamp": entry.updated_at,
            "created": entry.created_at,
            "last-modified": entry.updated_at,
            "sequence": entry.sequence,
            "dtstart": entry.starts_at,
            "dtend": entry.ends_at,
            "status": entry.status,
            "transp": "TRANSPARENT" if entry.status == "CANCELLED" else "OPAQUE",
            "summary": _text(entry.summary),
            "location": _text(entry.location),
            "x-microsoft-cdo-busystatus": _text(_BUSY[entry.status]),
        }
        for name, value in facts.items():
            event.add(name, value)
        return event


def _text(value: str) -> vText:
    """TEXT without the control characters that RFC 5545 (3.1, 3.3.11) has no form for."""
    lines = "\n".join(value.splitlines())
    return vText(
        "".join(letter for letter in lines if letter in "\n\t" or category(letter) not in ("Cc", "Cs"))
    )
