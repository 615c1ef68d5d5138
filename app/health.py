"""Is it alive, is it ready, how is it doing."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from prometheus_client import CONTENT_TYPE_LATEST, Gauge, generate_latest
from sqlalchemy import text
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.house import House

_PATIENCE_SECONDS = 2.0


class Readiness:
    """Whether the program may be sent requests: not before it is set up, not while it shuts down."""

    def __init__(self) -> None:
        self.state = "starting"

    def set(self, state: str) -> None:
        """`starting`, `ready` or `stopping`."""
        self.state = state


async def livez(_: Request) -> Response:
    """The process answers."""
    return JSONResponse({"status": "ok"})


async def readyz(request: Request) -> Response:
    """The program is set up and its database answers; otherwise 503 with the reason."""
    readiness: Readiness = request.app.state.readiness
    if readiness.state != "ready":
        return JSONResponse({"status": readiness.state}, status_code=503)
    house: House = request.app.state.house
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS), house.database.connect(None) as connection:
            await connection.execute(text("SELECT 1"))
    except Exception:
        return JSONResponse({"status": "database unreachable"}, status_code=503)
    return JSONResponse({"status": "ready"})


_waiting = Gauge("daybook_jobs_waiting", "Jobs that wait, due or not, those being done included")
_due = Gauge("daybook_jobs_due", "Jobs that are due and that no worker has taken yet")
_dead = Gauge("daybook_jobs_dead", "Jobs given up after their last retry")
_oldest = Gauge("daybook_jobs_oldest_due_seconds", "For how long the oldest due job has been due; 0 for none")


async def metrics(request: Request) -> Response:
    """Figures in Prometheus's text format; those of the queue stay as they were while it is out of reach."""
    house: House = request.app.state.house
    with suppress(Exception):
        async with asyncio.timeout(_PATIENCE_SECONDS):
            figures = await house.job_list.figures()
        _waiting.set(figures.waiting)
        _due.set(figures.due)
        _dead.set(figures.dead)
        _oldest.set(figures.oldest_due.total_seconds())
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
