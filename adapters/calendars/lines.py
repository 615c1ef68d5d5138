"""iCalendar's form: content lines unfolded, taken apart, and gathered into components.

Only what busy time is made of is kept; other properties and components are passed over without being
understood, so that what is odd in them does no harm. The work is linear in the length.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from adapters.calendars.unreadable import MALFORMED, NOT_A_CALENDAR, TOO_MANY_EVENTS, TRUNCATED
from core.calendars.busy import Unreadable

MOST_EVENTS = 100_000
_DEEPEST = 16
_NOTHING = " \t\x00\x1a"  # what some programs leave after the end
_LONGEST_VALUE = 100_000
_KEPT_COMPONENTS = frozenset({"VEVENT", "VFREEBUSY", "VTIMEZONE", "STANDARD", "DAYLIGHT"})
_KEPT_LINES = frozenset(
    {
        "DTSTART",
        "DTEND",
        "DURATION",
        "RRULE",
        "RDATE",
        "EXDATE",
        "EXRULE",
        "RECURRENCE-ID",
        "UID",
        "SEQUENCE",
        "STATUS",
        "TRANSP",
        "X-MICROSOFT-CDO-BUSYSTATUS",
        "FREEBUSY",
        "TZID",
        "X-LIC-LOCATION",
        "TZOFFSETFROM",
        "TZOFFSETTO",
    }
)


@dataclass(frozen=True, slots=True)
class Line:
    """A property: its value as written, and its parameters by name in upper case."""

    value: str
    parameters: dict[str, str]


@dataclass(slots=True)
class Component:
    """A component with the properties that are kept, by name, and the components inside it."""

    name: str
    lines: dict[str, list[Line]] = field(default_factory=dict)
    inside: list[Component] = field(default_factory=list)

    def first(self, name: str) -> Line | None:
        """The first property of a name."""
        found = self.lines.get(name)
        return found[0] if found else None

    def word(self, name: str) -> str:
        """The value of a property that is one word, in upper case; empty where there is none."""
        found = self.first(name)
        return "" if found is None else found.value.strip().upper()


def components_of(body: bytes) -> list[Component]:
    """The components of all calendars in a body, those inside others within them.

    Raises Unreadable: NOT_A_CALENDAR, TRUNCATED where the end is missing, MALFORMED where components
    cross, and TOO_MANY_EVENTS.
    """
    found: list[Component] = []
    open_names: list[str] = []
    open_kept: list[Component | None] = []
    events = calendars = 0
    lines = _unfolded(body)
    for number, text in enumerate(lines, start=1):
        head = text[:6].upper()
        if head == "BEGIN:":
            name = text[6:].strip().upper()
            if not open_names and name != "VCALENDAR":
                raise Unreadable(NOT_A_CALENDAR)
            if len(open_names) >= _DEEPEST:
                raise Unreadable(MALFORMED)
            calendars += name == "VCALENDAR"
            events += name in ("VEVENT", "VFREEBUSY")
            if events > MOST_EVENTS:
                raise Unreadable(TOO_MANY_EVENTS)
            made = Component(name) if name in _KEPT_COMPONENTS else None
            outer = open_kept[-1] if open_kept else None
            if made is not None and outer is not None:
                outer.inside.append(made)
            elif made is not None:
                found.append(made)
            open_names.append(name)
            open_kept.append(made)
        elif head[:4] == "END:":
            if not open_names or text[4:].strip().upper() != open_names.pop():
                raise Unreadable(TRUNCATED if number == len(lines) > 1 else MALFORMED)
            open_kept.pop()
        elif not open_names:
            if text.strip(_NOTHING):
                raise Unreadable(NOT_A_CALENDAR)
        elif (kept := open_kept[-1]) is not None:
            _keep(kept, text)
    if calendars == 0:
        raise Unreadable(NOT_A_CALENDAR)
    if open_names:
        raise Unreadable(TRUNCATED)
    return found


def _keep(component: Component, text: str) -> None:
    name = text[: _end_of_name(text)].upper()
    if name not in _KEPT_LINES:
        return
    if len(text) > _LONGEST_VALUE:
        raise Unreadable(MALFORMED)
    head, value = _parted(text)
    parameters = {}
    for parameter in _pieces(head[len(name) + 1 :]):
        key, _, given = parameter.partition("=")
        parameters[key.strip().upper()] = given.strip().strip('"')
    component.lines.setdefault(name, []).append(Line(value, parameters))


def _end_of_name(text: str) -> int:
    ends = [at for at in (text.find(":", 0, 40), text.find(";", 0, 40)) if at >= 0]
    return min(ends, default=0)


def _parted(text: str) -> tuple[str, str]:
    """What stands before and after the colon that is in no quotes."""
    head, colon, value = text.partition(":")
    if colon and '"' not in head:
        return head, value
    quoted = False
    for at, letter in enumerate(text):
        if letter == '"':
            quoted = not quoted
        elif letter == ":" and not quoted:
            return text[:at], text[at + 1 :]
    raise Unreadable(MALFORMED)


def _pieces(text: str) -> Iterator[str]:
    """The parts between semicolons that are in no quotes."""
    if not text:
        return
    if '"' not in text:
        yield from text.split(";")
        return
    quoted, begin = False, 0
    for at, letter in enumerate(text):
        if letter == '"':
            quoted = not quoted
        elif letter == ";" and not quoted:
            yield text[begin:at]
            begin = at + 1
    if text[begin:]:
        yield text[begin:]


def _unfolded(body: bytes) -> list[str]:
    text = _decoded(body).replace("\r\n", "\n").replace("\r", "\n")
    return text.replace("\n ", "").replace("\n\t", "").split("\n")


def _decoded(body: bytes) -> str:
    """UTF-8, or UTF-16 where its mark says so; of any other charset only the ASCII matters here."""
    if body[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return body.decode("utf-16", "replace")
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return body.removeprefix(b"\xef\xbb\xbf").decode("latin-1")
