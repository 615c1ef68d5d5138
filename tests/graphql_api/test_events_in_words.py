"""Every event can be told in plain JSON: one that could not would stop whoever follows the log."""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from datetime import date, datetime
from typing import Any, cast

import pytest

from core.kernel.context import Context
from core.kernel.events import EVENT_TYPES, Event
from core.kernel.log import LoggedEvent
from graphql_api.declare.events import shown_event, told_facts
from graphql_api.transport.events.telling import event_json
from graphql_api.types import events  # noqa: F401  # declares how each event is told
from graphql_api.webhook_scheme import STANDARD
from tests.kit.houses import NOW


def sample(name: str, hint: Any) -> Any:
    """A value of a fact's type."""
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return sample(name, next(part for part in typing.get_args(hint) if part is not type(None)))
    if name == "status":
        return "PENDING"
    return {int: 7, str: "2027-03-02", bool: True, datetime: NOW, date: NOW.date()}[hint]


@pytest.mark.parametrize(
    "kind", [kind for kind in EVENT_TYPES.values() if kind.__module__.startswith("core")]
)
def test_an_event_is_told_in_plain_json(kind: type[Event]) -> None:
    """With every fact given."""
    hints = typing.get_type_hints(kind)
    facts = {field.name: sample(field.name, hints[field.name]) for field in dataclasses.fields(kind)}
    happened = kind(**facts)
    logged = LoggedEvent(
        business_id=1,
        sequence=1,
        type=happened.type,
        version=happened.version,
        noun=happened.noun,
        key=happened.key,
        payload=json.loads(json.dumps(happened.payload())),
        occurred_at=NOW,
    )
    assert json.loads(json.dumps(told_facts(logged)))


async def test_the_version_that_is_told_is_the_logs() -> None:
    """An old payload keeps its version at each door, whatever version the program writes by now."""
    old = LoggedEvent(
        business_id=1,
        sequence=5,
        type="client.created",
        version=0,
        noun="client",
        key=7,
        payload={"client_id": 7},
        occurred_at=NOW,
    )
    shown = shown_event(old)
    assert shown.version == 0
    assert json.loads(event_json(old, shown))["version"] == 0
    body = await STANDARD.body(cast(Context, None), old)
    assert json.loads(body)["version"] == 0
