"""The lock that makes one process the owner of a SQLite file."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path


class FileInUse(RuntimeError):
    """Another process holds the database file."""


class FileLock:
    """An exclusive lock on a file beside the database; the system gives it up when the process ends."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._handle: int | None = None

    def acquire(self) -> None:
        """Take the lock. Raises FileInUse, naming the process that holds it."""
        handle = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(handle, 32).decode(errors="replace").strip() or "unknown"
            os.close(handle)
            raise FileInUse(
                f"The database {self.path.name.removesuffix('.lock')} is in use by process {holder}: "
                "stop it first, or use PostgreSQL to share a database between processes."
            ) from None
        os.ftruncate(handle, 0)
        os.write(handle, str(os.getpid()).encode())
        self._handle = handle

    def release(self) -> None:
        """Give the lock up; harmless when it is not held."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None
