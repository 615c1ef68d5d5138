"""What is told together: neighbouring events of a channel, made once and written to each reader at once."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any, TypeVar

LARGEST_BATCH = 64 * 1024
MOST_TEXTS = 64
_KEPT_FORMS = 8

T = TypeVar("T")


class Batch:
    """What is told of the events after the number `start` up to the number `end`, in order.

    Not every event is told of, so that there may be fewer texts than numbers, or none: `numbers` are
    those of the events that are. Nothing is added once the batch is being told.
    """

    __slots__ = ("_bodies", "_size", "end", "made", "numbers", "start", "texts")

    def __init__(self, start: int) -> None:
        self.start = start
        self.end = start
        self.numbers: list[int] = []
        self.texts: list[str] = []
        self._size = 0
        self._bodies: list[bytes] = []
        self.made: dict[Hashable, Any] = {}

    def add(self, number: int, text: str | None) -> None:
        """What is told of the next event; None for nothing."""
        self.end = number
        if text is not None:
            self.numbers.append(number)
            self.texts.append(text)
            self._size += bytes_of(text)

    def is_full(self) -> bool:
        """Whether it is enough for one write. A single text may be larger than that."""
        return self._size >= LARGEST_BATCH or len(self.texts) >= MOST_TEXTS

    def after(self, number: int) -> Batch:
        """The part that is news to somebody who was told everything up to a number between start and end."""
        rest = Batch(number)
        for at, text in zip(self.numbers, self.texts, strict=True):
            if at > number:
                rest.add(at, text)
        rest.end = self.end
        return rest

    def make(self, form: Hashable, making: Callable[[Sequence[bytes]], T]) -> T:
        """What `making` makes of the texts; it is in `made` from now on, for other readers of that form."""
        if not self._bodies:
            self._bodies = [text.encode() for text in self.texts]
        made = making(self._bodies)
        if len(self.made) < _KEPT_FORMS:
            self.made[form] = made
        return made


def bytes_of(text: str) -> int:
    """How many bytes a text is sent as."""
    return len(text) if text.isascii() else len(text.encode())


def single(number: int, text: str) -> Batch:
    """A batch of one text."""
    batch = Batch(number - 1)
    batch.add(number, text)
    return batch
