"""What the directory asks inside a transaction; one statement each."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class DirectoryQuestions(Protocol):
    """Questions about locations and clients of the business."""

    async def first_location(self) -> int:
        """The key of the business's oldest location that is not archived."""
        ...

    async def client_with_email(self, email_key: str) -> int | None:
        """The key of the client who is not archived and has this address, given in lower case."""
        ...

    async def appointments_ahead(self, provider_id: int, now: datetime) -> bool:
        """Whether the provider has pending or confirmed appointments that end after `now`."""
        ...

    async def location_needed(self, location_id: int, now: datetime) -> str | None:
        """What keeps a location from being given up: LAST_LOCATION, PROVIDERS, RESOURCES or
        APPOINTMENTS_AHEAD, the first of them that holds; None where nothing does."""
        ...

    async def owners(self) -> list[int]:
        """The keys of the providers with the role of owner that are not archived."""
        ...

    async def move_zone(self, old_zone: str, new_zone: str) -> None:
        """Put the locations that are in the one zone into the other."""
        ...

    async def close(self, now: datetime) -> None:
        """Mark the business as closed."""
        ...
