"""The command line. A verb imports what it needs when it runs, so that none waits for what another needs."""

from __future__ import annotations

import asyncio
import gc
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from app.jobs_cli import jobs_cli
from app.settings import Settings, SettingsError, listed, read_settings
from app.version import VERSION

if TYPE_CHECKING:
    from app.house import House

T = TypeVar("T")
SCHEMA_FILE = Path(__file__).parent.parent / "schema.graphql"
DIALECT_PAGES = SCHEMA_FILE.parent / "docs" / "dialects"

cli = typer.Typer(
    name="daybook",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Daybook, a scheduling backend: GraphQL and documented REST dialects, PostgreSQL or SQLite.\n\n"
    "Every setting is an environment variable; `daybook settings` lists them all.",
)

cli.add_typer(jobs_cli, name="jobs")


@cli.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Listen here instead of DAYBOOK_HOST.")] = None,
    port: Annotated[int | None, typer.Option(help="Listen here instead of DAYBOOK_PORT or PORT.")] = None,
) -> None:
    """Serve GraphQL and REST until SIGTERM or Ctrl-C.

    On SQLite it migrates, and does the worker's jobs in the same process. On PostgreSQL run `daybook
    migrate` first and `daybook worker` beside it; start as many of both as you like. With
    DAYBOOK_DEMO=1 an empty database is filled with a demo business.
    """
    gc.disable()  # until it serves: of what is loaded before nothing is ever given up

    from app import asgi
    from app.logging import set_up_logging
    from app.server import listening, run_server

    overrides = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    settings = read_settings(**overrides)
    set_up_logging(settings)
    with listening(settings) as socket:
        asyncio.run(_in_house(asgi.set_up, settings))
        run_server(settings, socket)


@cli.command()
def worker() -> None:
    """Do queued jobs until SIGTERM or Ctrl-C.

    Jobs are what follows events, such as mail. For PostgreSQL, as many as you like; on SQLite
    `daybook serve` does them itself.
    """
    from app.logging import set_up_logging

    settings = read_settings()
    if settings.uses_sqlite:
        raise SettingsError("On SQLite the worker runs inside `daybook serve`: start that instead.")
    set_up_logging(settings)
    asyncio.run(_work(settings))


async def _work(settings: Settings) -> None:
    from adapters.sql.migrate import require_migrated
    from app.house import House
    from app.worker import work

    house, stop = House(settings), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await house.open()
    try:
        await require_migrated(house.database)
        await work(house, stop)
    finally:
        await house.close()


@cli.command("migrate")
def migrate_command() -> None:
    """Bring the database to its newest shape.

    Safe to repeat, on PostgreSQL also while the program runs.

    On PostgreSQL the URL's user must own the tables and may create roles: the program itself then
    works as the role daybook_app, which row-level security binds.
    """
    from adapters.sql.migrate import migrate

    before, after = asyncio.run(_in_house(lambda house: migrate(house.database)))
    if before == after:
        typer.echo(f"The database is at step {after} already.")
    else:
        typer.echo(f"The database went from step {before or 'none'} to {after}.")


@cli.command("seed")
def seed_command() -> None:
    """Make the demo business, Midnight Ink Studio.

    Does nothing where it is there already; migrates first. Its credentials are printed.
    """

    from adapters.sql.migrate import migrate
    from app.seed import DEMO_EMAIL, DEMO_PASSWORD, seed

    async def fill(house: House) -> bool:
        await migrate(house.database)
        return await seed(house)

    made = asyncio.run(_in_house(fill))
    typer.echo("Made Midnight Ink Studio." if made else "Midnight Ink Studio is there already.")
    typer.echo(f"Sign in as {DEMO_EMAIL} with the password {DEMO_PASSWORD}")


@cli.command()
def schema(
    check: Annotated[
        bool, typer.Option("--check", help="Compare with schema.graphql, write nothing.")
    ] = False,
) -> None:
    """Write schema.graphql, or check it.

    With --check nothing is written, and a file that is out of date is an error.
    """
    from graphql_api.sdl import sdl

    if not check:
        SCHEMA_FILE.write_text(sdl())
        typer.echo(f"Wrote {SCHEMA_FILE.name}.")
    elif not SCHEMA_FILE.exists() or SCHEMA_FILE.read_text() != sdl():
        typer.echo("schema.graphql is out of date: run `daybook schema` and read the difference.", err=True)
        raise typer.Exit(1)
    else:
        typer.echo("schema.graphql is current.")


@cli.command()
def dialects(
    check: Annotated[
        bool, typer.Option("--check", help="Compare with docs/dialects, write nothing.")
    ] = False,
) -> None:
    """Write which REST operations are served, or check it.

    The tables in docs/dialects are made from each dialect's contract and routes.
    """
    from rest_compat.coverage import refresh_pages

    stale = refresh_pages(DIALECT_PAGES, write=not check)
    for file in stale:
        typer.echo(f"{file.name} is out of date." if check else f"Wrote {file.name}.", err=check)
    if not stale:
        typer.echo("The dialects' pages are current.")
    raise typer.Exit(1 if check and stale else 0)


@cli.command("settings")
def settings_command() -> None:
    """List every setting, its value and its source.

    Secrets and passwords are masked.
    """
    for variable, value, source, purpose in listed(read_settings()):
        typer.echo(f"{variable}={value}\n    from {source}. {purpose}.")


@cli.command()
def version() -> None:
    """Say which version this is."""
    typer.echo(f"daybook {VERSION}")


async def _in_house(work_out: Callable[[House], Awaitable[T]], settings: Settings | None = None) -> T:
    from app.house import House

    house = House(settings or read_settings())
    try:
        return await work_out(house)
    finally:
        await house.close()


def main() -> None:
    """Run the command line; what cannot be done is said in one line, without a traceback."""
    try:
        cli()
    except Exception as error:
        words = _complaint(error)
        if words is None:
            raise
        typer.echo(f"daybook: {words}", err=True)
        sys.exit(2)


def _complaint(error: Exception) -> str | None:
    """What cannot be done, in a line; nothing where it is a fault of the program."""
    from sqlalchemy.exc import DBAPIError

    from adapters.sql.file_lock import FileInUse
    from adapters.sql.migrate import NotMigrated
    from core.kernel.errors import Unavailable

    if isinstance(error, SettingsError | FileInUse | NotMigrated | ValueError):
        return str(error)
    if isinstance(error, DBAPIError | Unavailable):
        cause = error.__cause__ or error
        return f"the database cannot be used ({str(cause).splitlines()[0]}): look at DAYBOOK_DATABASE_URL"
    if isinstance(error, OSError):
        return f"{error.filename or 'the network'}: {error.strerror or error}; look at `daybook settings`"
    return None
