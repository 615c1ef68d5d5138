"""Shapes become Selections: what is asked of the core's one way to read."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from core.kernel.context import Context
from core.kernel.errors import NotFound
from core.kernel.reading import NOUNS, Noun, Order, Page, PageRequest, Row, Selection
from rest_compat.engine.shape import Field, Shape, paths_of, written


class BadShape(TypeError):
    """A shape asks for what its noun does not show."""


def noun_of(shape: Shape) -> Noun:
    """The noun that a shape reads. Raises BadShape."""
    if shape.of is None:
        raise BadShape(f"the shape {shape.name} reads no noun")
    return shape.of


def selection_of(
    shape: Shape,
    permissions: Collection[str],
    *,
    where: tuple[Any, ...] = (),
    order: Order | None = None,
) -> Selection:
    """What to read for a shape: only what the caller may see, nested to-one shapes joined. Raises BadShape."""
    noun = noun_of(shape)
    selection = Selection(noun=noun, fields={noun.key}, where=where, order=order)
    _select(selection, shape, permissions)
    return selection


def _select(selection: Selection, shape: Shape, permissions: Collection[str]) -> None:
    for row in shape.rows:
        if row.only_for is not None and row.only_for not in permissions:
            continue
        for names in paths_of(row.path):
            if row.codec.shape is None:
                level = _joined(selection, names[:-1], shape)
                if not level.noun.shows(names[-1]):
                    raise BadShape(f"{shape.name}: {level.noun.name} does not show {names[-1]}")
                level.fields.add(names[-1])
            elif not row.codec.many:
                _select(_joined(selection, names, shape), row.codec.shape, permissions)


def _joined(selection: Selection, names: tuple[str, ...], shape: Shape) -> Selection:
    """The Selection of the noun that to-one relations lead to, made if it is not there yet."""
    for name in names:
        relation = selection.noun.relations.get(name)
        if relation is None or relation.many:
            raise BadShape(f"{shape.name}: {selection.noun.name} has no single {name}")
        other = NOUNS[relation.noun]
        selection = selection.relations.setdefault(name, Selection(noun=other, fields={other.key}))
    return selection


async def read_one(ctx: Context, shape: Shape, key: int, where: tuple[Any, ...] = ()) -> dict[str, Any]:
    """The object with that key, on the wire. Raises NotFound."""
    return written(shape, await read_row(ctx, shape, key, where))


async def read_row(ctx: Context, shape: Shape, key: int, where: tuple[Any, ...] = ()) -> Row:
    """The row with that key for a shape, with its to-many relations. Raises NotFound."""
    row = await ctx.read.one(selection_of(shape, ctx.actor.permissions, where=where), key)
    if row is None:
        raise NotFound(noun_of(shape).name)
    await _gather(ctx, shape, [row])
    return row


async def read_rows(ctx: Context, shape: Shape, where: tuple[Any, ...], order: Order | None) -> list[Row]:
    """All rows for a shape, in order, with their to-many relations."""
    rows = await ctx.read.rows(selection_of(shape, ctx.actor.permissions, where=where, order=order))
    await _gather(ctx, shape, rows)
    return rows


async def read_page(
    ctx: Context, shape: Shape, where: tuple[Any, ...], order: Order | None, request: PageRequest
) -> Page:
    """A page of rows for a shape. Raises NotFound where the row to start from is not there."""
    selection = selection_of(shape, ctx.actor.permissions, where=where, order=order)
    page = await ctx.read.page(selection, request)
    await _gather(ctx, shape, page.rows)
    return page


async def _gather(ctx: Context, shape: Shape, rows: list[Row]) -> None:
    """Read the shape's to-many relations of all rows, each in one statement, into the rows."""
    for row in shape.rows:
        if not (row.codec.many and row.codec.shape) or not rows:
            continue
        relation = noun_of(shape).relations[row.path]
        ((mine, theirs),) = relation.on
        of_all = selection_of(row.codec.shape, ctx.actor.permissions, where=relation.where)
        found = await ctx.read.grouped(of_all, theirs, [one[mine] for one in rows])
        await _gather(ctx, row.codec.shape, [one for group in found.values() for one in group])
        for one in rows:
            one[row.path] = found.get(one[mine], [])


def id_field(shape: Shape) -> Field:
    """The field that shows the noun's key. Raises BadShape."""
    noun = noun_of(shape)
    for row in shape.rows:
        if row.path == noun.key:
            return row
    raise BadShape(f"{shape.name} does not show its {noun.key}")
