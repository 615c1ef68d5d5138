"""What can be shown of rooms and kit."""

from __future__ import annotations

from core.kernel.reading import Noun, Relation, Where
from core.resources.resource import KINDS

RESOURCE = Noun(
    name="resource",
    columns=("id", "kind", "name", "capacity", "description", "location_id", "archived_at"),
    relations={"location": Relation("location", on=(("location_id", "id"),))},
    always=(Where("kind", "in", list(KINDS)),),
)
