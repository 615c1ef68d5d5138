"""What the directory asks inside a transaction; one statement each."""

from __future__ import annotations

from typing import Protocol


class DirectoryQuestions(Protocol):
    """Questions about locations and clients of the business."""

    async def first_location(self) -> int:
        """The key of the business's oldest location that is not archived."""
        ...

    async def client_has_email(self, email_key: str) -> bool:
        """Whether a client that is not archived has this address, given in lower case."""
        ...
