"""Tables that do not add up stop the start, with the route's name; the same tables, mended, start."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from auth.allow import INHERITED, PUBLIC, may
from auth.permissions import Permission
from core.directory.create_client import create_client
from core.directory.reads import CLIENT
from rest_compat.engine.call import Mounted
from rest_compat.engine.checks import BadRoute, RouteWithoutAllow, UnknownRoute
from rest_compat.engine.dialect import Alias, Dialect
from rest_compat.engine.reading import BadShape
from rest_compat.engine.refusal import Kind
from rest_compat.engine.route import Every, One, Paged, Route
from rest_compat.engine.router import RoutesClash
from rest_compat.engine.scalars import TEXT
from rest_compat.engine.schemas import NameTaken
from rest_compat.engine.shape import Field, Shape, nested
from rest_compat.mounts import RestSettings, rest_app
from rest_compat.servalodesk.dialect import SERVALODESK
from tests.rest_compat.samples.backing import OpenDoor, Rows

NAMED = Shape("Named", of=CLIENT, rows=(Field("id", "id", TEXT), Field("name", "display_name", TEXT)))
LISTING = Route("GET", "/v1/clients", Paged(), gives=NAMED, allow=PUBLIC)


def start(*routes: Route, **changed: Any) -> None:
    """Start the edge with one dialect of these routes."""
    dialect = replace(SERVALODESK, routes=routes, **changed)
    settings = RestSettings(public_url="http://sample.test", dialects=(dialect,))
    rest_app(OpenDoor(Rows()), settings)  # type: ignore[arg-type]  # a gate of its throttle alone


def test_a_route_without_allow_stops_the_start() -> None:
    """And the same route with one does not: the guard is what stops it."""
    with pytest.raises(
        RouteWithoutAllow, match=r"^servalodesk: GET /v1/clients must say who may pass: allow=…$"
    ):
        start(replace(LISTING, allow=None))
    with pytest.raises(RouteWithoutAllow, match="GET /v1/clients"):
        start(replace(LISTING, allow=INHERITED))
    start(replace(LISTING, allow=PUBLIC))
    start(replace(LISTING, allow=may(Permission.CLIENTS_READ)))


def test_every_route_says_who_may() -> None:
    """No route of the real dialect inherits or leaves it open; the public ones are those of the contract."""
    public = {route.path for route in SERVALODESK.routes if route.allow == PUBLIC}
    assert public == {
        "/v1/auth/register",
        "/v1/auth/login",
        "/v1/auth/refresh",
        "/v1/artists/{slug}/profile",
        "/v1/waitlist/offers/{token}/claim",
    }


def test_two_routes_at_one_address() -> None:
    """The same method and path, whatever the variable is called; an alias counts."""
    with pytest.raises(
        RoutesClash, match="GET /v1/clients and GET /v1/clients both stand at GET /v1/clients"
    ):
        start(LISTING, LISTING)

    def astray(method: str, path: str, is_public: bool) -> Iterable[Alias]:
        return [Alias("GET", "/v1/artists/{anybody}")] if path == "/v1/clients" else []

    with pytest.raises(RoutesClash, match=r"both stand at GET /v1/artists/\{anybody\}"):
        start(LISTING, aliases=astray)


def test_routes_that_the_contract_does_not_know() -> None:
    """Nothing is invented: neither an address nor a status."""
    with pytest.raises(UnknownRoute, match="GET /v1/customers is not an operation of the contract"):
        start(replace(LISTING, path="/v1/customers"))
    with pytest.raises(UnknownRoute, match="GET /v1/clients answers 201, the contract 200"):
        start(replace(LISTING, status=201))


@dataclass
class Command:
    """A command with one field."""

    name: str


@pytest.mark.parametrize(
    ("shape", "complaint"),
    [
        (Shape("Odd", of=CLIENT, rows=(Field("a", "nickname", TEXT),)), "client does not show nickname"),
        (Shape("Odd", of=CLIENT, rows=(Field("a", "mother.name", TEXT),)), "client has no single mother"),
        (
            Shape("Odd", of=CLIENT, rows=(Field("a", "appointments.id", TEXT),)),
            "client has no single appointments",
        ),
        (Shape("Odd", of=CLIENT, rows=(Field("a", "display_name", TEXT),)), "does not show its id"),
    ],
)
def test_shapes_that_their_noun_cannot_fill(shape: Shape, complaint: str) -> None:
    """A path that leads nowhere is found at the start, not at the first request."""
    with pytest.raises(BadShape, match=f"GET /v1/clients: .*{complaint}"):
        start(replace(LISTING, gives=shape))


def test_routes_that_cannot_be_done() -> None:
    """What a use case, a reading and a filter need is looked at."""
    creation = Route("POST", "/v1/clients", create_client, gives=NAMED, status=201, allow=PUBLIC)
    with pytest.raises(BadRoute, match="POST /v1/clients names a use case"):
        start(creation)
    astray = Shape("Astray", makes=Command, rows=(Field("a", "nickname", TEXT),), always={"colour": 1})
    with pytest.raises(BadRoute, match="takes colour, nickname, which Command does not"):
        start(replace(creation, takes=astray))
    filters = Shape("Filters", rows=(Field("a", "nickname", TEXT),))
    with pytest.raises(BadRoute, match="filters by nickname, which is no column of client"):
        start(replace(LISTING, takes=filters))
    for reading in (One(), Every(), Paged()):
        with pytest.raises(BadRoute, match="must give a shape that reads a noun"):
            start(replace(LISTING, does=reading, gives=Shape("Nounless", rows=())))
    some = {kind: SERVALODESK.refusals[kind] for kind in Kind if kind is not Kind.CONFLICT}
    with pytest.raises(BadRoute, match="servalodesk has no words for CONFLICT"):
        start(LISTING, refusals=some)


def test_two_shapes_of_one_name() -> None:
    """They would be one in the description."""
    twin = Shape("Named", of=CLIENT, rows=(Field("id", "id", TEXT), Field("twin", ".", nested(NAMED))))
    with pytest.raises(NameTaken, match="two shapes are named Named"):
        start(replace(LISTING, gives=twin))


def test_the_real_dialect_starts() -> None:
    """The negative control of this file."""
    dialect: Dialect = SERVALODESK
    start(*dialect.routes)
    assert Mounted(origin="http://a", prefix="/b").url("/c") == "http://a/b/c"
