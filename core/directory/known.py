"""Whether the people, places and services that a rule names are there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from core.kernel.errors import NotFound
from core.kernel.unit_of_work import UnitOfWork


class KnownQuestions(Protocol):
    """What is asked of keys that somebody names; one statement each."""

    async def known(
        self, provider_ids: Sequence[int], location_ids: Sequence[int], service_ids: Sequence[int]
    ) -> tuple[int, int, int]:
        """How many of the providers, locations and services are there and not archived."""
        ...


async def require_known(
    uow: UnitOfWork,
    *,
    provider_ids: Iterable[int | None] = (),
    location_ids: Iterable[int | None] = (),
    service_ids: Iterable[int | None] = (),
) -> None:
    """Raise NotFound where one of the keys is not there or archived; None names nothing.

    Asks one statement, or none where no key is named.
    """
    named = {
        "provider": sorted({key for key in provider_ids if key is not None}),
        "location": sorted({key for key in location_ids if key is not None}),
        "service": sorted({key for key in service_ids if key is not None}),
    }
    if not any(named.values()):
        return
    counts = await uow.ask(KnownQuestions).known(*named.values())
    for (noun, keys), count in zip(named.items(), counts, strict=True):
        if count != len(keys):
            raise NotFound(noun)
