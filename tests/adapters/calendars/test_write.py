"""A feed as other people's programs read it: icalendar, and ical.js in a browser."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from icalendar import Calendar
from playwright.async_api import Page

from adapters.calendars.write import IcsWriter
from core.calendars.addresses import Addresses
from core.calendars.read_feed import Feed, FeedEntry

ICAL_JS = Path(__file__).parent / "vendor" / "ical-2.2.1.es5.min.js"
ADDRESSES = Addresses("https://book.studio.example")
START = datetime(2027, 3, 14, 6, 30, tzinfo=UTC)
MADE = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)

NASTY = 'Zoë "Zaz" Müller; 東京, \\back\\slash 👩🏽‍🎤\nsecond: line\r\nthird\x00\x07\tend'
PLAIN = 'Zoë "Zaz" Müller; 東京, \\back\\slash 👩🏽‍🎤\nsecond: line\nthird\tend'
ESCAPED = 'Zoë "Zaz" Müller\\; 東京\\, \\\\back\\\\slash 👩🏽‍🎤\\nsecond: line\\nthird\tend'


def entry(**more: Any) -> FeedEntry:
    """An entry, an hour long."""
    given: dict[str, Any] = {
        "appointment_id": 7,
        "status": "CONFIRMED",
        "sequence": 3,
        "starts_at": START,
        "ends_at": START + timedelta(hours=1),
        "created_at": MADE,
        "updated_at": MADE + timedelta(seconds=3),
        "summary": "Ada Quinn",
        "location": "1 Main Street",
    }
    return FeedEntry(**{**given, **more})


def feed(*entries: FeedEntry, name: str = "Kai: Midnight Ink") -> Feed:
    """A feed of the entries."""
    return Feed(business_id=5, name=name, time_zone="America/New_York", entries=entries)


def written(*entries: FeedEntry, **more: Any) -> bytes:
    """What is sent."""
    return IcsWriter(ADDRESSES).write(feed(*entries, **more))


def test_an_event_is_written_to_the_letter() -> None:
    """Every line, in its order: UTC times, a UID made of appointment, business and host."""
    uid = ADDRESSES.uid(5, 7)
    assert uid.startswith("apt_")
    assert uid.endswith("@book.studio.example")
    assert written(entry()).decode().split("\r\n") == [
        "BEGIN:VCALENDAR",
        "PRODID:-//Daybook//Calendar feed//EN",
        "VERSION:2.0",
        "CALSCALE:GREGORIAN",
        "NAME:Kai: Midnight Ink",
        "X-WR-CALNAME:Kai: Midnight Ink",
        "X-WR-TIMEZONE:America/New_York",
        "REFRESH-INTERVAL;VALUE=DURATION:PT15M",
        "X-PUBLISHED-TTL:PT15M",
        "BEGIN:VEVENT",
        f"UID:{uid}",
        "DTSTAMP:20270301T090003Z",
        "CREATED:20270301T090000Z",
        "LAST-MODIFIED:20270301T090003Z",
        "SEQUENCE:3",
        "DTSTART:20270314T063000Z",
        "DTEND:20270314T073000Z",
        "STATUS:CONFIRMED",
        "TRANSP:OPAQUE",
        "SUMMARY:Ada Quinn",
        "LOCATION:1 Main Street",
        "X-MICROSOFT-CDO-BUSYSTATUS:BUSY",
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    ]


def test_an_empty_feed_is_a_calendar() -> None:
    """Without events, and nothing a reader would refuse."""
    assert Calendar.from_ical(written()).walk("VEVENT") == []


def test_what_people_type_is_escaped_and_folded() -> None:
    """No line is over 75 octets, no control character is sent, and icalendar reads what was meant."""
    body = written(entry(summary=NASTY * 5, location=NASTY), name=NASTY)
    assert all(len(line) <= 75 for line in body.split(b"\r\n"))
    assert not any(byte < 32 and byte not in b"\r\n\t" for byte in body)
    assert body.replace(b"\r\n", b"").count(b"\r") == body.replace(b"\r\n", b"").count(b"\n") == 0
    calendar = Calendar.from_ical(body)
    (event,) = calendar.walk("VEVENT")
    assert str(calendar["NAME"]) == ESCAPED  # a property that icalendar leaves as it is
    assert (str(event["SUMMARY"]), str(event["LOCATION"])) == (PLAIN * 5, PLAIN)


def test_states_are_told_in_the_calendars_words() -> None:
    """What is off is transparent, so that it takes nobody's time even where it is still shown."""
    body = written(*(entry(status=one) for one in ("TENTATIVE", "CONFIRMED", "CANCELLED")))
    assert [
        (str(event["STATUS"]), str(event["TRANSP"]), str(event["X-MICROSOFT-CDO-BUSYSTATUS"]))
        for event in Calendar.from_ical(body).walk("VEVENT")
    ] == [
        ("TENTATIVE", "OPAQUE", "TENTATIVE"),
        ("CONFIRMED", "OPAQUE", "BUSY"),
        ("CANCELLED", "TRANSPARENT", "FREE"),
    ]


def test_the_mark_changes_with_whatever_is_written() -> None:
    """And not otherwise."""
    writer = IcsWriter(ADDRESSES)
    one = writer.mark(feed(entry()))
    assert writer.mark(feed(entry())) == one
    others = [
        feed(),
        feed(entry(summary="Ada Quin")),
        feed(entry(sequence=4)),
        feed(entry(), name="Kai"),
        feed(entry(), entry()),
    ]
    marks = {one, *(writer.mark(other) for other in others)}
    assert len(marks) == len(others) + 1
    assert IcsWriter(Addresses("https://elsewhere.example")).mark(feed(entry())) != one


def test_an_appointment_come_back_is_known() -> None:
    """Of this business at this host, and of no other: somebody may work in two."""
    uid = ADDRESSES.uid(5, 7)
    assert ADDRESSES.is_own(5, uid)
    assert not ADDRESSES.is_own(6, uid)
    assert not Addresses("https://other.example").is_own(5, uid)
    assert not ADDRESSES.is_own(5, f"x{uid}")
    assert not ADDRESSES.is_own(5, "")


READ = """
text => {
  const calendar = new ICAL.Component(ICAL.parse(text));
  return calendar.getAllSubcomponents('vevent').map(one => {
    const event = new ICAL.Event(one);
    return [
      event.uid, event.summary, event.location, one.getFirstPropertyValue('status'),
      event.startDate.toJSDate().toISOString(), event.endDate.toJSDate().toISOString(), event.sequence,
      event.isRecurring(),
    ];
  });
}
"""


async def test_ical_js_reads_what_was_meant(browser_page: Page) -> None:
    """The reader behind Thunderbird and Nextcloud: texts, instants, states and sequence, exactly."""
    await browser_page.add_script_tag(content=ICAL_JS.read_text())
    body = written(
        entry(summary=NASTY, location=NASTY), entry(appointment_id=8, status="CANCELLED", sequence=0)
    )
    hour = ["2027-03-14T06:30:00.000Z", "2027-03-14T07:30:00.000Z"]
    assert await browser_page.evaluate(READ, body.decode()) == [
        [ADDRESSES.uid(5, 7), PLAIN, PLAIN, "CONFIRMED", *hour, 3, False],
        [ADDRESSES.uid(5, 8), "Ada Quinn", "1 Main Street", "CANCELLED", *hour, 0, False],
    ]
