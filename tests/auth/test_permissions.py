"""The table of roles, cell by cell, and the doors that read it."""

from __future__ import annotations

import itertools

import pytest

from auth.allow import INHERITED, PUBLIC, SIGNED_IN, check, may
from auth.permissions import ROLE_PERMISSIONS, Permission, permissions_of, permissions_of_key
from core.kernel.context import ANONYMOUS, Actor
from core.kernel.errors import Forbidden, Unauthenticated

#                       owner manager provider staff display key
TABLE = """
business:read           yes   yes     yes      yes   no      yes
business:write          yes   no      no       no    no      yes
locations:write         yes   yes     no       no    no      yes
providers:read          yes   yes     yes      yes   no      yes
providers:write         yes   yes     no       no    no      yes
services:read           yes   yes     yes      yes   no      yes
services:write          yes   yes     no       no    no      yes
schedules:read          yes   yes     yes      yes   no      yes
schedules:write         yes   yes     no       no    no      yes
own_schedule:write      yes   yes     yes      no    no      yes
resources:read          yes   yes     yes      yes   no      yes
resources:write         yes   yes     no       no    no      yes
clients:read            yes   yes     yes      yes   no      yes
clients:write           yes   yes     yes      yes   no      yes
clients:health          yes   yes     yes      no    no      yes
clients:erase           yes   yes     no       no    no      yes
appointments:read       yes   yes     yes      yes   yes     yes
appointments:write      yes   yes     yes      yes   no      yes
deposits:read           yes   yes     yes      yes   no      yes
deposits:write          yes   yes     yes      yes   no      yes
calendars:read          yes   yes     yes      yes   no      yes
calendars:write         yes   yes     yes      yes   no      yes
stats:read              yes   yes     no       no    no      yes
events:read             yes   yes     yes      yes   yes     yes
webhooks:read           yes   yes     no       no    no      yes
webhooks:write          yes   yes     no       no    no      yes
messages:read           yes   yes     no       no    no      yes
messages:write          yes   yes     no       no    no      yes
api_keys:read           yes   no      no       no    no      yes
api_keys:write          yes   no      no       no    no      no
"""
ROWS = {line.split()[0]: line.split()[1:] for line in TABLE.strip().splitlines()}
COLUMNS = ("owner", "manager", "provider", "staff", "display", "key")
CELLS = [
    (word, column, answer == "yes")
    for word, answers in ROWS.items()
    for column, answer in zip(COLUMNS, answers, strict=True)
]


def actor_in(column: str, *, business_id: int | None = 12) -> Actor:
    """Whoever stands in a column of the table."""
    if column == "key":
        return Actor(
            name="key:3",
            business_id=business_id,
            role="owner",
            permissions=permissions_of_key("owner"),
        )
    return Actor(
        name="user:7",
        identity_id=7,
        business_id=business_id,
        role=column,
        permissions=permissions_of(column),
    )


@pytest.mark.parametrize(("word", "column", "is_allowed"), CELLS)
def test_every_cell_of_the_table_holds_at_the_door(word: str, column: str, is_allowed: bool) -> None:
    """A role passes exactly the doors that its column says, and learns which permission it lacks."""
    door = may(Permission(word))
    if is_allowed:
        check(door, actor_in(column))
        return
    with pytest.raises(Forbidden) as refused:
        check(door, actor_in(column))
    assert refused.value.permission == word
    assert refused.value.code == "PERMISSION_DENIED"


def test_the_table_names_every_permission_and_every_role() -> None:
    """Nothing was added without a row or a column here."""
    assert set(ROWS) == set(Permission)
    assert set(COLUMNS) == {*ROLE_PERMISSIONS, "key"}


def test_an_unknown_role_may_do_nothing() -> None:
    """What is not in the table is refused."""
    assert permissions_of("superuser") == frozenset()
    assert permissions_of_key("superuser") == frozenset()


@pytest.mark.parametrize("permission", Permission)
def test_anonymous_callers_are_asked_to_sign_in(permission: Permission) -> None:
    """A missing credential answers 401 and never 403, even on a page of one business."""
    for actor in (ANONYMOUS, Actor(name="anonymous", business_id=12)):
        with pytest.raises(Unauthenticated):
            check(may(permission), actor)
        with pytest.raises(Unauthenticated):
            check(SIGNED_IN, actor)


@pytest.mark.parametrize(("permission", "column"), list(itertools.product(Permission, COLUMNS)))
def test_nobody_acts_without_a_business(permission: Permission, column: str) -> None:
    """Permissions without a business to hold them in open no door."""
    with pytest.raises(Forbidden) as refused:
        check(may(permission), actor_in(column, business_id=None))
    assert refused.value.code == "PERMISSION_DENIED"
    assert refused.value.permission == permission


def test_signed_in_takes_a_person_and_no_business() -> None:
    """Somebody without a business passes; an API key is no person."""
    check(SIGNED_IN, Actor(name="user:7", identity_id=7))
    with pytest.raises(Forbidden) as refused:
        check(SIGNED_IN, actor_in("key"))
    assert refused.value.code == "PERMISSION_DENIED"


def test_public_and_inherited_doors_stand_open() -> None:
    """Anybody passes: the first is meant so, the second was checked on the parent."""
    for actor in (ANONYMOUS, actor_in("display")):
        check(PUBLIC, actor)
        check(INHERITED, actor)
