"""The ASGI application: every door of the house, each at its address."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import structlog
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from adapters.sql.migrate import migrate, require_migrated
from app.health import Readiness, livez, metrics, readyz
from app.hooks import twilio_incoming, twilio_status
from app.house import House
from app.requests import AroundRequests
from app.seed import DEMO_EMAIL, DEMO_PASSWORD, seed
from app.settings import Settings
from app.version import VERSION
from app.worker import work
from graphql_api.endpoint import GraphQLEndpoint, GraphQLSettings, graphql_endpoint
from graphql_api.sdl import sdl
from rest_compat.mounts import RestSettings, rest_app
from web.calendar import calendar_routes
from web.pages import page
from web.waitlist import waitlist_routes

log = structlog.get_logger("daybook.app")

LINKS = (
    ("/graphql", "GraphQL, and GraphiQL in a browser"),
    ("/schema.graphql", "the GraphQL schema"),
    ("/events", "the log as it grows, for EventSource, with a ticket"),
    ("/v1/openapi.json", "the ServaloDesk REST API as OpenAPI 3.1"),
    ("/dev/mail", "mail that was kept instead of sent"),
    ("/readyz", "whether it is ready"),
    ("/metrics", "figures for Prometheus"),
)


def create_app(settings: Settings, *, with_worker: bool | None = None) -> Starlette:
    """The application. `with_worker` None runs the worker in this process where SQLite is used."""
    readiness = Readiness()
    house = House(settings)
    graphql = _graphql(settings, house)
    runs_worker = settings.uses_sqlite if with_worker is None else with_worker

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        stop = asyncio.Event()
        await house.open()
        await require_migrated(house.database)
        worker = asyncio.create_task(work(house, stop), name="worker") if runs_worker else None
        readiness.set("ready")
        log.info("app.ready", database=house.database.mode, demo=settings.demo)
        try:
            yield
        finally:
            readiness.set("stopping")
            stop.set()
            if worker is not None:
                with suppress(TimeoutError):
                    await asyncio.wait_for(worker, 10)
            await house.close()

    app = Starlette(
        routes=_routes(settings, house, graphql),
        middleware=_middleware(settings),
        lifespan=lifespan,
    )
    # Whatever is at no address of Daybook's own belongs to a REST dialect, errors included.
    app.router.redirect_slashes = False
    app.router.default = _rest(settings, house)
    app.state.house = house
    app.state.graphql = graphql
    app.state.readiness = readiness
    return app


async def set_up(house: House) -> None:
    """Bring the database to shape, and in demo mode fill an empty one; done before anything is served.

    Outside demo mode PostgreSQL is not touched: raises NotMigrated where `daybook migrate` is due.
    """
    if not house.database.is_postgresql or house.settings.demo:
        before, after = await migrate(house.database)
        if before != after:
            log.info("app.migrated", before=before, after=after)
    await require_migrated(house.database)
    if house.settings.demo:
        await seed(house)


def _middleware(settings: Settings) -> list[Middleware]:
    layers = [Middleware(AroundRequests)]
    if origins := settings.cors_origin_list():
        layers.append(
            Middleware(
                CORSMiddleware,
                allow_origins=origins,
                allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
                allow_headers=[
                    "Authorization",
                    "Content-Type",
                    "Idempotency-Key",
                    "Last-Event-ID",
                    "X-Request-Id",
                ],
                max_age=600,
            )
        )
    return layers


def _graphql(settings: Settings, house: House) -> GraphQLEndpoint:
    return graphql_endpoint(
        house,
        GraphQLSettings(
            introspection=settings.tells_schema,
            ide=settings.tells_schema,
            suggestions=settings.tells_schema,
            origins=(*settings.cors_origin_list(), settings.public_url),
        ),
    )


def _routes(settings: Settings, house: House, graphql: GraphQLEndpoint) -> list[BaseRoute]:
    routes: list[BaseRoute] = [
        Route("/", home, methods=["GET"]),
        Route("/livez", livez),
        Route("/readyz", readyz),
        Route("/metrics", metrics),
        Route("/hooks/twilio/incoming", twilio_incoming, methods=["POST"]),
        Route("/hooks/twilio/{business_id:int}/{message_id:int}", twilio_status, methods=["POST"]),
        *graphql.routes,
        *calendar_routes(house),
        *waitlist_routes(house),
    ]
    if settings.tells_schema:
        routes.append(Route("/schema.graphql", schema_file))
    if settings.demo:
        routes.append(Route("/dev/mail", kept_mail))
    return routes


def _rest(settings: Settings, house: House) -> ASGIApp:
    return rest_app(
        house,
        RestSettings(
            root_dialect=settings.root_dialect,
            dialect_hosts=settings.dialect_host_table(),
            public_url=settings.public_url,
            rate_limits=settings.rate_limits == "on",
        ),
    )


async def home(request: Request) -> Response:
    """What is running here, with links."""
    house: House = request.app.state.house
    links = [
        {"path": path, "what": what, "opens": path != "/events"}
        for path, what in LINKS
        if path != "/dev/mail" or house.settings.demo
        if path != "/schema.graphql" or house.settings.tells_schema
    ]
    return page(
        "home",
        version=VERSION,
        demo=house.settings.demo,
        database=house.database.mode,
        links=links,
        email=DEMO_EMAIL,
        password=DEMO_PASSWORD,
    )


async def schema_file(_: Request) -> Response:
    """The schema in SDL."""
    return PlainTextResponse(sdl(), media_type="text/plain; charset=utf-8")


async def kept_mail(request: Request) -> Response:
    """The mail that was kept, in demo mode."""
    house: House = request.app.state.house
    mails = [
        {"kept_at": kept_at, "to": to, "subject": subject, "text": text}
        for kept_at, to, subject, text in await house.kept_mail.newest()
    ]
    return page("mail", mails=mails)
