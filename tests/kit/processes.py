"""Starts a server for the tests in a scratch folder, as an unprivileged user, and always stops it."""

from __future__ import annotations

import ctypes
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_STARTING_SECONDS = 180.0
_STOPPING_SECONDS = 15.0
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


class CannotServe(Exception):
    """Carries one sentence that says why a server or browser is not to be had, and what to do about it."""


@dataclass
class Server:
    """A server process, and how to ask it to stop."""

    process: subprocess.Popen[bytes]
    folder: Path
    log: Path
    stop_signal: signal.Signals = signal.SIGTERM

    def stop(self) -> None:
        """End the process, by force if it must be, and remove its folder."""
        if self.process.poll() is None:
            self.process.send_signal(self.stop_signal)
            try:
                self.process.wait(_STOPPING_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def wait_until(self, is_ready: Callable[[], bool]) -> None:
        """Return once the server is ready; say what it logged when it ends or dawdles instead."""
        deadline = time.monotonic() + _STARTING_SECONDS
        while not is_ready():
            if self.process.poll() is not None:
                raise CannotServe(f"{self.log.stem} ended while starting and logged: {tail(self.log)}")
            if time.monotonic() > deadline:
                raise CannotServe(f"{self.log.stem} was not ready in time and logged: {tail(self.log)}")
            time.sleep(0.02)


@dataclass(frozen=True)
class Account:
    """The user that servers run as: `nobody` when the tests run as root, else whoever runs them."""

    uid: int | None = None
    gid: int | None = None
    groups: Sequence[int] | None = field(default=None)

    def run(self, command: Sequence[str | Path], *, folder: Path) -> subprocess.CompletedProcess[str]:
        """Run a command as this user to its end, keeping what it says."""
        return subprocess.run(
            [str(part) for part in command],
            cwd=folder,
            env=quiet_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
            user=self.uid,
            group=self.gid,
            extra_groups=self.groups,
        )

    def start(
        self,
        name: str,
        command: Sequence[str | Path],
        is_ready: Callable[[], bool],
        *,
        folder: Path,
        stop_signal: signal.Signals = signal.SIGTERM,
    ) -> Server:
        """Start a server as this user and wait until it is ready; on Linux it dies when this thread does."""
        log = folder / f"{name}.log"
        parent = os.getpid()

        def die_with_parent() -> None:
            if _libc is not None:
                _libc.prctl(_PR_SET_PDEATHSIG, stop_signal)
                if os.getppid() != parent:
                    os._exit(1)

        with log.open("wb") as output:
            process = subprocess.Popen(
                [str(part) for part in command],
                cwd=folder,
                env=quiet_environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for the tests, which stop their servers themselves
                preexec_fn=die_with_parent,
                user=self.uid,
                group=self.gid,
                extra_groups=self.groups,
            )
        server = Server(process, folder, log, stop_signal)
        try:
            server.wait_until(is_ready)
        except BaseException:
            server.stop()
            raise
        return server

    @contextmanager
    def scratch_folder(self, name: str) -> Iterator[Path]:
        """A new folder for a server that is being started: kept, unless the start fails."""
        folder = Path(tempfile.mkdtemp(prefix=f"daybook-{name}-", dir=self.scratch_base()))
        try:
            if self.uid is not None and self.gid is not None:
                os.chown(folder, self.uid, self.gid)
            yield folder
        except BaseException as error:
            shutil.rmtree(folder, ignore_errors=True)
            if isinstance(error, OSError):
                advice = f"set TEST_{name.upper()}_URL to one that runs"
                raise CannotServe(f"{name} could not be started here ({error}): {advice}.") from error
            raise

    def scratch_base(self) -> Path:
        """The first temporary folder that this user can reach, which root's own may not be."""
        for base in (Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp")):
            if self.uid is None or is_open_to_all(base):
                return base
        raise CannotServe("No temporary folder is open to an unprivileged user: set TMPDIR to one that is.")

    def reachable(self, program: Path, tree: Path, *, folder: Path) -> Path:
        """The program, or its copy in the folder when this user may not go where the original is."""
        if self.uid is None or is_open_to_all(program):
            return program
        copied = folder / "programs" / tree.name
        copied.parent.mkdir()
        if tree.is_dir():
            shutil.copytree(tree, copied, symlinks=True)
        else:
            shutil.copy2(tree, copied)
        for place in (copied.parent, copied, *copied.rglob("*")):
            if not place.is_symlink():
                mode = place.stat().st_mode
                place.chmod(mode | (0o055 if mode & 0o100 else 0o044))
        return copied / program.relative_to(tree)


def is_open_to_all(path: Path) -> bool:
    """Whether every user may run this program or enter this folder, and pass through the folders above."""
    return all(place.stat().st_mode & 0o001 for place in (path, *path.parents))


def server_account() -> Account:
    """The user to run servers as: this one, unless it is root, which PostgreSQL refuses."""
    if os.geteuid() != 0:
        return Account()
    nobody = pwd.getpwnam("nobody")
    return Account(nobody.pw_uid, nobody.pw_gid, ())


def free_port() -> int:
    """A port on loopback that nothing listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def quiet_environment() -> dict[str, str]:
    """The environment without any language or PostgreSQL setting of the person who runs the tests."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG", "PG"))}
    return {**kept, "LC_ALL": "C", "TZ": "UTC"}


def tail(log: Path) -> str:
    """The end of a log, on one line."""
    return " | ".join(log.read_text(errors="replace").strip().splitlines()[-8:]) or "nothing"
