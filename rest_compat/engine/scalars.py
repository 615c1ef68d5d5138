"""Codecs of plain values: text, numbers, truth, words of a fixed list."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from core.kernel.ids import MAX_KEY
from core.kernel.text import MAX_TEXT, Check, breaks_line
from rest_compat.engine.codec import Codec, from_text, unfit

_DIGITS = re.compile(r"-?[0-9]{1,20}")
_DECIMAL = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,20})?")
_MOST_WHOLE = 10**20
NO_NUL = "^[^\\x00]*$"
_BREAKS = "\\x00-\\x1f\\x7f-\\x9f\\u2028-\\u202e\\u2066-\\u2069"
_LINE = f"^[^{_BREAKS}]*[^\\s{_BREAKS}][^{_BREAKS}]*$"


def line(longest: int = 200) -> Codec:
    """A line of text that says something: no control characters."""

    def parse(value: str) -> str:
        if not value.strip():
            raise unfit("REQUIRED", "must not be empty")
        if any(map(breaks_line, value)):
            raise unfit("BAD_CHARACTER", "must not hold control characters")
        return _within(value, 1, longest)

    schema = {"type": "string"}
    accepts = {"type": "string", "minLength": 1, "maxLength": longest, "pattern": _LINE}
    return from_text(parse, write=str, schema=schema, accepts=accepts)


def note(longest: int = MAX_TEXT) -> Codec:
    """Free text of any number of lines, or none; NUL is refused before a codec sees it."""
    return from_text(
        lambda value: _within(value, 0, longest),
        write=str,
        schema={"type": "string"},
        accepts={"type": "string", "maxLength": longest, "pattern": NO_NUL},
    )


def secret(least: int = 1, most: int = 1_024) -> Codec:
    """A password or token: every character counts."""
    return from_text(
        lambda value: _within(value, least, most),
        write=str,
        schema={"type": "string"},
        accepts={"type": "string", "minLength": least, "maxLength": most, "pattern": NO_NUL},
    )


def _parse_email(value: str) -> str:
    check = Check()
    clean = check.email("", value)
    if check.issues or clean != value:
        raise unfit("BAD_EMAIL", "must be an e-mail address")
    return clean


EMAIL = from_text(
    _parse_email,
    write=str,
    schema={"type": "string"},
    accepts={"type": "string", "format": "email", "maxLength": 254},
)


def whole(least: int, most: int) -> Codec:
    """A whole number within bounds, both included; 2.0 is one, as JSON Schema has it."""

    def bounded(value: int) -> int:
        if not least <= value <= most:
            raise unfit("OUT_OF_RANGE", f"must be {least} to {most}")
        return value

    def read_text(text: str) -> int:
        if not _DIGITS.fullmatch(text):
            raise unfit("WRONG_TYPE", "must be a whole number")
        return bounded(int(text))

    schema = {"type": "integer", "minimum": least, "maximum": most}
    return Codec(
        read=lambda value: bounded(integral(value)),
        read_text=read_text,
        write=int,
        schema={"type": "integer"},
        accepts=schema,
    )


def number(least: int, most: int, *, places: int = 2) -> Codec:
    """A decimal number within bounds, both included, with so many decimal places at most."""

    def bounded(value: Decimal) -> Decimal:
        if not least <= value <= most:
            raise unfit("OUT_OF_RANGE", f"must be {least} to {most}")
        if value != round(value, places):
            raise unfit("TOO_PRECISE", f"must not have more than {places} decimals")
        return value

    return Codec(
        read=lambda value: bounded(decimal_of(value)),
        read_text=lambda text: bounded(decimal_in(text)),
        write=plain,
        schema={"type": "number"},
        accepts={
            "type": "number",
            "minimum": least,
            "maximum": most,
            "multipleOf": float(Decimal(1).scaleb(-places)),
        },
    )


def decimal_of(value: Any) -> Decimal:
    """The JSON number. Raises Unfit for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise unfit("WRONG_TYPE", "must be a number")
    return Decimal(value)


def decimal_in(text: str) -> Decimal:
    """The number that a text spells. Raises Unfit."""
    if not _DECIMAL.fullmatch(text):
        raise unfit("WRONG_TYPE", "must be a number")
    try:
        return Decimal(text)
    except InvalidOperation:
        raise unfit("WRONG_TYPE", "must be a number") from None


def plain(value: Decimal) -> int | float:
    """The number as JSON writes it: 120 rather than 120.0."""
    return int(value) if value == value.to_integral_value() else float(value)


def _read_boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise unfit("WRONG_TYPE", "must be true or false")
    return value


def _boolean_in(text: str) -> bool:
    if text not in ("true", "false", "1", "0"):
        raise unfit("WRONG_TYPE", "must be true or false")
    return text in ("true", "1")


BOOLEAN = Codec(read=_read_boolean, read_text=_boolean_in, write=bool, schema={"type": "boolean"})


def _read_flag(value: Any) -> bool:
    return value if isinstance(value, bool) else bool(whole(0, 1).read(value))


FLAG = Codec(
    read=_read_flag,
    read_text=_boolean_in,
    write=int,
    schema={"type": "integer", "enum": [0, 1]},
    accepts={"enum": [0, 1, True, False]},
)
"""Truth as 0 and 1; true and false are understood too."""

COUNT = whole(0, MAX_KEY)
TEXT = from_text(str, write=str, schema={"type": "string"})
"""Text as it stands: for answers, and for values that the use case judges alone."""


def words(spellings: Mapping[str, str]) -> Codec:
    """One of a dialect's words, by the core's: where several mean the same, the first is what is read."""
    meanings: dict[str, str] = {}
    for meaning, word in spellings.items():
        meanings.setdefault(word, meaning)

    return from_text(
        lambda word: _among(meanings, word),
        write=lambda meaning: spellings[meaning],
        schema={"type": "string", "enum": list(meanings)},
    )


def all_meant(spellings: Mapping[str, str]) -> Codec:
    """A dialect's word as every state of the core that it stands for: for filters."""
    meanings: dict[str, list[str]] = {}
    for meaning, word in spellings.items():
        meanings.setdefault(word, []).append(meaning)
    return from_text(
        lambda word: _among(meanings, word),
        write=str,
        schema={"type": "string", "enum": list(meanings)},
    )


def alone(item: Codec) -> Codec:
    """A single value on the wire that the core takes as a list of one."""
    return Codec(
        read=lambda value: [item.read(value)],
        read_text=lambda text: [item.read_text(text)],
        write=lambda values: item.write(values[0]),
        schema=item.schema,
        accepts=item.asked,
    )


def integral(value: Any) -> int:
    """The whole number that a JSON value is. Raises Unfit."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise unfit("WRONG_TYPE", "must be a whole number")
    if abs(Decimal(value)) > _MOST_WHOLE or value != int(value):
        raise unfit("WRONG_TYPE", "must be a whole number")
    return int(value)


def _within(value: str, least: int, most: int) -> str:
    if len(value) < least:
        raise unfit("TOO_SHORT", f"must have at least {least} characters")
    if len(value) > most:
        raise unfit("TOO_LONG", f"must not be longer than {most} characters")
    return value


def _among(meanings: Mapping[str, Any], word: str) -> Any:
    if word not in meanings:
        raise unfit("UNKNOWN_WORD", f"must be one of {', '.join(meanings)}")
    return meanings[word]
