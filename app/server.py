"""The web server of one process: its socket, taken before anything else, and how it starts and stops."""

from __future__ import annotations

import gc
import resource
import signal
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager

import typer
import uvicorn
from starlette.applications import Starlette

from app.asgi import create_app
from app.seed import DEMO_EMAIL, DEMO_PASSWORD
from app.settings import Settings, SettingsError
from app.strict_http import HTTP, Undertaker
from app.text_frames import WEB_SOCKETS
from app.version import VERSION

_MOST_FILES = 65_536


class PortInUse(SettingsError):
    """Nothing can be served at the address that the settings name."""


@contextmanager
def listening(settings: Settings) -> Iterator[socket.socket]:
    """The socket of the settings' address. Raises PortInUse where it is taken or not to be had."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with closing(socket.socket(family, socket.SOCK_STREAM)) as bound:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            bound.bind((settings.host, settings.port))
        except OSError as error:
            raise PortInUse(
                f"cannot listen at {settings.host}:{settings.port} ({error.strerror}): "
                "choose another port, such as PORT=9000"
            ) from None
        bound.set_inheritable(True)
        yield bound


def run_server(settings: Settings, bound: socket.socket) -> None:
    """Serve on the socket until SIGTERM or Ctrl-C; the database is in shape already."""
    _expect_many_connections()
    app = create_app(settings)
    config = uvicorn.Config(
        app,
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=10,
        timeout_keep_alive=75,
        http=HTTP,
        ws=WEB_SOCKETS,
        ws_max_size=256 * 1024,
        ws_per_message_deflate=False,
        lifespan="on",
    )
    _Server(config, app).run(sockets=[bound])


class _Server(uvicorn.Server):
    """uvicorn's server; it says when it is ready, and ends as a success when it was asked to stop."""

    def __init__(self, config: uvicorn.Config, app: Starlette) -> None:
        super().__init__(config)
        self._app = app
        self._undertaker = Undertaker()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to serve, and say where."""
        await super().startup(sockets)
        gc.enable()
        gc.freeze()  # what is loaded by now stays: full collections need not look through it again
        if self.started:
            _say_hello(self._app.state.house.settings)

    async def on_tick(self, counter: int) -> bool:
        """Ten times a second; every second connections are looked at that should be gone."""
        if counter % 10 == 0:
            self._undertaker.walk(self.server_state.connections)
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Tell open streams to come back, before uvicorn ends them with less to say."""
        await self._app.state.graphql.close()
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take SIGTERM and Ctrl-C as a request to stop, however often they come."""
        stop = (signal.SIGTERM, signal.SIGINT)
        before = {number: signal.signal(number, self.handle_exit) for number in stop}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def _expect_many_connections() -> None:
    """Let the process open as many files as it may, up to 65,536: each connection is one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, _MOST_FILES)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def _say_hello(settings: Settings) -> None:
    """Tell the person at the terminal where it is, and how to get in."""
    typer.echo(f"Daybook {VERSION} is ready at http://{settings.host}:{settings.port}")
    if settings.demo:
        typer.echo(f"Demo business: sign in as {DEMO_EMAIL} with the password {DEMO_PASSWORD}")
