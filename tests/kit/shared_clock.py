"""A clock that several processes share: it stands until it is let go, and can be put forward for all at once."""

from __future__ import annotations

import mmap
import struct
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

_CELL = struct.Struct("d")
_STANDS = 1e9
"""A number from here on is the instant at which the clock stands; a smaller one is what the system's is off by."""


class SharedClock:
    """Seconds since 1970 in a file of eight bytes that every process maps into its memory."""

    def __init__(self, path: Path, standing_at: datetime | None = None) -> None:
        self.path = path
        if standing_at is not None:
            path.write_bytes(_CELL.pack(standing_at.timestamp()))
        with path.open("r+b") as file:
            self._cell = mmap.mmap(file.fileno(), _CELL.size)

    def now(self) -> datetime:
        """The instant that it shows everywhere, in UTC."""
        (number,) = _CELL.unpack_from(self._cell)
        return datetime.fromtimestamp(number if number >= _STANDS else time.time() + number, UTC)

    def stand(self, instant: datetime) -> None:
        """Show this instant until it is let go."""
        _CELL.pack_into(self._cell, 0, instant.timestamp())

    def go(self) -> None:
        """Go on from the instant that it shows."""
        _CELL.pack_into(self._cell, 0, self.now().timestamp() - time.time())

    def put_forward(self, by: timedelta) -> None:
        """Skip so much time, for everybody at once."""
        (number,) = _CELL.unpack_from(self._cell)
        _CELL.pack_into(self._cell, 0, number + by.total_seconds())
