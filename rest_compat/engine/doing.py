"""What a route says is done, and what comes of it, as the wire has it."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from core.kernel.errors import NotFound
from core.kernel.reading import Where
from rest_compat.engine.call import Call
from rest_compat.engine.codec import settle, waits
from rest_compat.engine.dialect import Dialect
from rest_compat.engine.pages import bad_cursor
from rest_compat.engine.reading import id_field, noun_of, read_one, read_page, read_rows
from rest_compat.engine.reply import reply_of
from rest_compat.engine.route import Every, Listed, One, Paged, Route, key_name
from rest_compat.engine.shape import Shape, written


async def done(dialect: Dialect, call: Call) -> Response:
    """Do what the route says, and reply as it gives; a function may bring a response of its own."""
    does = call.route.does
    if isinstance(does, One):
        value = await _one(dialect, call, does)
    elif isinstance(does, Every):
        value = await _every(dialect, call, does)
    elif isinstance(does, Paged):
        value = await _paged(dialect, call, does)
    else:
        result = await (does(call.ctx, call.command) if call.route.is_use_case else does(call))
        if isinstance(result, Response):
            return result
        value = await _given(dialect, call, result)
    return reply_of(call.route.gives, value, call.route.status, call.answer_headers)


async def _one(dialect: Dialect, call: Call, does: One) -> Any:
    shape = _shape_of(call.route)
    noun = noun_of(shape)
    key = call.values.get(key_name(noun))
    if key is None:
        key = call.ctx.business_id if noun.key == "business_id" else 0
    return _wrapped(dialect, call.route, await read_one(call.ctx, shape, key, does.where))


async def _every(dialect: Dialect, call: Call, does: Every | Paged) -> Any:
    shape = _shape_of(call.route)
    rows = await read_rows(call.ctx, shape, await _conditions(call, does), does.order)
    return _enveloped(dialect, [written(shape, row) for row in rows])


async def _paged(dialect: Dialect, call: Call, does: Paged) -> Any:
    pages, shape = dialect.pages, _shape_of(call.route)
    if not pages.is_asked(call.page_values):
        return await _every(dialect, call, does)
    id_codec = id_field(shape).codec
    request = pages.request(call.page_values, id_codec)
    try:
        page = await read_page(call.ctx, shape, await _conditions(call, does), does.order, request)
    except NotFound:
        raise bad_cursor() from None
    items = [written(shape, row) for row in page.rows]
    last_id = id_codec.write(page.rows[-1][noun_of(shape).key]) if page.rows else None
    call.answer_headers.update(pages.headers(page))
    if pages.envelope is None:
        return items
    return written(pages.envelope, pages.facts(call.page_values, page, items, last_id))


async def _conditions(call: Call, does: Every | Paged) -> tuple[Any, ...]:
    """What the reading and the request's values filter by."""
    found: list[Any] = [*does.where]
    for row in call.route.takes.rows:
        if row.path not in call.values:
            continue
        value = call.values[row.path]
        if row.condition is not None:
            condition = row.condition(value)
        else:
            condition = Where(row.path, "in" if isinstance(value, list) else "eq", value)
        found.append(settle(condition, await call.surroundings()) if waits(condition) else condition)
    return tuple(found)


async def _given(dialect: Dialect, call: Call, result: Any) -> Any:
    """The result of a use case or function, written as the route gives."""
    gives = call.route.gives
    if isinstance(gives, Listed):
        return _enveloped(dialect, [written(gives.item, one) for one in result])
    if not isinstance(gives, Shape):
        return result
    if gives.of is None:
        return _wrapped(dialect, call.route, written(gives, result))
    key = result if isinstance(result, int) else getattr(result, key_name(gives.of))
    return _wrapped(dialect, call.route, await read_one(call.ctx, gives, key))


def _wrapped(dialect: Dialect, route: Route, item: dict[str, Any]) -> dict[str, Any]:
    """A single object in the dialect's wrapper, where it has one."""
    wrapper = None if route.bare else dialect.wrapper
    return item if wrapper is None else written(wrapper, {"item": item})


def _enveloped(dialect: Dialect, items: list[Any]) -> Any:
    """A whole list in the dialect's envelope, where it has one."""
    return items if dialect.whole is None else written(dialect.whole, {"items": items, "total": len(items)})


def _shape_of(route: Route) -> Shape:
    """The shape that a reading gives; every reading has one, which was checked at the start."""
    assert isinstance(route.gives, Shape)
    return route.gives
