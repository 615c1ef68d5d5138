"""The command line."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from sqlalchemy.exc import DBAPIError

from adapters.sql.file_lock import FileInUse
from adapters.sql.migrate import NotMigrated, migrate, require_migrated
from app import asgi
from app.house import House
from app.jobs_cli import jobs_cli
from app.logging import set_up_logging
from app.seed import DEMO_EMAIL, DEMO_PASSWORD, seed
from app.server import PortInUse, listening, run_server
from app.settings import Settings, SettingsError, listed, read_settings
from app.version import VERSION
from app.worker import work
from auth.secret_key import WeakSecret
from core.kernel.errors import Unavailable
from graphql_api.sdl import sdl
from rest_compat.coverage import refresh_pages
from rest_compat.mounts import MountClash

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
    settings = read_settings()
    if settings.uses_sqlite:
        raise SettingsError("On SQLite the worker runs inside `daybook serve`: start that instead.")
    set_up_logging(settings)
    asyncio.run(_work(settings))


async def _work(settings: Settings) -> None:
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
    house = House(settings or read_settings())
    try:
        return await work_out(house)
    finally:
        await house.close()


def main() -> None:
    """Run the command line; what cannot be done is said in one line, without a traceback."""
    try:
        cli()
    except (SettingsError, WeakSecret, FileInUse, NotMigrated, PortInUse, MountClash) as error:
        words = str(error)
    except (DBAPIError, Unavailable) as error:
        cause = error.__cause__ or error
        words = f"the database cannot be used ({str(cause).splitlines()[0]}): look at DAYBOOK_DATABASE_URL"
    except OSError as error:
        words = f"{error.filename or 'the network'}: {error.strerror or error}; look at `daybook settings`"
    except ValueError as error:
        words = str(error)
    else:
        return
    typer.echo(f"daybook: {words}", err=True)
    sys.exit(2)
