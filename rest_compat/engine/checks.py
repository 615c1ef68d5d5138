"""What must hold of a dialect's tables before anything is served; each failure names the route."""

from __future__ import annotations

import dataclasses

from auth.allow import INHERITED
from auth.permissions import Permission
from rest_compat.engine.call import Mounted
from rest_compat.engine.contract import Contract
from rest_compat.engine.dialect import Dialect
from rest_compat.engine.openapi import describe
from rest_compat.engine.reading import BadShape, id_field, noun_of, selection_of
from rest_compat.engine.refusal import Kind
from rest_compat.engine.route import Every, One, Paged, Route
from rest_compat.engine.shape import Shape


class RouteWithoutAllow(TypeError):
    """A route does not say who may pass."""


class UnknownRoute(TypeError):
    """A route is none of the contract's operations, or answers with another status."""


class BadRoute(TypeError):
    """A route asks for what cannot be done."""


def check_dialect(dialect: Dialect, contract: Contract) -> None:
    """Raises RouteWithoutAllow, UnknownRoute, BadRoute, BadShape or NameTaken."""
    for route in dialect.routes:
        named = f"{dialect.name}: {route}"
        if route.allow is None or route.allow == INHERITED:
            raise RouteWithoutAllow(f"{named} must say who may pass: allow=…")
        operation = contract.at(route.method, route.path)
        if operation is None:
            raise UnknownRoute(f"{named} is not an operation of the contract")
        if operation.status != route.status:
            raise UnknownRoute(f"{named} answers {route.status}, the contract {operation.status}")
        try:
            _check_answer(route)
            _check_request(route)
        except BadShape as error:
            raise BadShape(f"{named}: {error}") from None
        except BadRoute as error:
            raise BadRoute(f"{named} {error}") from None
    if missing := [kind for kind in Kind if kind not in dialect.refusals]:
        raise BadRoute(f"{dialect.name} has no words for {', '.join(missing)}")
    describe(dialect, Mounted(origin="", prefix=""))


def _check_answer(route: Route) -> None:
    gives = route.gives
    if isinstance(route.does, One | Every | Paged) and not (isinstance(gives, Shape) and gives.of):
        raise BadRoute("reads, and must give a shape that reads a noun")
    if isinstance(gives, Shape) and gives.of is not None:
        selection_of(gives, frozenset(Permission))
        if isinstance(route.does, Paged):
            id_field(gives)


def _check_request(route: Route) -> None:
    takes = route.takes
    if route.is_use_case and takes.makes is None:
        raise BadRoute("names a use case, and must take a shape that makes its command")
    if takes.makes is not None and dataclasses.is_dataclass(takes.makes) and takes.finish is None:
        taken = {field.name for field in dataclasses.fields(takes.makes)}
        given = {row.path for row in takes.rows} | takes.always.keys()
        if stray := sorted(given - taken):
            raise BadRoute(f"takes {', '.join(stray)}, which {takes.makes.__name__} does not")
    if isinstance(route.does, Every | Paged):
        assert isinstance(route.gives, Shape)
        noun = noun_of(route.gives)
        for row in takes.rows:
            if row.condition is None and row.path not in noun.columns:
                raise BadRoute(f"filters by {row.path}, which is no column of {noun.name}")
