"""The schemas of shapes: as they are answered, as they are taken, and in their envelopes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_compat.engine.codec import Schema
from rest_compat.engine.shape import ABSENT, Field, Shape


class NameTaken(TypeError):
    """Two shapes bear one name, and would be one in the description."""


class Components:
    """The schemas that others refer to, by the names of their shapes."""

    def __init__(self) -> None:
        self.schemas: dict[str, dict[str, Any]] = {}
        self._shapes: dict[str, Shape] = {}

    def shown(self, shape: Shape) -> dict[str, Any]:
        """A reference to a shape as it is answered."""
        if self._is_new(shape):
            self.schemas[shape.name] = self.shown_object(shape)
        return _reference(shape)

    def shown_object(self, shape: Shape) -> dict[str, Any]:
        """The schema of a shape as it is answered."""
        for part in _parts_of(shape.rows):
            self.shown(part)
        return {
            "type": "object",
            "properties": {row.name: _shown(row) for row in shape.rows},
            "required": [row.name for row in shape.rows if not row.sometimes],
        }

    def asked(
        self, shape: Shape, rows: tuple[Field, ...] | None = None, notes: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """A reference to a shape, or to some of its rows, as it is taken."""
        if self._is_new(shape):
            rows = shape.rows if rows is None else rows
            for part in _parts_of(rows):
                self.asked(part)
            self.schemas[shape.name] = {
                "type": "object",
                "properties": {row.name: _with_remark(asked_value(row), row, notes or {}) for row in rows},
                "required": [row.name for row in rows if row.required],
            }
        return _reference(shape)

    def enveloped(self, envelope: Shape, shape: Shape, items: Mapping[str, Any]) -> dict[str, Any]:
        """A reference to an envelope with a shape in it."""
        name = shape.name + envelope.name
        self.schemas[name] = _filled(self.shown_object(envelope), items)
        return {"$ref": f"#/components/schemas/{name}"}

    def _is_new(self, shape: Shape) -> bool:
        there = self._shapes.setdefault(shape.name, shape)
        if there is not shape:
            raise NameTaken(f"two shapes are named {shape.name}")
        return self.schemas.setdefault(shape.name, {}) == {}


def _parts_of(rows: tuple[Field, ...]) -> list[Shape]:
    return [part for row in rows for part in row.codec.parts]


def _reference(shape: Shape) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{shape.name}"}


def _shown(row: Field) -> dict[str, Any]:
    schema = dict(row.codec.schema)
    return _or_null(schema) if row.nullable or row.only_for is not None else schema


def asked_value(row: Field) -> dict[str, Any]:
    """The schema of a field as it is taken."""
    schema = dict(row.codec.asked)
    if row.nullable:
        schema = _or_null(schema)
    if row.default is not ABSENT:
        schema["default"] = row.default
    return schema


def _with_remark(schema: dict[str, Any], row: Field, notes: Mapping[str, str]) -> dict[str, Any]:
    return {**schema, "description": notes[row.name]} if row.name in notes else schema


def _or_null(schema: Schema) -> dict[str, Any]:
    if "enum" in schema:
        return {**schema, "type": [schema.get("type", "string"), "null"], "enum": [*schema["enum"], None]}
    if isinstance(schema.get("type"), str) and "format" not in schema:
        return {**schema, "type": [schema["type"], "null"]}
    return {"anyOf": [dict(schema), {"type": "null"}]}


def _filled(schema: Any, items: Mapping[str, Any]) -> Any:
    """An envelope's schema with what it carries put in."""
    if isinstance(schema, Mapping):
        if "$item" in schema:
            return items[schema["$item"]]
        return {name: _filled(part, items) for name, part in schema.items()}
    if isinstance(schema, list):
        return [_filled(part, items) for part in schema]
    return schema
