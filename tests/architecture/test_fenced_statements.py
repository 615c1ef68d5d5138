"""Every statement written by hand names its business: SQLite has no row-level security to fall back on."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import types
import typing
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import or_, select, update

from adapters.sql.questions import _ANSWERS
from adapters.sql.questions.port import Answers
from adapters.sql.reading.conditions import TABLES
from adapters.sql.reading.statement import Compiled
from adapters.sql.tables import TENANT_TABLES, appointments, clients, metadata
from core.kernel.reading import NOUNS, Order, PageRequest, Selection
from tests.architecture.fencing import NAMED_APART, unfenced
from tests.architecture.sources import ROOMS, dotted, imported_by, named, python_files, tree_of
from tests.kit.houses import NOW

BUSINESS_ID = 424_242
"""A number that stands in no statement by chance."""


class _Asked(Exception):
    """The statement is known; its answer is not wanted."""


class Listening:
    """Runs nothing, and keeps the statement that it was asked to run."""

    def __init__(self) -> None:
        self.statement: Any = None

    async def execute(self, statement: Any, parameters: Any = None, /) -> Any:
        """Keep the statement and stop; a business that is named apart from it must be the right one."""
        if isinstance(parameters, dict):
            assert [parameters[name] for name in NAMED_APART if name in parameters] == [BUSINESS_ID]
        elif parameters is not None:  # rows beside a statement that is stamped itself
            assert all(row.get("business_id", BUSINESS_ID) == BUSINESS_ID for row in parameters)
        self.statement = statement
        raise _Asked


def samples(hint: Any) -> list[Any]:
    """Values of a type: each alternative of a choice once."""
    if hint is type(None):
        return [None]
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return [value for part in arguments for value in samples(part)]
    if origin is typing.Literal:
        return list(arguments)
    if origin is tuple:
        return [tuple(samples(part)[0] for part in arguments)]
    if isinstance(origin, type) and issubclass(origin, Sequence):
        return [samples(arguments[0])[:1]]
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return [{samples(arguments[0])[0]: samples(arguments[1])[0]}]
    if dataclasses.is_dataclass(hint):
        assert isinstance(hint, type)
        parts = typing.get_type_hints(hint)
        return [hint(**{field.name: samples(parts[field.name])[0] for field in dataclasses.fields(hint)})]
    known = {int: 7, str: "x", datetime: NOW, date: NOW.date(), bool: True}
    return [known[hint]]


def questions() -> list[tuple[type[Answers], str]]:
    """Every question that the database answers, by class and method."""
    return [
        (kind, name)
        for kind in _ANSWERS.values()
        for name, method in vars(kind).items()
        if inspect.iscoroutinefunction(method) and not name.startswith("_")
    ]


async def statements_of(kind: type[Answers], name: str) -> list[Any]:
    """The first statement of a question, asked with every combination of sample values."""
    hints = typing.get_type_hints(getattr(kind, name))
    names = [parameter for parameter in hints if parameter != "return"]
    if issubclass(kind, _ANSWERS_WITHOUT_FENCE) and "business_id" in names:
        hints["business_id"] = typing.Literal[BUSINESS_ID]
    asked = []
    for values in product(*(samples(hints[parameter]) for parameter in names)):
        listening = Listening()
        with pytest.raises(_Asked):
            await getattr(kind(listening, BUSINESS_ID), name)(**dict(zip(names, values, strict=True)))
        asked.append(listening.statement)
    return asked


_ANSWERS_WITHOUT_FENCE = tuple(kind for kind in _ANSWERS.values() if kind.__name__ == "SqlIdentityQuestions")


@pytest.mark.parametrize(("kind", "name"), questions(), ids=lambda given: getattr(given, "__name__", given))
async def test_every_question_stays_within_its_business(kind: type[Answers], name: str) -> None:
    """Whatever is asked: each tenant table of the statement is tied to the business."""
    statements = await statements_of(kind, name)
    assert statements
    for statement in statements:
        assert unfenced(statement, BUSINESS_ID) == set(), str(statement)


def selections() -> Iterator[Selection]:
    """All that can be shown of every noun: with its to-one relations, and alone the other way round."""
    for noun in NOUNS.values():
        if noun.name in TABLES:
            yield _whole(noun.name, 2)
            reverse = _whole(noun.name, 0)
            reverse.order = Order(noun.key, descending=True)
            yield reverse


def _whole(name: str, depth: int) -> Selection:
    noun = NOUNS[name]
    relations = {
        one: _whole(relation.noun, depth - 1)
        for one, relation in noun.relations.items()
        if depth and not relation.many
    }
    return Selection(noun=noun, fields={*noun.columns, *noun.derived, *noun.figures}, relations=relations)


@pytest.mark.parametrize("selection", list(selections()), ids=lambda one: one.noun.name)
def test_every_reading_stays_within_its_business(selection: Selection) -> None:
    """One row, all rows, pages of one list and of many, and totals: columns, figures and joined relations alike."""
    pages = [
        PageRequest(size=5, after=after, before=before, from_end=from_end, with_total=True)
        for after, before, from_end in product((None, 1), (None, 2), (False, True))
    ]
    statements = [
        Compiled(selection, BUSINESS_ID).all_rows(),
        Compiled(selection, BUSINESS_ID).by_key(3),
        Compiled(selection, BUSINESS_ID).total(),
        *(Compiled(selection, BUSINESS_ID).page(page) for page in pages),
        *(Compiled(selection, BUSINESS_ID).pages(selection.noun.key, [1, 2], page) for page in pages),
    ]
    for statement in statements:
        assert unfenced(statement, BUSINESS_ID) == set(), str(statement)


def test_a_missing_fence_is_noticed() -> None:
    """The negative controls: no condition, another business, half a join, an OR, a subquery."""
    a, c = appointments.c, clients.c
    tied = select(a.id).where(a.business_id == BUSINESS_ID)
    assert unfenced(tied, BUSINESS_ID) == set()
    assert unfenced(select(a.id), BUSINESS_ID) == {"appointments"}
    assert unfenced(select(a.id).where(a.business_id == BUSINESS_ID + 1), BUSINESS_ID) == {"appointments"}
    assert unfenced(tied.join(clients, c.id == a.client_id), BUSINESS_ID) == {"clients"}
    joined = tied.join(clients, (c.id == a.client_id) & (c.business_id == a.business_id))
    assert unfenced(joined, BUSINESS_ID) == set()
    either = select(a.id).where(or_(a.business_id == BUSINESS_ID, a.id == 1))
    assert unfenced(either, BUSINESS_ID) == {"appointments"}
    other = clients.alias("other")
    inner = select(other.c.id).where(other.c.id == a.client_id).scalar_subquery()
    assert unfenced(tied.add_columns(inner), BUSINESS_ID) == {"clients AS other"}
    assert unfenced(update(clients).values(phone=None).where(c.id == 1), BUSINESS_ID) == {"clients"}
    assert unfenced(clients.insert().values(display_name="x"), BUSINESS_ID) == {"clients"}
    assert unfenced(clients.insert().values(business_id=BUSINESS_ID), BUSINESS_ID) == set()


def test_every_key_of_a_tenant_table_begins_with_the_business() -> None:
    """Its primary key, its foreign keys to other tenant tables, its uniques and its indexes."""
    for name in TENANT_TABLES:
        table = metadata.tables[name]
        assert next(column.name for column in table.primary_key.columns) == "business_id", name
        for index in table.indexes:
            assert next(column.name for column in index.columns) == "business_id", index.name
        for key in table.foreign_key_constraints:
            if key.referred_table.name in TENANT_TABLES:
                assert key.column_keys[0] == "business_id", key.name
                assert next(iter(key.elements)).column.name == "business_id", key.name


def test_statements_are_written_in_known_places_only() -> None:
    """A file that begins to write statements of its own has to be looked at, and named here."""
    speaking = {named(file) for file in python_files(*ROOMS) if "sqlalchemy" in _roots(file)}
    known = {"app/health.py", "app/cli.py", "app/seed.py"}  # a ping, an error type, the demo's plan
    assert {name for name in speaking if not name.startswith("adapters/sql/")} <= known
    writing = {
        named(file)
        for file in python_files("adapters/sql")
        for node in ast.walk(tree_of(file))
        if isinstance(node, ast.Call)
        and dotted(node.func) in {"select", "update", "delete", "insert", "text"}
    }
    answering = {
        name for name in writing if name.startswith(("adapters/sql/questions/", "adapters/sql/tables/"))
    }
    assert writing - answering == {
        f"adapters/sql/{name}.py"
        for name in (
            "event_log",
            "job_list",
            "job_rows",
            "jobs",
            "kept_mail",
            "migrate",
            "reading/conditions",
            "reading/statement",
            "unit_of_work",
            "webhook_turns",
        )
    }


def _roots(file: Path) -> set[str]:
    return {name.partition(".")[0] for name in imported_by(file)}
