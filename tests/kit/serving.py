"""Daybook as its users have it: a process of its own, reached over loopback."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from bootstrap import ROOT
from tests.kit.houses import SECRET
from tests.kit.processes import CannotServe, free_port, tail

_READY_SECONDS = 180.0


def environment(**settings: str) -> dict[str, str]:
    """This process's environment with these DAYBOOK_ settings, and no others."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DAYBOOK_")}
    kept.pop("PORT", None)
    return {**kept, **{f"DAYBOOK_{name}": value for name, value in settings.items()}}


def daybook(*words: str, folder: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run one command of the command line to its end."""
    return subprocess.run(
        [sys.executable, "-m", "app", *words],
        cwd=folder,
        env={**environment(**settings), "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@dataclass
class Serving:
    """A `daybook serve`, which can be killed and started again on the same port and database."""

    folder: Path
    settings: dict[str, str]
    port: int
    words: tuple[str, ...] = ("serve",)
    module: str = "app"
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        """What it printed."""
        return self.folder / f"daybook-{self.port}.log"

    def start(self) -> None:
        """Start it; returns when it is ready. Raises CannotServe with its last words otherwise."""
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", self.module, *self.words],
                cwd=self.folder,
                env={**environment(**self.settings, PORT=str(self.port)), "PYTHONPATH": str(ROOT)},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        if self.words[0] == "serve":
            self._await_ready()

    def kill(self) -> None:
        """kill -9."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """SIGTERM to its process group; the exit code."""
        return self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> int:
        assert self.process is not None
        if self.process.poll() is None:
            os.killpg(self.process.pid, number)
        try:
            return self.process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            raise

    def _await_ready(self) -> None:
        assert self.process is not None
        deadline = time.monotonic() + _READY_SECONDS
        with httpx.Client(
            verify=False, timeout=2
        ) as http:  # who trusts certificates reads them first, for long
            while time.monotonic() < deadline:
                if self.process.poll() is not None:
                    raise CannotServe(f"daybook ended while starting: {tail(self.log)}")
                with suppress(httpx.TransportError):
                    if http.get(f"{self.url}/readyz").status_code == 200:
                        return
                time.sleep(0.05)
        self.kill()
        raise CannotServe(f"daybook was not ready in time: {tail(self.log)}")


@contextmanager
def serving(folder: Path, database_url: str, *, module: str = "app", **settings: str) -> Iterator[Serving]:
    """A running `daybook serve` in demo mode without throttles, unless the settings say otherwise."""
    given = {
        "DATABASE_URL": database_url,
        "SECRET_KEY": SECRET,
        "DEMO": "true",
        "RATE_LIMITS": "off",
        **settings,
    }
    server = Serving(folder, given, free_port(), module=module)
    server.start()
    try:
        yield server
    finally:
        server.stop()
