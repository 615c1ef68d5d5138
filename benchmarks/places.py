"""Where is measured: a fresh SQLite file, and PostgreSQL at the URL that is given or a server of its own."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.kit.postgres import start_postgres
from tests.kit.processes import CannotServe


def say(line: str = "") -> None:
    """Print a line."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


@contextmanager
def places(arguments: Sequence[str]) -> Iterator[dict[str, str]]:
    """Name → URL of an empty database. Without a URL among the arguments PostgreSQL is started as the
    tests start it, without waiting for the disk; where there is none to start that is said."""
    with tempfile.TemporaryDirectory() as folder:
        found = {"SQLite": f"sqlite+aiosqlite:///{Path(folder) / 'benchmark.db'}"}
        server = None
        if arguments:
            found["PostgreSQL"] = arguments[0]
        else:
            try:
                server, found["PostgreSQL"] = start_postgres()
            except CannotServe as reason:
                say(f"PostgreSQL is not measured: {reason}")
        try:
            yield found
        finally:
            if server is not None:
                server.stop()
