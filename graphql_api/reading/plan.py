"""The read plan: for every type that shows rows, where each field's value comes from and who may see it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from auth.allow import Allow
from core.kernel.reading import NOUNS, Noun, Selection
from graphql_api.declare.sources import Columns, Source, ToOne


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownField:
    """A field: its source, all the doors before it, and the type it leads to where that shows rows."""

    name: str
    source: Source | None
    allows: tuple[Allow, ...]
    target: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownType:
    """A type that shows rows of a noun."""

    noun: Noun
    allow: Allow
    fields: dict[str, ShownField] = field(default_factory=dict)

    def misread(self) -> Iterable[str]:
        """The fields that name something which the noun does not show."""
        for field_name, shown in self.fields.items():
            if isinstance(shown.source, ToOne) and shown.name not in self.noun.relations:
                yield field_name
            if isinstance(shown.source, Columns):
                needed = Selection(noun=self.noun)
                try:
                    for path in shown.source.paths:
                        need(needed, path)
                except KeyError:
                    yield field_name


ReadPlan = dict[str, ShownType]
"""GraphQL type name → how it is read."""


def need(selection: Selection, path: str) -> None:
    """Have a Selection read a value; a dot goes through a to-one relation. Raises KeyError."""
    name, dot, rest = path.partition(".")
    if not dot:
        if not selection.noun.shows(name):
            raise KeyError(name)
        selection.fields.add(name)
    else:
        need(related(selection, name), rest)


def related(selection: Selection, relation: str) -> Selection:
    """The Selection of a to-one relation within another. Raises KeyError."""
    noun = NOUNS[selection.noun.relations[relation].noun]
    return selection.relations.setdefault(relation, Selection(noun=noun))
