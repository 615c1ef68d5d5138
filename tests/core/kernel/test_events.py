"""Events: facts as JSON values, instants in UTC, nothing that can be changed afterwards."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import ClassVar
from zoneinfo import ZoneInfo

import pytest

from core.kernel.events import EVENT_TYPES, Event


@dataclass(frozen=True, kw_only=True)
class _Stirred(Event):
    """Something stirred, in a test."""

    type: ClassVar[str] = "test.stirred"
    noun: ClassVar[str] = "test"
    key_field: ClassVar[str] = "test_id"

    test_id: int
    at: datetime
    word: str = "quietly"
    twice: bool = False
    other_id: int | None = None


@pytest.fixture(autouse=True, scope="module")
def _forgotten() -> Iterator[None]:
    """The event of this test is none of the program's."""
    yield
    EVENT_TYPES.pop(_Stirred.type, None)


AT = datetime(2027, 3, 8, 15, 0, tzinfo=UTC)


def test_a_payload_is_plain_json_values() -> None:
    """Fields by name, instants as RFC 3339, and nothing else."""
    event = _Stirred(test_id=7, at=AT)
    assert event.payload() == {
        "test_id": 7,
        "at": "2027-03-08T15:00:00Z",
        "word": "quietly",
        "twice": False,
        "other_id": None,
    }
    assert json.loads(json.dumps(event.payload())) == event.payload()


@pytest.mark.parametrize(
    "at",
    [
        AT,
        AT.astimezone(ZoneInfo("America/New_York")),
        AT.astimezone(ZoneInfo("Asia/Kolkata")),
        AT.astimezone(timezone(timedelta(hours=-3))),
        AT.astimezone(ZoneInfo("Europe/London")),
    ],
    ids=str,
)
def test_an_instant_is_told_in_utc_whatever_zone_it_came_in(at: datetime) -> None:
    """The same instant gives the same payload, by whichever voice it was booked."""
    assert _Stirred(test_id=7, at=at).payload()["at"] == "2027-03-08T15:00:00Z"


def test_an_event_knows_what_it_is_about() -> None:
    """Its key is the value of the field that its class names."""
    assert _Stirred(test_id=7, at=AT).key == 7


def test_an_event_cannot_be_changed() -> None:
    """What happened has happened."""
    event = _Stirred(test_id=7, at=AT)
    with pytest.raises(dataclasses.FrozenInstanceError):
        event.test_id = 8  # type: ignore[misc]
