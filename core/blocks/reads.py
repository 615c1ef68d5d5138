"""What can be shown of blocks."""

from __future__ import annotations

from core.kernel.reading import Noun

BLOCK = Noun(
    name="block",
    columns=(
        "id",
        "title",
        "starts",
        "ends",
        "time_zone",
        "recurrence",
        "exceptions",
        "reaches",
        "created_at",
    ),
)
