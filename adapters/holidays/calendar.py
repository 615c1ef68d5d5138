"""Public holidays by code. The package takes a second to import: that is done late, and on a thread."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import cache
from typing import Any

from core.holidays.public_holidays import PublicHoliday


class PackagedHolidays:
    """See core.holidays.public_holidays.PublicHolidays. Nothing is asked of the network."""

    async def codes(self) -> Sequence[str]:
        """Every country and every part of one that the package knows."""
        return await asyncio.to_thread(_codes)

    async def days(self, code: str, years: Sequence[int]) -> list[PublicHoliday] | None:
        """The public holidays of some years, observed days included, by day."""
        return await asyncio.to_thread(_days, code, tuple(years))


@cache
def _codes() -> tuple[str, ...]:
    found = []
    for country, parts in _package().list_supported_countries(include_aliases=False).items():
        found += [country, *(f"{country}-{part}" for part in parts)]
    return tuple(sorted(found))


def _days(code: str, years: tuple[int, ...]) -> list[PublicHoliday] | None:
    if code not in _codes():
        return None
    country, _, part = code.partition("-")
    package = _package()
    # Named, since the package would otherwise answer in the language of the machine it runs on.
    language = package.country_holidays(country).default_language or "en_US"
    # A year more on either side: days that are observed instead may fall into the year before or after.
    around = range(min(years) - 1, max(years) + 2)
    found = package.country_holidays(country, subdiv=part or None, years=around, language=language)
    return [PublicHoliday(day=day, name=name) for day, name in sorted(found.items()) if day.year in years]


def _package() -> Any:
    import holidays

    return holidays
