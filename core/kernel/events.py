"""Events: what happened, in the past tense, told in ids and facts and never in personal data."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import ClassVar

EVENT_TYPES: dict[str, type[Event]] = {}


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened in one business; kept for good in the transaction that made it true.

    A subclass names its `type` (`noun.verb_in_past_tense`), the noun it is about and the field that
    holds that noun's key. Its fields are integers, strings, booleans and instants. One that
    `changes_rules` makes every rulebook read before it out of date; after one that `changes_taken` more
    or less time is taken.
    """

    type: ClassVar[str]
    version: ClassVar[int] = 1
    noun: ClassVar[str]
    key_field: ClassVar[str]
    changes_rules: ClassVar[bool] = False
    changes_taken: ClassVar[bool] = False

    def __init_subclass__(cls) -> None:
        EVENT_TYPES[cls.type] = cls

    @property
    def key(self) -> int:
        """The key of the thing the event is about."""
        return int(getattr(self, self.key_field))

    def payload(self) -> dict[str, str | int | bool | None]:
        """The facts as JSON values; instants as RFC 3339 in UTC."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {
            name: _rfc3339(value) if isinstance(value, datetime) else value for name, value in values.items()
        }


def _rfc3339(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")
