"""Writes to many connections, done one right after another once it is clear who gets what.

A system call leaves little of a program in the processor's caches, and in some virtual machines nothing. To
work out each write between two others pays for that anew for every subscriber: with a thousand of them it
took a third of the time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol


class FrameWriter(Protocol):
    """A connection that takes whole frames as they are, without waiting."""

    @property
    def write(self) -> Callable[[bytes], None]:
        """Writes frames: only right after `is_ready` said yes, before anything else had its turn."""
        ...

    def is_ready(self) -> bool:
        """Whether frames may be written now."""
        ...


class Burst(list[tuple[Callable[[bytes], None], bytes]]):
    """What is to be written, in order. Nothing may be awaited between the first of it and `flush`."""

    __slots__ = ()

    def flush(self) -> None:
        """Write it, and hold nothing any more."""
        for write, frames in self:
            write(frames)
        self.clear()
