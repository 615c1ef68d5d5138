"""Checks on what people type, gathered so that one refusal names every problem.

check = Check()
name = check.text("name", command.name, longest=200)
check.done()                       # raises Invalid with every issue found
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo, available_timezones

from core.kernel.errors import Invalid, Issue
from core.kernel.money import MAX_MINOR, Money

MAX_TEXT = 10_000
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2199, 12, 31)
"""No rule names a day outside of these."""
LANGUAGES = ("en", "de", "fr", "es")
"""The languages that clients can be written to in."""

_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028\u2029")
"""Characters that turn the direction of what follows, or end a line unseen: a name that holds one rewrites
the sentence around it, in a mail, an SMS or on a page."""

_EMAIL = re.compile(
    r"(?=[^@]{1,64}@)(?=.{1,254}$)"
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@"
    r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
    r"(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)+"
)
_CURRENCY = re.compile(r"[A-Z]{3}")
_LINK = re.compile(r"https?://\S+")
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_ZONES = frozenset(available_timezones()) - {"localtime", "Factory", "posixrules"}
"""Names that mean the same on every machine: `localtime` is the server's own zone."""


class Check:
    """Collects issues; each method answers the cleaned value, or a harmless one where it is bad."""

    def __init__(self) -> None:
        self.issues: list[Issue] = []

    def refuse(self, path: str, code: str, message: str) -> None:
        """Note one issue."""
        self.issues.append(Issue(path, code, message))

    def done(self) -> None:
        """Raise Invalid where anything was noted."""
        if self.issues:
            raise Invalid(self.issues)

    def text(self, path: str, value: str, *, longest: int = 200) -> str:
        """A line that must say something: trimmed, no control characters, at most `longest` characters.

        Characters that turn the direction of text are refused as control characters are.
        """
        clean = value.strip()
        if not clean:
            self.refuse(path, "REQUIRED", "must not be empty")
        elif any(map(breaks_line, clean)):
            self.refuse(path, "BAD_CHARACTER", "must not hold control characters")
        elif len(clean) > longest:
            self.refuse(path, "TOO_LONG", f"must not be longer than {longest} characters")
        return clean

    def note(self, path: str, value: str | None, *, longest: int = MAX_TEXT) -> str | None:
        """Free text of several lines or None; empty text is None."""
        if value is None or not value.strip():
            return None
        if "\x00" in value or any(unicodedata.category(letter) == "Cs" for letter in value):
            self.refuse(path, "BAD_CHARACTER", "must not hold NUL or lone surrogates")
        elif len(value) > longest:
            self.refuse(path, "TOO_LONG", f"must not be longer than {longest} characters")
        return value

    def email(self, path: str, value: str) -> str:
        """An e-mail address of the form mail systems accept (RFC 5321 lengths, ASCII)."""
        clean = value.strip()
        if not _EMAIL.fullmatch(clean):
            self.refuse(path, "BAD_EMAIL", "must be an e-mail address")
        return clean

    def whole(self, path: str, value: int, *, least: int, most: int, unit: str) -> int:
        """A whole number within bounds, both included."""
        if not least <= value <= most:
            bounds = f"{least}" if least == most else f"{least} to {most} {unit}"
            self.refuse(path, "OUT_OF_RANGE", f"must be {bounds}")
            return least
        return value

    def day(self, path: str, value: date | None) -> date | None:
        """A day that a rule may name, or None."""
        if value is not None and not FIRST_DAY <= value <= LAST_DAY:
            self.refuse(path, "OUT_OF_RANGE", f"must be {FIRST_DAY} to {LAST_DAY}")
        return value

    def days(self, first: date | None, last: date | None) -> None:
        """The first and the last day of a stretch, either of them open."""
        self.day("first_day", first)
        self.day("last_day", last)
        if first is not None and last is not None and last < first:
            self.refuse("last_day", "BEFORE_FIRST", "must not be before the first day")

    def zone(self, path: str, value: str) -> str:
        """An IANA time zone name."""
        if value not in _ZONES:
            self.refuse(path, "UNKNOWN_TIME_ZONE", "must be an IANA time zone, such as Europe/Berlin")
            return "UTC"
        return value

    def language(self, path: str, value: str | None) -> str | None:
        """A language that words are shipped in, by its ISO 639-1 code, or None."""
        if value is not None and value not in LANGUAGES:
            self.refuse(path, "UNKNOWN_LANGUAGE", f"must be one of {', '.join(LANGUAGES)}")
        return value

    def currency(self, path: str, value: str) -> str:
        """An ISO 4217 currency code."""
        if not _CURRENCY.fullmatch(value):
            self.refuse(path, "BAD_CURRENCY", "must be three capital letters, such as USD")
        return value

    def price(self, path: str, value: Money | None, *, currency: str) -> Money | None:
        """An amount of at least nothing, in the business's currency."""
        if value is not None and value.currency != currency:
            self.refuse(path, "OTHER_CURRENCY", f"must be in {currency}")
        elif value is not None and not 0 <= value.amount_minor <= MAX_MINOR:
            self.refuse(path, "OUT_OF_RANGE", f"must be 0 to {MAX_MINOR} minor units")
        return value

    def percent(self, path: str, value: Decimal | None) -> Decimal | None:
        """A percentage from 0 to 100 with at most two decimals, or None."""
        if value is not None and not (value.is_finite() and 0 <= value <= 100):
            self.refuse(path, "OUT_OF_RANGE", "must be 0 to 100 percent")
            return None
        if value is not None and value != round(value, 2):
            self.refuse(path, "TOO_PRECISE", "must not have more than two decimals")
        return value

    def links(self, path: str, values: Iterable[str], *, most: int, longest: int = 2_000) -> list[str]:
        """A list of at most `most` addresses of the web, and of nothing else."""
        clean = self.texts(path, values, most=most, longest=longest)
        for at, value in enumerate(clean):
            if value and not _LINK.fullmatch(value):
                self.refuse(f"{path}.{at}", "BAD_URL", "must begin with http:// or https://")
        return clean

    def texts(self, path: str, values: Iterable[str], *, most: int, longest: int = 100) -> list[str]:
        """A list of at most `most` lines."""
        clean = [self.text(f"{path}.{at}", value, longest=longest) for at, value in enumerate(values)]
        if len(clean) > most:
            self.refuse(path, "TOO_MANY", f"must not hold more than {most}")
        return clean


def breaks_line(letter: str) -> bool:
    """Whether a character has no place within a line: controls, lone surrogates, turns of direction."""
    return letter in _TURNING or unicodedata.category(letter) in ("Cc", "Cs")


def slug_of(text: str) -> str:
    """Lower-case ASCII words joined by hyphens; other characters are dropped.

    `Inkwell & Sons` becomes `inkwell-sons` (design: rules that hold across voices).
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return "-".join(re.findall(r"[a-z0-9]+", plain.replace("'", "")))


def split_name(display_name: str) -> tuple[str | None, str | None]:
    """Given and family name, split at the last space; never joined again."""
    given, space, family = display_name.strip().rpartition(" ")
    return (given.rstrip(), family) if space else (family or None, None)


def e164(phone: str | None) -> str | None:
    """The number in E.164 where it was given with its country code, else None."""
    if phone is None:
        return None
    digits = re.sub(r"[\s().\-/]", "", phone)
    return digits if _E164.fullmatch(digits) else None


def zone_of(name: str) -> ZoneInfo:
    """The zone of a name that was checked before."""
    return ZoneInfo(name)
