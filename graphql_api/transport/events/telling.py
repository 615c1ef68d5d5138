"""An event as JSON: its place, its type and version, when it happened, and its facts with global ids."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

import orjson
from strawberry.utils.str_converters import to_camel_case

from core.kernel.log import LoggedEvent
from core.kernel.money import Money
from graphql_api.declare.events import SHOWN_EVENTS
from graphql_api.declare.scalars import write_date_time


def event_json(event: LoggedEvent, shown: Any) -> str:
    """The JSON of an event that `shown_event` has made an object of."""
    told = {to_camel_case(name): _plain(getattr(shown, name)) for name in SHOWN_EVENTS[event.type].told}
    head = {
        "cursor": shown.cursor,
        "type": event.type,
        "version": event.version,
        "occurredAt": write_date_time(event.occurred_at),
    }
    return orjson.dumps({**head, **told}).decode()


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return write_date_time(value)
    if isinstance(value, Money):
        return {to_camel_case(name): part for name, part in asdict(value).items()}
    return value
