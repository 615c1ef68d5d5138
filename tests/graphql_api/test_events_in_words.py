"""Every event can be told in plain JSON: one that could not would stop whoever follows the log."""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from datetime import date, datetime
from typing import Any

import pytest

from core.kernel.events import EVENT_TYPES, Event
from core.kernel.log import LoggedEvent
from graphql_api.declare.events import told_facts
from graphql_api.types import events  # noqa: F401  # declares how each event is told
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
        noun=happened.noun,
        key=happened.key,
        payload=json.loads(json.dumps(happened.payload())),
        occurred_at=NOW,
    )
    assert json.loads(json.dumps(told_facts(logged)))
