"""The catalogue is whole: every event has a row, every name of a dialect too, and no row lies."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest
import yaml

from auth.permissions import Permission
from core.deposits.deposit import DepositPaid
from core.events import catalogue
from core.events.catalogue import CATALOGUE, DIALECTS, EventRow, may_hear, types_named
from core.kernel.events import Event
from tests.architecture.sources import ROOMS, ROOT, named, python_files, tree_of
from tests.architecture.test_promises import event_classes

DOCUMENTED: dict[str, list[str]] = yaml.safe_load((Path(__file__).parent / "dialect_events.yaml").read_text())


def unlisted(kinds: list[type[Event]], rows: dict[str, EventRow]) -> set[str]:
    """Events that can be emitted and have no row, or one that says they cannot or are of another version."""
    return {
        kind.type
        for kind in kinds
        if kind.type not in rows or rows[kind.type].later or rows[kind.type].version != kind.version
    }


def unspoken(documented: dict[str, list[str]], rows: dict[str, EventRow]) -> set[tuple[str, str]]:
    """Names of the dialects that no row carries."""
    return {
        (dialect, name)
        for dialect, names in documented.items()
        for name in names
        if not any(name in row.names_in(dialect) for row in rows.values())
    }


def test_every_event_has_a_row() -> None:
    """Whoever adds an event adds its row, or takes the mark `later` from the one it has."""
    assert unlisted(event_classes(), CATALOGUE) == set()


def test_every_row_that_is_not_for_later_is_an_event() -> None:
    """A row of an event that nobody can emit is marked."""
    emitted = {kind.type for kind in event_classes()}
    assert {row.type for row in CATALOGUE.values() if not row.later} == emitted


def test_what_is_for_show_is_reached_by_demonstration_data_alone() -> None:
    """No verb pays a deposit yet; whoever builds one takes the mark away."""
    assert [row.type for row in CATALOGUE.values() if row.for_show] == [DepositPaid.type]
    callers = {
        named(file)
        for file in python_files(*ROOMS)
        for node in ast.walk(tree_of(file))
        if isinstance(node, ast.Name) and node.id in ("settle_deposit", "DepositPaid")
    }
    assert callers == {"app/seed.py", "core/deposits/deposit.py"}


def test_what_the_issues_name_has_rows() -> None:
    """Requests, consent forms, routing and billing: each noun with the verbs that its dialects document."""
    verbs: dict[str, set[str]] = {}
    for type in CATALOGUE:
        noun, _, verb = type.partition(".")
        verbs.setdefault(noun, set()).add(verb)
    assert verbs["booking_request"] == {"received", "accepted", "declined"}
    assert verbs["consent_form"] == {"sent", "changed", "signed", "withdrawn"}
    assert verbs["routing_form"] == {"created", "updated", "archived", "submitted"}
    assert verbs["lead"] == {"routed", "handed_over"}
    assert verbs["invoice"] == {"created", "sent", "paid", "voided"}
    assert verbs["plan"] == {
        *("trial_begun", "trial_ended", "started", "changed", "paid", "payment_failed"),
        *("cancelled", "resumed", "ended"),
    }
    assert {row.sees for row in CATALOGUE.values() if row.type.startswith("plan.")} == {"business:write"}


def test_a_missing_row_is_noticed() -> None:
    """The negative controls: a row less, a row for later, another version, a name less."""
    kinds = event_classes()
    without = {name: row for name, row in CATALOGUE.items() if name != "deposit.paid"}
    assert unlisted(kinds, without) == {"deposit.paid"}
    assert unspoken(DOCUMENTED, without) == {
        ("servalodesk", "deposit.paid"),
        ("schedly", "BOOKING_PAID"),
        ("calendesk", "booking_paid"),
    }
    for changed in ({"later": True}, {"version": 2}):
        facts: dict[str, Any] = {"type": "deposit.paid", "version": 1, "sees": "x", "personal": True}
        row = EventRow(**{**facts, "later": False, **changed})
        assert unlisted(kinds, {**CATALOGUE, "deposit.paid": row}) == {"deposit.paid"}


def test_every_name_of_the_dialects_has_a_row() -> None:
    """7, 21, 17 and 4 names; and no row makes up a name."""
    assert {dialect: len(names) for dialect, names in DOCUMENTED.items()} == {
        "servalodesk": 7,
        "schedly": 21,
        "savvycal": 17,
        "calendesk": 4,
    }
    assert unspoken(DOCUMENTED, CATALOGUE) == set()
    made_up = {
        (dialect, name)
        for row in CATALOGUE.values()
        for dialect in DIALECTS
        for name in row.names_in(dialect)
        if name not in DOCUMENTED[dialect]
    }
    assert made_up == set()


def test_the_list_of_names_is_that_of_the_contracts() -> None:
    """Where a dialect's contract is in the house, its webhooks are the list's."""
    found = 0
    for file in (ROOT / "rest_compat").glob("*/contract.yaml"):
        events = (yaml.safe_load(file.read_text()).get("webhooks") or {}).get("events")
        if not events:
            continue
        named = [one if isinstance(one, str) else one.get("name") or one["event"] for one in events]
        assert named == DOCUMENTED[file.parent.name]
        found += 1
    assert found >= 1


def test_who_hears_is_said_in_permissions_that_exist() -> None:
    """And nobody hears of a type without a row."""
    assert {row.sees for row in CATALOGUE.values()} <= set(Permission)
    assert may_hear("client.created", {"clients:read"})
    assert not may_hear("client.created", {"events:read"})
    assert not may_hear("nothing.happened", set(Permission))


def test_a_name_leads_back_to_its_types() -> None:
    """For whoever subscribes by a dialect's name."""
    assert types_named("savvycal", "booking_intent.abandoned") == ("hold.released",)
    assert "appointment.edited" in types_named("calendesk", "booking_updated")
    assert types_named("calendesk", "nothing") == ()


def test_a_row_is_written_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two rows of one type, or an unknown dialect, stop the program at start."""
    monkeypatch.setattr(catalogue, "CATALOGUE", dict(CATALOGUE))
    with pytest.raises(AssertionError):
        catalogue._row("deposit.paid", "deposits:read")
    with pytest.raises(AssertionError):
        catalogue._row("deposit.sung", "deposits:read", nowhere="x")
